"""All that is sealed in a database: sealed anew by another key, or forgotten with a lost one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhifu.exceptions import InvalidInput
from zhifu.notify import contacts, endpoints, notices
from zhifu.notify.signature import new_secret
from zhifu.notify.vault_key import KeyFile, known_vault, vault_of

if TYPE_CHECKING:
    from zhifu.config import Settings
    from zhifu.notify.vault import Vault
    from zhifu.store import Store, Transaction

_LOST = "secret_lost"


@dataclass(frozen=True)
class Sealed:
    """How much is sealed in a database.

    `notices` are those to an address that was given for each alone.
    """

    secrets: int
    contacts: int
    channels: int
    notices: int


@dataclass(frozen=True)
class _Kind:
    """One table: the query of its rows, the one that changes a row, and the place of a row.

    A row is what names it, and last what is sealed.
    """

    rows: str
    change: str
    names: tuple[str, ...]
    place: Callable[..., str]

    def reseal(self, transaction: Transaction, old: Vault, new: Vault) -> int:
        """Seal every row by the new key; how many there are."""
        rows = transaction.rows(self.rows)
        transaction.run_many(self.change, [self._changed(row, old, new) for row in rows])
        return len(rows)

    def _changed(self, row: tuple[Any, ...], old: Vault, new: Vault) -> dict[str, Any]:
        place = self.place(*row[:-1])
        named = dict(zip(self.names, row, strict=False))
        return {**named, "sealed": new.seal(old.open(row[-1], place), place)}


_KINDS = (
    _Kind(
        "sealed_secrets",
        "reseal_secret",
        ("endpoint_id", "number"),
        lambda endpoint, _: endpoints.place(endpoint),
    ),
    _Kind("sealed_contacts", "reseal_contact", ("platform", "learner", "channel"), contacts.place),
    _Kind("sealed_channels", "reseal_channel", ("platform", "channel"), notices.service_place),
    _Kind(
        "sealed_notices",
        "reseal_notice",
        ("platform", "number", "item", "kind", "channel"),
        lambda platform, number, item, *_: notices.notice_place(platform, number, item),
    ),
)


def rotate(settings: Settings, store: Store) -> Sealed:
    """Seal all of a database by a new key, which goes into the key file of the settings' home.

    Nothing else may use the database meanwhile: who has the old key would go on sealing by it. A
    process that dies on the way leaves the old key in force, or the new one, which is then found.
    Raises WrongVaultKey without the present key, and then changes nothing.
    """
    old, file = vault_of(settings, store), KeyFile(settings.home)
    with store.writing() as transaction:
        old.require(transaction.value("vault_check"))
        new = file.draft()
        counts = [kind.reseal(transaction, old, new) for kind in _KINDS]
        transaction.run("change_vault_check", sealed=new.check())
    with store.writing() as transaction:
        file.settle(transaction.value("vault_check"))
    return Sealed(*counts)


def lost(settings: Settings, store: Store) -> Sealed:
    """How much only a key opens that is not here; InvalidInput if the key is."""
    with store.writing() as transaction:
        _require_lost(settings, transaction)
        return _count(transaction)


def reset(settings: Settings, store: Store, now: int) -> Sealed:
    """Forget what only a lost key opens, and tie the database to the key here, or to a new one.

    Webhook endpoints get new secrets and are disabled, until their platforms have had them changed
    to ones that they know. Nothing else may use the database meanwhile. `now` is Unix seconds.
    Raises InvalidInput unless the key is lost, and then changes nothing.
    """
    with store.writing() as transaction:
        _require_lost(settings, transaction)
        forgotten = _count(transaction)
        vault = known_vault(settings) or KeyFile(settings.home).made()
        _renew_secrets(transaction, vault, now)
        transaction.run("forget_all_contacts")
        transaction.run("forget_all_channels")
        transaction.run("drop_sealed_notices", reason=_LOST)
        transaction.run("change_vault_check", sealed=vault.check())
    return forgotten


def _require_lost(settings: Settings, transaction: Transaction) -> None:
    check = transaction.value("vault_check")
    if check is not None:
        KeyFile(settings.home).settle(check)
    vault = known_vault(settings)
    if check is None or (vault is not None and vault.is_of(check)):
        raise InvalidInput("vault_key", "must be lost: it opens all that is sealed here")


def _count(transaction: Transaction) -> Sealed:
    row = transaction.row("count_sealed")
    return Sealed(*(row or ()))


def _renew_secrets(transaction: Transaction, vault: Vault, now: int) -> None:
    transaction.run("forget_all_secrets")
    for number, platform in transaction.rows("endpoint_numbers"):
        sealed = vault.seal(new_secret(), endpoints.place(number))
        transaction.run("put_secret", endpoint_id=number, sealed=sealed)
        transaction.run("disable_endpoint", id=number, platform=platform, now=now, reason=_LOST)
