"""A seeded walk through every verb, on chain and in the model at once.

Each module walks through the verbs of one concept, and extends those whose draws it needs.
"""

from __future__ import annotations

from tests.contracts.batch import FROM_LEARNER
from tests.contracts.walk.disputes import Disputes
from tests.contracts.walk.founding import Founding
from tests.contracts.walk.learner_batches import LearnerBatches
from tests.contracts.walk.licences import Licences
from tests.contracts.walk.pausing import Pausing
from tests.contracts.walk.refunds import Refunds
from tests.contracts.walk.releases import Releases
from tests.contracts.walk.requests import Requests


class Walk(Founding, Pausing, LearnerBatches, Refunds, Requests, Disputes, Licences, Releases):
    """Draws steps from a seed, takes each on chain and in the model, and compares everything."""

    def run(self, steps: int) -> None:
        """Found a network and take so many steps, comparing after each.

        A walk that was unlucky with its draws goes on until nothing is `missing`, or gives up.
        """
        try:
            self._found()
            for taken in range(10 * steps):
                if taken >= steps and not self.missing(steps):
                    break
                self._step()
                self._compare()
        except BaseException:
            print(f"seed {self.seed}, after {len(self.told)} steps:", *self.told[-12:], sep="\n  ")
            raise

    def missing(self, steps: int) -> list[str]:
        """What a walk of so many steps must have come by, and this one has not."""
        sales = self.ledger.sales.values()
        holds = self.ledger.holds.values()
        done = {transaction.fn_name for transaction in self.sent}
        seen = {
            "sales": len(sales) > steps // 5,
            "refusals": len(self.refusals) > steps // 10,
            **{verb: verb in done for verb in ("settle", "refund", "refundBatch")},
            "a part refund": any(sale.given_back for sale in sales),
            "a claim": any(sale.holder for sale in sales),
            "a release": any(held.released for entries in holds for held in entries),
            "a dispute that paid": any(sale.paid_out for sale in sales),
            "a request": any(sale.answer_by for sale in sales),
            "a learner that paid": any(sale.facts.state & FROM_LEARNER for sale in sales),
            "an account taken over": bool(self.ledger.account_keys),
            "a consent": bool(self.ledger.nonces),
            "a plan that changed": any(len(c.plans) > 1 for c in self.ledger.contents.values()),
        }
        return [name for name, found in seen.items() if not found]

    def _step(self) -> None:
        if self.ledger.paused:
            self.set_paused(False)
        verbs = [self.buy, self.settle, self.refund, self.refund_batch, self.claim] * 3
        verbs += [self.settle_learners, self.dispute, self.end_dispute, self.refund_part] * 3
        verbs += [self.dispute, self.end_dispute] * 2
        verbs += [self.top_up, self.pay_out, self.offer_account, self.take_over] * 2
        verbs += [self.request_refund, self.answer_request, self.set_plan, self.set_prices] * 2
        verbs += [self.set_paused, self.release_version, self.set_top_up_limit]
        verbs += [self.buy, self.settle, self.release, self.release_commission, self.deposit] * 2
        verbs += [self.withdraw, self.withdraw_platform, self.transfer, self.set_price] * 2
        verbs += [self.set_active, self.publish, self.register, self.bind_key, self.send]
        verbs += [self.set_status, self.set_operator, self.accept_operator, self.set_treasury]
        self.random.choice(verbs)()

    def _compare(self) -> None:
        found = self.views.differences()
        assert not found, f"seed {self.seed}, {self.told[-1]}:\n" + "\n".join(found)
