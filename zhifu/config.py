"""Settings, from the environment, checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from zhifu.exceptions import InvalidInput

DEFAULT_HOME = Path(".zhifu")
DEFAULT_RPC_URL = "http://127.0.0.1:8945"
DATABASE_NAME = "zhifu.sqlite3"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where zhifu keeps its files, which chain it speaks to, and whose key it signs with.

    ``key`` is a private key in hexadecimal; ``keystore`` an encrypted key file that ``password``
    opens. Neither a key nor a password nor a database address ever shows in ``repr``.
    """

    home: Path
    rpc_url: str
    database_url: str = field(repr=False)
    key: str | None = field(default=None, repr=False)
    keystore: Path | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read ``ZHIFU_HOME``, ``ZHIFU_RPC``, ``ZHIFU_DATABASE``, and the key.

        The key is ``ZHIFU_KEY``, or ``ZHIFU_KEYSTORE`` with ``ZHIFU_PASSWORD``, or none. An empty
        variable counts as unset. Raises InvalidInput, naming the variable. Nothing is created.
        """
        given = {
            name: value
            for name, value in (os.environ if environment is None else environment).items()
            if value
        }
        home = Path(given.get("ZHIFU_HOME", DEFAULT_HOME)).expanduser()
        keystore = given.get("ZHIFU_KEYSTORE")
        if keystore and "ZHIFU_KEY" in given:
            raise InvalidInput("ZHIFU_KEYSTORE", "must not be set together with ZHIFU_KEY")
        return cls(
            home=home,
            rpc_url=_http_url(given.get("ZHIFU_RPC", DEFAULT_RPC_URL)),
            database_url=_database_url(
                given.get("ZHIFU_DATABASE", f"sqlite:///{home / DATABASE_NAME}")
            ),
            key=given.get("ZHIFU_KEY"),
            keystore=Path(keystore).expanduser() if keystore else None,
            password=given.get("ZHIFU_PASSWORD"),
        )

    @property
    def deployments(self) -> Path:
        """The folder with one deployment file per chain."""
        return self.home / "deployments"

    def deployment_file(self, chain_id: int) -> Path:
        """Where the contracts' addresses on a chain are written."""
        return self.deployments / f"{chain_id}.json"


def _http_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidInput("ZHIFU_RPC", "must be an http or https address")
    return url


def _database_url(url: str) -> str:
    if "://" not in url:
        raise InvalidInput("ZHIFU_DATABASE", "must be a database address such as sqlite:///file")
    return url
