"""A freshly deployed network, on the machine and in the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from coincurve import PrivateKey
from eth_hash.auto import keccak

from tests.differential.machine import Artifact, Contract, Errors, Machine
from tests.differential.model import Addresses, Model
from tests.differential.model.signing import address_of

CONTRACTS = ("PlatformRegistry", "ContentLicense", "Settlement", "SettlementToken")
BEHIND = ("SettlementCourt", "SettlementDesk")
DECIMALS = (6, 6, 6, 2, 8, 18)
TOKEN_NAME = "US Dollar"


class People:
    """Who takes part, each with a key of their own."""

    def __init__(self) -> None:
        self.keys: dict[str, PrivateKey] = {}
        self.networks = self._some(2)
        self.treasuries = self._some(3)
        self.owners = self._some(4)
        self.operators = self._some(10)
        self.creators = self._some(4)
        self.referrers = self._some(2)
        self.learners = self._some(4)
        self.buyers = self._some(4)
        self.arbiters = self._some(2)
        self.pausers = self._some(2)
        self.all = list(self.keys)

    def _some(self, count: int) -> list[str]:
        return [self._one() for _ in range(count)]

    def _one(self) -> str:
        key = PrivateKey((len(self.keys) + 1).to_bytes(32, "big"))
        address = address_of(key.public_key)
        self.keys[address] = key
        return address


PEOPLE = People()


@dataclass(frozen=True)
class World:
    """One network, twice."""

    machine: Machine
    contracts: dict[str, Contract]
    errors: Errors
    model: Model


@cache
def _artifact(path: Path) -> Artifact:
    return Artifact(path)


def found(random: Random, folder: Path) -> World:
    """Deploy the contracts of a folder of artifacts, with a token drawn at random."""
    now = 1_800_000_000 + random.randrange(10**7)
    artifacts = {name: _artifact(folder / f"{name}.json") for name in CONTRACTS + BEHIND}
    machine, admin = Machine(now), PEOPLE.networks[0]
    decimals = random.choice(DECIMALS)
    where = _deploy(machine, artifacts, admin, decimals)
    registry, license_, settlement, token = (where[name] for name in CONTRACTS)
    addresses = Addresses(registry, license_, settlement, token, minter=admin)
    model = Model(addresses, admin, PEOPLE.treasuries[0], TOKEN_NAME, decimals, now)
    contracts = {name: Contract(artifacts[name], where[name]) for name in CONTRACTS}
    return World(machine, contracts, Errors(artifacts.values()), model)


def _deploy(
    machine: Machine, artifacts: dict[str, Artifact], admin: str, decimals: int
) -> dict[str, str]:
    def create(name: str, *arguments: object) -> str:
        return machine.deploy(admin, artifacts[name].creation(*arguments))

    token = create("SettlementToken", TOKEN_NAME, "USD", decimals, admin)
    registry = create("PlatformRegistry", admin, PEOPLE.treasuries[0])
    settlement = created_address(admin, 5)
    license_ = create("ContentLicense", registry, settlement)
    court = create("SettlementCourt", token, registry, license_)
    desk = create("SettlementDesk", court)
    assert create("Settlement", desk) == settlement
    return dict(zip(CONTRACTS, (registry, license_, settlement, token), strict=True))


def created_address(creator: str, nonce: int) -> str:
    """Return where the next contract of an account goes, for nonces from 1 to 127."""
    listed = b"\x94" + bytes.fromhex(creator[2:]) + bytes([nonce])
    return "0x" + bytes(keccak(bytes([0xC0 + len(listed)]) + listed))[12:].hex()
