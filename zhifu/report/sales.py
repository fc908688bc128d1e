"""The sections about sales: over time, by platform, by subject and by creator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from zhifu import accounts
from zhifu.report.plots import Series, ranked_bars, stacked_bars
from zhifu.report.sections import Cell, Ranked, Section, Telling, rank
from zhifu.report.takings import Line, Tally

_MOST_SELLERS = 6


def over_time(telling: Telling) -> Section:
    """Sales by day, week, month or year, and by seller."""
    formats, whole = telling.formats, telling.whole
    if not whole.orders:
        return telling.nothing("time")
    series = _by_seller(telling)
    highest, when = max((day.sold, -index) for index, day in enumerate(telling.stretches))
    rows = [
        (
            label,
            formats.count(day.orders),
            formats.amount(day.sold),
            formats.amount(day.refunded),
            formats.amount(day.sold - day.refunded),
        )
        for label, day in zip(telling.times, telling.stretches, strict=True)
        if day.orders or day.refunds
    ]
    total = (
        formats.say("total"),
        formats.count(whole.orders),
        formats.amount(whole.sold),
        formats.amount(whole.refunded),
        formats.amount(whole.sold - whole.refunded),
    )
    columns = (telling.unit_and_buckets[0], "orders", "sold", "refunded", "kept")
    return telling.section(
        "time",
        stacked_bars(telling.times, series, formats.brief),
        [telling.table("time", columns, rows, total)],
        legend=enumerate([each.name for each in series], 1),
        lead={"orders": formats.count(whole.orders).text, "sold": formats.money(whole.sold)},
        description={
            "unit": telling.unit,
            "highest": formats.money(highest),
            "when": telling.times[-when],
        },
    )


def by_platform(telling: Telling) -> Section:
    """What each platform sold, and what was sold of its contents."""
    formats, takings = telling.formats, telling.report.takings
    sold, hosted = _sold_and_hosted(telling)
    of_accounts = {
        each: accounts.of_platform(each) for each in telling.report.audit.state.members.platforms
    }
    busy = [
        each
        for each, account in of_accounts.items()
        if sold[each].orders
        or hosted[each]
        or takings.released[account]
        or takings.withdrew[account]
        or sold[each].refunds
    ]
    if not busy:
        return telling.nothing("platforms")
    ordered = sorted(busy, key=lambda each: (-sold[each].sold - hosted[each], each))
    if sold[0].orders or sold[0].refunds:
        ordered.append(0)
    names = [seller_name(telling, each) for each in ordered]
    shown = ordered[:12]
    series = [
        Series(formats.say("column_as_seller"), [sold[each].sold for each in shown]),
        Series(formats.say("column_as_host"), [hosted[each] for each in shown]),
    ]
    rows = [
        (
            name,
            formats.count(sold[each].orders),
            formats.amount(sold[each].sold),
            formats.amount(sold[each].refunded),
            formats.amount(hosted[each]),
            formats.amount(takings.released[of_accounts[each]] if each else 0),
            formats.amount(takings.withdrew[of_accounts[each]] if each else 0),
        )
        for name, each in zip(names, ordered, strict=True)
    ]
    columns = (
        "platform",
        "orders",
        "as_seller",
        "refunded",
        "as_host",
        "released",
        "withdrawn",
    )
    return telling.section(
        "platforms",
        ranked_bars(names[:12], series, formats.brief),
        [telling.table("platforms", columns, rows)],
        legend=enumerate([each.name for each in series], 1),
        description={"most": names[0]},
    )


def by_subject(telling: Telling) -> Section:
    """Sales by the catalogue's subjects."""
    labels, unknown = telling.report.labels, telling.formats.say("unknown_subject")
    return _ranked(
        telling,
        "subjects",
        "subject",
        lambda line: labels.subject(line.content) or unknown,
    )


