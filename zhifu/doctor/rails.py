"""Each configured provider: does it answer, and does it take our credentials?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from zhifu.config import currency_of, is_live, make_provider, ownerless
from zhifu.doctor.case import Case
from zhifu.doctor.finding import Finding, failure, fine, warning
from zhifu.exceptions import MissingExtra, ZhifuError
from zhifu.providers import ProviderStatus

#: A payment that no provider has, by a name that each of them could have given.
_NO_PAYMENT = "pi_zhifu0doctor0asks0for0nothing"


def check_providers(case: Case) -> Iterator[Finding]:
    """Whether there are any."""
    found = case.settings.providers
    if found:
        saw = ", ".join(f"{name} ({each.kind})" for name, each in sorted(found.items()))
        yield fine("providers", saw)
    else:
        yield fine("providers", "none configured")


def check_mode(case: Case) -> Iterator[Finding]:
    """Whether all accounts are live, or none is: a service takes keys of one kind."""
    found = case.settings.providers
    live = sorted(name for name, each in found.items() if is_live(each))
    if live and len(live) < len(found):
        saw = f"{', '.join(live)} move real money, the others none"
        advice = "run test accounts in a service, and a database, of their own"
        yield failure("providers.mode", saw, advice)
    elif found:
        command = "zhifu serve --live" if live else "zhifu serve"
        yield fine("providers.mode", f"{'live' if live else 'test'} accounts, for `{command}`")


def check_owners(case: Case) -> Iterator[Finding]:
    """Whether it is said whose account each is, where the settings do not say who sells."""
    unsaid = ownerless(case.settings)
    if unsaid and not case.settings.platforms:
        saw = f"it is not said whose account {', '.join(unsaid)} is"
        advice = "set providers.NAME.platforms, or `zhifu serve` starts for one platform only"
        yield warning("providers.platforms", saw, advice)


def check_currency(case: Case) -> Iterator[Finding]:
    """Whether every provider takes the currency that the network's prices are in."""
    takes = {name: currency_of(each) for name, each in case.settings.providers.items()}
    bound = {name: currency for name, currency in sorted(takes.items()) if currency}
    if not bound:
        return
    network = case.need_deployment().currency
    others = [f"{name} takes {taken} alone" for name, taken in bound.items() if taken != network]
    if others:
        saw = f"{', '.join(others)}, and the network's prices are in {network}"
        advice = "take payments there in a network of that currency, or leave it out here"
        yield warning("providers.currency", saw, advice)
    else:
        yield fine("providers.currency", f"all take {network}")


def check_provider(case: Case, name: str) -> Iterator[Finding]:
    """Ask about a payment that does not exist: a provider that says so took the credentials."""
    check = f"provider.{name}"
    try:
        provider = make_provider(name, case.settings.providers[name])
    except MissingExtra as error:
        yield failure(check, "its library is not installed", error.rule)
        return
    except ZhifuError as error:
        yield failure(check, str(error), f"mend providers.{name}")
        return
    with _warnings() as said:
        try:
            status = provider.query(_NO_PAYMENT).status
        except ZhifuError as error:
            said.append(str(error))
            status = ProviderStatus.UNKNOWN
    if status is ProviderStatus.UNKNOWN:
        saw = "it did not answer, or refused the credentials"
        advice = f"see that it can be reached, and that the keys of providers.{name} are its own"
        yield failure(check, f"{saw}: {said[-1]}" if said else saw, advice)
    elif status is ProviderStatus.FAILED:
        yield fine(check, "it answers and takes the credentials")
    else:
        advice = f"see that providers.{name} is the account you mean"
        yield warning(check, f"it calls a payment that does not exist {status.value}", advice)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What providers log meanwhile: why they call a payment unknown."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger = logging.getLogger("zhifu.providers")
    keep, propagated = Keep(logging.WARNING), logger.propagate
    logger.addHandler(keep)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(keep)
        logger.propagate = propagated
