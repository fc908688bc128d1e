"""Learners are told by e-mail, SMS and message."""

from __future__ import annotations

import json
import random
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import pytest

from tests.databases import database_url, databases
from tests.shop import LEDGER, Shop
from zhifu import sql
from zhifu.exceptions import InvalidInput, UnknownEvent
from zhifu.languages import Language
from zhifu.notify.contacts import Channel, Contact, Contacts
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.events import Row
from zhifu.notify.messenger import Messenger
from zhifu.notify.notices import LEASE_SECONDS, Notices
from zhifu.notify.outbox import Outbox, Result
from zhifu.notify.payload import Payloads
from zhifu.notify.schedule import NOTICE_DELAYS
from zhifu.notify.sender import Outcome
from zhifu.notify.texts import NoticeKind, text
from zhifu.notify.vault import Vault, new_key
from zhifu.store import Store

__all__ = ["database_url", "databases"]

NOW = 1_750_000_000
MAIL = "li.lei+shop@mail.example"


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as delivering a mail takes."""

    server: MailServer

    def handle(self) -> None:
        self._say("220 mail.example ESMTP")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "RCPT":
                recipients.append(line.partition("<")[2].partition(">")[0])
                self._say("550 no such mailbox" if self.server.refusing else "250 fine")
            elif verb == "DATA":
                self._say("354 go on")
                self.server.mails.append((recipients, self._mail()))
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _mail(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line.removeprefix(".") if line.startswith("..") else line)
        return "".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """An SMTP server on this machine that keeps what it is given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[tuple[list[str], str]] = []
        self.refusing = False


class _Hook(BaseHTTPRequestHandler):
    server: MessageServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.messages.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


class MessageServer(ThreadingHTTPServer):
    """A message service on this machine that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.messages: list[tuple[str, dict[str, Any]]] = []


class Serving:
    """Lets a server serve meanwhile."""

    def __init__(self, server: socketserver.BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Office:
    """Books, contacts and notices of platform 1, whose mail and messages come to this machine."""

    store: Store
    mail: MailServer
    service: MessageServer
    now: int = NOW
    vault: Vault = field(default_factory=lambda: Vault.from_text(new_key()))

    def __post_init__(self) -> None:
        self.shop = Shop(self.store, self.clock)
        self.contacts = Contacts(self.store, self.vault)
        self.notices = Notices(
            self.store,
            self.vault,
            self.contacts,
            Payloads(LEDGER),
            self.clock,
            name_of=lambda content: f"Course {content}",
            draw=random.Random(1),
        )

    def clock(self) -> int:
        return self.now

    def set_up(self, *channels: Channel) -> None:
        services = {
            Channel.EMAIL: f"mailto://127.0.0.1:{self.mail.server_address[1]}/"
            "?from=shop@shop.example&to={to}",
            Channel.SMS: f"json://127.0.0.1:{self.service.server_port}/sms/" + "{to}",
            Channel.MESSAGE: f"json://127.0.0.1:{self.service.server_port}/message/" + "{to}",
        }
        for channel in channels:
            self.notices.set_channel(1, channel, "优课", services[channel])

    def send(self) -> None:
        messenger = Messenger(self.notices)
        while messenger.run_once():
            pass

    def states(self, learner: int = 1) -> list[tuple[str, str, str | None]]:
        found = self.notices.of(1, learner)
        return [(each.kind.value, each.state, each.reason) for each in found]

    def dump(self) -> bytes:
        """Everything that the notices' tables hold."""
        parts = []
        with self.store.reading() as transaction:
            for table in ("contacts", "notices", "notice_channels"):
                rows = transaction._cursor.execute(f"SELECT * FROM {table}").fetchall()
                parts += [
                    repr([bytes(v) if isinstance(v, memoryview) else v for v in row])
                    for row in rows
                ]
        return "".join(parts).encode()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    mail, service = MailServer(), MessageServer()
    with Serving(mail), Serving(service):
        yield Office(store, mail, service)


def letter(raw: str) -> tuple[Any, str]:
    mail = message_from_string(raw, policy=policy.default)
    part = mail.get_body(("plain",))
    assert part is not None
    return mail, str(part.get_content())


def test_a_learner_gets_a_receipt_by_mail(office: Office) -> None:
    """NOTE-14: in their language, in the platform's name, once."""
    office.set_up(Channel.EMAIL)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL, Language.CHINESE))
    (payment,) = office.shop.sell(contents=(1, 3))
    office.send()
    office.send()
    ((recipients, raw),) = office.mail.mails
    mail, body = letter(raw)
    assert recipients == [MAIL]
    assert mail["subject"] == "优课：已收到您的付款 US$248.99"
    for expected in ("Course 1", "US$49.00", "Course 3", "US$199.99", payment.id, "2025-06-15"):
        assert expected in body
    assert office.states() == [("receipt", "sent", None)]


