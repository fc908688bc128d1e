"""What a gateway does by itself: jobs that come round, each done by one process at a time.

A job that fails is told of and comes round again; it keeps no other job from its turn.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from zhifu import rounds
from zhifu.condition import Condition
from zhifu.exceptions import ZhifuError
from zhifu.gateway import Gateway
from zhifu.leases import Leases, kept
from zhifu.providers.balance import BALANCE
from zhifu.pruning import Pruning

_LEASE_SECONDS = 60.0
_RENEWALS = 3
#: Longer than any provider or node may take for what is begun in one round.
_LONGEST_SECONDS = 300.0
_FAILING_SECONDS = 60.0
_LOG = logging.getLogger(__name__)


AGAIN = object()
"""What a job answers that has more to do at once: its turn comes after the others'."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so many seconds, or at once for as long as it answers `AGAIN`.

    Nothing is done, and no lease taken, unless there is something `to_do`. One process at a time
    does it, under a lease, unless it `takes_turns` by itself.
    """

    name: str
    every_seconds: float
    do: Callable[[], object]
    to_do: Callable[[], bool] = lambda: True
    takes_turns: bool = False


class Worker:
    """Does jobs in turn, in one thread; several processes with one database share them.

    A job whose round lasts for `round_seconds` begins nothing more in it, and has another one after
    the other jobs' turns. `clock` tells seconds, from any beginning. The lease of a job lasts for
    `lease_seconds` after the process that does it has died. A job that lasts for `longest_seconds`
    hangs: another process may take it, and the worker is not well. Nor is it while a job has
    failed each time for `failing_seconds`.
    """

    def __init__(
        self,
        leases: Leases,
        jobs: Sequence[Job],
        clock: Callable[[], float] = time.monotonic,
        *,
        round_seconds: float = 5.0,
        lease_seconds: float = _LEASE_SECONDS,
        renew_seconds: float = _LEASE_SECONDS / _RENEWALS,
        longest_seconds: float = _LONGEST_SECONDS,
        failing_seconds: float = _FAILING_SECONDS,
    ) -> None:
        self._leases = leases
        self._jobs = jobs
        self._clock = clock
        self._round_seconds = round_seconds
        self._lease_seconds = lease_seconds
        self._renew_seconds = renew_seconds
        self._longest_seconds = longest_seconds
        self._condition = Condition(
            clock, longest_seconds=longest_seconds, failing_seconds=failing_seconds
        )
        self._due = {job.name: clock() for job in jobs}
        self._stop = threading.Event()

    def turn(self) -> float:
        """Do every job whose time has come; how many seconds until the next one's."""
        for job in self._jobs:
            if self._stop.is_set():
                break
            if self._clock() >= self._due[job.name]:
                again = self._do(job) is AGAIN
                self._due[job.name] = self._clock() + (0 if again else job.every_seconds)
        return max(0.0, min(self._due.values()) - self._clock())

    def run(self) -> None:
        """Take turns until `stop`."""
        while not self._stop.is_set():
            self._stop.wait(self.turn())

    def stop(self) -> None:
        """End `run` after what is being done; the job's round ends with it."""
        self._stop.set()

    @property
    def is_well(self) -> bool:
        """Whether its jobs get done; any thread may ask."""
        return self._condition.is_well

    def _do(self, job: Job) -> object:
        answer: object = None
        failed: Exception | None = None
        self._condition.began()
        try:
            if job.to_do():
                answer = self._done(job) if job.takes_turns else self._leased(job)
        except ZhifuError as error:
            failed = error
            _LOG.warning("job %s: %s", job.name, error, extra={"code": error.code})
        except Exception as error:
            failed = error
            _LOG.exception("job %s", job.name)
        self._condition.ended(job.name, failed)
        return answer

    def _leased(self, job: Job) -> object:
        lease = f"job:{job.name}"
        if not self._leases.take(lease, self._lease_seconds):
            return None
        with kept(
            self._leases,
            lease,
            self._lease_seconds,
            every_seconds=self._renew_seconds,
            longest_seconds=self._longest_seconds,
        ):
            return self._done(job)

    def _done(self, job: Job) -> object:
        current = rounds.Round(self._round_seconds, self._stop.is_set, self._clock)
        with rounds.running(current):
            answer = job.do()
        return AGAIN if current.was_cut else answer


