"""The outbox's way to the endpoints: which deliveries are due, who has them, what became of them.

Every step is one transaction. A worker takes deliveries for a while; what became of them is stored
together with taking the next ones. A worker that dies leaves what it had due again when the while
is over, so an event may be sent more often than once, always under the same id, and is never lost.
"""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from zhifu.exceptions import CommitUnknown, DatabaseUnreachable, WrongVaultKey, ZhifuError
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.events import Row, chosen
from zhifu.notify.payload import Payloads
from zhifu.notify.schedule import WEBHOOK_DELAYS, delay_after
from zhifu.notify.sender import Outcome
from zhifu.store import Store, Transaction

_log = logging.getLogger(__name__)

DISABLE_SECONDS = 5 * 86_400
"""An endpoint that accepted nothing for so long is disabled."""

_EVENTS, _ITEMS = 200, 2_000

#: So much is looked at, and taken, in one transaction; whoever writes meanwhile waits for it.
_ENDPOINTS, _CLAIMS = 256, 512


class Claim(NamedTuple):
    """A delivery to `url` that somebody has taken for the `attempt`th time.

    It has failed `failures` times before.
    """

    endpoint: int
    url: str
    number: int
    item: int
    attempt: int
    failures: int


class Message(NamedTuple):
    """What is to be sent for a claim."""

    claim: Claim
    event_id: str
    body: str
    secrets: Sequence[str]


class Result(NamedTuple):
    """What became of a claim, at a time in Unix seconds."""

    claim: Claim
    outcome: Outcome
    at: int


class Turn(NamedTuple):
    """What to send now, what cannot be made to be sent, and whether another turn finds more."""

    messages: Sequence[Message]
    unsendable: Sequence[Result]
    more: bool


class _Enabled(NamedTuple):
    number: int
    platform: int
    url: str
    types: str
    test: int
    cursor: int
    failing_since: int | None


