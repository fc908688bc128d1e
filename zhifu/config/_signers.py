"""The keys that platforms' orders are settled with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from zhifu.exceptions import InvalidInput
from zhifu.finality import DEVELOPMENT_CHAINS

if TYPE_CHECKING:
    from zhifu.config._sections import PlatformSettings
    from zhifu.config._settings import Settings
    from zhifu.signing import Signer


def require_plain_key_allowed(settings: Settings, chain_id: int) -> None:
    """Raise InvalidInput where a key may not stand in the environment as it is.

    Whoever reads a process's environment, a crash report or a unit file would read the key. On a
    development chain it is worth nothing; elsewhere ``chain.plain_keys`` must say so.
    """
    if chain_id not in DEVELOPMENT_CHAINS and not settings.chain.plain_keys:
        rule = (
            "must be on a development chain, or be an encrypted key file instead"
            " (`zhifu key import`, ZHIFU_KEYSTORE); chain.plain_keys allows it all the same"
        )
        raise InvalidInput("ZHIFU_KEY", rule, chain_id)


def operator_signers(
    settings: Settings, *, ask: Callable[[str], str] | None = None
) -> dict[int, tuple[Signer, ...]]:
    """The signers of every configured platform, its key files opened.

    ``ask`` is given a sentence and answers a password; by default the terminal is asked, and
    InvalidInput raised where there is none. Raises InvalidInput for a key file that does not open,
    and for one that two platforms share.
    """
    prompt = ask or _ask_at_the_terminal
    found = {
        number: tuple(_open(number, each, platform, prompt) for each in platform.keystores)
        for number, platform in settings.platforms.items()
    }
    addresses = [signer.address for signers in found.values() for signer in signers]
    for address in addresses:
        if addresses.count(address) > 1:
            raise InvalidInput("platforms", "must not use one key twice", address)
    return found


def _open(
    number: int, keystore: Path, platform: PlatformSettings, ask: Callable[[str], str]
) -> Signer:
    from zhifu.signing import LocalSigner

    if platform.password is not None:
        return LocalSigner.from_keystore(keystore, platform.password.reveal())
    return LocalSigner.from_keystore(keystore, ask(f"Password of {keystore} (platform {number}): "))


def _ask_at_the_terminal(sentence: str) -> str:
    if not sys.stdin.isatty():
        raise InvalidInput("password", "must be set where there is no terminal to ask at")
    return getpass(sentence)
