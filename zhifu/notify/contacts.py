"""Where learners are told: kept sealed, and gone for good when a learner is forgotten."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from zhifu.exceptions import InvalidInput
from zhifu.languages import Language
from zhifu.notify.vault import Vault
from zhifu.store import Store, Transaction

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII
)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_ACCOUNT = re.compile(r"[!-~]{1,255}", re.ASCII)

_FORGOTTEN = "forgotten"


class Channel(str, Enum):
    """How somebody is told: `MESSAGE` is one of the platform's own, or of a chat service."""

    EMAIL = "email"
    SMS = "sms"
    MESSAGE = "message"


class Contact(NamedTuple):
    """Somebody's address on a channel: an e-mail address, `+` and digits, or an account's name."""

    channel: Channel
    address: str
    language: Language = Language.CHINESE

    def __repr__(self) -> str:
        return f"Contact({self.channel.value})"


_FORMS = {
    Channel.EMAIL: (_EMAIL, "must be an e-mail address"),
    Channel.SMS: (_PHONE, "must be + and a phone number with its country's code"),
    Channel.MESSAGE: (_ACCOUNT, "must be 1 to 255 printable ASCII characters"),
}


class Contacts:
    """The contacts in `store`, sealed by `vault`; safe to share between threads."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    def put(self, platform: int, learner: int, contact: Contact) -> None:
        """Keep a learner's contact, instead of the one on the same channel; raises InvalidInput."""
        require_valid(contact)
        with self._store.writing() as transaction:
            transaction.run(
                "put_contact",
                platform=platform,
                learner=learner,
                channel=contact.channel.value,
                sealed=self._vault.seal(
                    contact.address, place(platform, learner, contact.channel.value)
                ),
                language=contact.language.value,
            )

    def of(self, platform: int, learner: int) -> list[Contact]:
        """A learner's contacts on a platform."""
        with self._store.reading() as transaction:
            rows = transaction.rows("contacts_of", platform=platform, learner=learner)
        return [
            self._opened(platform, learner, Channel(channel), sealed, language)
            for channel, sealed, language in rows
        ]

    def remove(self, platform: int, learner: int, channel: Channel) -> None:
        """Tell a learner nothing on a channel any more."""
        with self._store.writing() as transaction:
            transaction.run(
                "remove_contact", platform=platform, learner=learner, channel=channel.value
            )

    def forget(self, platform: int, learner: int) -> None:
        """Delete every contact of a learner, and those given for notices that are not sent yet."""
        with self._store.writing() as transaction:
            forget(transaction, platform, learner)

    def found(
        self, transaction: Transaction, platform: int, learner: int, channel: Channel
    ) -> Contact | None:
        """A learner's contact on a channel, if there is one."""
        row = transaction.row("contact", platform=platform, learner=learner, channel=channel.value)
        return self._opened(platform, learner, channel, *row) if row else None

    def _opened(
        self, platform: int, learner: int, channel: Channel, sealed: bytes, language: str
    ) -> Contact:
        address = self._vault.open(sealed, place(platform, learner, channel.value))
        return Contact(channel, address, Language(language))


def forget(transaction: Transaction, platform: int, learner: int) -> None:
    """Delete what `Contacts.forget` deletes, in somebody's transaction."""
    transaction.run("forget_contacts", platform=platform, learner=learner)
    transaction.run("drop_notices", platform=platform, learner=learner, reason=_FORGOTTEN)


def require_valid(contact: Contact) -> None:
    """Raise InvalidInput, without the address, for one that its channel cannot have."""
    form, rule = _FORMS[contact.channel]
    if not isinstance(contact.address, str) or not form.fullmatch(contact.address):
        raise InvalidInput("address", rule)


def place(platform: int, learner: int, channel: str) -> str:
    """Where a contact is sealed."""
    return f"contacts/{platform}/{learner}/{channel}"
