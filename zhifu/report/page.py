"""A report as one HTML page that asks for nothing else: no script, no font, no network."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zhifu.languages import Language
from zhifu.report import money, proofs, sales
from zhifu.report.formats import Formats, Number
from zhifu.report.reading import Report
from zhifu.report.sections import Section, Telling
from zhifu.report.svg import drawing


def page(report: Report, language: Language) -> str:
    """The page in a language; the same report gives the same page, to the letter."""
    deployment = report.network.deployment
    formats = Formats(language, deployment.currency, deployment.ledger_decimals)
    telling = Telling(report, formats)
    with drawing():
        sections = _sections(telling)
    return (
        _environment()
        .get_template("page.html")
        .render(
            say=formats.say,
            formats=formats,
            language="zh-Hans" if language is Language.CHINESE else "en",
            report=report,
            period=[formats.day(day or 0) for day in report.period],
            tiles=_tiles(telling),
            sections=sections,
            verdict=_verdict(report),
            style=_style(),
        )
    )


def _sections(telling: Telling) -> list[Section]:
    told = (
        sales.over_time(telling),
        sales.by_platform(telling),
        sales.by_subject(telling),
        sales.by_creator(telling),
        money.between_platforms(telling),
        money.saved_by_netting(telling),
        money.held(telling),
        money.refunds(telling),
        proofs.gas(telling),
        proofs.fiat(telling),
        proofs.check(telling),
    )
    return [each for each in told if each is not None]


def _tiles(telling: Telling) -> list[tuple[str, Number, str]]:
    """The figures on top: what they are called, and the unit that they are in."""
    formats, whole, netting = telling.formats, telling.whole, telling.report.takings.netting
    currency = formats.currency
    return [
        (formats.say("tile_sold"), formats.amount(whole.sold), currency),
        (formats.say("tile_orders"), formats.count(whole.orders), ""),
        (formats.say("tile_refunded"), formats.amount(whole.refunded), currency),
        (formats.say("tile_held"), formats.amount(telling.closing.held), currency),
        (formats.say("tile_released"), formats.amount(whole.released), currency),
        (formats.say("tile_withdrawn"), formats.amount(whole.withdrawn), currency),
        (formats.say("tile_gas"), formats.count(telling.report.takings.gas.orders.each), ""),
        (formats.say("tile_saved"), formats.share(netting.saved, netting.gross), ""),
    ]


def _verdict(report: Report) -> str:
    if report.audit.sums is None:
        return "unseen" if report.audit.conserved else "broken"
    return "fine" if report.audit.conserved else "broken"


@cache
def _style() -> Markup:
    css = files("zhifu.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    return Markup(css)  # noqa: S704


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("zhifu.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
