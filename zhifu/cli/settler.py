"""``python -m zhifu.cli.settler``: what `zhifu serve` has settling done by, beside itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from zhifu.cli.entry import complain
from zhifu.cli.session import Session
from zhifu.exceptions import ZhifuError


def settler_command(session: Session) -> list[str]:
    """What settles for the same settings, network and keys as a session's."""
    command = [sys.executable, "-m", "zhifu.cli.settler", "--home", str(session.settings.home)]
    for name, value in (("--rpc", session.rpc), ("--key-name", session.key_name)):
        command += [name, value] if value else []
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Settle until standard input ends; the exit status."""
    from zhifu.api.logs import adopt, open_log
    from zhifu.api.settling import settle_until_told
    from zhifu.cli.serve import books_clock, operators_of

    given = _given(arguments)
    try:
        session = Session.open(rpc=given.rpc, home=given.home, key_name=given.key_name)
        log = open_log(session.settings.logging.level)
        adopt(log, "zhifu")
        facts = (session.network, operators_of(session), log, books_clock(session))
        return settle_until_told(session.settings, *facts)
    except ZhifuError as error:
        complain(error)
        return 1


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="zhifu.cli.settler", description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--rpc")
    parser.add_argument("--key-name")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
