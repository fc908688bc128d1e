"""`zhifu report` as people and programs use it (REPORT-2, REPORT-3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        for name in ("udemy", "edx"):
            zhifu("platform", "add", name)
            zhifu("learner", "add", "-p", name)
            zhifu("content", "publish", "-p", name, "--ref", "one", "--price", "50.00")
            zhifu("deposit", f"platform:{name}", "1000.00", "--mint")
        zhifu("purchase", "edx/one", "-l", "1", "-p", "udemy")
        zhifu("settle")
        yield zhifu


def test_a_page_is_written_and_programs_are_told(zhifu: Zhifu, tmp_path: Path) -> None:
    out = tmp_path / "new" / "page.html"
    found = zhifu.json("report", "--out", str(out))
    assert found["file"] == str(out)
    assert (found["orders"], found["sold_units"], found["holds"]) == (1, 50_000_000, True)
    assert "<h1>Report of the network</h1>" in out.read_text()
    assert [each.name for each in out.parent.iterdir()] == ["page.html"]
    assert f"Everything adds up: {out}" in zhifu("report", "--out", str(out))


def test_it_speaks_chinese_and_knows_a_gateways_books(zhifu: Zhifu, tmp_path: Path) -> None:
    out, books = tmp_path / "page.html", next(zhifu.home.glob("*.sqlite3"))
    zhifu("report", "--language", "zh", "--out", str(out), "--database", f"sqlite:///{books}")
    text = out.read_text()
    assert '<html lang="zh-Hans">' in text
    assert "网关账簿" in text
    assert "sandbox" in text


def test_a_catalogue_names_contents(zhifu: Zhifu, tmp_path: Path) -> None:
    names = "platform,ref,title,subject,creator,currency,price_minor,learners,published\n"
    catalogue = tmp_path / "names.csv"
    catalogue.write_text(f"{names}edx,one,First Things,Logic,A. Turing,USD,5000,0,\n")
    out = tmp_path / "page.html"
    zhifu("report", "--catalogue", str(catalogue), "--out", str(out))
    text = out.read_text()
    assert "<bdi>Logic</bdi>" in text
    assert "<bdi>A. Turing</bdi>" in text


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--from", "yesterday"), "from"),
        (("--to", "2026-13-01"), "to"),
        (("--from", "2026-02-02", "--to", "2026-02-01"), "to"),
        (("--out", "/dev/null/page.html"), "out"),
        (("--catalogue", "nowhere.csv"), "file"),
        (("--database", "sqlite:////nowhere/books.sqlite3"), "database"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    zhifu: Zhifu, tmp_path: Path, words: tuple[str, ...], field: str
) -> None:
    out = tmp_path / "page.html"
    arguments = ("report", "--out", str(out), *words)
    assert field in zhifu.refused(*arguments)
    assert json.loads(zhifu.run(*arguments, "--json").stderr)["field"] == field
    assert not out.exists()
