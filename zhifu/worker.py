"""What a gateway does by itself: jobs that come round, each done by one process at a time.

A job that fails is told of and comes round again; it keeps no other job from its turn.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zhifu.exceptions import ZhifuError
from zhifu.gateway import Gateway
from zhifu.leases import Leases

_LEASE_SECONDS = 60.0
_LOG = logging.getLogger(__name__)


AGAIN = object()
"""What a job answers that has more to do at once: its turn comes after the others'."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so many seconds, or at once for as long as it answers `AGAIN`."""

    name: str
    every_seconds: float
    do: Callable[[], object]


class Worker:
    """Does jobs in turn, in one thread; several processes with one database share them.

    `clock` tells seconds, from any beginning.
    """

    def __init__(
        self,
        leases: Leases,
        jobs: Sequence[Job],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leases = leases
        self._jobs = jobs
        self._clock = clock
        self._due = {job.name: clock() for job in jobs}
        self._stop = threading.Event()

    def turn(self) -> float:
        """Do every job whose time has come; how many seconds until the next one's."""
        for job in self._jobs:
            if self._clock() >= self._due[job.name]:
                again = self._do(job) is AGAIN
                self._due[job.name] = self._clock() + (0 if again else job.every_seconds)
        return max(0.0, min(self._due.values()) - self._clock())

    def run(self) -> None:
        """Take turns until `stop`."""
        while not self._stop.is_set():
            self._stop.wait(self.turn())

    def stop(self) -> None:
        """End `run` after the job that is being done."""
        self._stop.set()

    def _do(self, job: Job) -> object:
        lease = f"job:{job.name}"
        try:
            if self._leases.take(lease, _LEASE_SECONDS):
                try:
                    return job.do()
                finally:
                    self._leases.release(lease)
        except ZhifuError as error:
            _LOG.warning("job %s: %s", job.name, error, extra={"code": error.code})
        except Exception:
            _LOG.exception("job %s", job.name)
        return None


def jobs_of(
    gateway: Gateway,
    platforms: Sequence[int],
    *,
    settle_seconds: float = 1.0,
    patience_seconds: int = 3_600,
) -> list[Job]:
    """What a gateway has to do by itself for the platforms whose operator keys it holds.

    Whether a batch is due is looked at every `settle_seconds`; the orders that no batch could
    carry for `patience_seconds` are refunded.
    """
    upkeep = [
        Job("sync", 1.0, gateway.sync),
        Job("callbacks", 0.5, gateway.process_callbacks),
        Job("inquiries", 1.0, gateway.inquire),
        Job("paybacks", 5.0, gateway.pay_back),
        Job("chargebacks", 5.0, gateway.follow_chargebacks),
        Job("recovery", 5.0, gateway.recover),
    ]
    return [*upkeep, *(_settling(gateway, each, settle_seconds) for each in platforms)] + [
        _refunding(gateway, each, patience_seconds) for each in platforms
    ]


def _settling(gateway: Gateway, platform: int, every_seconds: float) -> Job:
    def settle() -> object:
        settled = gateway.is_due(platform) and gateway.settle(platform) is not None
        return AGAIN if settled else None

    return Job(f"settle:{platform}", every_seconds, settle)


def _refunding(gateway: Gateway, platform: int, patience_seconds: int) -> Job:
    def refund() -> None:
        gateway.refund_left_out(platform, patience_seconds)

    return Job(f"left-out:{platform}", 60.0, refund)
