"""Many identical requests at once, over a connection each.

python -m tests.integration.api.crowd    # 1,000 keys of 50 requests each
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

KEYS = 1_000
TIMES = 50


class Asked(NamedTuple):
    """An order that is asked for."""

    url: str
    api_key: str
    key: str
    body: dict[str, Any]

    def request(self) -> bytes:
        """As it goes over the wire."""
        body = orjson.dumps(self.body)
        head = (
            f"POST /v1/orders HTTP/1.1\r\nHost: zhifu\r\nAuthorization: Bearer {self.api_key}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {self.key}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Answered(NamedTuple):
    """What came back."""

    status: int
    is_replayed: bool
    body: bytes


async def ask_at_once(asked: Sequence[Asked], times: int) -> list[Answered]:
    """Ask for each `times` over, all of one key at the same time; keys follow each other."""
    lines = await asyncio.gather(*(_ask(asked) for _ in range(times)))
    return list(chain.from_iterable(lines))


async def _ask(asked: Sequence[Asked]) -> list[Answered]:
    parts = urlsplit(asked[0].url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    answers = []
    for each in asked:
        writer.write(each.request())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        answers.append(Answered(int(head[9:12]), b"idempotency-replayed: true" in head, body))
    writer.close()
    return answers


def main() -> int:
    """The whole count on SQLite; a line that sums it up, and 1 if it was not one order a key."""
    from tests.databases import SQLiteDatabases
    from tests.integration.api.shop import open_shop, order_body
    from tests.integration.fair import open_fair
    from zhifu.anvil import Anvil
    from zhifu.chain import Chain

    with (
        tempfile.TemporaryDirectory() as folder,
        Anvil() as anvil,
        Chain(anvil.rpc_url) as node,
    ):
        fair = open_fair(anvil, node)
        fair.databases = SQLiteDatabases(Path(folder))
        with open_shop(fair) as shop:
            key = shop.key()
            asked = [
                Asked(shop.url, key, f"key {n}", order_body(fair.request())) for n in range(KEYS)
            ]
            answers = asyncio.run(ask_at_once(asked, TIMES))
            orders = shop.gateway.waiting(1)
    statuses = Counter(answer.status for answer in answers)
    first = sum(not answer.is_replayed for answer in answers)
    is_met = statuses == {201: KEYS * TIMES} and orders == first == KEYS
    print(
        f"idempotency: {len(answers):,} requests under {KEYS:,} keys made {orders:,} orders,"
        f" {first:,} first answers: {'met' if is_met else 'MISSED'}"
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
