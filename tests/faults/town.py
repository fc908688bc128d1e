"""Where crashes happen: a chain, a database, a provider, and one gateway process after another.

What is outside of the process goes on whatever becomes of it: the provider remembers, the node
includes, time passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.faults.fuse import Fuse, FusedChain, FusedProvider, FusedStore
from tests.integration.fair import LEARNERS, Fair
from zhifu.accounts import of_learner
from zhifu.deployment import Network
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store
from zhifu.turns import LEASE_SECONDS
from zhifu.worker import Worker, jobs_of

PLATFORM = 1
#: So that being included and being confirmed are two things.
CONFIRMATIONS = 1
_TURN_MILLISECONDS = round(LEASE_SECONDS * 1_000)
#: Longer than a job's lease, and than every job's time between two turns.
_TURN_SECONDS = 61
#: What a day may put on learners' accounts, in ledger units, and when a rise of it holds.
_TOP_UP_LIMIT = 10**12
_LIMIT_DAYS = 3


@dataclass
class Town:
    """A fair, whose provider's books begin anew with each round; `now` in Unix seconds.

    Its processes take the connections of one `store`: to open a database takes longer than most
    rounds. Whoever dies leaves none in a transaction, as `tests.faults.kills` shows of real ones.
    """

    fair: Fair
    database_url: str
    now: int = 1_750_040_000
    provider: SandboxProvider = field(init=False)
    names: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        assert self.fair.databases is not None
        self.store = Store.open(self.database_url)
        self._eyes = self.fair.databases.connect()
        self._allow_top_ups()
        self.begin()

    def end(self) -> None:
        """Close what stayed open from one process to the next."""
        self._eyes.close()
        self.store.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the database, past the gateway."""
        found: list[tuple[Any, ...]] = self._eyes.execute(query).fetchall()
        return found

    def begin(self) -> None:
        """A provider without any payments."""
        self.provider = SandboxProvider(clock=lambda: self.now)

    def _allow_top_ups(self) -> None:
        """The platform's owner lets it put money on learners' accounts."""
        fair = self.fair
        if fair.network.settlement.top_up_limit_of(PLATFORM)[0] == 0:
            owner = fair.operators[PLATFORM]
            fair.network.settlement.set_top_up_limit(owner, PLATFORM, _TOP_UP_LIMIT)
            fair.pass_days(_LIMIT_DAYS)

    def on_balances(self) -> int:
        """What learners have on the platform, in ledger units."""
        accounts = [(of_learner(PLATFORM, each),) for each in range(1, LEARNERS + 1)]
        return sum(self.fair.network.settlement.read_many("availableOf", accounts))

    def pass_time(self) -> None:
        """Whatever waited for its time has its time; one more block is on the chain."""
        self.now += _TURN_SECONDS
        self.fair.anvil.mine()

    def outlast_turns(self) -> None:
        """The time passes that a dead process's turn at a lane lasts."""
        self.rows(f"UPDATE leases SET until = until - {_TURN_MILLISECONDS} RETURNING name")

    def start(self, fuse: Fuse) -> Process:
        """A new process on the same database."""
        return Process(self, fuse)


class Process:
    """One life of a gateway: what clients ask it for, and what it does by itself."""

    def __init__(self, town: Town, fuse: Fuse) -> None:
        self._town = town
        self._fuse = fuse
        self._store = FusedStore(town.store, fuse)
        self._chain = FusedChain(town.fair.anvil.rpc_url, fuse)
        try:
            self.gateway = self._gateway()
            self._worker = self._hired()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """What an operating system does for the dead."""
        self._chain.close()
        self._store.close()

    def turn(self) -> None:
        """Every job of the worker once, some time later."""
        self._town.pass_time()
        self._worker.turn()

    def _gateway(self) -> Gateway:
        fair = self._town.fair
        return Gateway(
            self._store,
            Network(self._chain, fair.network.deployment),
            {PLATFORM: fair.operators[PLATFORM]},
            {"sandbox": FusedProvider(self._town.provider, self._fuse)},
            batch_age_ms=0,
            confirmations=CONFIRMATIONS,
            clock=lambda: self._town.now,
        )

    def _hired(self) -> Worker:
        leases = Leases(self._store, clock=lambda: self._town.now * 1_000)
        jobs = jobs_of(self.gateway, [PLATFORM])
        return Worker(leases, jobs, lambda: float(self._town.now))
