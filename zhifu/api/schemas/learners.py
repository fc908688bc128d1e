"""Learner numbers, and whom they bind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zhifu.api.schemas.fields import MOST_LEARNERS, Bytes32, In, Number, Out, ReservationId, Time


class LearnersIn(In):
    """How many learner numbers to reserve."""

    count: Annotated[int, Field(ge=1, le=MOST_LEARNERS)]


class ReservationOut(Out):
    """Learner numbers that are the platform's to give to learners once they are confirmed.

    `state` is stored, submitted, settled, confirmed or refused; the numbers are known while they
    are on chain.
    """

    id: ReservationId
    count: int
    first: Number | None
    last: Number | None
    state: str
    transaction_hash: Bytes32 | None
    created_at: Time
    detail: str | None


class ReservationsOut(Out):
    """A page of reservations, the newest first."""

    data: list[ReservationOut]
    next_cursor: str | None


class BindingIn(In):
    """A salted commitment to the platform's own name for a learner."""

    commitment: Bytes32


class BindingOut(Out):
    """A learner whom the platform knows."""

    learner: Number
    platform: Number
    commitment: Bytes32
    transaction_hash: Bytes32
