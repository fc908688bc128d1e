"""What was sent, and is sent again."""

from __future__ import annotations

from pydantic import model_validator

from zhifu.api.schemas.fields import EventId, In, Out, Sequence, Time


class AttemptOut(Out):
    """One attempt of a delivery: the receiver's status, or the error that kept it from one."""

    attempt: int
    status: int | None
    error: str | None
    milliseconds: int
    at: Time


class DeliveryOut(Out):
    """How an event comes to an endpoint.

    `state` is due, delivered or failed; `due_at` when it is tried next, or was settled.
    """

    event: EventId
    type: str
    state: str
    due_at: Time
    attempts: list[AttemptOut]


class DeliveriesOut(Out):
    """A page of deliveries, the newest events first."""

    data: list[DeliveryOut]
    next_cursor: str | None


class ResendIn(In):
    """One event, or a range of sequence numbers, of 1,000 at most."""

    event: EventId | None = None
    first: Sequence | None = None
    last: Sequence | None = None

    @model_validator(mode="after")
    def _one(self) -> ResendIn:
        is_range = self.first is not None and self.last is not None
        is_part = self.first is not None or self.last is not None
        if (self.event is None) != is_range or is_part != is_range:
            raise ValueError("must be an event, or the first and the last of a range")
        return self


class ResentOut(Out):
    """How many of an endpoint's sequence numbers are sent again.

    A range was done up to `last`: what is behind it in a large one is asked for by another request.
    """

    resent: int
    last: Sequence | None = None
