"""All settings of a process, read and checked at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zhifu.config._kinds import path
from zhifu.config._providers import HIGHEST_PLATFORM, ProviderSettings, read_provider
from zhifu.config._secret import Secret, secret
from zhifu.config._section import Reading, Record, Section
from zhifu.config._sections import (
    BatchSettings,
    ChainSettings,
    DatabaseSettings,
    HttpSettings,
    LoggingSettings,
    NotificationSettings,
    OrderSettings,
    PlatformSettings,
    RetentionSettings,
    read_batches,
    read_chain,
    read_database,
    read_http,
    read_logging,
    read_notifications,
    read_orders,
    read_platform,
    read_retention,
)
from zhifu.config._tree import gather
from zhifu.exceptions import InvalidConfiguration

DEFAULT_HOME = Path(".zhifu")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file and the environment say, each setting by its rule.

    ``home`` is where zhifu keeps its files. ``key`` is a private key in hexadecimal and
    ``keystore`` an encrypted key file that ``password`` opens: what the command line signs with.
    ``password`` opens platforms' key files too, where a platform has none of its own. ``platforms``
    are those this process acts for. ``readings`` tells every setting and where it is from. No
    secret shows in ``repr``.
    """

    home: Path
    database: DatabaseSettings
    chain: ChainSettings
    platforms: Mapping[int, PlatformSettings]
    providers: Mapping[str, ProviderSettings]
    batches: BatchSettings
    orders: OrderSettings
    http: HttpSettings
    notifications: NotificationSettings
    retention: RetentionSettings
    logging: LoggingSettings
    secret_key: Secret | None
    keystore: Path | None
    secret_password: Secret | None
    readings: tuple[Reading, ...] = field(repr=False)

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the file and the environment, which wins; by default this process's own.

        The file is the one that ``ZHIFU_CONFIG`` names, else ``zhifu.toml`` in the current folder
        if there is one. Raises InvalidConfiguration with every mistake. Nothing is created.
        """
        variables = os.environ if environment is None else environment
        tree, mistakes = gather(variables)
        record = Record(variables, mistakes)
        settings = _read(Section("", tree, record), record)
        if record.mistakes:
            raise InvalidConfiguration(tuple(record.mistakes))
        return settings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """As `load`."""
        return cls.load(environment)

    @property
    def rpc_url(self) -> str:
        """The address of the chain's node, which may hold a secret."""
        return self.chain.rpc.reveal()

    @property
    def database_url(self) -> str:
        """The address of the books, which may hold a password."""
        return self.database.url.reveal()

    @property
    def key(self) -> str | None:
        """The private key that the command line signs with."""
        return self.secret_key.reveal() if self.secret_key else None

    @property
    def password(self) -> str | None:
        """What opens key files, and locks new ones."""
        return self.secret_password.reveal() if self.secret_password else None

    @property
    def deployments(self) -> Path:
        """The folder with one deployment file per chain."""
        return self.home / "deployments"

    def deployment_file(self, chain_id: int) -> Path:
        """Where the contracts' addresses on a chain are written."""
        return self.chain.deployment or self.deployments / f"{chain_id}.json"


def _read(section: Section, record: Record) -> Settings:
    home = section.get("home", path(), DEFAULT_HOME)
    key = section.find("key", secret())
    keystore = section.find("keystore", path())
    if key is not None and keystore is not None:
        section.refuse("keystore", "must not be set together with ZHIFU_KEY")
    password = section.find("password", secret())
    platforms = _platforms(section.section("platforms"), password)
    found = Settings(
        home=home,
        database=read_database(section.section("database"), home),
        chain=read_chain(section.section("chain")),
        platforms=platforms,
        providers=_providers(section.section("providers"), platforms),
        batches=read_batches(section.section("batches")),
        orders=read_orders(section.section("orders")),
        http=read_http(section.section("http")),
        notifications=read_notifications(section.section("notifications")),
        retention=read_retention(section.section("retention")),
        logging=read_logging(section.section("logging")),
        secret_key=key,
        keystore=keystore,
        secret_password=password,
        readings=tuple(record.readings),
    )
    section.close()
    return found


def _platforms(section: Section, password: Secret | None) -> dict[int, PlatformSettings]:
    rule = f"must be the number of a platform, from 1 to {HIGHEST_PLATFORM}"
    tables = section.sections("[1-9][0-9]{0,9}", rule)
    found = {int(number): read_platform(table, password) for number, table in tables}
    for number in [each for each in found if each > HIGHEST_PLATFORM]:
        section.refuse(str(number), rule)
    return found


def _providers(section: Section, platforms: Collection[int]) -> dict[str, ProviderSettings]:
    # The name stands in callbacks' addresses and in variables' names.
    rule = "must be a name of small letters, digits and single underscores, at most 32"
    tables = section.sections("(?=.{1,32}$)[a-z][a-z0-9]*(_[a-z0-9]+)*", rule)
    return {name: _provider(table, platforms) for name, table in tables}


def _provider(section: Section, platforms: Collection[int]) -> ProviderSettings:
    """One account; whose it is must be said where there are several platforms."""
    found = read_provider(section)
    strangers = sorted(set(found.platforms) - {*platforms})
    if platforms and strangers:
        section.refuse("platforms", f"must be among the platforms here: {strangers[0]} is not")
    if len(platforms) > 1 and section.is_sound("kind") and "platforms" not in section:
        section.miss("platforms")
    return found
