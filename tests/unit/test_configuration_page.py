"""The page of all settings names every one of them, and its file is one."""

from __future__ import annotations

import ast
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import zhifu
from zhifu.config import Settings, _sections
from zhifu.config._rails import RAILS

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def documented() -> dict[str, str]:
    """The settings of the page, with their defaults."""
    rows = re.findall(r"^\| `([a-zN_.]+)` \|(.*?)\| ", PAGE, re.MULTILINE)
    told = {name: default.strip(" `") for name, default in rows if "." in name}
    return {name.replace(".N.", ".1."): default for name, default in told.items()}


def test_every_setting_is_on_the_page_with_its_default() -> None:
    settings = Settings.load(
        {"ZHIFU_PLATFORMS__1__KEYSTORES": "a.json", "ZHIFU_PLATFORMS__1__PASSWORD": "x"}
    )
    read = {each.field: each.shown for each in settings.readings if "." in each.field}
    told = documented()
    assert read.keys() == told.keys()
    literal = {name: value for name, value in told.items() if re.fullmatch(r"[\w.:/]+", value)}
    del literal["platforms.1.password"]
    assert {name: read[name] for name in literal} == literal


def test_every_setting_is_used() -> None:
    package = Path(zhifu.__file__).parent
    used = {
        node.attr
        for file in package.rglob("*.py")
        if file.name != "_sections.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    tables = [each for each in vars(_sections).values() if isinstance(each, type)]
    names = {
        one.name
        for each in tables
        if is_dataclass(each)
        for one in fields(each)
        if each.__module__ == _sections.__name__
    }
    assert names
    assert names <= used


def test_every_kind_of_provider_is_on_the_page_with_its_settings() -> None:
    for kind, rail in RAILS.items():
        row = re.search(rf"^\| `{kind}` \| (.*) \|$", PAGE, re.MULTILINE)
        assert row
        needed, _, optional = row.group(1).partition("optional:")
        own = {name: argument.is_needed for name, argument in rail.arguments.items()}
        assert set(re.findall(r"`(\w+)`", needed)) == {name for name in own if own[name]}
        assert set(re.findall(r"`(\w+)`", optional)) == {name for name in own if not own[name]}


def test_the_file_on_the_page_is_one(tmp_path: Path) -> None:
    text = re.search(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert text
    secret = tmp_path / "secret"
    secret.write_text("sk_1")
    secret.chmod(0o600)
    content = re.sub(r'"/run/secrets/[a-z]+"', f'"{secret}"', text.group(1))
    content = re.sub(r'\{ file = "/run/secrets/stripe-webhook" \}', '"whsec_1"', content)
    file = tmp_path / "page.toml"
    file.write_text(content)
    file.chmod(0o600)
    settings = Settings.load({"ZHIFU_CONFIG": str(file), "SHOP_PASSWORD": "x"})
    assert settings.database_url == "postgresql://zhifu:sk_1@db.internal/zhifu"
