"""What the checks look at: settings, and what they open, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from zhifu.chain import Chain
from zhifu.config import DEVELOPMENT_CHAINS, Settings
from zhifu.deployment import Deployment
from zhifu.exceptions import ChainUnreachable, InvalidInput, NodeRefused, NotDeployed
from zhifu.store import Survey, survey


class SkippedError(Exception):
    """A check cannot be made, because of what another one found; its text says what."""


@dataclass
class Case:
    """One examination. ``ask`` answers a password for a sentence, None asks nobody."""

    settings: Settings
    ask: Callable[[str], str] | None = None
    clock: Callable[[], float] = field(default=time.time)

    @cached_property
    def books(self) -> Survey:
        """The database as it stands.

        Raises DatabaseRefused, DatabaseUnreachable and InvalidInput.
        """
        return survey(self.settings.database_url)

    @cached_property
    def chain(self) -> Chain:
        """The chain; raises ChainUnreachable and InvalidInput."""
        timeout_seconds = self.settings.chain.timeout_milliseconds / 1_000
        return Chain(self.settings.rpc_url, timeout_seconds=timeout_seconds)

    @cached_property
    def deployment(self) -> Deployment:
        """The deployment that the chain's file names; raises NotDeployed and InvalidInput."""
        path = self.settings.deployment_file(self.chain.chain_id)
        if not path.exists():
            raise NotDeployed(self.chain.chain_id, str(path))
        return Deployment.load(path)

    @property
    def is_development(self) -> bool:
        """Whether the chain is one for development, which mines only when it has to."""
        return self.chain.chain_id in DEVELOPMENT_CHAINS

    def need_chain(self) -> Chain:
        """The chain, for a check that says nothing about why there is none."""
        if not self._chain_answers:
            raise SkippedError("the chain does not answer")
        return self.chain

    @cached_property
    def _chain_answers(self) -> bool:
        # Found out once: each question to a node that is silent takes as long as it may.
        try:
            return bool(self.chain)
        except (ChainUnreachable, NodeRefused, InvalidInput):
            return False

    def need_deployment(self) -> Deployment:
        """The deployment, for a check that says nothing about why there is none."""
        self.need_chain()
        try:
            return self.deployment
        except (NotDeployed, InvalidInput):
            raise SkippedError("there is no deployment to look at") from None

    def close(self) -> None:
        """Close what was opened."""
        if "chain" in self.__dict__:
            self.chain.close()
