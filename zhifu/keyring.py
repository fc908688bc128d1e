"""Keys by name: encrypted key files, and on a local chain the development accounts.

A key file is ``keys/NAME.json`` below ``ZHIFU_HOME``. The development accounts of a local chain
are no secret, so ``keys/local.json`` only remembers which name has which of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from zhifu.anvil import dev_signer
from zhifu.blocks import checksum_address
from zhifu.exceptions import InvalidInput
from zhifu.signing import LocalSigner, Signer

ADMIN = "admin"
"""The name of the key that deployed the network; account 0 on a local chain."""

_LOCAL_FILE = "local.json"
_LONGEST_NAME = 80
_OWNER_ALONE = 0o700


def platform_key(platform: str) -> str:
    """The name of the key a platform's owner and operator has on a local chain."""
    return f"platform:{platform}"


def learner_key(learner: int) -> str:
    """The name of the key a learner has on a local chain."""
    return f"learner:{learner}"


def creator_key(platform: str) -> str:
    """The name of the key that a platform's creators share on a local chain."""
    return f"creator:{platform}"


class Keyring:
    """The keys in a folder, which need not exist yet.

    ``local`` says that the chain is a local one. ``password`` opens key files, and locks new ones.
    """

    def __init__(self, folder: Path, *, local: bool, password: str | None = None) -> None:
        self._folder = folder
        self._local = local
        self._password = password

    def addresses(self) -> dict[str, str]:
        """Every key's address by name; opens no key file."""
        files = (path for path in sorted(self._folder.glob("*.json")) if path.name != _LOCAL_FILE)
        found = {path.stem: _address_in(path) for path in files}
        for name, index in self._accounts().items():
            found.setdefault(name, dev_signer(index).address)
        return found

    def address(self, name: str) -> str:
        """A key's address; raises InvalidInput for a name that has none."""
        found = self.addresses().get(name)
        if found is None:
            raise InvalidInput("key", "must be the name of a key (`zhifu key list`)", name)
        return found

    def signer(self, name: str) -> Signer:
        """A key by name.

        Raises InvalidInput for a name that has none, and without the key file's password.
        """
        path = self._file(name)
        if path.exists():
            return LocalSigner.from_keystore(path, self._require_password())
        accounts = self._accounts()
        if name not in accounts:
            raise InvalidInput("key", "must be the name of a key (`zhifu key list`)", name)
        return dev_signer(accounts[name])

    def create(self, name: str) -> Signer:
        """A new key: the next development account on a local chain, else a new key file.

        Raises InvalidInput for a name that is taken or cannot be one.
        """
        if name in self.addresses():
            raise InvalidInput("name", "must not be taken by another key", name)
        if not self._local:
            return self.keep(name, LocalSigner.create())
        accounts = {**self._accounts(), _valid_name(name): self._next_account()}
        self._write_accounts(accounts)
        return dev_signer(accounts[name])

    def ensure(self, name: str) -> Signer:
        """A key by name, created on a local chain if there is none."""
        if self._local and name not in self.addresses():
            return self.create(name)
        return self.signer(name)

    def keep(self, name: str, signer: LocalSigner) -> Signer:
        """Keep a key in a new encrypted file; raises InvalidInput for a name that is taken."""
        path = self._file(name)
        self._folder.mkdir(_OWNER_ALONE, parents=True, exist_ok=True)
        signer.save_keystore(path, self._require_password())
        return signer

    def _file(self, name: str) -> Path:
        return self._folder / f"{_valid_name(name)}.json"

    def _require_password(self) -> str:
        if not self._password:
            raise InvalidInput("ZHIFU_PASSWORD", "must be set to open or make a key file")
        return self._password

    def _accounts(self) -> dict[str, int]:
        if not self._local:
            return {}
        return {ADMIN: 0, **_read_accounts(self._folder / _LOCAL_FILE)}

    def _next_account(self) -> int:
        return max(self._accounts().values()) + 1

    def _write_accounts(self, accounts: Mapping[str, int]) -> None:
        self._folder.mkdir(_OWNER_ALONE, parents=True, exist_ok=True)
        path = self._folder / _LOCAL_FILE
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(accounts, indent=2, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(path)


def _read_accounts(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        valid = all(type(index) is int and index >= 0 for index in found.values())
    except (OSError, ValueError, AttributeError):
        valid = False
    if not valid:
        raise InvalidInput("keys", "must be a file of names and account numbers", str(path))
    return dict(found)


def _address_in(path: Path) -> str:
    try:
        address = str(json.loads(path.read_text(encoding="utf-8"))["address"])
        return checksum_address("0x" + address.removeprefix("0x"))
    except (OSError, ValueError, KeyError, TypeError, InvalidInput) as error:
        raise InvalidInput("keystore", "must be a key file", str(path)) from error


def _valid_name(name: str) -> str:
    plain = name.isprintable() and 0 < len(name) <= _LONGEST_NAME and not {"/", "\\"} & set(name)
    if not plain or name.isdigit() or name == Path(_LOCAL_FILE).stem:
        raise InvalidInput("name", "must be a printable name without slashes", name)
    if name.startswith((".", "-", "0x")):
        raise InvalidInput("name", "must not start like a file, an option or an address", name)
    return name
