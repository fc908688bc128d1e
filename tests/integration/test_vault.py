"""One key seals what is in a database, whoever opens it: SERVE-2."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.databases import database_url, databases
from tests.integration.test_notices import MAIL, MailServer, MessageServer, Office, Serving
from zhifu.anvil import free_port
from zhifu.config import Settings
from zhifu.doctor import Finding, Verdict, examine
from zhifu.exceptions import InvalidInput, WrongVaultKey
from zhifu.languages import Language
from zhifu.notify.contacts import Channel, Contact
from zhifu.notify.notices import LEASE_SECONDS
from zhifu.notify.vault import Vault, new_key
from zhifu.notify.vault_key import KeyFile, vault_of
from zhifu.store import Store

__all__ = ["database_url", "databases"]

HOSTS = 8


def host(url: str, home: Path, key: str | None = None) -> Settings:
    """The settings of one of the machines that share a database."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    given = {"ZHIFU_DATABASE": url, "ZHIFU_HOME": str(home), "ZHIFU_RPC": nowhere}
    return Settings.load({**given, **({"ZHIFU_NOTIFICATIONS__VAULT_KEY": key} if key else {})})


def opened(settings: Settings) -> Vault:
    with Store.open(settings.database_url) as store:
        return vault_of(settings, store)


def finding(settings: Settings) -> Finding:
    (found,) = (each for each in examine(settings) if each.check == "vault")
    return found


def test_a_host_without_the_key_does_not_begin(database_url: str, tmp_path: Path) -> None:
    first = host(database_url, tmp_path / "a")
    sealed = opened(first).seal("a secret", "here")
    with pytest.raises(WrongVaultKey):
        opened(host(database_url, tmp_path / "b"))
    assert not (tmp_path / "b").exists(), "a key that is none would hide that it is missing"
    assert opened(first).open(sealed, "here") == "a secret"


def test_hosts_share_the_key_by_its_file_or_as_a_setting(database_url: str, tmp_path: Path) -> None:
    sealed = opened(host(database_url, tmp_path / "a")).seal("a secret", "here")
    key = (tmp_path / "a" / "vault.key").read_text().strip()
    assert opened(host(database_url, tmp_path / "b", key)).open(sealed, "here") == "a secret"
    assert not (tmp_path / "b").exists()
    with pytest.raises(WrongVaultKey):
        opened(host(database_url, tmp_path / "a", new_key()))


def test_who_makes_the_key_file_at_the_same_time_has_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "home" / "vault.key"
    with ThreadPoolExecutor(HOSTS) as hosts:
        vaults = list(hosts.map(lambda _: KeyFile(path.parent).made(), range(HOSTS)))
    sealed = vaults[0].seal("a secret", "here")
    assert [each.open(sealed, "here") for each in vaults] == ["a secret"] * HOSTS
    assert [each.name for each in path.parent.iterdir()] == ["vault.key"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    KeyFile(path.parent).made()
    path.chmod(0o604)
    with pytest.raises(InvalidInput) as refused:
        KeyFile(path.parent).made()
    assert refused.value.field == "vault_key"


def test_a_notice_waits_for_the_key_of_its_contact(database_url: str) -> None:
    mail, service = MailServer(), MessageServer()
    with Store.open(database_url) as store, Serving(mail), Serving(service):
        theirs = Office(store, mail, service)
        theirs.set_up(Channel.EMAIL)
        theirs.contacts.put(1, 1, Contact(Channel.EMAIL, MAIL, Language.ENGLISH))
        theirs.shop.sell()
        stranger = Office(store, mail, service)
        stranger.send()
        assert stranger.states() == [("receipt", "due", None)]
        theirs.now += LEASE_SECONDS
        theirs.send()
        assert theirs.states() == [("receipt", "sent", None)]


def test_the_doctor_tells_whose_key_it_is(database_url: str, tmp_path: Path) -> None:
    first = host(database_url, tmp_path / "a")
    Store.open(database_url).close()
    assert finding(first).verdict is Verdict.OK
    opened(first)
    assert finding(first).verdict is Verdict.OK
    for other in (host(database_url, tmp_path / "b"), host(database_url, tmp_path, new_key())):
        found = finding(other)
        assert found.verdict is Verdict.FAILURE
        assert "vault.key" in str(found)
    assert not (tmp_path / "b").exists()
