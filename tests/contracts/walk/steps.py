"""A step, on chain and in the model at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from brownie.exceptions import VirtualMachineError

from tests.contracts import clock
from tests.contracts.accounts import NETWORK, of_address, of_platform
from tests.contracts.batch import BatchOrder
from tests.contracts.model import Ledger, Refused
from tests.contracts.views import Contracts, Views
from tests.contracts.walk.cast import Cast

WINDOWS = (clock.DAY, 3 * clock.DAY)


class Steps(Cast):
    """Takes steps, and notes what was done and what was refused."""

    def __init__(self, seed: int, contracts: Contracts) -> None:
        super().__init__()
        self.seed, self.random, self.chain = seed, Random(seed), contracts
        self.told: list[str] = []
        self.refusals: list[str] = []
        self.sent: list[Any] = []
        self.debits = 0
        self.proofs: dict[Any, BatchOrder] = {}
        settlement = contracts.settlement.address
        self.ledger = Ledger(settlement, self.network, self.treasury, list(WINDOWS), clock.now())
        accounts_seen = [*map(of_address, self.people), *map(of_platform, range(4))]
        self.views = Views(contracts, self.ledger, self.people, accounts_seen, self.proofs)

    def _act(
        self,
        told: str,
        caller: str,
        on_chain: Callable[[Any], Any],
        in_model: Callable[[], Any],
        *,
        signers: Iterable[str] = (),
        after: int | None = None,
    ) -> Any:
        """Do the same on chain and in the model, at the same time; both do it or both refuse.

        Beside the caller's, the accounts of `signers` may fall.
        """
        self.ledger.now += after or self._some_time()
        clock.set_next(self.ledger.now)
        self.told.append(f"{self.ledger.now} {caller[:8]} {told}")
        before = self.ledger.available.copy()
        try:
            result = in_model()
        except Refused as refusal:
            self._expect_refusal(refusal.errors, caller, on_chain)
            return None
        self.sent.append(on_chain({"from": caller}))
        self._require_authority({caller, *signers}, before)
        return result

    def _some_time(self) -> int:
        if self.random.random() < 0.01:
            return 15 * clock.DAY
        return self.random.choice([1, 60, clock.HOUR, clock.HOUR, 9 * clock.HOUR])

    def _expect_refusal(self, errors: set[str], caller: str, on_chain: Any) -> None:
        self.told[-1] += f", refused: {', '.join(sorted(errors))}"
        try:
            on_chain({"from": caller})
            refusal = "none"
        except VirtualMachineError as error:
            refusal = (error.revert_msg or "").split(":")[0]
        assert refusal in errors, f"{self.told[-1]}; on chain {refusal}"
        self.refusals.append(refusal)

    def _require_authority(self, authors: set[str], before: Any) -> None:
        """INV-4."""
        mine = {of_address(author) for author in authors}
        platforms = [number for author in authors for number in self._platforms_of(author)]
        mine |= set(map(of_platform, platforms))
        debited = {each for each in before if self.ledger.available[each] < before[each]}
        taken = {each for each in debited - mine if not self._has_custody(platforms, each)}
        assert not taken, f"{self.told[-1]}; debited {taken}"
        self.debits += len(debited)

    def _has_custody(self, platforms: list[int], account: int) -> bool:
        """A learner's account that it takes over is its own, so its key may empty it too."""
        return account >> 248 == 2 and (
            account >> 32 & 0xFFFFFFFF in platforms or account in self.ledger.account_keys
        )

    def _platforms_of(self, caller: str) -> list[int]:
        owned = [n for n, platform in self.ledger.platforms.items() if platform.owner == caller]
        owned += [NETWORK] * (caller == self.network)
        operated = [n for n in self.ledger.platforms if self.ledger.is_operator_of(caller, n)]
        return owned + operated
