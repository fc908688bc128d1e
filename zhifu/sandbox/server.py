"""The sandbox server: one ASGI application with the interface of each provider.

A provider is served under its name (`/stripe/v1/…`, `/wechatpay/v3/…`, `/alipay/gateway.do`), the
control plane under `/sandbox`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhifu.sandbox import control
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Deliveries, Notice
from zhifu.sandbox.faults import Fault, Faults
from zhifu.sandbox.records import Change, Event

#: How long a request is held back that times out, before its connection is closed.
HANG_SECONDS = 60.0


class SimulatedProvider(Protocol):
    """One provider's interface: what a module such as `zhifu.sandbox.stripe` gives the server.

    It keeps its payments in `books`, answers requests by `routes`, and says by `notices` what it
    tells the merchant of a change. Everything else (faults, deliveries, learners) is the server's.
    """

    @property
    def name(self) -> str:
        """Under which path it is served."""

    @property
    def books(self) -> Books:
        """Its payments, refunds and chargebacks."""

    def routes(self) -> Sequence[BaseRoute]:
        """Its interface, relative to its own address; endpoints may be async or plain functions."""

    def notices(self, change: Change) -> Iterable[Notice]:
        """The callbacks that a change causes, in order; none if nobody is to be told.

        Called while the books are held: it builds values and does nothing else. `Notice.sign` is
        called later, from another thread.
        """


class Sandbox:
    """Simulated providers, by name in `providers`, behind one ASGI application, `app`.

    A request that times out is held back `hang_seconds` after it was carried out, and its
    connection closed without an answer. Callbacks are sent in the background once `deliveries` is
    started, else on `deliveries.flush()`.
    """

    def __init__(
        self,
        providers: Sequence[SimulatedProvider],
        faults: Faults | None = None,
        deliveries: Deliveries | None = None,
        *,
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        self.providers = {each.name: each for each in providers}
        self.faults = faults or Faults()
        self.deliveries = deliveries or Deliveries(self.faults)
        for each in providers:
            each.books.listen(self._listener(each))
        books = {each.name: each.books for each in providers}
        steering = control.routes(books, self.faults, self.deliveries)
        mounts = [self._mount(each, hang_seconds) for each in providers]
        self.app = Starlette(routes=[Mount("/sandbox", routes=steering), *mounts])

    def _mount(self, provider: SimulatedProvider, hang_seconds: float) -> Mount:
        def strikes(fault: Fault) -> bool:
            return self.faults.strikes(fault, provider.name)

        served = Starlette(routes=list(provider.routes()))
        return Mount(f"/{provider.name}", app=_Unreliable(served, strikes, hang_seconds))

    def _listener(self, provider: SimulatedProvider) -> Callable[[Change], None]:
        def listen(change: Change) -> None:
            for notice in provider.notices(change):
                self.deliveries.send(notice)
            if change.event is Event.PAYMENT_PAID and self._is_charged_back(provider):
                provider.books.charge_back(change.payment.id)

        return listen

    def _is_charged_back(self, provider: SimulatedProvider) -> bool:
        return self.faults.strikes(Fault.CHARGE_BACK, provider.name)


class _Unreliable:
    """Never answers the requests that a fault strikes, whether it carries them out or not."""

    def __init__(self, app: ASGIApp, strikes: Callable[[Fault], bool], hang_seconds: float) -> None:
        self._app = app
        self._strikes = strikes
        self._hang_seconds = hang_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._strikes(Fault.SILENCE):
            await self._hang_up(send)
        elif self._strikes(Fault.TIME_OUT):
            await self._app(scope, receive, _nowhere)
            await self._hang_up(send)
        else:
            await self._app(scope, receive, send)

    async def _hang_up(self, send: Send) -> None:
        await asyncio.sleep(self._hang_seconds)
        # An answer that promises a byte and ends without it makes the server close the connection.
        headers = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _nowhere(_: Message) -> None:
    """Take an answer that nobody gets."""
