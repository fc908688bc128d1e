"""Where the command line begins and ends: exit statuses, and errors as one line.

Status 0 is success, 1 an error, 2 a wrong use of the command line, 3 the answer "no", 130 an
interruption.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from zhifu.exceptions import ChainUnreachable, ContractReverted, InvalidConfiguration, ZhifuError

_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main() -> None:
    """Run ``zhifu`` with the process's arguments and exit."""
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _pipe_broke()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status.

    An error is one line on standard error, or one JSON object there under ``--json``; standard
    output then stays empty. Only a configuration's mistakes have a line each. ``ZHIFU_DEBUG`` lets
    a defect of zhifu itself show its traceback.
    """
    try:
        from zhifu.cli.app import app

        return int(app(list(arguments), prog_name="zhifu", standalone_mode=False) or 0)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return _pipe_broke()
    except ZhifuError as error:
        complain(error, as_json="--json" in arguments)
        return 1
    except Exception as error:
        if hasattr(error, "format_message"):
            return _misused(error)
        if os.environ.get("ZHIFU_DEBUG"):
            raise
        print(f"zhifu: {_described(error)}", file=sys.stderr)
        return 1


def complain(error: ZhifuError, *, as_json: bool = False) -> None:
    """Say an error on standard error: as one line, or as one JSON object."""
    from zhifu.config import is_here

    if isinstance(error, ContractReverted):
        from zhifu.refusals import meaning

        error = meaning(error)
    if isinstance(error, ChainUnreachable) and is_here(urlsplit(error.url).hostname or ""):
        error.rule += " (`zhifu up` starts one on this machine)"
    if as_json:
        print(json.dumps(error.to_dict(), ensure_ascii=False), file=sys.stderr)
        return
    each = error.mistakes if isinstance(error, InvalidConfiguration) else (error,)
    print("\n".join(f"zhifu: {one}" for one in each), file=sys.stderr)


def _misused(error: Exception) -> int:
    """Say how the command line was misused, unless its help was just shown instead."""
    message = " ".join(str(error.format_message()).split())  # type: ignore[attr-defined]
    if message:
        # A choice that is none is called a "Value error" by the library that reads it.
        print(f"zhifu: {message.replace(': Value error, ', ': ')}", file=sys.stderr)
    return int(getattr(error, "exit_code", 2))


def _described(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"{type(error).__name__}: {' '.join(str(error).split()) or 'no reason given'}"


def _pipe_broke() -> int:
    # Whoever read our output has gone; the interpreter must not try to flush into it again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BROKEN_PIPE
