"""Platforms, contents and what they cost."""

from __future__ import annotations

from zhifu.api.schemas.fields import Address, MoneyOut, Number, Out, Time


class PlatformOut(Out):
    """A member of the network; shares in basis points."""

    number: Number
    name: str
    owner: Address
    treasury: Address
    network_bps: int
    host_bps: int
    status: str


class PlatformsOut(Out):
    """The members of the network."""

    data: list[PlatformOut]


class ContentOut(Out):
    """A content with what it costs today; a licence lasts `duration_seconds`, 0 for ever."""

    number: Number
    host: Number
    ref: str
    price: MoneyOut | None
    price_units: int
    window_class: int
    duration_seconds: int
    renewable: bool
    active: bool


class ContentsOut(Out):
    """A page of contents, the newest first."""

    data: list[ContentOut]
    next_cursor: str | None


class QuotedContentOut(Out):
    """What one content of a cart costs."""

    content: Number
    price: MoneyOut


class QuoteOut(Out):
    """What a cart costs, for payments made before `valid_until`."""

    contents: list[QuotedContentOut]
    amount: MoneyOut
    valid_until: Time
