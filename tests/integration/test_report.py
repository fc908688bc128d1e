"""`zhifu report`: every number is the chain's, and the page is whole by itself (REPORT-1 to 6)."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.integration.chain_figures import Figures, figures_of, sold_of_contents
from tests.integration.counter import PRICE, open_counter
from tests.integration.fair import CREATOR, Fair
from tests.integration.market_walk import Walk, opened_market
from tests.integration.purse import TEN, allow, paid
from tests.integration.report_page import Page
from tests.integration.settling import settle
from tests.integration.tampering import tamper
from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.audit.invariants import _SAID
from zhifu.batch import BatchItem
from zhifu.catalogue import CatalogueRow
from zhifu.chain import Chain
from zhifu.clearing import net
from zhifu.deployment import Network, deploy
from zhifu.exceptions import ForeignDatabase, InvalidInput
from zhifu.languages import Language
from zhifu.market import Market
from zhifu.money import Money
from zhifu.report import Period, Report, read
from zhifu.report.formats import Formats
from zhifu.report.page import page
from zhifu.report.period import buckets

ROWS = [
    CatalogueRow("north", "optics", "On Light", "Physics", "Ibn al-Haytham", "USD", 1, 0, None),
    CatalogueRow("south", "stars", "On Stars", "Astronomy", "", "USD", 1, 0, None),
]


@pytest.fixture(scope="module")
def walked() -> Iterator[Market]:
    """A market on which 700 verbs were drawn at random: some of everything happened."""
    with Anvil(genesis_timestamp=1_800_000_000) as anvil, Chain(anvil.rpc_url) as chain:
        market = opened_market(Network(chain, deploy(chain, dev_signer(0))), anvil)
        walk = Walk(market, anvil, seed=11)
        assert sum(walk.step() for _ in range(700)) > 250
        yield market


@pytest.fixture(scope="module")
def report(walked: Market) -> Report:
    return read(walked.network, Period(), ROWS)


@pytest.fixture(scope="module")
def shown(report: Report) -> Page:
    return Page(page(report, Language.ENGLISH))


@pytest.fixture(scope="module")
def figures(walked: Market) -> Figures:
    found = figures_of(walked.network)
    assert found.refunds
    assert found.released
    assert found.withdrawn
    return found


def test_the_figures_on_top_are_the_chains(shown: Page, figures: Figures, walked: Market) -> None:
    netting = net(walked.network)
    sold, orders, refunded, held, released, withdrawn, _, saved = shown.tiles
    assert (sold, orders) == (figures.sold, figures.orders)
    assert (refunded, held) == (figures.refunded, figures.held)
    assert (released, withdrawn) == (figures.released, figures.withdrawn)
    assert saved == netting.saved_bps


def test_sales_and_refunds_over_time_are_the_chains(shown: Page, figures: Figures) -> None:
    """REPORT-1: no day is counted twice and none is left out."""
    (table,) = shown.tables["time"]
    assert sum(map(int, table.column("Sales"))) == figures.sold
    assert table.total[1:] == [
        figures.orders,
        figures.sold,
        figures.refunded,
        figures.sold - figures.refunded,
    ]
    (refunds,) = shown.tables["refunds"]
    assert refunds.total[1:3] == [figures.refunds, figures.refunded]
    assert sum(map(int, refunds.column("Refunded"))) == figures.refunded


def test_platforms_subjects_and_creators_are_the_chains(
    shown: Page, figures: Figures, walked: Market, tmp_path: Path
) -> None:
    """REPORT-1: sales of each content are found by another way, the index."""
    (platforms,) = shown.tables["platforms"]
    for number, name in walked.names.items():
        assert platforms.by("Sold there")[name] == figures.sold_by[number]
        assert platforms.by("Orders")[name] == figures.orders_by[number]
        assert platforms.by("Withdrawn")[name] == figures.withdrawn_by[number]
    straight = platforms.by("Sold there").get("Nobody (straight from the host)", 0)
    assert straight == figures.sold_by[0]
    contents = sold_of_contents(walked.network, tmp_path)
    license_ = walked.network.license
    optics = license_.content_of(1, "optics")
    stars = license_.content_of(2, "stars")
    (subjects,) = shown.tables["subjects"]
    rest = sum(contents.values()) - contents[optics] - contents[stars]
    assert subjects.by("Sales") == {
        "Physics": contents[optics],
        "Astronomy": contents[stars],
        "Without a subject": rest,
    }
    (creators,) = shown.tables["creators"]
    assert creators.total[3] == figures.sold == sum(creators.by("Sales").values())
    of_north = platforms.by("Of its contents")["north"]
    assert of_north == sum(contents.values()) - contents[stars]


def test_flows_and_what_netting_saves_are_those_of_netting(shown: Page, walked: Market) -> None:
    netting = net(walked.network)
    flows, (needs, positions) = shown.tables["flows"][0], shown.tables["netting"]
    assert {(row[0], row[1]): row[2] for row in flows.rows} == {
        (walked.names[each.payer], walked.names[each.payee]): each.amount for each in netting.flows
    }
    assert needs.column("Amount") == [netting.gross, netting.needed, netting.net]
    assert positions.by("Position") == {
        walked.names[each.platform]: each.net for each in netting.positions
    }


def test_held_released_and_withdrawn_are_the_chains(shown: Page, figures: Figures) -> None:
    by_time, by_holder = shown.tables["held"]
    released, withdrawn, held, disputed = by_time.total[1:]
    assert (released, withdrawn) == (figures.released, figures.withdrawn)
    assert (held, disputed) == (figures.held, figures.disputed)
    assert by_time.rows[-1][3] == held
    assert sum(map(int, by_holder.column("Released"))) == figures.released
    assert sum(map(int, by_holder.column("Withdrawn"))) == figures.withdrawn


def test_gas_is_that_of_the_receipts(shown: Page, figures: Figures) -> None:
    (table,) = shown.tables["gas"]
    assert table.by("Gas")["Settled in a batch"] == figures.gas["orders"]
    for _, transactions, times, gas, each in table.rows:
        assert int(each) == int(gas) // int(times)
        assert 0 < int(transactions) <= int(gas)
    assert sum(table.by("Transactions").values()) == len(figures.spent)
    assert sum(table.by("Times").values()) == figures.times
    assert sum(table.by("Gas").values()) == sum(figures.spent.values())


def test_the_check_is_the_audits(shown: Page, walked: Market) -> None:
    """REPORT-3: the tokens in the contract are somebody's, and every invariant has its line."""
    network = walked.network
    tokens, lines = shown.tables["check"]
    balance = network.token.balance_of(network.settlement.address)
    assert tokens.total[1] == balance // network.settlement.tokens_per_unit()
    assert sum(map(int, tokens.column("Amount"))) == tokens.total[1]
    assert lines.column("Verdict") == ["holds"] * 8
    assert "Everything adds up" in shown.text_in("a")


