"""Payment providers by name: what is configured of each, and the objects made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zhifu.config._kinds import choice, integer, is_here, several
from zhifu.config._rails import RAILS, Rail
from zhifu.config._secret import Secret
from zhifu.config._section import Section
from zhifu.exceptions import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from zhifu.config._settings import Settings
    from zhifu.providers import Provider


HIGHEST_PLATFORM = 2**32 - 1
"""The contracts' numbers of platforms end here."""

_PLATFORMS = "must be a list of platforms' numbers"
#: In Stripe's secret and restricted keys alike.
_LIVE_KEY = "_live_"
#: Where Alipay's own sandbox is; the other providers' keys tell, or they have none.
_TEST_HOSTS = (".alipaydev.com",)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One account at a provider: which kind it is, and what that kind's class is made with.

    ``platforms`` are those whose account it is; none is whichever platform this process acts for,
    if that is one alone.
    """

    kind: str
    arguments: Mapping[str, Any]
    platforms: tuple[int, ...] = ()


def read_provider(section: Section) -> ProviderSettings:
    """One provider; of a kind that is not known nothing else is read."""
    kind = section.need("kind", choice(*RAILS))
    if not section.is_sound("kind"):
        return ProviderSettings(kind, {})
    arguments = {
        name: section.need(name, argument.kind)
        if argument.is_needed
        else section.find(name, argument.kind)
        for name, argument in RAILS[kind].arguments.items()
    }
    _require_place(section, RAILS[kind], arguments)
    platforms = section.get("platforms", several(integer(1, HIGHEST_PLATFORM), _PLATFORMS), ())
    section.close()
    given = {name: value for name, value in arguments.items() if value is not None}
    return ProviderSettings(kind, given, platforms)


def make_providers(settings: Settings) -> dict[str, Provider]:
    """Every configured provider by its name; raises as `make_provider`."""
    return {name: make_provider(name, each) for name, each in settings.providers.items()}


def make_provider(name: str, settings: ProviderSettings) -> Provider:
    """The provider that payment requests call `name`.

    Raises MissingExtra where its library is not installed, and InvalidInput for what only the
    provider's own class finds wrong.
    """
    rail = RAILS[settings.kind]
    if rail.library is not None and find_spec(rail.library) is None:
        rule = f"must be installed for the provider {name}: pip install 'zhifu[{rail.extra}]'"
        raise MissingExtra(rule, str(rail.extra))
    made = getattr(import_module(rail.module), rail.name)
    revealed = {
        argument: value.reveal() if isinstance(value, Secret) else value
        for argument, value in settings.arguments.items()
        if rail.arguments[argument].is_passed
    }
    provider: Provider = made(name=name, **revealed)
    return provider


def owners_of(settings: Settings, platforms: Collection[int]) -> dict[str, Collection[int]]:
    """Whose account each configured provider is, for a process that acts for `platforms`.

    Raises InvalidInput where that is not said and there is more than one of them: a platform could
    claim what was paid to another.
    """
    unsaid = ownerless(settings)
    if unsaid and len(platforms) > 1:
        rule = "must say whose account it is, where there are several platforms"
        others = f" (and so must {', '.join(unsaid[1:])})" if unsaid[1:] else ""
        raise InvalidInput(f"providers.{unsaid[0]}.platforms", rule + others)
    return {name: each.platforms or platforms for name, each in settings.providers.items()}


def ownerless(settings: Settings) -> list[str]:
    """The configured providers of which it is not said whose account they are."""
    return sorted(name for name, each in settings.providers.items() if not each.platforms)


def is_live(settings: ProviderSettings) -> bool:
    """Whether an account moves real money.

    By its key; where that does not tell, by what its settings say, or else by its address.
    """
    if settings.kind == "sandbox":
        return False
    key = settings.arguments.get("secret_key")
    if isinstance(key, Secret):
        return _LIVE_KEY in key.reveal() or settings.arguments.get("livemode") is True
    said = settings.arguments.get("livemode")
    if isinstance(said, bool):
        return said
    host = urlsplit(home_of(settings) or "").hostname or ""
    return not is_here(host) and not host.endswith(_TEST_HOSTS)


def currency_of(settings: ProviderSettings) -> str | None:
    """The only currency that an account takes; None if it takes several."""
    return RAILS[settings.kind].currency


def require_mode(settings: Settings, *, live: bool) -> None:
    """Raise InvalidInput unless every configured provider is live, or is none, as is asked."""
    for name, each in settings.providers.items():
        if is_live(each) is not live:
            there = "real money" if is_live(each) else "none"
            rule = (
                f"must be a {'live' if live else 'test'} account:"
                f" this process takes {'live' if live else 'test'} keys, and there is {there} in it"
            )
            raise InvalidInput(f"providers.{name}", rule)


def home_of(settings: ProviderSettings) -> str | None:
    """Where a provider's API is; None for one that is in this process."""
    return settings.arguments.get("base_url") or RAILS[settings.kind].home


def _require_place(section: Section, rail: Rail, arguments: Mapping[str, Any]) -> None:
    """At the provider's own address an account's mode is known."""
    mode = rail.arguments.get("livemode")
    if mode is None or mode.is_passed or arguments["livemode"] is None:
        return
    if "base_url" not in section:
        section.refuse("livemode", "must not be set without base_url")
