"""Settings, from a file and the environment: checked once, with every mistake told at once.

A setting's full name is its place in the TOML file, such as ``http.port``; ``ZHIFU_HTTP__PORT``
overrides it. A secret is given as it is, as ``{ file = "…" }`` or as ``{ env = "…" }``.
"""

from __future__ import annotations

from zhifu.config._kinds import is_here
from zhifu.config._mistake import Mistake
from zhifu.config._providers import (
    ProviderSettings,
    currency_of,
    home_of,
    is_live,
    make_provider,
    make_providers,
    ownerless,
    owners_of,
    require_mode,
)
from zhifu.config._secret import Secret
from zhifu.config._section import Reading
from zhifu.config._sections import (
    DATABASE_NAME,
    DEFAULT_RPC_URL,
    BatchSettings,
    ChainSettings,
    DatabaseSettings,
    HttpSettings,
    LoggingSettings,
    NotificationSettings,
    OrderSettings,
    PlatformSettings,
    RetentionSettings,
)
from zhifu.config._settings import DEFAULT_HOME, Settings
from zhifu.config._signers import operator_signers, require_plain_key_allowed
from zhifu.finality import DEVELOPMENT_CHAINS

__all__ = [
    "DATABASE_NAME",
    "DEFAULT_HOME",
    "DEFAULT_RPC_URL",
    "DEVELOPMENT_CHAINS",
    "BatchSettings",
    "ChainSettings",
    "DatabaseSettings",
    "HttpSettings",
    "LoggingSettings",
    "Mistake",
    "NotificationSettings",
    "OrderSettings",
    "PlatformSettings",
    "ProviderSettings",
    "Reading",
    "RetentionSettings",
    "Secret",
    "Settings",
    "currency_of",
    "home_of",
    "is_here",
    "is_live",
    "make_provider",
    "make_providers",
    "operator_signers",
    "ownerless",
    "owners_of",
    "require_mode",
    "require_plain_key_allowed",
]