def by_creator(telling: Telling) -> Section:
    """Sales by the creators whom the catalogue names, or else plans name first."""
    labels = telling.report.labels
    return _ranked(
        telling, "creators", "creator", lambda line: labels.creator(line.content, line.creator)
    )


def seller_name(telling: Telling, number: int) -> str:
    """A platform's name, or what stands for no seller."""
    return telling.report.labels.platform(number) or telling.formats.say("no_seller")


def _ranked(
    telling: Telling,
    name: str,
    column: str,
    name_of: Callable[[Line], str],
) -> Section:
    formats = telling.formats
    groups = _grouped(telling.report.takings.sales, name_of)
    if not groups:
        return telling.nothing(name)
    ranked = rank(telling, groups)
    rows = [_row(telling, each) for each in ranked]
    total = _row(telling, _together(telling, [tally for tally, _ in groups.values()]))
    columns = [column, "contents", "orders", "sold", "refunded"]
    sold = Series(formats.say("column_sold"), [each.tally.sold for each in ranked])
    return telling.section(
        name,
        ranked_bars([each.name for each in ranked], [sold], formats.brief),
        [telling.table(name, columns, rows, total)],
        description={"most": ranked[0].name},
    )


def _together(telling: Telling, tallies: Iterable[Tally]) -> Ranked:
    total = Tally()
    for each in tallies:
        total.add(each)
    contents = len({line.content for line in telling.report.takings.sales})
    return Ranked(telling.formats.say("total"), total, contents)


def _row(telling: Telling, each: Ranked) -> list[Cell]:
    formats, tally = telling.formats, each.tally
    return [
        each.name,
        formats.count(each.contents),
        formats.count(tally.orders),
        formats.amount(tally.sold),
        formats.amount(tally.refunded),
    ]


def _grouped(
    sales: Mapping[Line, Tally], name_of: Callable[[Line], str]
) -> dict[str, tuple[Tally, int]]:
    """The tally of each name, and how many contents were sold or given back of it."""
    tallies: dict[str, Tally] = {}
    contents: dict[str, set[int]] = {}
    for line, tally in sales.items():
        name = name_of(line)
        tallies.setdefault(name, Tally()).add(tally)
        contents.setdefault(name, set()).add(line.content)
    return {name: (tally, len(contents[name])) for name, tally in tallies.items()}


def _by_seller(telling: Telling) -> list[Series]:
    """The sales of each stretch by seller; those with few are told as one."""
    whole: Counter[int] = Counter()
    for (_, seller), amount in telling.report.takings.sold_by.items():
        whole[seller] += amount
    ordered = sorted(whole, key=lambda each: (-whole[each], each))
    told = ordered if len(ordered) <= _MOST_SELLERS else ordered[: _MOST_SELLERS - 1]
    place = {seller: index for index, seller in enumerate(told)}
    names = [seller_name(telling, each) for each in told]
    if others := len(ordered) - len(told):
        names.append(telling.formats.say("others", count=telling.formats.count(others).text))
    _, stretches = telling.unit_and_buckets
    values = [[0] * len(stretches) for _ in names]
    stretch_of = {
        day: index
        for index, each in enumerate(stretches)
        for day in range(each.first, each.last + 1)
    }
    for (day, seller), amount in telling.report.takings.sold_by.items():
        values[place.get(seller, len(told))][stretch_of[day]] += amount
    return [Series(*each) for each in zip(names, values, strict=True)]


def _sold_and_hosted(telling: Telling) -> tuple[dict[int, Tally], Counter[int]]:
    """By platform: what it sold, and the prices of what was sold of its contents."""
    state = telling.report.audit.state
    sold = {each: Tally() for each in (0, *state.members.platforms)}
    hosted: Counter[int] = Counter()
    for line, tally in telling.report.takings.sales.items():
        sold[line.seller].add(tally)
        hosted[state.contents.offers[line.content].host] += tally.sold
    return sold, hosted