class Outbox:
    """The events and deliveries in `store`.

    A delivery that was taken is due again after `lease_seconds`, which must be longer than an
    attempt may last. `parallel` deliveries of an endpoint are under way at a time at most, and one
    if it has accepted nothing for `patience_seconds`, so that it holds up nobody. A turn looks at
    `endpoints_at_once` and takes about `claims_at_once` deliveries at most; the next one begins
    behind the last endpoint that was looked at, so that each has its turn.
    """

    def __init__(
        self,
        store: Store,
        endpoints: Endpoints,
        payloads: Payloads,
        clock: Callable[[], int],
        *,
        lease_seconds: int = 90,
        parallel: int = 16,
        patience_seconds: int = 60,
        endpoints_at_once: int = _ENDPOINTS,
        claims_at_once: int = _CLAIMS,
        delays: Sequence[int] = WEBHOOK_DELAYS,
        draw: random.Random | None = None,
    ) -> None:
        self._store = store
        self._endpoints = endpoints
        self._payloads = payloads
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._parallel = parallel
        self._patience_seconds = patience_seconds
        self._endpoints_at_once = endpoints_at_once
        self._claims_at_once = claims_at_once
        self._looked_at = 0
        self._waits = False
        self._delays = delays
        self._draw = draw or random.SystemRandom()

    def turn(self, results: Sequence[Result], under_way: Mapping[int, int]) -> Turn:
        """Store what became of deliveries, and take the next that are due.

        `under_way` says how many of each endpoint the caller is still sending.
        """
        now = self._clock()
        with self._store.writing() as transaction:
            self._record(transaction, results, now)
            claims, more = self._take_all(transaction, under_way, now)
        with self._store.reading() as transaction:
            told = [
                self._told(transaction, endpoint, claim, now)
                for endpoint, taken in claims.items()
                for claim in taken
            ]
        messages = [each for each in told if isinstance(each, Message)]
        return Turn(messages, [each for each in told if isinstance(each, Result)], more)

    def record(self, results: Sequence[Result]) -> None:
        """Store what became of deliveries, and take no others."""
        with self._store.writing() as transaction:
            self._record(transaction, results, self._clock())

    def next_due(self) -> int | None:
        """When the next delivery is due that was made already (Unix seconds); None if none is."""
        with self._store.reading() as transaction:
            found = transaction.value("next_due")
        return None if found is None else int(found)

    def _take_all(
        self, transaction: Transaction, under_way: Mapping[int, int], now: int
    ) -> tuple[Mapping[_Enabled, Sequence[Claim]], bool]:
        """Take what is due for the next endpoints, and whether there may be more."""
        claims: dict[_Enabled, list[Claim]] = {}
        left, began_at, is_full = self._claims_at_once, self._looked_at, False
        found = _enabled(transaction, began_at, self._endpoints_at_once + 1)
        is_round_over = len(found) <= self._endpoints_at_once
        for endpoint in found[: self._endpoints_at_once]:
            if left <= 0:
                is_round_over = False
                break
            self._looked_at = endpoint.number
            free = self._parallel_for(endpoint, now) - under_way.get(endpoint.number, 0)
            if free > 0:
                claims[endpoint], waits = self._take(transaction, endpoint, free, now)
                left -= len(claims[endpoint])
                is_full = is_full or len(claims[endpoint]) == free
                self._waits = self._waits or waits
        if not (is_round_over and began_at == 0):
            # What was taken in one turn of a round may have ended before the last.
            self._waits = self._waits or is_full
        more = self._waits or not is_round_over
        if is_round_over:
            self._looked_at, self._waits = 0, False
        return claims, more

    def _parallel_for(self, endpoint: _Enabled, now: int) -> int:
        since = endpoint.failing_since
        return 1 if since is not None and now - since > self._patience_seconds else self._parallel

    def _take(
        self, transaction: Transaction, endpoint: _Enabled, free: int, now: int
    ) -> tuple[list[Claim], bool]:
        """Take what is due for an endpoint; what happened since becomes due if that is too little.

        With whether more happened than was looked at, while more could be taken.
        """
        claims = self._claim(transaction, endpoint, free, now)
        if len(claims) == free:
            return claims, False
        more = _expand(transaction, endpoint, now)
        claims += self._claim(transaction, endpoint, free - len(claims), now)
        return claims, more and len(claims) < free

    def _claim(
        self, transaction: Transaction, endpoint: _Enabled, limit: int, now: int
    ) -> list[Claim]:
        rows = transaction.rows(
            "claim_deliveries",
            endpoint_id=endpoint.number,
            now=now,
            until=now + self._lease_seconds,
            limit=limit,
        )
        return [Claim(endpoint.number, endpoint.url, *row) for row in rows]

    def _told(
        self, transaction: Transaction, endpoint: _Enabled, claim: Claim, now: int
    ) -> Message | Result | None:
        """What to send for a claim; one that cannot be told counts as one that failed.

        None where it cannot be signed here: that is no fault of the receiver's, and somebody with
        the right key may sign it later.
        """
        try:
            return self._message(transaction, endpoint, claim)
        except WrongVaultKey as error:
            _log.error("endpoint %d: %s", endpoint.number, error, extra={"code": error.code})
            return None
        except (DatabaseUnreachable, CommitUnknown):
            raise
        except ZhifuError as error:
            return Result(claim, Outcome(None, error.code, 0), now)

    def _message(self, transaction: Transaction, endpoint: _Enabled, claim: Claim) -> Message:
        found = transaction.row("event", platform=endpoint.platform, number=claim.number)
        row = Row(endpoint.platform, *(found or ()))
        body = self._payloads.body(transaction, row, claim.item)
        secrets = self._endpoints.secrets(transaction, endpoint.number)
        return Message(claim, row.id_of(claim.item), body, secrets)

    def _record(self, transaction: Transaction, results: Sequence[Result], now: int) -> None:
        if not results:
            return
        done = [each for each in results if each.outcome.delivered]
        failed = [each for each in results if not each.outcome.delivered]
        transaction.run_many("delivered", [{**_key(each.claim), "now": now} for each in done])
        transaction.run_many("not_delivered", [self._again(each, now) for each in failed])
        transaction.run_many("put_attempt", [_attempt(each) for each in results])
        self._judge(transaction, results, now)

    def _again(self, result: Result, now: int) -> dict[str, object]:
        claim = result.claim
        delay = delay_after(claim.failures + 1, self._delays, self._draw)
        return {
            **_key(claim),
            "attempt": claim.attempt,
            "state": "failed" if delay is None else "due",
            "due_at": now + (delay or 0),
        }

    def _judge(self, transaction: Transaction, results: Sequence[Result], now: int) -> None:
        """Remember which endpoints accept; disable what is gone, or has failed for too long."""
        outcomes: dict[tuple[int, str], list[Outcome]] = defaultdict(list)
        for claim, outcome, _ in results:
            outcomes[claim.endpoint, claim.url].append(outcome)
        for (number, url), found in outcomes.items():
            # What an endpoint has moved to meanwhile did neither.
            if any(each.delivered for each in found):
                transaction.run("endpoint_accepts", id=number, url=url)
                continue
            transaction.run("endpoint_fails", id=number, url=url, now=now)
            gone = any(each.gone for each in found)
            transaction.run(
                "give_up_endpoint",
                id=number,
                url=url,
                reason="gone" if gone else "failing",
                failing_since=now if gone else now - DISABLE_SECONDS,
                now=now,
            )


