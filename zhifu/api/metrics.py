"""What the service counts, for Prometheus; nothing in it names a platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

#: Anybody may ask, as often as they like.
_KEPT_SECONDS = 1.0

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._exposed, self._good_until = b"", float("-inf")
        self._requests = Counter(
            "zhifu_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "zhifu_http_request_seconds",
            "How long requests took.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.in_flight = Gauge(
            "zhifu_http_requests_in_flight",
            "Requests that are being worked on.",
            registry=self._registry,
        )
        self._observers = lru_cache(maxsize=1_024)(self._labelled)

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Tell what a function says whenever the metrics are read."""
        Gauge(name, about, registry=self._registry).set_function(value)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        requests, histogram = self._observers(method, route, status)
        requests.inc()
        histogram.observe(seconds)

    def expose(self) -> bytes:
        """Everything, in Prometheus' text format, as it was at most a second ago."""
        now = time.monotonic()
        if now >= self._good_until:
            self._exposed = generate_latest(self._registry)
            self._good_until = now + _KEPT_SECONDS
        return self._exposed

    def _labelled(self, method: str, route: str, status: int) -> tuple[Any, Any]:
        return (
            self._requests.labels(method, route, str(status)),
            self._seconds.labels(method, route),
        )
