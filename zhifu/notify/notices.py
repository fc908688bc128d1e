"""Notices to learners: what is to be told to whom, made from the same outbox as webhooks.

A notice knows an address only until it is sent, and its log never holds one, nor the words.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from zhifu.exceptions import InvalidInput, UnknownEvent, WrongVaultKey, ZhifuError
from zhifu.languages import Language
from zhifu.notify.contacts import Channel, Contact, Contacts, require_valid
from zhifu.notify.events import Row, place_of
from zhifu.notify.payload import Payloads
from zhifu.notify.schedule import NOTICE_DELAYS, delay_after
from zhifu.notify.texts import NoticeKind, Text, text
from zhifu.notify.vault import Vault
from zhifu.store import Store, Transaction

_log = logging.getLogger(__name__)

LEASE_SECONDS = 120
"""After how long a notice that somebody took and never settled is taken again."""

_PAGE = 1_000
_SERVICE = re.compile(r"[a-z][a-z0-9]*://[!-~]*\{to\}[!-~]*", re.ASCII)


class Claim(NamedTuple):
    """A notice that somebody has taken, for the `attempts`th time."""

    platform: int
    number: int
    item: int
    kind: str
    channel: str
    learner: int
    language: str
    sealed: bytes | None
    attempts: int


class Letter(NamedTuple):
    """What is to be sent for a claim: to whom, through which service, in which words."""

    claim: Claim
    contact: Contact
    service: str
    text: Text


class NoticeState(NamedTuple):
    """A line of the log of a learner's notices; times in Unix seconds."""

    event_id: str
    kind: NoticeKind
    channel: Channel
    state: str
    attempts: int
    due_at: int
    reason: str | None


class Notices:
    """The notices in `store`; `name_of` says what a content is called for people."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        contacts: Contacts,
        payloads: Payloads,
        clock: Callable[[], int],
        *,
        name_of: Callable[[int], str] = str,
        delays: Sequence[int] = NOTICE_DELAYS,
        draw: random.Random | None = None,
    ) -> None:
        self._store = store
        self._vault = vault
        self._contacts = contacts
        self._payloads = payloads
        self._clock = clock
        self._name_of = name_of
        self._delays = delays
        self._draw = draw or random.SystemRandom()

    def set_channel(self, platform: int, channel: Channel, sender: str, service: str) -> None:
        """Tell a platform's learners on a channel from now on, in the name of `sender`.

        `service` is an address of the notification library with `{to}` where a contact's address
        goes, such as `mailtos://user:password@smtp.shop.example?from=shop@shop.example&to={to}`.
        It is trusted: whoever runs the gateway gives it. Raises InvalidInput.
        """
        if not isinstance(sender, str) or not 1 <= len(sender) <= 100 or not sender.isprintable():
            raise InvalidInput("sender", "must be 1 to 100 printable characters", sender)
        if not isinstance(service, str) or not _SERVICE.fullmatch(service):
            raise InvalidInput("service", "must be an address of a service, with {to} in it")
        with self._store.writing() as transaction:
            transaction.run(
                "put_notice_channel",
                platform=platform,
                channel=channel.value,
                sender=sender,
                sealed=self._vault.seal(service, service_place(platform, channel.value)),
            )

    def remove_channel(self, platform: int, channel: Channel) -> None:
        """Tell nobody on a channel any more."""
        with self._store.writing() as transaction:
            transaction.run("remove_notice_channel", platform=platform, channel=channel.value)

    def send(self, platform: int, event_id: str, kind: NoticeKind, contact: Contact) -> None:
        """Tell the learner whom an event is about, at an address that is kept until it is sent.

        The same notice again replaces the one before. Raises UnknownEvent for one of another
        platform or about no learner, InvalidInput for the address.
        """
        require_valid(contact)
        number, item = place_of(event_id)
        with self._store.writing() as transaction:
            row = self._row(transaction, platform, number)
            event = self._payloads.event(transaction, row, item)
            if event["id"] != event_id or row.is_test:
                raise UnknownEvent(event_id)
            learner = _learner(transaction, self._payloads, row, event)
            transaction.run(
                "put_notice",
                platform=platform,
                number=number,
                item=item,
                kind=kind.value,
                channel=contact.channel.value,
                learner=learner,
                language=contact.language.value,
                sealed=self._vault.seal(contact.address, notice_place(platform, number, item)),
                now=self._clock(),
            )

    def of(self, platform: int, learner: int) -> list[NoticeState]:
        """What became of a learner's notices, the oldest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("notices_of", platform=platform, learner=learner)
            return [
                NoticeState(
                    self._row(transaction, platform, number).id_of(item),
                    NoticeKind(kind),
                    Channel(channel),
                    *rest,
                )
                for number, item, kind, channel, *rest in rows
            ]

    def next_due(self) -> int | None:
        """When the next notice is due that was made already (Unix seconds); None if none is."""
        with self._store.reading() as transaction:
            found = transaction.value("next_notice")
        return None if found is None else int(found)

    def take(self, limit: int) -> list[Letter]:
        """Make notices of what happened since, and take the next that are due.

        One that can be sent to nobody, or through no service, is settled at once; one whose contact
        another key has sealed waits.
        """
        now = self._clock()
        with self._store.writing() as transaction:
            for platform, channel, cursor in transaction.rows("notice_channels"):
                _make(transaction, platform, channel, cursor, now)
            rows = transaction.rows(
                "claim_notices", now=now, until=now + LEASE_SECONDS, limit=limit
            )
            claims = [Claim(*row) for row in rows]
            return [each for claim in claims if (each := self._letter(transaction, claim))]

    def sent(self, claim: Claim) -> None:
        """A notice went out."""
        self._settle(claim, "sent", None)

    def not_sent(self, claim: Claim) -> None:
        """A notice did not go out: it is tried again, for half a day at least."""
        delay = delay_after(claim.attempts, self._delays, self._draw)
        if delay is None:
            self._settle(claim, "failed", "the service did not take it")
        else:
            self._settle(claim, "due", None, self._clock() + delay)

    def _settle(
        self, claim: Claim, state: str, reason: str | None, due_at: int | None = None
    ) -> None:
        with self._store.writing() as transaction:
            _settle(transaction, claim, state, due_at or self._clock(), reason)

    def _letter(self, transaction: Transaction, claim: Claim) -> Letter | None:
        try:
            found = self._found(transaction, claim)
        except WrongVaultKey as error:
            # It waits for somebody with the right key.
            _log.error("a notice of platform %d: %s", claim.platform, error)
            return None
        except ZhifuError as error:
            found = error.code
        if isinstance(found, str):
            _settle(transaction, claim, "dropped", self._clock(), found)
            return None
        return found

    def _found(self, transaction: Transaction, claim: Claim) -> Letter | str:
        """The letter of a claim, or why there is none."""
        channel = Channel(claim.channel)
        service = transaction.row("notice_channel", platform=claim.platform, channel=claim.channel)
        if service is None:
            return "no channel"
        contact = self._contact(transaction, claim, channel)
        if contact is None:
            return "no contact"
        sender, sealed = service
        address = self._vault.open(sealed, service_place(claim.platform, claim.channel))
        values = {**self._values(transaction, claim), "sender": sender}
        words = text(NoticeKind(claim.kind), channel, Language(claim.language), values)
        return Letter(claim, contact, address, words)

    def _contact(self, transaction: Transaction, claim: Claim, channel: Channel) -> Contact | None:
        if claim.sealed is None:
            return self._contacts.found(transaction, claim.platform, claim.learner, channel)
        place = notice_place(claim.platform, claim.number, claim.item)
        return Contact(channel, self._vault.open(claim.sealed, place), Language(claim.language))

    def _values(self, transaction: Transaction, claim: Claim) -> Mapping[str, Any]:
        """What a notice's template shows of its event."""
        row = self._row(transaction, claim.platform, claim.number)
        event = self._payloads.event(transaction, row, claim.item)
        data, noun = event["data"], event["type"].partition(".")[0]
        orders = [self._payloads.order(transaction, order) for order in _orders(data)]
        return {
            "reference": data[noun],
            "amount": data["amount"],
            "at": event["created_at"],
            "to": data.get("to", "provider"),
            "is_part": data.get("part", False),
            "items": [(self._name_of(each["content"]), each["amount"]) for each in orders],
        }

    def _row(self, transaction: Transaction, platform: int, number: int) -> Row:
        row = transaction.row("event", platform=platform, number=number)
        if row is None:
            raise UnknownEvent(str(number))
        return Row(platform, *row)


