"""Batches: orders that wait for one, and bringing each to its end on chain."""

from __future__ import annotations

from zhifu import rounds
from zhifu.adoption import Adopter, Adoption
from zhifu.closing import wall_milliseconds
from zhifu.deeds import AdoptedDeed
from zhifu.exceptions import ChainUnreachable, UnrecordedDeed, ZhifuError
from zhifu.gateway._following import Following
from zhifu.gateway._parts import require_positive
from zhifu.lane import Lane
from zhifu.payments import BatchRecord, OrderRecord


class Settling(Following):
    """That part of `Gateway`."""

    def waiting(self, platform: int) -> int:
        """How many paid orders of a platform wait for a batch; those left out do not count."""
        return self._books.waiting(platform)

    def left_out(self, platform: int) -> list[OrderRecord]:
        """A platform's paid orders that no batch can carry now, each with its `problem`."""
        return self._books.left_out(platform)

    def is_due(self, platform: int) -> bool:
        """Whether a platform's waiting orders should be settled now: enough, or old enough."""
        return self._closing.is_due(self._lane_book.queue(platform), wall_milliseconds())

    def settle(self, platform: int, *, limit: int | None = None) -> BatchRecord | None:
        """Settle a platform's next batch on chain and wait until it is included.

        At most `limit` orders (default and most: the batch size). None if no order can go: none
        waits, or those that do are `left_out`. Raises NoOperator, UnrecordedBatch if the chain has
        what these books, restored from an older back-up, have not, and InsufficientBalance if the
        platform cannot pay: its orders wait. ChainUnreachable, InconsistentNode, NodeRefused,
        TransactionPending and FeeCapReached may leave a stored batch behind that the next call, or
        `recover`, brings to its end. LaneBusy if another process works for the platform's key, and
        does not end in time.
        """
        lane = self._lane(platform)
        if limit is not None:
            require_positive("limit", limit, 1)
        self.sync()
        return lane.settle(min(limit or self._batch_size, self._batch_size))

    def settle_due(self, platform: int) -> BatchRecord | None:
        """Settle a platform's next batch if one is due: what a worker calls time and again.

        By what was last seen of the chain, if that was within a second. None if none is due or can
        go. Raises as `settle`.
        """
        lane = self._lane(platform)
        if not self.is_due(platform):
            return None
        self.freshness.require_seen()
        return lane.settle(self._batch_size)

    def recover(self, platform: int | None = None) -> list[BatchRecord]:
        """Bring every batch that was stored and not settled to its end; what became of each.

        Of one platform, or of all whose operator keys are here. To be called on start. One that the
        chain refused comes back as refused, once that is `confirmations` deep; its orders wait
        again. One that was refused and that a reorganisation included all the same comes back as
        settled. Refunds that were cut short are finished too; `pending_refunds` tells of those that
        still cannot be. What keeps one lane from its end is raised once the others, and the
        refunds, have come to theirs. Raises UnknownPlatform and NoOperator for a
        platform that is not here.
        """
        self.sync()
        batches: list[BatchRecord] = []
        failures: list[ZhifuError] = []
        lanes = self._lanes if platform is None else {platform: self._lane(platform)}
        for lane in lanes.values():
            batches += self._recovered(lane, failures)
        for number in lanes:
            self.follow_refunds(number)
        if failures:
            raise failures[0]
        return batches

    def follow_refunds(self, platform: int) -> int:
        """Go on with a platform's refunds that were begun; how many are finished.

        First with those that need nothing on chain any more: a transaction that waits in vain keeps
        none of them from its provider. Raises UnknownPlatform, NoOperator and ChainUnreachable.
        """
        self._lane(platform)
        due = self._refunds.due(platform)
        return rounds.each(due, self._refunds.go_on, ends=(ChainUnreachable,))

    def _recovered(self, lane: Lane, failures: list[ZhifuError]) -> list[BatchRecord]:
        try:
            return lane.recover()
        except ChainUnreachable:
            raise
        except ZhifuError as error:
            failures.append(error)
            return []

    def adopt(self, platform: int, *, unmatched: bool = False) -> list[Adoption]:
        """Take in batches that the chain has settled and restored books know nothing of.

        For an operator, after UnrecordedBatch. Waiting orders that a batch has sold are settled
        from then on. One that has sold what no waiting order is like is taken in only if
        `unmatched`: those sales were paid after the back-up was made, are in the provider's bill,
        and must not be recorded again. Raises NoOperator, and UnrecordedBatch for such a batch.
        """
        lane = self._lane(platform)
        self.sync()
        with lane.turn:
            lane.recover()
            adopter = Adopter(self._lane_book, self._index, self.network.chain, platform)
            return adopter.adopt(unmatched=unmatched)

    def adopt_deeds(self, platform: int, *, unmatched: bool = False) -> list[AdoptedDeed]:
        """Take in what the chain has and restored books know nothing of, and may be about to do.

        For an operator, after UnrecordedDeed; batches are to be adopted first. Of top-ups, pay-outs
        and parts that are on chain by unknown transactions, those are taken for done that the books
        have waiting, just alike. The rest is taken in only if `unmatched`: the books may do the
        same again then, so whoever asked for it after the back-up was made must not ask again.
        Raises NoOperator, UnrecordedBatch, UnrecordedDeed for what is left, TransactionPending
        while anything like it is under way, and as `recover`.
        """
        self._lane(platform).require_recorded()
        before = self._deeds.unrecorded(platform)
        if not before:
            return []
        with self._deeds.adopting():
            # A part is given by the lane of another platform: the content's host.
            self.recover()
            self._top_ups.follow(platform)
        left = set(self._deeds.unrecorded(platform))
        if left and not unmatched:
            first = next(each for each in before if each in left)
            raise UnrecordedDeed(*first.deed, first.transaction_hash)
        self._deeds.disown(platform, {each.transaction_hash for each in left}, self._clock())
        return [AdoptedDeed(*each, matched=each not in left) for each in before]

    def batches(self, platform: int) -> list[BatchRecord]:
        """A platform's batches, the oldest first."""
        return self._lane_book.batches(platform)
