"""Payment providers by name: what is configured of each, and the objects made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from zhifu.config._kinds import choice
from zhifu.config._rails import RAILS
from zhifu.config._secret import Secret
from zhifu.config._section import Section
from zhifu.exceptions import MissingExtra

if TYPE_CHECKING:
    from zhifu.config._settings import Settings
    from zhifu.providers import Provider


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One account at a provider: which kind it is, and what that kind's class is made with."""

    kind: str
    arguments: Mapping[str, Any]


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
    section.close()
    given = {name: value for name, value in arguments.items() if value is not None}
    return ProviderSettings(kind, given)


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
    }
    provider: Provider = made(name=name, **revealed)
    return provider


def home_of(settings: ProviderSettings) -> str | None:
    """Where a provider's API is; None for one that is in this process."""
    return settings.arguments.get("base_url") or RAILS[settings.kind].home
