"""Learners' numbers: reserved for a platform, and bound to those it knows."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.enrolment import Reservation
from zhifu.gateway._parts import Parts
from zhifu.pages import FIRST


class Enrolling(Parts):
    """That part of `Gateway`."""

    def reserve_learners(self, platform: int, count: int, idempotency_key: str) -> Reservation:
        """Reserve `count` learner numbers (at most 2^20) for a platform, on chain.

        The same key again is the same reservation; see `withdraw`. Raises InvalidInput,
        IdempotencyConflict, UnknownPlatform, NoOperator and InactivePlatform.
        """
        return self._enrolment.reserve(platform, count, idempotency_key)

    def reservations(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[Reservation]:
        """A platform's reservations, numbered (`zhifu.ids`) below `before`, the newest first."""
        return self._enrolment.reservations(platform, before, limit)

    def reservation(self, platform: int, reservation_id: str) -> Reservation:
        """One reservation of a platform; raises UnknownReservation."""
        return self._enrolment.reservation(platform, reservation_id)

    def bind_learner(
        self, platform: int, learner: int, commitment: bytes, idempotency_key: str
    ) -> str:
        """State on chain that a platform knows a learner; the transaction's hash.

        `commitment` is a salted hash of the platform's own name for them. The same key again is the
        same binding; see `withdraw`. Raises InvalidInput, IdempotencyConflict, UnknownPlatform,
        NoOperator and UnknownLearner.
        """
        return self._enrolment.bind(platform, learner, commitment, idempotency_key)
