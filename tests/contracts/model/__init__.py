"""The network as SPECIFICATION.md tells it: who may do what, and where every unit of money is.

Nothing is summed up in advance: what a hold or an account shows is computed from its orders. Each
module has the rules and the state of one concept, and extends those that it builds on.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.contracts.model.batches import Batches
from tests.contracts.model.custody import Custody
from tests.contracts.model.disputes import Disputes
from tests.contracts.model.learners import LEARNERS_PER_DAY
from tests.contracts.model.licences import Licences
from tests.contracts.model.orders import Orders
from tests.contracts.model.refusal import Refused
from tests.contracts.model.requests import Requests
from tests.contracts.model.sale import NOBODY, Sale

__all__ = ["LEARNERS_PER_DAY", "NOBODY", "Ledger", "Refused", "Sale"]


@dataclass
class Ledger(Orders, Batches, Requests, Disputes, Licences, Custody):
    """The whole network. Amounts are in ledger units, of a token with six decimals."""