def workers_of(
    gateway: Gateway,
    leases: Leases,
    platforms: Sequence[int],
    *,
    settle_seconds: float = 1.0,
    patience_seconds: int = 3_600,
    settling: bool = True,
) -> dict[str, Worker]:
    """All that a gateway has to do by itself, in as many workers as must not wait for each other.

    A provider or a lane that does not answer holds up its own worker's jobs only. See `jobs_of`.
    Without `settling` it is another process that has `settlers_of` the same database.
    """
    grouped = _groups(gateway, platforms, patience_seconds)
    workers = {name: Worker(leases, jobs) for name, jobs in grouped.items()}
    if settling:
        workers |= settlers_of(gateway, leases, platforms, settle_seconds=settle_seconds)
    return workers


def settlers_of(
    gateway: Gateway, leases: Leases, platforms: Sequence[int], *, settle_seconds: float = 1.0
) -> dict[str, Worker]:
    """What settles: a worker for each platform, which looks every `settle_seconds`."""
    return {
        f"settlement:{each}": Worker(leases, [_settling(gateway, each, settle_seconds)])
        for each in platforms
    }


def jobs_of(
    gateway: Gateway,
    platforms: Sequence[int],
    *,
    settle_seconds: float = 1.0,
    patience_seconds: int = 3_600,
) -> list[Job]:
    """What a gateway has to do by itself for the platforms whose operator keys it holds.

    Whether a batch is due is looked at every `settle_seconds`; the orders that no batch could
    carry for `patience_seconds`, and top-ups that the chain refused for so long, are refunded.
    """
    grouped = _groups(gateway, platforms, patience_seconds)
    jobs = [job for jobs in grouped.values() for job in jobs]
    return jobs + [_settling(gateway, each, settle_seconds) for each in platforms]


def pruning_of(pruning: Pruning, every_seconds: float = 600.0) -> Job:
    """Forgetting what is old, slice by slice until nothing is left to forget."""
    return Job("pruning", every_seconds, lambda: AGAIN if pruning.prune() else None)


def _groups(
    gateway: Gateway, platforms: Sequence[int], patience_seconds: int
) -> Mapping[str, Sequence[Job]]:
    groups = {
        "chain": [Job("sync", 1.0, gateway.sync)],
        "paybacks": [Job("paybacks", 5.0, gateway.pay_back)],
        "chargebacks": [Job("chargebacks", 5.0, gateway.follow_chargebacks)],
        "books": [Job("books", 5.0, gateway.follow_books)],
        "days": [Job("days", 60.0, gateway.close_days)],
    }
    for name in sorted(gateway.providers - {BALANCE}):
        groups[f"callbacks:{name}"] = [_following(gateway, name)]
        groups[f"inquiries:{name}"] = [_inquiring(gateway, name)]
    for each in platforms:
        groups[f"refunds:{each}"] = [
            Job(f"refunds:{each}", 5.0, partial(gateway.follow_refunds, each)),
            Job(f"recovery:{each}", 5.0, partial(gateway.recover, each)),
            Job(f"disputes:{each}", 10.0, partial(gateway.refund_disputed, each)),
            _refunding(gateway, each, patience_seconds),
        ]
        groups[f"top-ups:{each}"] = [
            Job(f"top-ups:{each}", 1.0, partial(gateway.follow_top_ups, each)),
            Job(f"pay-outs:{each}", 5.0, partial(gateway.follow_pay_outs, each)),
        ]
    return groups


def _following(gateway: Gateway, provider: str) -> Job:
    process = partial(gateway.process_callbacks, provider)
    return Job(f"callbacks:{provider}", 0.5, process, partial(gateway.has_callbacks, provider))


def _inquiring(gateway: Gateway, provider: str) -> Job:
    inquire = partial(gateway.inquire, provider)
    return Job(f"inquiries:{provider}", 1.0, inquire, partial(gateway.has_inquiries, provider))


def _settling(gateway: Gateway, platform: int, every_seconds: float) -> Job:
    def settle() -> object:
        return AGAIN if gateway.settle_due(platform) is not None else None

    # Whoever settles has the turn of the platform's key.
    return Job(f"settle:{platform}", every_seconds, settle, takes_turns=True)


def _refunding(gateway: Gateway, platform: int, patience_seconds: int) -> Job:
    def refund() -> None:
        gateway.refund_left_out(platform, patience_seconds)
        gateway.refund_late_top_ups(platform, patience_seconds)

    return Job(f"left-out:{platform}", 60.0, refund)