def test_periods_in_a_row_add_up_to_the_whole(walked: Market, report: Report) -> None:
    """REPORT-2"""
    first, last = report.period
    assert first is not None
    assert last is not None
    middle = (first + last) // 2
    whole = report.takings.total(None, None)
    early = read(walked.network, Period(None, middle))
    late = read(walked.network, Period(middle + 1, None))
    parts = [Page(page(each, Language.ENGLISH)).tiles for each in (early, late)]
    assert sum(tiles[0] for tiles in parts) == whole.sold
    assert sum(tiles[4] for tiles in parts) == whole.released
    assert parts[1][3] == whole.held
    assert early.period.last == middle
    assert early.takings.netting.then(late.takings.netting).flows == report.takings.netting.flows


def test_the_same_chain_gives_the_same_page(walked: Market, report: Report) -> None:
    """REPORT-4"""
    for language in Language:
        again = read(walked.network, Period(), ROWS)
        assert page(again, language) == page(report, language)


@pytest.mark.parametrize("language", Language)
def test_the_page_asks_for_nothing_else(report: Report, language: Language) -> None:
    """REPORT-5"""
    text = page(report, language)
    found = Page(text)
    loads = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "audio", "video"}
    assert not loads & {tag for tag, _ in found.tags}
    for _, attributes in found.tags:
        assert not {"src", "srcset", "action", "ping", "xlink:href"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert re.findall(r"url\((?!#)", text) == []
    assert "@import" not in text
    assert "//" not in text
    (policy,) = [each for each in found.all("meta") if "http-equiv" in each]
    assert policy["content"].startswith("default-src 'none'")


def test_pictures_and_tables_are_told_to_everybody(report: Report) -> None:
    """REPORT-5"""
    found = Page(page(report, Language.ENGLISH))
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {*ids}
    for picture in found.all("svg"):
        assert picture["role"] == "img"
        assert set(picture["aria-labelledby"].split()) <= named
    assert len(found.all("svg")) == len(found.text_in("desc")) == 10
    for attributes in (each for _, each in found.tags):
        reference = attributes.get("href", attributes.get("clip-path", ""))
        assert not reference or reference.strip("url()").removeprefix("#") in named
    assert len(found.all("h1")) == 1
    assert all(each.get("scope") in {"col", "row"} for each in found.all("th"))


def test_a_network_on_which_nothing_happened_has_a_page() -> None:
    with Anvil() as anvil, Chain(anvil.rpc_url) as chain:
        found = read(Network(chain, deploy(chain, dev_signer(0))), Period())
    for language in Language:
        shown = Page(page(found, language))
        assert shown.tiles == [0] * 8
        assert len(shown.tables["check"]) == 2
        assert not any(tables for name, tables in shown.tables.items() if name != "check")


def sell_one(fair: Fair, seller: int = 1, content: int = 3) -> None:
    settle(fair.network, seller, fair.operators[seller], [BatchItem(content, 1)])


def test_one_order_is_told_in_full(fair: Fair) -> None:
    sell_one(fair)
    shown = Page(page(read(fair.network, Period()), Language.ENGLISH))
    assert shown.tiles[:4] == [199_990_000, 1, 0, 199_990_000]
    (flow,) = shown.tables["flows"][0].rows
    assert flow == ["platform 1", "platform 2", 159_992_000, 159_992_000]
    (creator,) = shown.tables["creators"][0].rows
    assert creator == [CREATOR.address, 1, 1, 199_990_000, 0]


HOSTILE = (
    '</text></svg><script>alert("1")</script>',
    "<!-- & &amp; ]]> '\"",
    r"$\frac{1}{0}$ $",
    "\u202egnp.exe\u202c\x00\x1b[31m\u2028",
    "学" * 300,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_more_than_a_name(fair: Fair, name: str) -> None:
    """REPORT-6: whoever names a content, a subject or a creator writes no markup and no tricks."""
    row = CatalogueRow("platform 2", "content 3", name, name, name, "USD", 1, 0, None)
    sell_one(fair)
    text = page(read(fair.network, Period(), [row]), Language.ENGLISH)
    shown = Page(text)
    assert "script" not in {tag for tag, _ in shown.tags}
    assert not re.search("[\x00-\x08\x0b-\x1f\u2028\u202a-\u202e\u2066-\u2069]", text)
    (subject,) = shown.tables["subjects"][0].rows
    kept = str(subject[0])
    assert len(kept) <= 60
    assert kept.rstrip("…").startswith(name[:3].replace("\u202e", "\ufffd"))
    assert len(shown.tables) == 10


def test_a_platforms_own_name_is_never_more_than_a_name(fair: Fair) -> None:
    """REPORT-6"""
    owner = dev_signer(9)
    name = "<svg onload=alert(1)>"
    fair.network.registry.admit(fair.admin, name, owner.address, owner.address, 100, 1_000)
    fair.network.token.mint(fair.admin, owner.address, 10**6)
    fair.network.token.approve(owner, fair.network.settlement.address, 10**6)
    fair.network.settlement.deposit(owner, accounts.of_platform(4), 10**6)
    sell_one(fair)
    fair.network.settlement.withdraw_platform(owner, 4, 10**6)
    shown = Page(page(read(fair.network, Period()), Language.ENGLISH))
    assert name in shown.tables["platforms"][0].column("Platform")
    assert not any("onload" in attributes for _, attributes in shown.tags)


def test_what_does_not_add_up_is_told(fair: Fair) -> None:
    """REPORT-3: a balance that nothing explains."""
    sell_one(fair)
    account = accounts.of_platform(2)
    before = fair.network.settlement.available_of(account)
    tamper(fair.network.chain, fair.network.settlement.address, (account,), before, before + 1)
    found = read(fair.network, Period())
    assert not found.audit.conserved
    shown = Page(page(found, Language.ENGLISH))
    assert "Something does not add up" in shown.text_in("a")
    assert "BROKEN" in shown.tables["check"][1].column("Verdict")
    assert shown.tables["check"][2].rows


def test_a_gateways_books_are_told_by_provider(fair: Fair) -> None:
    with fair.gateway() as gateway:
        first = gateway.pay(fair.request(contents=(1, 3)))
        gateway.settle(1)
        gateway.refund(first.orders[0].id)
        gateway.pay(fair.request(learner=2, contents=(5,)))
    shown = Page(page(read(fair.network, Period(), database=fair.url()), Language.ENGLISH))
    (row,) = shown.tables["fiat"][0].rows
    assert row == ["sandbox", 2, 4_900 + 19_999 + 100, 0, 1, 4_900, 0, 0]
    lead = next(text for text in shown.text_in("p") if "wait for a batch" in text)
    assert "1 paid orders (1.00 USD)" in lead


def test_all_that_providers_took_in_and_gave_back_is_told_once(fair: Fair) -> None:
    """What was too much, a top-up that goes back, and a balance, which is no provider."""
    allow(fair)
    with open_counter(fair) as counter:
        gateway, provider = counter.gateway, counter.provider
        made = counter.checkout()
        provider.confirm(made.payment.provider_payment_id or "", PRICE + Money(100, "USD"))
        counter.now += 10
        assert gateway.inquire() == 1
        assert gateway.pay_back() == 1
        kept, back = paid(counter), paid(counter)
        gateway.refund_top_up(back.payment.id)
        gateway.follow_top_ups(1)
        asked = counter.fair.request(contents=(5,), provider_payment_id="")
        gateway.pay(replace(asked, provider="balance"))
        gateway.pay_out(1, kept.payment.request.learner, Money(300, "USD"), "out")
        gateway.recover()
        gateway.follow_pay_outs(1)
        gateway.pay_back()
    shown = Page(page(read(fair.network, Period(), database=fair.url()), Language.ENGLISH))
    taken = PRICE.amount + 100 + 2 * TEN.amount
    (row,) = shown.tables["fiat"][0].rows
    assert row == ["sandbox", 3, taken, 0, 3, 100 + TEN.amount + 300, 0, 0]


def test_books_of_another_network_are_refused(fair: Fair) -> None:
    with fair.gateway():
        pass
    with Anvil() as anvil, Chain(anvil.rpc_url) as chain:
        other = Network(chain, deploy(chain, dev_signer(0)))
        with pytest.raises(ForeignDatabase):
            read(other, Period(), database=fair.url())


def test_every_language_says_the_same_things() -> None:
    english, chinese = (
        Formats(each, "USD", 6).words for each in (Language.ENGLISH, Language.CHINESE)
    )
    assert english.keys() == chinese.keys()

    def places(text: str) -> set[str]:
        return {name for _, name, *_ in string.Formatter().parse(text) if name}

    for name, text in english.items():
        assert places(text) == places(chinese[name]), name
    for number, (_, template) in _SAID.items():
        assert places(english[f"shown_{number}"]) == set(re.findall(r"[<{](\w+)", template))


@pytest.mark.parametrize(
    ("days", "unit"), [(1, "day"), (62, "day"), (63, "week"), (300, "month"), (3_000, "year")]
)
def test_stretches_have_every_day_once(days: int, unit: str) -> None:
    first = (date(2023, 12, 30) - date(1970, 1, 1)).days
    found, stretches = buckets(first, first + days - 1)
    assert found == unit
    assert [day for each in stretches for day in range(each.first, each.last + 1)] == [
        *range(first, first + days)
    ]
    assert len(stretches) <= 62


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("2026-02-30", None, "from"), (None, "20260101", "to"), ("2026-01-02", "2026-01-01", "to")],
)
def test_days_that_are_none_are_refused(first: str | None, last: str | None, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Period.of(first, last)
    assert refused.value.field == field


def test_a_period_has_both_its_days_and_no_other() -> None:
    """REPORT-2"""
    assert [day for day in range(9) if Period(3, 5).has(day)] == [3, 4, 5]
    assert [day for day in range(9) if Period(None, 1).has(day)] == [0, 1]
    assert [day for day in range(9) if Period(7, None).has(day)] == [7, 8]


def test_a_period_is_told_as_it_was_asked_for() -> None:
    day = (date(2026, 1, 1) - date(1970, 1, 1)).days
    there_is = (day, day + 9)
    assert Period().within(*there_is) == there_is
    assert Period(day - 5, day + 99).within(*there_is) == (day - 5, day + 9)
    assert Period(None, day - 3).within(*there_is) == (day - 3, day - 3)
    assert Period(day + 20, day + 30).within(*there_is) == (day + 20, day + 20)


def test_a_period_before_everything_is_empty(walked: Market) -> None:
    found = read(walked.network, Period.of("2001-01-01", "2001-12-31"))
    shown = Page(page(found, Language.ENGLISH))
    assert shown.tiles == [0] * 8
    assert any("1 January 2001 to 31 December 2001" in text for text in shown.text_in("p"))