def test_a_refund_is_told_too(office: Office) -> None:
    office.set_up(Channel.EMAIL)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL, Language.ENGLISH))
    (payment,) = office.shop.sell()
    office.shop.refund(payment.orders[0])
    office.send()
    subjects = {letter(raw)[0]["subject"] for _, raw in office.mail.mails}
    assert subjects == {
        "优课: we have received your payment of $49.00",
        "优课: we have refunded $49.00",
    }


def test_a_part_that_went_back_is_told_as_one(office: Office) -> None:
    """REFUND-9: the licence goes on."""
    office.set_up(Channel.EMAIL)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL, Language.ENGLISH))
    payments = office.shop.sell()
    office.shop.settle(office.shop.batch(payments))
    office.shop.refund_part(office.shop.books.order(payments[0].orders[0].id), 900)
    office.send()
    told = [letter(raw) for _, raw in office.mail.mails]
    (words,) = (body for mail, body, *_ in told if "refunded $9.00" in mail["subject"])
    assert "a part of the price: the licence goes on" in words
    assert "has ended" not in words


def test_short_words_go_by_sms_and_message(office: Office) -> None:
    """NOTE-14."""
    office.set_up(Channel.SMS, Channel.MESSAGE)
    office.contacts.put(1, 1, Contact(Channel.SMS, "+8613800138000", Language.CHINESE))
    office.contacts.put(1, 1, Contact(Channel.MESSAGE, "user/7", Language.ENGLISH))
    (payment,) = office.shop.sell()
    office.send()
    found = {unquote(path): message["message"] for path, message in office.service.messages}
    assert found == {
        "/sms/+8613800138000": f"【优课】已收到您的付款 US$49.00，编号 {payment.id}。",
        "/message/user/7": f"优课: we have received your payment of $49.00, {payment.id}.",
    }


def test_nobody_is_told_who_gave_no_contact(office: Office) -> None:
    """NOTE-14: nor of what happened before, nor on a channel that the platform has not."""
    office.shop.sell()
    office.set_up(Channel.EMAIL)
    office.shop.sell()
    office.contacts.put(1, 2, Contact(Channel.SMS, "+8613800138000"))
    office.shop.sell(learner=2)
    office.shop.sell(platform=2)
    office.send()
    assert office.mail.mails == []
    assert office.states() == office.states(2) == []


def test_a_platform_can_give_a_contact_for_one_notice(office: Office) -> None:
    """NOTE-15: it is forgotten with the sending."""
    office.set_up(Channel.EMAIL)
    (payment,) = office.shop.sell()
    office.shop.settle(office.shop.batch([payment]))
    with office.store.reading() as transaction:
        payloads = Payloads(LEDGER)
        row = Row(1, *(transaction.row("event", platform=1, number=2) or ()))
        event = payloads.event(transaction, row, 1)
    office.notices.send(1, event["id"], NoticeKind.DISPUTE, Contact(Channel.EMAIL, MAIL))
    assert len(office.dump()) > 100
    office.send()
    ((recipients, raw),) = office.mail.mails
    assert recipients == [MAIL]
    assert payment.orders[0].id in letter(raw)[1]
    with office.store.reading() as transaction:
        rows = transaction._cursor.execute("SELECT sealed FROM notices").fetchall()
    assert rows == [(None,)]
    for wrong in (event["id"].replace("evt_0", "evt_1"), "evt_", "nonsense"):
        with pytest.raises(UnknownEvent):
            office.notices.send(1, wrong, NoticeKind.DISPUTE, Contact(Channel.EMAIL, MAIL))
    with pytest.raises(UnknownEvent):
        office.notices.send(2, event["id"], NoticeKind.DISPUTE, Contact(Channel.EMAIL, MAIL))


def test_what_a_service_does_not_take_is_tried_again_and_given_up(office: Office) -> None:
    """NOTE-16."""
    office.set_up(Channel.EMAIL)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL))
    office.mail.refusing = True
    office.shop.sell()
    office.send()
    assert office.states() == [("receipt", "due", None)]
    for _ in NOTICE_DELAYS:
        office.now = office.notices.next_due() or 0
        office.send()
    assert office.states() == [("receipt", "failed", "the service did not take it")]
    assert office.mail.mails == []


def test_a_messenger_that_dies_leaves_its_notices_to_others(office: Office) -> None:
    """NOTE-16."""
    office.set_up(Channel.EMAIL)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL))
    office.shop.sell()
    assert len(office.notices.take(8)) == 1
    office.send()
    assert office.mail.mails == []
    office.now += LEASE_SECONDS
    office.send()
    assert len(office.mail.mails) == 1


