"""Learner numbers: a platform reserves a run of them, and says which of others' it knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zhifu import ids
from zhifu.actbook import Act, ActBook, Wanted
from zhifu.acts import Acts
from zhifu.batch import HIGHEST_NUMBER
from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput, UnknownReservation
from zhifu.operations import Kind

MOST_AT_ONCE = 1 << 20

_COMMITMENT_BYTES = 32
_NO_COMMITMENT = bytes(_COMMITMENT_BYTES)


@dataclass(frozen=True, slots=True)
class Reservation:
    """`count` learner numbers, `first` to `last`, a platform's to give to its learners.

    They are known while it is on chain, and may be others until it is confirmed: none should be
    given to a learner before. `state` is its operation's. `detail` says why it is as it is, where
    that is known. Times are Unix seconds.
    """

    id: str
    count: int
    first: int | None
    last: int | None
    state: str
    transaction_hash: str | None
    created_at: int
    detail: str | None


class Enrolment:
    """Reserves and binds by acts."""

    def __init__(
        self, network: Network, acts: Acts, book: ActBook, sync: Callable[[], object]
    ) -> None:
        self._registry = network.registry
        self._acts = acts
        self._book = book
        self._sync = sync

    def reserve(self, platform: int, count: int, idempotency_key: str) -> Reservation:
        """Register `count` learners; see `Gateway.reserve_learners`."""
        if type(count) is not int or not 1 <= count <= MOST_AT_ONCE:
            raise InvalidInput("count", f"must be from 1 to {MOST_AT_ONCE}", count)
        wanted = Wanted(platform, Kind.RESERVATION, idempotency_key, {"count": count})
        calldata = self._registry.encode("registerLearners", count, _NO_COMMITMENT)
        act = self._acts.do(wanted, self._registry.address, calldata)
        self._sync()
        return self.reservation(platform, ids.to_text(ids.RESERVATION, act.number))

    def bind(self, platform: int, learner: int, commitment: bytes, idempotency_key: str) -> str:
        """State that a platform knows a learner; see `Gateway.bind_learner`."""
        if len(commitment) != _COMMITMENT_BYTES or not any(commitment):
            raise InvalidInput("commitment", f"must be {_COMMITMENT_BYTES} bytes that are not zero")
        if type(learner) is not int or not 0 < learner <= HIGHEST_NUMBER:
            raise InvalidInput("learner", f"must be a number from 1 to {HIGHEST_NUMBER}", learner)
        arguments = {"learner": learner, "commitment": commitment.hex()}
        wanted = Wanted(platform, Kind.BINDING, idempotency_key, arguments)
        calldata = self._registry.encode("bindLearner", learner, commitment)
        return self._acts.do(wanted, self._registry.address, calldata).transaction_hash or ""

    def reservations(self, platform: int, before: int, limit: int) -> Sequence[Reservation]:
        """A platform's reservations whose numbers are below `before`, the newest first."""
        acts = self._book.page(platform, Kind.RESERVATION, before, limit)
        return [_reservation(act) for act in acts]

    def reservation(self, platform: int, reservation_id: str) -> Reservation:
        """One reservation; raises UnknownReservation, also if it is another platform's."""
        number = ids.from_text(ids.RESERVATION, reservation_id)
        act = number and self._book.of(platform, Kind.RESERVATION, number)
        if not act:
            raise UnknownReservation(reservation_id)
        return _reservation(act)


def _reservation(act: Act) -> Reservation:
    numbers = act.result or {}
    return Reservation(
        ids.to_text(ids.RESERVATION, act.number),
        act.arguments["count"],
        numbers.get("first"),
        numbers.get("last"),
        act.state.value,
        act.transaction_hash,
        act.created_at,
        act.detail,
    )
