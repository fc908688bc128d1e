"""The sections about what can be checked: gas, the gateway's books, and whether all adds up."""

from __future__ import annotations

from zhifu.audit.invariants import Line
from zhifu.report.formats import Number
from zhifu.report.gas import KINDS
from zhifu.report.plots import Series, dots, parts
from zhifu.report.sections import Section, Table, Telling

_VERDICTS = {True: "holds", False: "fails", None: "not_seen"}


def gas(telling: Telling) -> Section:
    """What an order took, and every other kind of transaction."""
    formats, gas = telling.formats, telling.report.takings.gas
    spent = [(formats.say(f"gas_{kind}"), gas.by_kind[kind]) for kind in KINDS]
    used = [(name, each) for name, each in spent if each.transactions]
    if not used:
        return telling.nothing("gas")
    rows = [
        (
            name,
            formats.count(each.transactions),
            formats.count(each.items),
            formats.count(each.gas),
            formats.count(each.each),
        )
        for name, each in used
    ]
    columns = ("kind", "transactions", "items", "gas", "gas_each")
    return telling.section(
        "gas",
        dots([name for name, _ in used], [each.each for _, each in used], formats.brief_count),
        [telling.table("gas", columns, rows)],
        lead={"gas": formats.count(gas.orders.each).text},
    )


def fiat(telling: Telling) -> Section | None:
    """What the gateway's books say of providers; None without books."""
    formats, found = telling.formats, telling.report.fiat
    if found is None:
        return None
    rows = [
        (
            name,
            formats.count(each.payments),
            formats.minor(each.received, currency),
            formats.minor(each.fees, currency),
            formats.count(each.refunds),
            formats.minor(each.refunded, currency),
            formats.count(each.chargebacks),
            formats.minor(each.charged_back, currency),
        )
        for (name, currency), each in found.providers.items()
    ]
    columns = (
        *("provider", "payments", "received", "fees", "refunds", "refunded"),
        *("chargebacks", "charged_back"),
    )
    return telling.section(
        "fiat",
        None,
        [telling.table("fiat", columns, rows)] if rows else [],
        lead={
            "orders": formats.count(found.waiting_orders).text,
            "amount": formats.money(found.waiting_units),
        },
    )


def check(telling: Telling) -> Section:
    """Whether the tokens are those of somebody, and all invariants hold."""
    formats, audit = telling.formats, telling.report.audit
    lines = [_said(telling, each) for each in audit.lines]
    columns = ("invariant", "rule", "verdict", "shown")
    tables = [telling.table("check", columns, lines, texts=4)]
    if audit.broken:
        found = [
            (", ".join(f"INV-{each}" for each in one.breaks), one.said) for one in audit.broken
        ]
        tables.append(telling.table("findings", ("invariant", "finding"), found, texts=2))
    if audit.sums is None:
        return telling.section("check", None, tables)
    sums = {
        "available": audit.available,
        "held": audit.held,
        "disputed": audit.in_dispute,
        "unaccounted": audit.unaccounted,
    }
    series = [Series(formats.say(f"check_{name}"), [units]) for name, units in sums.items()]
    return telling.section(
        "check",
        parts(series),
        [_tokens(telling, series, audit.sums.tokens), *tables],
        legend=enumerate([each.name for each in series], 1),
        description={name: formats.money(units) for name, units in sums.items()},
    )


def _tokens(telling: Telling, series: list[Series], tokens: int) -> Table:
    formats = telling.formats
    rows = [(each.name, formats.amount(each.values[0])) for each in series]
    total = (formats.say("check_tokens"), formats.amount(tokens))
    return telling.table("tokens", ("where", "amount"), rows, total)


def _said(telling: Telling, line: Line) -> tuple[str | Number, ...]:
    """An invariant's line of the audit, in the report's language."""
    formats = telling.formats
    told = {
        name: formats.amount(number).text if name in line.amounts else formats.count(number).text
        for name, number in line.numbers.items()
    }
    whole = set(line.numbers) != {"orders"}
    shown = formats.say(f"shown_{line.invariant}" if whole else "shown_none", **told)
    return (
        f"INV-{line.invariant}",
        formats.say(f"rule_{line.invariant}"),
        formats.say(_VERDICTS[line.holds]),
        shown,
    )
