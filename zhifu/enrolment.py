"""Learner numbers: a platform reserves a run of them, and says which of others' it knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput
from zhifu.lane import Lane

MOST_AT_ONCE = 1 << 20

_COMMITMENT_BYTES = 32


class Reservation(NamedTuple):
    """Learner numbers from `first` to `last`, which are a platform's to give to its learners."""

    first: int
    last: int
    transaction_hash: str


class Enrolment:
    """Signs for platforms by their lanes; `lane` raises for one without."""

    def __init__(
        self, network: Network, lane: Callable[[int], Lane], sync: Callable[[], object]
    ) -> None:
        self._network = network
        self._lane = lane
        self._sync = sync

    def reserve(self, platform: int, count: int) -> Reservation:
        """Register `count` learners; see `Gateway.reserve_learners`."""
        if type(count) is not int or not 1 <= count <= MOST_AT_ONCE:
            raise InvalidInput("count", f"must be from 1 to {MOST_AT_ONCE}", count)
        registry, lane = self._network.registry, self._lane(platform)
        with lane.turn:
            receipt = registry.register_learners(lane.signer, count)
        first = int(registry.emitted(receipt, "LearnersRegistered")[0]["first"])
        self._sync()
        return Reservation(first, first + count - 1, receipt.transaction_hash)

    def bind(self, platform: int, learner: int, commitment: bytes) -> str:
        """State that a platform knows a learner; see `Gateway.bind_learner`."""
        if len(commitment) != _COMMITMENT_BYTES or not any(commitment):
            raise InvalidInput("commitment", f"must be {_COMMITMENT_BYTES} bytes that are not zero")
        lane = self._lane(platform)
        with lane.turn:
            receipt = self._network.registry.bind_learner(lane.signer, learner, commitment)
        return receipt.transaction_hash