def expand(
    transaction: Transaction, endpoint: int, rows: Iterable[Row], wanted: Iterable[str], now: int
) -> None:
    """Make deliveries to an endpoint of the events of rows that are among the wanted types."""
    kept = frozenset(wanted)
    subjects, payments, batches = [], [], []
    for row in rows:
        found = {"endpoint_id": endpoint, "number": row.number, "now": now}
        if row.type_of(0) in kept:
            subjects.append({**found, "item": 0})
        if row.type_of(1) not in kept:
            continue
        match row.history:
            case "payment":
                payments.append({**found, "subject": row.subject})
            case "batch":
                batches.append({**found, "subject": row.subject})
            case _:
                subjects.append({**found, "item": 1})
    for query, several in (
        ("deliver_item", subjects),
        ("deliver_payment_orders", payments),
        ("deliver_batch_orders", batches),
    ):
        if several:
            transaction.run_many(query, several)


def some(platform: int, found: Iterable[Sequence[Any]]) -> list[Row]:
    """As many of a platform's rows of `events_after` as one transaction makes deliveries of."""
    rows, items = [], 0
    for *row, size in found:
        rows.append(Row(platform, *row))
        items += size
        if items >= _ITEMS:
            break
    return rows


def _expand(transaction: Transaction, endpoint: _Enabled, now: int) -> bool:
    """Make deliveries of the next events of an endpoint; whether there may be more."""
    found = transaction.rows(
        "events_after", platform=endpoint.platform, after=endpoint.cursor, limit=_EVENTS
    )
    rows = some(endpoint.platform, found)
    if not rows:
        return False
    meant = [row for row in rows if row.is_test == bool(endpoint.test)]
    expand(transaction, endpoint.number, meant, chosen(endpoint.types.split()), now)
    transaction.run("move_cursor", id=endpoint.number, cursor=rows[-1].number)
    return len(found) == _EVENTS or len(rows) < len(found)


def _enabled(transaction: Transaction, after: int, limit: int) -> list[_Enabled]:
    rows = transaction.rows("enabled_endpoints", after=after, limit=limit)
    return [_Enabled(*row) for row in rows]


def _key(claim: Claim) -> dict[str, object]:
    return {"endpoint_id": claim.endpoint, "number": claim.number, "item": claim.item}


def _attempt(result: Result) -> dict[str, object]:
    return {
        **_key(result.claim),
        "attempt": result.claim.attempt,
        **result.outcome._asdict(),
        "at": result.at,
    }
