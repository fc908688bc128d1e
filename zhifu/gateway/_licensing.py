"""Licences: who may use what, and the proof of it."""

from __future__ import annotations

from zhifu.exceptions import UnknownContent, UnknownLearner
from zhifu.gateway._following import Following
from zhifu.gateway._paying import Paying
from zhifu.models import BatchOrder


class Licensing(Following, Paying):
    """That part of `Gateway`."""

    def may_use(self, holder: int | str, content: int) -> bool:
        """Whether a learner (by number) or the holder of an address may use a content now.

        Whichever platform sold it, and whichever gateway settled it: the index finds the order and
        the chain verifies it. Raises UnknownContent, UnknownLearner, and InvalidInput for what is
        no address.
        """
        self._require_known(holder, content)
        return self._may_use(holder, content) or (self.sync() and self._may_use(holder, content))

    def has_license(self, learner: int, content: int) -> bool:
        """Whether a learner has a licence for a content now, as of the last `sync`.

        What the index holds answers, in well under a millisecond, without a proof; `may_use` has
        the chain verify it. Only about an order that was claimed as a token the chain is asked.
        Raises UnknownContent and UnknownLearner.
        """
        self._require_known(learner, content)
        return self._licenses.granted(learner, content, self._indexer.now())

    def license(self, learner: int, content: int) -> BatchOrder | None:
        """A learner's latest order of a content that verifies, with its proof, ready to be claimed.

        None if there is none. Raises UnknownContent and UnknownLearner.
        """
        self._require_known(learner, content)
        found = self._licenses.of_learner(learner, content)
        if found is None and self.sync():
            found = self._licenses.of_learner(learner, content)
        return found

    def license_of(self, order_id: str) -> BatchOrder | None:
        """One order with its proof, whether or not it still verifies; None before it is settled.

        Raises UnknownOrder.
        """
        batch, platform = (order := self.order(order_id)).batch, order.platform
        if batch is None:
            return None
        place = (platform, batch.lane, batch.number, batch.position)
        found = self._licenses.of_batch(*place)
        if found is None and self.sync():
            found = self._licenses.of_batch(*place)
        return found

    def _may_use(self, holder: int | str, content: int) -> bool:
        if isinstance(holder, str):
            return self._licenses.holds(holder, content)
        return self._licenses.of_learner(holder, content) is not None

    def _require_known(self, holder: int | str, content: int) -> None:
        if not self._is_known(holder, content):
            self.sync()
        if self._index.content(content) is None:
            raise UnknownContent(content)
        if not self._is_known(holder, content):
            raise UnknownLearner(holder)

    def _is_known(self, holder: int | str, content: int) -> bool:
        if self._index.content(content) is None:
            return False
        return isinstance(holder, str) or 0 < holder <= self._index.learners
