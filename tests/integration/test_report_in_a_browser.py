"""A report as a real browser shows it (REPORT-5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.browser import Tab, opened_tab, program
from tests.integration.market_walk import Walk, opened_market
from zhifu.anvil import Anvil, dev_signer
from zhifu.catalogue import CatalogueRow
from zhifu.chain import Chain
from zhifu.deployment import Network, deploy
from zhifu.languages import Language
from zhifu.report import Period, Report, read
from zhifu.report.writing import write

CHROMIUM = program()

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: put one on PATH, or its path into ZHIFU_CHROMIUM"
)

#: As wide as names get, in Latin and in Chinese.
ROWS = [
    CatalogueRow("north", "optics", "Light", "W" * 60, "知识" * 30, "USD", 1, 0, None),
    CatalogueRow("south", "stars", "Stars", "天文" * 20, "M" * 60, "USD", 1, 0, None),
]

#: Text whose contrast with what is behind it is below 4.5, as WCAG 2.2 computes it.
PALE = """
(() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const found = channels(getComputedStyle(each).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const own = element => [...element.childNodes].some(
    each => each.nodeType === Node.TEXT_NODE && each.textContent.trim());
  return [...document.body.querySelectorAll('*')].filter(own)
    .filter(each => !['title', 'desc'].includes(each.tagName)).flatMap(each => {
      const style = getComputedStyle(each);
      const shown = channels(each instanceof SVGElement ? style.fill : style.color);
      const pair = [light(shown), light(behind(each))].sort((a, b) => b - a);
      const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
      return contrast < 4.5 ? [`${each.tagName} ${each.textContent}: ${contrast}`] : [];
    });
})()
"""

#: Text of pictures that reaches beyond its picture.
CLIPPED = """
[...document.querySelectorAll('svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(each => {
    const box = each.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  }).map(each => {
    const box = each.getBoundingClientRect();
    const edges = ['left', 'right', 'top', 'bottom']
      .map(side => Math.round(box[side] - frame[side]));
    return `${svg.getAttribute('aria-labelledby')}: ${each.textContent} ${edges}`;
  });
})
"""

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

LOOKS = [("screen", "light"), ("screen", "dark"), ("print", "light")]


@pytest.fixture(scope="module")
def report() -> Report:
    with Anvil(genesis_timestamp=1_800_000_000) as anvil, Chain(anvil.rpc_url) as chain:
        market = opened_market(Network(chain, deploy(chain, dev_signer(0))), anvil)
        walk = Walk(market, anvil, seed=5)
        for _ in range(300):
            walk.step()
        return read(market.network, Period(), ROWS)


@pytest.fixture(scope="module", params=Language)
def tab(
    report: Report, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tab]:
    folder = tmp_path_factory.mktemp("browser")
    write(report, request.param, folder / "page.html")
    assert CHROMIUM is not None
    with opened_tab(CHROMIUM, folder / "profile") as tab:
        tab.open(folder / "page.html")
        yield tab


def test_it_asks_for_nothing_but_itself(tab: Tab) -> None:
    (address,) = tab.requests
    assert Path(address).name == "page.html"
    assert tab.errors == []


@pytest.mark.parametrize(("media", "scheme"), LOOKS)
def test_all_text_can_be_told_from_what_is_behind_it(tab: Tab, media: str, scheme: str) -> None:
    tab.look(media=media, scheme=scheme)
    assert tab.ask(PALE) == []


def test_pictures_take_the_colours_of_the_page(tab: Tab) -> None:
    seen = []
    for media, scheme in LOOKS:
        tab.look(media=media, scheme=scheme)
        seen.append(tab.ask("getComputedStyle(document.querySelector('svg text')).fill"))
    assert len(set(seen)) == 3


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_is_cut_off_or_runs_out_of_the_window(tab: Tab, width: int) -> None:
    tab.look(width=width)
    assert tab.ask(SIDEWAYS) == 0
    clipped = tab.ask(CLIPPED)
    assert not clipped, "\n".join(clipped)


def test_it_can_be_walked_by_the_keyboard(tab: Tab) -> None:
    tab.look()
    reached = []
    for _ in range(4):
        tab.press("Tab")
        reached.append(tab.ask("document.activeElement.getAttribute('href')"))
    assert reached[:3] == ["#main", "#check", "#time"]