def test_a_forgotten_learner_is_nowhere_and_told_nothing(office: Office) -> None:
    """NOTE-17: the books stay as they are."""
    office.set_up(Channel.EMAIL)
    for learner in (1, 2):
        office.contacts.put(1, learner, Contact(Channel.EMAIL, f"{learner}@mail.example"))
    (first,) = office.shop.sell()
    office.shop.sell(learner=2)
    office.mail.refusing = True
    office.send()
    office.contacts.forget(1, 1)
    office.mail.refusing = False
    office.now += NOTICE_DELAYS[0] * 2
    office.send()
    assert [recipients for recipients, _ in office.mail.mails] == [["2@mail.example"]]
    assert office.contacts.of(1, 1) == []
    assert office.states() == [("receipt", "dropped", "forgotten")]
    assert office.contacts.of(1, 2) != []
    assert office.shop.books.payment(first.id).id == first.id


def test_contacts_and_services_are_sealed_in_the_database(office: Office) -> None:
    """NOTE-15: and neither a log nor an error holds them."""
    office.set_up(*Channel)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL))
    office.contacts.put(1, 1, Contact(Channel.SMS, "+8613800138000"))
    office.shop.sell()
    office.send()
    found = office.dump()
    for secret in (b"li.lei", b"mail.example", b"13800138000", b"127.0.0.1", b"mailto", b"49.00"):
        assert secret not in found
    assert "lei" not in repr(office.contacts.of(1, 1))


def test_the_schema_of_notifications_goes_down_and_up_again(office: Office) -> None:
    """With everything in it; the books stay, and what happens then is told."""
    endpoints = Endpoints(office.store, office.vault, office.clock)
    endpoint, _ = endpoints.add(1, "https://hooks.shop.example/")
    office.set_up(Channel.EMAIL)
    office.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL))
    (payment,) = office.shop.sell()
    outbox = Outbox(office.store, endpoints, Payloads(LEDGER), office.clock)
    (first, _) = outbox.turn((), {}).messages
    outbox.record([Result(first.claim, Outcome(500, "status", 1), NOW)])
    office.send()
    office.store.migrate_to("0002")
    assert office.shop.books.payment(payment.id).id == payment.id
    office.shop.sell()
    office.store.migrate_to(sql.HEAD)
    assert office.contacts.of(1, 1) == []
    assert endpoints.of(1) == []
    endpoints.add(1, endpoint.url)
    office.shop.sell()
    assert len(outbox.turn((), {}).messages) == 2


@pytest.mark.parametrize(
    "contact",
    [
        Contact(Channel.EMAIL, "nobody"),
        Contact(Channel.EMAIL, "a@b"),
        Contact(Channel.EMAIL, "a@b.example\r\nBcc: c@d.example"),
        Contact(Channel.EMAIL, "a@b.example,c@d.example"),
        Contact(Channel.SMS, "13800138000"),
        Contact(Channel.SMS, "+86 138"),
        Contact(Channel.MESSAGE, ""),
        Contact(Channel.MESSAGE, "a b"),
    ],
)
def test_an_address_has_its_channels_form(office: Office, contact: Contact) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.contacts.put(1, 1, contact)
    assert refused.value.value is None
    assert office.contacts.of(1, 1) == []


SETTINGS: list[Callable[[Office], object]] = [
    lambda office: office.notices.set_channel(1, Channel.EMAIL, "", "json://x/{to}"),
    lambda office: office.notices.set_channel(1, Channel.EMAIL, "a\nb", "json://x/{to}"),
    lambda office: office.notices.set_channel(1, Channel.EMAIL, "a", "json://x/"),
    lambda office: office.notices.set_channel(1, Channel.EMAIL, "a", "nothing {to}"),
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_channel_has_a_sender_and_a_place_for_the_address(
    office: Office, setting: Callable[[Office], object]
) -> None:
    with pytest.raises(InvalidInput):
        setting(office)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_has_words_in_every_language(
    kind: NoticeKind, channel: Channel, language: Language
) -> None:
    amount = {"amount": 4_900, "currency": "CNY"}
    values = {"sender": "优课", "reference": "pay_1", "amount": amount, "at": NOW, "to": "balance"}
    found = text(kind, channel, language, {**values, "items": [("A & B <c>", amount)]})
    assert "49.00" in found.title + found.body
    assert "pay_1" in found.body
    assert bool(found.title) is (channel is Channel.EMAIL)
    assert "\n" not in found.title
    assert "A & B <c>" in found.body or "A &" not in found.body
