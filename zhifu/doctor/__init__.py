"""Looks at everything that a gateway needs, and says what to do about what is wrong.

Nothing is changed: no database is made or brought up to date, nothing is sent to the chain, and
providers are asked about a payment that does not exist.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from zhifu.config import Settings
from zhifu.doctor import clock, contracts, database, network, platforms, rails, vault
from zhifu.doctor.case import Case, SkippedError
from zhifu.doctor.finding import Finding, Verdict, failure
from zhifu.exceptions import ZhifuError

__all__ = ["Finding", "Verdict", "examine"]

Check = Callable[[Case], Iterable[Finding]]

_ADVICE = "see what it says; it may pass"


def examine(
    settings: Settings,
    *,
    ask: Callable[[str], str] | None = None,
    now: Callable[[], float] = time.time,
) -> Iterator[Finding]:
    """Every check in turn, whatever the others found.

    ``ask`` is given a sentence and answers the password of a key file that has none configured;
    without it such files are not opened. ``now`` is this machine's clock.
    """
    case = Case(settings, ask, now)
    try:
        for name, check in _checks(settings):
            yield from _run(case, name, check)
    finally:
        case.close()


def _checks(settings: Settings) -> Iterator[tuple[str, Check]]:
    yield "database", database.check
    yield "vault", vault.check
    yield "chain", network.check_answer
    yield "chain.head", network.check_head
    yield "chain.syncing", network.check_syncing
    yield "chain.confirmations", network.check_finality
    yield "chain.gas_price", network.check_gas_price
    yield "deployment.file", contracts.check_deployment
    yield "deployment.block", contracts.check_block
    yield "contracts", contracts.check_code
    yield "contract.wiring", contracts.check_wiring
    yield "deployment.books", contracts.check_books
    yield "key", platforms.check_command_line_key
    yield "platforms", platforms.check_platforms
    for number, platform in sorted(settings.platforms.items()):
        yield f"platform.{number}", partial(platforms.check_standing, number=number)
        yield f"platform.{number}.balance", partial(platforms.check_money, number=number)
        for each in platform.keystores:
            check = partial(platforms.check_key, number=number, keystore=each)
            yield f"platform.{number}.key.{each.name}", check
    yield "providers", rails.check_providers
    yield "providers.mode", rails.check_mode
    yield "providers.platforms", rails.check_owners
    yield "providers.currency", rails.check_currency
    for name in sorted(settings.providers):
        yield f"provider.{name}", partial(rails.check_provider, name=name)
        yield f"clock.{name}", partial(clock.check_provider, name=name)
    yield "clock.chain", clock.check_chain
    yield "clock.node", clock.check_node


def _run(case: Case, name: str, check: Check) -> Iterator[Finding]:
    """One check; what it cannot do or did not expect is a finding, too."""
    try:
        yield from check(case)
    except SkippedError as skipped:
        yield Finding(name, Verdict.SKIPPED, str(skipped))
    except ZhifuError as error:
        yield failure(name, str(error), _ADVICE)
    except Exception as error:
        # A check that is itself broken must not keep the others from being made.
        yield failure(name, f"{type(error).__name__} while looking", _ADVICE)
