"""The gateway for asyncio: the same use-cases as `Gateway`, awaitable, by the same code.

Gateway's methods run in worker threads. Payments are recorded in one thread, in group commits, once
their providers were asked in threads of their own.
"""

from __future__ import annotations

from zhifu.async_gateway._accounting import Accounting
from zhifu.async_gateway._disputing import Disputing
from zhifu.async_gateway._documenting import Documenting
from zhifu.async_gateway._enrolling import Enrolling
from zhifu.async_gateway._following import Following
from zhifu.async_gateway._licensing import Licensing
from zhifu.async_gateway._paying import Paying
from zhifu.async_gateway._prepaying import Prepaying
from zhifu.async_gateway._reconciling import Reconciling
from zhifu.async_gateway._refunding import Refunding
from zhifu.async_gateway._returning import Returning
from zhifu.async_gateway._settling import Settling
from zhifu.async_gateway._withdrawing import Withdrawing


class AsyncGateway(
    Accounting,
    Prepaying,
    Settling,
    Licensing,
    Refunding,
    Disputing,
    Returning,
    Reconciling,
    Documenting,
    Enrolling,
    Withdrawing,
    Following,
    Paying,
):
    """One gateway on one event loop; what its methods mean and raise, `Gateway` says.

    `threads` of them run at once that may wait for the chain. What waits for a platform's lane has
    a few threads of that platform's (`zhifu.places`), and raises PlatformBusy beyond that; what
    waits for a provider has some of that provider's, and raises ProviderBusy. What asks the
    database alone, and providers' callbacks, have threads of their own and wait for none of those.
    A commit takes at most `batch` payments; at most `queue` wait for one, and whoever comes then
    waits for room. After `close`, every method raises GatewayClosed.
    """

    async def __aenter__(self) -> AsyncGateway:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