def _make(transaction: Transaction, platform: int, channel: str, cursor: int, now: int) -> None:
    """Make notices of the next events of a platform."""
    last = min(int(transaction.value("last_event", platform=platform)), cursor + _PAGE)
    if last <= cursor:
        return
    for query in ("notify_of_payments", "notify_of_refunds", "notify_of_disputes"):
        transaction.run(query, platform=platform, channel=channel, after=cursor, last=last, now=now)
    transaction.run("move_notice_cursor", platform=platform, channel=channel, cursor=last)


def _settle(
    transaction: Transaction, claim: Claim, state: str, due_at: int, reason: str | None
) -> None:
    names = ("platform", "number", "item", "kind", "channel", "attempts")
    transaction.run(
        "settle_notice",
        **{name: getattr(claim, name) for name in names},
        state=state,
        due_at=due_at,
        reason=reason,
    )


def _orders(data: Mapping[str, Any]) -> Sequence[str]:
    return [data["order"]] if "order" in data else data.get("orders", [])


def _learner(
    transaction: Transaction, payloads: Payloads, row: Row, event: Mapping[str, Any]
) -> int:
    """Whom an event is about; raises UnknownEvent if it is about nobody."""
    data = event["data"]
    if "learner" in data:
        return int(data["learner"])
    if "order" in data:
        return int(payloads.order(transaction, data["order"])["learner"])
    raise UnknownEvent(row.id_of(0))


def service_place(platform: int, channel: str) -> str:
    """Where the service of a channel is sealed."""
    return f"notice_channels/{platform}/{channel}"


def notice_place(platform: int, number: int, item: int) -> str:
    """Where an address that was given for one notice is sealed."""
    return f"notices/{platform}/{number}/{item}"
