"""What every command works with: settings, the network, the keys, and how progress is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zhifu.cli.typed import typed_as
from zhifu.config import Settings
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from rich.progress import Progress, TaskID

    from zhifu.accounts import Account
    from zhifu.chain import Chain
    from zhifu.cli.amounts import Amounts
    from zhifu.deployment import Network
    from zhifu.directory import Directory
    from zhifu.gateway import Gateway
    from zhifu.keyring import Keyring
    from zhifu.providers.sandbox import SandboxProvider
    from zhifu.signing import Signer


@dataclass
class Session:
    """One run of a command; what it needs is opened when it is first asked for.

    ``rpc`` is the address that was given on the command line, if one was.
    """

    settings: Settings
    key_name: str | None = None
    as_json: bool = False
    rpc: str | None = None

    @classmethod
    def open(
        cls,
        *,
        rpc: str | None = None,
        deployment: Path | None = None,
        home: Path | None = None,
        key_name: str | None = None,
        as_json: bool = False,
    ) -> Session:
        """With the settings of file and environment, except for what is given here."""
        given = {
            "ZHIFU_RPC": rpc,
            "ZHIFU_HOME": str(home) if home else None,
            "ZHIFU_CHAIN__DEPLOYMENT": str(deployment) if deployment else None,
        }
        changes = {name: value for name, value in given.items() if value}
        if rpc:
            # The same setting under its long name.
            changes["ZHIFU_CHAIN__RPC"] = ""
        return cls(Settings.load({**os.environ, **changes}), key_name, as_json, rpc)

    @cached_property
    def chain(self) -> Chain:
        """The chain at the RPC address; raises ChainUnreachable, and WrongChain for another id."""
        from zhifu.chain import Chain

        settings = self.settings.chain
        timeout_seconds = settings.timeout_milliseconds / 1_000
        return Chain(
            self.settings.rpc_url,
            settings.id,
            max_fee_wei=settings.max_fee_per_gas_wei,
            timeout_seconds=timeout_seconds,
        )

    @cached_property
    def network(self) -> Network:
        """The contracts that the chain's deployment file names; raises NotDeployed, WrongChain."""
        from zhifu.deployment import Deployment, Network
        from zhifu.exceptions import NotDeployed

        path = self.deployment_file
        if not path.exists():
            raise NotDeployed(self.chain.chain_id, str(path))
        return Network(self.chain, Deployment.load(path))

    @property
    def deployment_file(self) -> Path:
        """Where the deployment on this chain is written."""
        return self.settings.deployment_file(self.chain.chain_id)

    @cached_property
    def directory(self) -> Directory:
        """The names on the network."""
        from zhifu.directory import Directory

        return Directory(self.network)

    def refresh(self) -> None:
        """Forget the names that were read, because there are new ones."""
        self.__dict__.pop("directory", None)

    @cached_property
    def amounts(self) -> Amounts:
        """How amounts are read and written in the network's currency."""
        from zhifu.cli.amounts import Amounts

        return Amounts.of(self.network)

    @property
    def is_local(self) -> bool:
        """Whether the chain is a local one, whose accounts are development accounts."""
        from zhifu.anvil import CHAIN_ID

        return self.chain.chain_id == CHAIN_ID

    @property
    def now(self) -> int:
        """The time of the next block, in Unix seconds."""
        # A local chain mines only when there is something to mine: its latest block may be old.
        return self.chain.timestamp("pending" if self.is_local else "latest")

    @cached_property
    def keyring(self) -> Keyring:
        """The named keys below the home folder."""
        from zhifu.keyring import Keyring

        folder = self.settings.home / "keys"
        return Keyring(folder, local=self.is_local, password=self.settings.password)

    def signer(self, role: str) -> Signer:
        """The chosen key, or the environment's, or on a local chain the role's own.

        Raises InvalidInput when there is none, and for a plain key on a chain that has value.
        """
        return self.chosen_signer or self._local_signer(role)

    @cached_property
    def chosen_signer(self) -> Signer | None:
        """The key of ``--key-name``, ``ZHIFU_KEY`` or ``ZHIFU_KEYSTORE``; None if none is given."""
        from zhifu.config import require_plain_key_allowed
        from zhifu.signing import LocalSigner

        if self.key_name:
            return self.keyring.signer(self.key_name)
        if self.settings.key:
            require_plain_key_allowed(self.settings, self.chain.chain_id)
            return LocalSigner.from_key(self.settings.key)
        if self.settings.keystore:
            return LocalSigner.from_keystore(self.settings.keystore, self.settings.password or "")
        return None

    def operator(self, platform: int) -> Signer:
        """A key that may act for a platform now; raises WrongOperator for any other.

        One that the platform names and that has not accepted yet accepts now.
        """
        from zhifu.keyring import platform_key
        from zhifu.operators import ensure_accepted

        signer = self.signer(platform_key(self.directory.platform_name(platform)))
        ensure_accepted(self.network.registry, platform, signer)
        return signer

    def account(self, text: str) -> Account:
        """An account by its name, its address, or the name of its key."""
        from zhifu import accounts

        found = self.directory.account(text)
        if found is not None:
            return found
        address = self.keyring.addresses().get(text)
        if address is None:
            rule = "must be network, platform:NAME, an address, or a key (`zhifu key list`)"
            raise InvalidInput("account", rule, text)
        return accounts.of_address(address)

    def account_name(self, account: Account) -> str:
        """An account for people: platforms and own keys by name, others by address."""
        name = self.directory.account_name(account)
        own = {address: key for key, address in self.keyring.addresses().items()}
        return own.get(name, name)

    def address(self, text: str, option: str = "address") -> str:
        """An address typed as an option: as such, or by the name of its key."""
        from zhifu.blocks import checksum_address

        with typed_as(option):
            return checksum_address(text) if text.startswith("0x") else self.keyring.address(text)

    @cached_property
    def sandbox(self) -> SandboxProvider:
        """The payment provider without money behind it, which remembers below the home folder."""
        from zhifu.providers.sandbox import SandboxProvider

        return SandboxProvider(self.sandbox_file, clock=lambda: self.now)

    @property
    def sandbox_file(self) -> Path:
        """Where that is remembered, once something was paid there."""
        return self.settings.home / "sandbox.jsonl"

    def gateway(self, operators: Mapping[int, Signer] | None = None) -> Gateway:
        """The gateway over the database of the settings, for the platforms whose keys are given."""
        from zhifu.gateway import Gateway

        sandbox = self.sandbox
        return Gateway.open(
            self.settings.database_url,
            self.network,
            operators or {},
            {sandbox.name: sandbox},
            batch_size=self.settings.batches.size,
            batch_age_ms=self.settings.batches.max_age_milliseconds,
            confirmations=self.settings.chain.confirmations,
            replace_after_seconds=self.settings.chain.replace_after_seconds,
            clock=lambda: self.now,
        )

    @contextmanager
    def progress(self, doing: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on standard error while something lasts, if a person looks at it."""
        with _bars() as bars:
            task = bars.add_task(doing, total=total)
            yield lambda done: bars.advance(task, done)

    @contextmanager
    def stages(self) -> Iterator[Callable[[str, int, int], None]]:
        """A bar for each named stage, told how far it is and how far it goes (0: unknown)."""
        with _bars() as bars:
            tasks: dict[str, TaskID] = {}

            def tell(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage.capitalize())
                bars.update(tasks[stage], completed=done, total=total or None)

            yield tell

    def close(self) -> None:
        """Close the connections that were opened."""
        if "chain" in self.__dict__:
            self.chain.close()

    def _local_signer(self, role: str) -> Signer:
        if not self.is_local or role not in self.keyring.addresses():
            rule = "must be given by --key-name, ZHIFU_KEY, or ZHIFU_KEYSTORE and ZHIFU_PASSWORD"
            raise InvalidInput("key", rule, role)
        return self.keyring.signer(role)


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
        # What goes to standard output stays there, unless both are the same terminal.
        redirect_stdout=sys.stdout.isatty(),
    )
