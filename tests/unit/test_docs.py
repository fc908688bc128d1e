"""The documentation says nothing that the project does not do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.main import get_command

from zhifu.batch import BatchItem, pack, tree
from zhifu.cli.app import app
from zhifu.facts import Quote

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
SPECIFICATION = ROOT / "SPECIFICATION.md"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "zhifu").rglob("*.md")),
]

STANDARDS = {"EIP", "ERC", "ISO", "RFC", "SHA", "UTF"}


class Block(NamedTuple):
    """A fenced block of code and its language."""

    language: str
    code: str


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```(\S*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(*each) for each in found]


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def spans(page: Path) -> list[str]:
    """What stands between backticks in the text."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def code(page: Path) -> Iterator[str]:
    """Every line of code on a page."""
    yield from spans(page)
    for block in blocks(page):
        yield from block.code.splitlines()


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(params=PAGES, ids=name)
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_files_that_are_named_exist(page: Path) -> None:
    paths = [each for each in spans(page) if re.fullmatch(r"[\w.-]+(/[\w.{},-]*)+", each)]
    own = [each for each in paths if (ROOT / each.split("/")[0]).is_dir()]
    assert [each for each in own if not (ROOT / each).exists()] == []


def test_settings_that_are_named_are_read(page: Path) -> None:
    source = "".join(each.read_text() for each in (ROOT / "zhifu").rglob("*.py"))
    named = {each for line in code(page) for each in re.findall(r"\bZHIFU_[A-Z]+\b", line)}
    assert named <= set(re.findall(r"\bZHIFU_[A-Z]+\b", source))


@cache
def command_line() -> Any:
    return get_command(app)


def misuse(words: list[str]) -> str | None:
    """The first word after `zhifu` that the command line does not know."""
    command = command_line()
    for word in words:
        options = {"--help"}.union(*(each.opts for each in command.params))
        if word.startswith("-"):
            if word.split("=")[0] not in options:
                return word
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return word
            command = command.commands[word]
    return None


def test_commands_that_are_named_exist(page: Path) -> None:
    used = [
        found.group(1).split()
        for line in code(page)
        if (found := re.match(r"(?:.*(?:\s|/))?zhifu((?: [^#|&;]+)?)", line))
    ]
    assert [words for words in used if misuse(words)] == []


def test_make_targets_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        each for line in code(page) for each in re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", line)
    }
    assert named <= targets


def test_both_readmes_show_the_same_code() -> None:
    assert blocks(ENGLISH) == blocks(CHINESE)
    assert Counter(spans(ENGLISH)) == Counter(spans(CHINESE))


def test_both_readmes_give_the_same_figures() -> None:
    def figures(page: Path) -> Counter[str]:
        return Counter(re.findall(r"\d[\d,.]*\d|\d", prose(page)))

    assert figures(ENGLISH) == figures(CHINESE)


def test_the_batch_that_is_explained_is_a_batch() -> None:
    text = " ".join((ROOT / "docs" / "how-it-works.md").read_text().split())
    learners = {1: (4, 8, 15, 16, 23, 42, 108, 7, 11), 2: (15, 8)}
    packed = pack([BatchItem(content, each) for content in learners for each in learners[content]])
    quotes = {
        content: Quote(price, 2_000, 500, 1, 0, 1_465, 0)
        for content, price in ((1, 49_000_000), (2, 199_000_000))
    }
    for start in range(0, len(packed.words), 32):
        assert packed.words[start : start + 32].hex(" ", 4) in text
    assert tree(packed.words, quotes).root.hex() in text


def test_rules_have_one_number_each() -> None:
    assert [rule for rule, times in Counter(rules()).items() if times > 1] == []


def test_rules_are_all_tested() -> None:
    assert set(rules()) - cited() == set()


def test_rules_that_tests_cite_exist() -> None:
    assert cited() - set(rules()) == set()


def test_errors_that_rules_name_are_tested() -> None:
    files = [
        *(ROOT / "tests" / "contracts").rglob("test_*.py"),
        *(ROOT / "tests" / "forge").rglob("*.t.sol"),
    ]
    tests = "".join(each.read_text() for each in files)
    named = set(re.findall(r"(?<!type )`([A-Z]\w+)`[,);]", SPECIFICATION.read_text()))
    assert named
    assert named - set(re.findall(r"\b[A-Z]\w+", tests)) == set()


def rules() -> list[str]:
    return re.findall(r"^- \*\*([A-Z]+-\d+)\*\*", SPECIFICATION.read_text(), re.MULTILINE)


@cache
def cited() -> frozenset[str]:
    """The rules that tests name, such as `A-1` or several of one kind as `A-1, 2, 3`."""
    found = set()
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "tests").rglob("*.sol")]
    for test in files:
        for kind, numbers in re.findall(r"\b([A-Z]{3,})-(\d+(?:, \d+)*)\b", test.read_text()):
            if kind not in STANDARDS:
                found |= {f"{kind}-{number}" for number in numbers.split(", ")}
    return frozenset(found)


def test_the_changelog_begins_with_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version
    assert newest
    assert newest.group(1) == version.group(1)
