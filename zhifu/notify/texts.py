"""The words of notices, in Chinese and English, from templates that ship with the package."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from zhifu.languages import Language
from zhifu.money import Money
from zhifu.notify.contacts import Channel


class NoticeKind(str, Enum):
    """What a learner is told."""

    RECEIPT = "receipt"
    TOP_UP = "top_up"
    REFUND = "refund"
    DISPUTE = "dispute"


class Text(NamedTuple):
    """A notice's words; only e-mails have a title."""

    title: str
    body: str


def text(kind: NoticeKind, channel: Channel, language: Language, values: Mapping[str, Any]) -> Text:
    """A notice's words: in full by e-mail, in a line elsewhere.

    `values` has `sender`, `reference`, `amount` (as payloads have it), `at` (Unix seconds), `to`
    (where a refund went: provider or balance), `is_part` (of a refund that leaves the licence) and
    `items`, a sequence of names and amounts.
    """
    template = _template(kind, language)
    locale = language.locale
    items = [(name, _shown(amount, locale)) for name, amount in values["items"]]
    amount, when = _shown(values["amount"], locale), _day(values["at"])
    known = {"is_part": False, **values, "items": items, "amount": amount, "when": when}
    if channel is Channel.EMAIL:
        return Text(_block(template, "title", known), _block(template, "body", known) + "\n")
    return Text("", _block(template, "short", known))


def _shown(amount: Mapping[str, Any], locale: str) -> str:
    return Money(amount["amount"], amount["currency"]).format(locale)


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M} UTC"


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(values)))).strip()


@cache
def _template(kind: NoticeKind, language: Language) -> Template:
    return _environment().get_template(f"{language.value}/{kind.value}.txt")


@cache
def _environment() -> Environment:
    # Text, not HTML: nothing in it is ever read as markup.
    return Environment(
        loader=PackageLoader("zhifu.notify"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701
    )
