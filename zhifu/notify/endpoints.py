"""The webhook endpoints of platforms: where their events go, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from zhifu import ids
from zhifu.exceptions import InvalidInput, TooManyEndpoints, UnknownEndpoint
from zhifu.notify.destination import PUBLIC_ONLY, Rules, destination
from zhifu.notify.events import patterns
from zhifu.notify.signature import new_secret
from zhifu.notify.vault import Vault
from zhifu.store import Row, Store, Transaction

ROTATION_SECONDS = 86_400
"""How long an old secret goes on signing beside a new one."""

MOST_ENDPOINTS = 16
"""How many endpoints a platform may have: each event is sent to each of them."""

_BY_OWNER = "owner"


class EndpointState(str, Enum):
    """Whether an endpoint is sent anything."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where some of a platform's events go.

    `types` are event types, or patterns such as `order.*` and `*`. A `test` endpoint gets the
    events that were made by hand, any other one what happens. `reason` says why it is disabled:
    `owner`, `failing`, `gone` or `secret_lost`. Times are Unix seconds.
    """

    id: str
    platform: int
    url: str
    types: tuple[str, ...]
    test: bool
    state: EndpointState
    reason: str | None
    failing_since: int | None
    created_at: int


class Endpoints:
    """The endpoints in `store`, whose secrets `vault` seals; `rules` say where they may lead.

    Safe to share between threads.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Callable[[], int],
        rules: Rules = PUBLIC_ONLY,
    ) -> None:
        self.vault = vault
        self._store = store
        self._clock = clock
        self._rules = rules
        self._ids = ids.Ids()

    def add(
        self, platform: int, url: str, types: Iterable[str] = ("*",), *, test: bool = False
    ) -> tuple[Endpoint, str]:
        """Add an endpoint, which gets what happens from now on; it and its secret.

        The secret is not shown again. Raises InvalidInput for a URL that the rules forbid, and for
        what is no event type; TooManyEndpoints if the platform has as many as it may have.
        """
        destination(url, self._rules)
        kept = patterns(types)
        (number,), secret = self._ids.take(), new_secret()
        with self._store.writing() as transaction:
            if transaction.value("count_endpoints", platform=platform) >= MOST_ENDPOINTS:
                raise TooManyEndpoints(MOST_ENDPOINTS)
            transaction.run(
                "put_endpoint",
                id=number,
                platform=platform,
                url=url,
                types=" ".join(kept),
                test=int(test),
                now=self._clock(),
            )
            self._put_secret(transaction, number, secret)
            return _endpoint(transaction, platform, ids.to_text(ids.ENDPOINT, number)), secret

    def get(self, platform: int, endpoint_id: str) -> Endpoint:
        """One endpoint of a platform; raises UnknownEndpoint, for another platform's too."""
        with self._store.reading() as transaction:
            return _endpoint(transaction, platform, endpoint_id)

    def of(self, platform: int) -> list[Endpoint]:
        """A platform's endpoints, the oldest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("endpoints_of", platform=platform)
        return [_from_row(row) for row in rows]

    def change(
        self,
        platform: int,
        endpoint_id: str,
        *,
        url: str | None = None,
        types: Iterable[str] | None = None,
        is_enabled: bool | None = None,
    ) -> Endpoint:
        """Send an endpoint's events elsewhere, or other ones, or none; raises as `add` and `get`.

        One that is enabled goes on where it was disabled, as by `enable`.
        """
        if url is not None:
            destination(url, self._rules)
        kept = None if types is None else patterns(types)
        with self._store.writing() as transaction:
            found = _endpoint(transaction, platform, endpoint_id)
            transaction.run(
                "change_endpoint",
                id=number_of(endpoint_id),
                platform=platform,
                url=url or found.url,
                types=" ".join(kept or found.types),
                now=self._clock(),
            )
            if is_enabled is not None:
                self._set_state(transaction, platform, endpoint_id, is_enabled=is_enabled)
            return _endpoint(transaction, platform, endpoint_id)

    def enable(self, platform: int, endpoint_id: str) -> Endpoint:
        """Let an endpoint go on where it was disabled: what happened since is sent now."""
        return self.change(platform, endpoint_id, is_enabled=True)

    def disable(self, platform: int, endpoint_id: str) -> Endpoint:
        """Send an endpoint nothing until it is enabled again; nothing is lost meanwhile."""
        return self.change(platform, endpoint_id, is_enabled=False)

    def remove(self, platform: int, endpoint_id: str) -> None:
        """Take an endpoint away, with its secrets and its delivery log; raises UnknownEndpoint."""
        number = number_of(endpoint_id)
        with self._store.writing() as transaction:
            _endpoint(transaction, platform, endpoint_id)
            for query in ("forget_attempts", "forget_deliveries", "forget_secrets"):
                transaction.run(query, id=number)
            transaction.run("remove_endpoint", id=number)

    def rotate(
        self, platform: int, endpoint_id: str, *, keep_seconds: int = ROTATION_SECONDS
    ) -> str:
        """Give an endpoint a new secret; the one before signs beside it for `keep_seconds`.

        Raises UnknownEndpoint, and InvalidInput for a negative time.
        """
        if type(keep_seconds) is not int or keep_seconds < 0:
            raise InvalidInput("keep_seconds", "must be 0 or more", keep_seconds)
        number, secret, now = number_of(endpoint_id), new_secret(), self._clock()
        with self._store.writing() as transaction:
            _endpoint(transaction, platform, endpoint_id)
            transaction.run("expire_secrets", endpoint_id=number, expires_at=now + keep_seconds)
            transaction.run("drop_old_secrets", endpoint_id=number, now=now)
            self._put_secret(transaction, number, secret)
        return secret

    def secrets(self, transaction: Transaction, number: int) -> Sequence[str]:
        """The secrets that sign for an endpoint now, the newest first."""
        rows = transaction.rows("secrets", endpoint_id=number, now=self._clock())
        return [self.vault.open(sealed, place(number)) for (sealed,) in rows]

    def _put_secret(self, transaction: Transaction, number: int, secret: str) -> None:
        sealed = self.vault.seal(secret, place(number))
        transaction.run("put_secret", endpoint_id=number, sealed=sealed)

    def _set_state(
        self, transaction: Transaction, platform: int, endpoint_id: str, *, is_enabled: bool
    ) -> None:
        query = "enable_endpoint" if is_enabled else "disable_endpoint"
        reason = {} if is_enabled else {"reason": _BY_OWNER}
        number = number_of(endpoint_id)
        transaction.run(query, id=number, platform=platform, now=self._clock(), **reason)


def number_of(endpoint_id: str) -> int:
    """The database's number of an endpoint; raises UnknownEndpoint for what cannot be one."""
    number = ids.from_text(ids.ENDPOINT, endpoint_id)
    if number is None:
        raise UnknownEndpoint(str(endpoint_id))
    return number


def place(number: int) -> str:
    """Where the secrets of an endpoint are sealed."""
    return f"webhook_secrets/{number}"


def _endpoint(transaction: Transaction, platform: int, endpoint_id: str) -> Endpoint:
    row = transaction.row("endpoint", id=number_of(endpoint_id), platform=platform)
    if row is None:
        raise UnknownEndpoint(endpoint_id)
    return _from_row(row)


def _from_row(row: Row) -> Endpoint:
    number, platform, url, types, test, state, reason, failing_since, created_at = row
    return Endpoint(
        ids.to_text(ids.ENDPOINT, number),
        platform,
        url,
        tuple(types.split()),
        bool(test),
        EndpointState(state),
        reason,
        failing_since,
        created_at,
    )
