"""``zhifu key``: keys by name."""

from __future__ import annotations

from typing import Annotated

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session

key = group(app, "key", "Keys by name, to sign with: --key-name NAME.", panel=MEMBERS)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What to call the key.")]


@command(key, "new", "zhifu key new alice")
def new(session: Session, name: Name) -> Answer:
    """Make a new key: an encrypted file in ZHIFU_HOME/keys, locked with ZHIFU_PASSWORD.

    On a local chain it is the next development account instead, and needs no password.
    """
    return _made(name, session.keyring.create(name).address)


@command(key, "import", "ZHIFU_KEY=0x... ZHIFU_PASSWORD=... zhifu key import alice")
def import_key(session: Session, name: Name) -> Answer:
    """Keep the key of ZHIFU_KEY in an encrypted file, locked with ZHIFU_PASSWORD."""
    from zhifu.exceptions import InvalidInput
    from zhifu.signing import LocalSigner

    if not session.settings.key:
        raise InvalidInput("ZHIFU_KEY", "must be set to the key that is to be kept")
    signer = LocalSigner.from_key(session.settings.key)
    return _made(name, session.keyring.keep(name, signer).address)


@command(key, "list", "zhifu key list")
def list_keys(session: Session) -> Answer:
    """Show the names and addresses of all keys."""
    found = session.keyring.addresses()
    data = [{"name": name, "address": address} for name, address in found.items()]
    return answer(data, table(("Key", "Address"), found.items()))


def _made(name: str, address: str) -> Answer:
    return answer({"name": name, "address": address}, f"Key {name} is {address}")
