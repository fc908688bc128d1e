"""Where learners are told what happens."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zhifu.api.schemas.fields import In, Number, Out, Text


class ContactIn(In):
    """Where a learner is told: an e-mail address, `+` and digits, or an account's name."""

    address: Text
    language: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"


class ContactOut(Out):
    """A learner's contact on a channel."""

    channel: str
    address: str
    language: str


class ContactsOut(Out):
    """A learner's contacts, one for each channel at most."""

    data: list[ContactOut]


class ForgottenOut(Out):
    """A learner of whom nothing personal is kept any more."""

    learner: Number
