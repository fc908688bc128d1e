"""The sections about money: between platforms, in holds, and back to payers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.netting import Flow
from zhifu.report.bands import bands
from zhifu.report.formats import Number
from zhifu.report.plots import Series, ranked_bars, stacked_bars, stacked_steps
from zhifu.report.sections import Cell, Section, Table, Telling
from zhifu.report.takings import Day

_MOST_PLATFORMS = 8
_OTHERS = -1
_HOLDERS = ("payees", "platforms", "network", "learners")


def between_platforms(telling: Telling) -> Section:
    """What sellers owed hosts."""
    formats, netting = telling.formats, telling.report.takings.netting
    flows, left = netting.flows, {each[:2]: each.amount for each in netting.bilateral}
    positive = _fewest(flows)
    if not positive:
        return telling.nothing("flows")
    rows = [
        (
            _name(telling, payer),
            _name(telling, payee),
            formats.amount(amount),
            formats.amount(left.get((payer, payee), 0)),
        )
        for payer, payee, amount in sorted(flows, key=lambda each: -each.amount)
    ]
    total = (
        formats.say("total"),
        "",
        formats.amount(netting.gross),
        formats.amount(sum(left.values())),
    )
    widest = max(positive, key=lambda each: each.amount)
    return telling.section(
        "flows",
        bands(positive, lambda number: _name(telling, number), formats.brief),
        [telling.table("flows", ("from", "to", "gross", "net"), rows, total, texts=2)],
        lead={"gross": formats.money(netting.gross)},
        description={
            "payer": _name(telling, widest.payer),
            "payee": _name(telling, widest.payee),
            "amount": formats.money(widest.amount),
        },
    )


def saved_by_netting(telling: Telling) -> Section:
    """The money that platforms need, paid one by one and netted."""
    formats, netting = telling.formats, telling.report.takings.netting
    if not netting.gross:
        return telling.nothing("netting")
    needs = [
        (formats.say("netting_gross"), netting.gross),
        (formats.say("netting_needed"), netting.needed),
        (formats.say("netting_net"), netting.net),
    ]
    positions = [
        (
            _name(telling, each.platform),
            formats.amount(each.pays),
            formats.amount(each.gets),
            formats.amount(each.net),
            formats.amount(each.needs_running),
        )
        for each in netting.positions
    ]
    return telling.section(
        "netting",
        ranked_bars(
            [name for name, _ in needs],
            [Series(formats.say("column_money"), [units for _, units in needs])],
            formats.brief,
        ),
        [
            telling.table(
                "netting",
                ("money", "amount"),
                [(name, formats.amount(units)) for name, units in needs],
            ),
            telling.table(
                "platforms", ("platform", "pays", "gets", "position", "needs"), positions
            ),
        ],
        lead={
            "gross": formats.money(netting.gross),
            "needed": formats.money(netting.needed),
            "saved": formats.money(netting.saved),
            "share": formats.share(netting.saved, netting.gross).text,
            "net": formats.money(netting.net),
        },
    )


def held(telling: Telling) -> Section:
    """Where the prices of all orders are, over time."""
    formats, closing = telling.formats, telling.closing
    if not closing.sold and not closing.withdrawn:
        return telling.nothing("held")
    running, closings = telling.before, []
    for stretch in telling.stretches:
        closed = Day()
        closed.add(running)
        closed.add(stretch)
        closings.append(closed)
        running = closed
    series = [
        Series(formats.say("column_released"), [each.released for each in closings]),
        Series(formats.say("column_held"), [each.held for each in closings]),
        Series(formats.say("column_disputed"), [each.disputed for each in closings]),
        Series(formats.say("column_refunded"), [each.refunded for each in closings]),
    ]
    withdrawn = Series(formats.say("column_withdrawn"), [each.withdrawn for each in closings])
    legend = [*enumerate([each.name for each in series], 1), (0, withdrawn.name)]
    return telling.section(
        "held",
        stacked_steps(telling.times, series, withdrawn, formats.brief),
        [_closings(telling, closings), _by_holder(telling)],
        legend=legend,
        description={"held": formats.money(closing.held)},
    )


def refunds(telling: Telling) -> Section:
    """What went back to payers, over time."""
    formats, whole = telling.formats, telling.whole
    if not whole.refunds:
        return telling.nothing("refunds")
    values = [each.refunded for each in telling.stretches]
    highest, when = max((value, -index) for index, value in enumerate(values))
    rows: list[tuple[Cell, ...]] = [
        (label, *_refunded(telling, day))
        for label, day in zip(telling.times, telling.stretches, strict=True)
        if day.refunds
    ]
    columns = (telling.unit_and_buckets[0], "refunds", "refunded", "rate")
    total: tuple[Cell, ...] = (formats.say("total"), *_refunded(telling, whole))
    return telling.section(
        "refunds",
        stacked_bars(
            telling.times, [Series(formats.say("column_refunded"), values)], formats.brief
        ),
        [telling.table("refunds", columns, rows, total)],
        lead={
            "refunds": formats.count(whole.refunds).text,
            "refunded": formats.money(whole.refunded),
            "share": formats.share(whole.refunded, whole.sold).text,
        },
        description={
            "unit": telling.unit,
            "highest": formats.money(highest),
            "when": telling.times[-when],
        },
    )


def _refunded(telling: Telling, day: Day) -> tuple[Number, ...]:
    formats = telling.formats
    return (
        formats.count(day.refunds),
        formats.amount(day.refunded),
        formats.share(day.refunded, day.sold),
    )


def _closings(telling: Telling, closings: Sequence[Day]) -> Table:
    formats = telling.formats
    rows = [
        (
            label,
            formats.amount(day.released),
            formats.amount(day.withdrawn),
            formats.amount(closed.held),
            formats.amount(closed.disputed),
        )
        for label, day, closed in zip(telling.times, telling.stretches, closings, strict=True)
        if day != Day()
    ]
    whole, closing = telling.whole, telling.closing
    total = (
        formats.say("total"),
        formats.amount(whole.released),
        formats.amount(whole.withdrawn),
        formats.amount(closing.held),
        formats.amount(closing.disputed),
    )
    columns = (telling.unit_and_buckets[0], "released", "withdrawn", "held_then", "disputed_then")
    return telling.table("held", columns, rows, total)


def _by_holder(telling: Telling) -> Table:
    """Whose accounts got what was released, and from whose was withdrawn."""
    formats, takings = telling.formats, telling.report.takings
    released = _sums(takings.released)
    withdrew = _sums(takings.withdrew)
    rows = [
        (
            formats.say(f"holder_{each}"),
            formats.amount(released[each]),
            formats.amount(withdrew[each]),
        )
        for each in _HOLDERS
    ]
    return telling.table("holders", ("holder", "released", "withdrawn"), rows)


def _sums(amounts: Counter[Account]) -> Counter[str]:
    found: Counter[str] = Counter()
    for account, amount in amounts.items():
        found[_holder(account)] += amount
    return found


def _holder(account: Account) -> str:
    if accounts.learner_of(account):
        return "learners"
    platform = accounts.platform_of(account)
    if platform is None:
        return "payees"
    return "platforms" if platform else "network"


def _fewest(flows: Sequence[Flow]) -> list[Flow]:
    """Flows for the picture: above zero, and between so many platforms that it can be read."""
    busy: Counter[int] = Counter()
    for payer, payee, amount in flows:
        busy[payer] += amount
        busy[payee] += amount
    ordered = sorted(busy, key=lambda each: (-busy[each], each))
    few = len(ordered) <= _MOST_PLATFORMS
    told = set(ordered if few else ordered[: _MOST_PLATFORMS - 1])
    merged: Counter[tuple[int, int]] = Counter()
    for payer, payee, amount in flows:
        merged[payer if payer in told else _OTHERS, payee if payee in told else _OTHERS] += amount
    return [Flow(*pair, amount) for pair, amount in sorted(merged.items()) if amount > 0]


def _name(telling: Telling, number: int) -> str:
    if number == _OTHERS:
        return telling.formats.say("other_platforms")
    return telling.report.labels.platform(number) or str(number)
