"""Who takes part in a walk."""

from __future__ import annotations

from brownie import accounts

BUYER_KEYS = ["0x" + f"{0xB0B + i:064x}" for i in range(3)]
LEARNER_KEYS = ["0x" + f"{0x1EA + i:064x}" for i in range(3)]


class Cast:
    """The addresses that walk, by what they are to begin with."""

    def __init__(self) -> None:
        every = [account.address for account in accounts]
        self.network, self.treasury = every[0], every[1]
        self.owners, self.operators = every[2:5], every[5:9]
        self.creators, self.referrers = every[9:12], every[12:14]
        self.arbiter, self.pauser = every[14], every[15]
        self.learner_keys = [accounts.add(key).address for key in LEARNER_KEYS]
        self.buyers = [accounts.add(key).address for key in BUYER_KEYS]
        self.people = [self.network, self.treasury, *self.owners, *self.operators, *self.buyers]
        self.people += [*self.creators, *self.referrers, *self.learner_keys]
        self.people += [self.arbiter, self.pauser]
