"""The key of a vault is changed without losing anything, and a lost one is forgotten: SERVE-2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import database_url, databases
from tests.integration.test_vault import finding, host
from zhifu.config import Settings
from zhifu.doctor import Verdict
from zhifu.exceptions import InvalidInput, WrongVaultKey
from zhifu.languages import Language
from zhifu.notify import resealing
from zhifu.notify.contacts import Channel, Contact, Contacts
from zhifu.notify.endpoints import Endpoints, number_of
from zhifu.notify.resealing import Sealed
from zhifu.notify.vault import new_key
from zhifu.notify.vault_key import KeyFile, vault_of
from zhifu.store import Store

__all__ = ["database_url", "databases"]

NOW = 1_750_000_000
MAIL = Contact(Channel.EMAIL, "mei@example.org", Language.CHINESE)
HOOK = "https://shop.example/hook"
ALL = Sealed(secrets=1, contacts=1, channels=1, notices=1)


class Books:
    """A database with one of each thing that is sealed."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        endpoint, self.secret = self.endpoints.add(1, HOOK)
        self.endpoint = endpoint.id
        self.contacts.put(1, 1, MAIL)
        vault = vault_of(settings, store)
        with store.writing() as transaction:
            transaction.run(
                "put_notice_channel",
                platform=1,
                channel="email",
                sender="Shop",
                sealed=vault.seal("mailto://{to}", "notice_channels/1/email"),
            )
            transaction.run(
                "put_notice",
                platform=1,
                number=1,
                item=0,
                kind="receipt",
                channel="email",
                learner=1,
                language="zh",
                sealed=vault.seal("mei@example.org", "notices/1/1/0"),
                now=NOW,
            )

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.store, vault_of(self.settings, self.store), lambda: NOW)

    @property
    def contacts(self) -> Contacts:
        return Contacts(self.store, vault_of(self.settings, self.store))

    def opened(self) -> tuple[object, ...]:
        """All that is sealed, by the key that the settings know."""
        vault = vault_of(self.settings, self.store)
        with self.store.reading() as transaction:
            secrets = self.endpoints.secrets(transaction, number_of(self.endpoint))
            ((*_, service),) = transaction.rows("sealed_channels")
            ((*_, address),) = transaction.rows("sealed_notices")
        return (
            *secrets,
            *self.contacts.of(1, 1),
            vault.open(service, "notice_channels/1/email"),
            vault.open(address, "notices/1/1/0"),
        )

    def kept(self) -> tuple[object, ...]:
        return (self.secret, MAIL, "mailto://{to}", "mei@example.org")


@pytest.fixture
def books(database_url: str, tmp_path: Path) -> Iterator[Books]:
    with Store.open(database_url) as store:
        yield Books(store, host(database_url, tmp_path / "home"))


def test_a_new_key_opens_all_that_the_old_one_did(books: Books) -> None:
    path = books.settings.home / "vault.key"
    before = path.read_text()
    assert resealing.rotate(books.settings, books.store) == ALL
    assert path.read_text() != before
    assert path.with_suffix(".key.old").read_text() == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert books.opened() == books.kept()


def test_the_old_key_opens_nothing_any_more(books: Books, tmp_path: Path) -> None:
    old = (books.settings.home / "vault.key").read_text().strip()
    resealing.rotate(books.settings, books.store)
    url = books.settings.database_url
    with pytest.raises(WrongVaultKey):
        vault_of(host(url, tmp_path / "b", old), books.store)


def test_a_key_that_was_a_setting_is_followed_by_a_file(books: Books, tmp_path: Path) -> None:
    url, home = books.settings.database_url, tmp_path / "b"
    old = (books.settings.home / "vault.key").read_text().strip()
    resealing.rotate(host(url, home, old), books.store)
    books.settings = host(url, home)
    assert books.opened() == books.kept()


class Died(Exception):
    """The process is gone."""


def test_a_rotation_that_dies_after_its_commit_is_ended_by_the_next_command(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (books.settings.home / "vault.key").read_text()
    with monkeypatch.context() as patch:
        patch.setattr(KeyFile, "settle", _dies_if_new)
        with pytest.raises(Died):
            resealing.rotate(books.settings, books.store)
    assert (books.settings.home / "vault.key").read_text() == before
    assert finding(books.settings).verdict is Verdict.OK
    assert books.opened() == books.kept()


def _dies_if_new(file: KeyFile, check: bytes) -> None:
    drafted = file.drafted()
    if drafted is not None and drafted.is_of(check):
        raise Died


def test_what_another_key_sealed_stops_a_rotation_whole(books: Books) -> None:
    with books.store.writing() as transaction:
        transaction.run(
            "reseal_contact", platform=1, learner=1, channel="email", sealed=b"of another key"
        )
    with pytest.raises(WrongVaultKey) as refused:
        resealing.rotate(books.settings, books.store)
    assert refused.value.place == "contacts/1/1/email"
    with books.store.reading() as transaction:
        assert books.endpoints.secrets(transaction, number_of(books.endpoint)) == [books.secret]
    books.contacts.put(1, 1, MAIL)
    assert resealing.rotate(books.settings, books.store) == ALL
    assert books.opened() == books.kept()


def test_a_lost_key_is_forgotten_with_what_it_sealed(books: Books) -> None:
    (books.settings.home / "vault.key").unlink()
    assert resealing.lost(books.settings, books.store) == ALL
    with pytest.raises(WrongVaultKey):
        vault_of(books.settings, books.store)
    assert resealing.reset(books.settings, books.store, NOW) == ALL
    assert finding(books.settings).verdict is Verdict.OK
    assert books.contacts.of(1, 1) == []
    with books.store.reading() as transaction:
        assert transaction.rows("sealed_channels") == []
        assert transaction.rows("sealed_notices") == []


def test_an_endpoint_waits_until_its_receiver_has_a_new_secret(books: Books) -> None:
    (books.settings.home / "vault.key").unlink()
    resealing.reset(books.settings, books.store, NOW)
    found = books.endpoints.get(1, books.endpoint)
    assert (found.state, found.reason) == ("disabled", "secret_lost")
    shown = books.endpoints.rotate(1, books.endpoint)
    with books.store.reading() as transaction:
        signing = books.endpoints.secrets(transaction, number_of(books.endpoint))
    assert signing[0] == shown
    assert books.secret not in signing


def test_a_key_that_is_here_is_not_forgotten(books: Books) -> None:
    with pytest.raises(InvalidInput) as refused:
        resealing.lost(books.settings, books.store)
    assert refused.value.field == "vault_key"
    with pytest.raises(InvalidInput):
        resealing.reset(books.settings, books.store, NOW)
    assert books.opened() == books.kept()


def test_the_doctor_names_what_to_do_about_a_lost_key(books: Books, tmp_path: Path) -> None:
    other = host(books.settings.database_url, tmp_path / "b", new_key())
    assert "zhifu vault reset" in str(finding(other))
