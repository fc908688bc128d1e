"""Where the contracts are on a chain: putting them there, and finding them again.

One JSON file per chain id says it; the gateway, the scripts and the command line all read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zhifu.abi import artifact
from zhifu.accounts import NETWORK
from zhifu.blocks import checksum_address
from zhifu.chain import Chain
from zhifu.contracts import ContentLicense, PlatformRegistry, SettlementToken
from zhifu.currencies import decimals_of
from zhifu.exceptions import (
    ContractReverted,
    CurrencyMismatch,
    InvalidInput,
    NotDeployed,
    WrongChain,
    WrongContractCode,
    ZhifuError,
)
from zhifu.money import LEDGER_DECIMALS
from zhifu.settlement import Settlement
from zhifu.signing import Signer

DAY_SECONDS = 86_400
DEFAULT_WINDOWS = (14 * DAY_SECONDS, 30 * DAY_SECONDS, 7 * DAY_SECONDS)
"""Refund windows in seconds of the classes 0, 1 and 2."""

DEFAULT_CURRENCY = "USD"

_TOKEN_DECIMALS = 6
CONTRACTS = ("registry", "license", "settlement", "desk", "court", "token")
"""What a deployment consists of, as its fields are called."""

#: The token may be any ERC-20; the others are those that zhifu ships.
_ARTIFACTS = {
    "registry": "PlatformRegistry",
    "license": "ContentLicense",
    "settlement": "Settlement",
    "desk": "SettlementDesk",
    "court": "SettlementCourt",
}

#: What each contract says of the others, by the name of its getter.
_WIRING = {
    "license": {"REGISTRY": "registry", "SETTLEMENT": "settlement"},
    "settlement": {
        "TOKEN": "token",
        "REGISTRY": "registry",
        "LICENSE": "license",
        "DESK": "desk",
    },
    "desk": {"TOKEN": "token", "REGISTRY": "registry", "LICENSE": "license", "COURT": "court"},
    "court": {"TOKEN": "token", "REGISTRY": "registry", "LICENSE": "license"},
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """The contracts of one network on one chain.

    All of Settlement is called at `settlement`; `desk` and `court` are code that it runs. Every
    event of the network is at `first_block` or later. `block` and `block_hash` are those after the
    last step: they tell a chain that was started anew from the one this was written for. `windows`
    are seconds by refund-window class.
    """

    chain_id: int
    registry: str
    license: str
    settlement: str
    desk: str
    court: str
    token: str
    currency: str
    ledger_decimals: int
    first_block: int
    block: int
    block_hash: str
    windows: tuple[int, ...]

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read the file; raises InvalidInput if it is not one that `save` wrote."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**found, "windows": tuple(found["windows"])})._checked()
        except (OSError, ValueError, TypeError, KeyError, AttributeError, ZhifuError) as error:
            raise InvalidInput("deployment", "must be a deployment file", str(path)) from error

    def _checked(self) -> Deployment:
        for name in CONTRACTS:
            checksum_address(getattr(self, name))
        numbers = [self.chain_id, self.first_block, self.block, self.ledger_decimals, *self.windows]
        if not all(isinstance(each, int) for each in numbers):
            raise ValueError
        return self


class Network:
    """The contracts of a deployment on a connected chain, ready to call.

    Raises WrongChain if the chain is another than the deployment's, and NotDeployed if it is the
    right one but does not hold these contracts (a local chain that was started anew, say), or if
    they do not belong together. Raises WrongContractCode if one is not as this zhifu ships it.
    """

    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        _require_deployed(chain, deployment)
        self.chain = chain
        self.deployment = deployment
        self.registry = PlatformRegistry(chain, deployment.registry)
        self.license = ContentLicense(chain, deployment.license)
        self.settlement = Settlement(chain, deployment.settlement)
        self.token = SettlementToken(chain, deployment.token)

    @classmethod
    def open(cls, rpc_url: str, deployment_file: Callable[[int], Path]) -> Network:
        """Connect, and read the deployment file of the chain that answers.

        Raises ChainUnreachable, NotDeployed, and as the constructor.
        """
        chain = Chain(rpc_url)
        path = deployment_file(chain.chain_id)
        if not path.exists():
            raise NotDeployed(chain.chain_id, str(path))
        return cls(chain, Deployment.load(path))


def deploy(
    chain: Chain,
    admin: Signer,
    *,
    currency: str = DEFAULT_CURRENCY,
    token: str | None = None,
    treasury: str | None = None,
    windows: Sequence[int] = DEFAULT_WINDOWS,
) -> Deployment:
    """Put a new network on a chain; `admin` becomes the network's owner.

    Without `token` a SettlementToken of its own is made, whose minter the admin is: for local and
    test networks. `treasury` (default: the admin) gets the network's share.
    """
    decimals_of(currency)
    first_block = chain.block_number()
    if token is None:
        token = _create_token(chain, admin, currency)
    registry = _create(chain, admin, "PlatformRegistry", admin.address, treasury or admin.address)
    settlement, desk, court, license_ = _create_settlement(chain, admin, token, registry)
    contract = Settlement(chain, settlement)
    for seconds in windows:
        contract.add_window(admin, seconds)
    block = chain.block()
    decimals = min(SettlementToken(chain, token).decimals(), LEDGER_DECIMALS)
    return Deployment(
        chain.chain_id,
        registry,
        license_,
        settlement,
        desk,
        court,
        token,
        currency,
        decimals,
        first_block,
        block.number,
        block.hash,
        tuple(windows),
    )


def ensure_deployed(
    chain: Chain,
    admin: Signer,
    path: Path,
    *,
    currency: str | None = None,
    token: str | None = None,
    treasury: str | None = None,
) -> tuple[Deployment, bool]:
    """The deployment that `path` names if it still stands on the chain, or else a new one.

    Tells whether it is new. The options are those of `deploy`; None asks for nothing. Raises
    CurrencyMismatch and InvalidInput if what stands is not what is asked for.
    """
    found = _standing(chain, path)
    if found is not None:
        _require_same(chain, found, currency, token, treasury)
        return found, False
    deployment = deploy(
        chain, admin, currency=currency or DEFAULT_CURRENCY, token=token, treasury=treasury
    )
    deployment.save(path)
    return deployment, True


def _standing(chain: Chain, path: Path) -> Deployment | None:
    """The deployment that a file names, if it stands on the chain."""
    if not path.exists():
        return None
    deployment = Deployment.load(path)
    try:
        _require_deployed(chain, deployment)
    except NotDeployed:
        return None
    return deployment


def _require_same(
    chain: Chain,
    deployment: Deployment,
    currency: str | None,
    token: str | None,
    treasury: str | None,
) -> None:
    if currency not in (None, deployment.currency):
        raise CurrencyMismatch(deployment.currency, str(currency))
    if token and checksum_address(token) != deployment.token:
        raise InvalidInput("token", f"must be that of the deployment, {deployment.token}", token)
    terms = PlatformRegistry(chain, deployment.registry).platform_of(NETWORK)
    if treasury and checksum_address(treasury) != terms.treasury:
        raise InvalidInput("treasury", f"must be the network's, {terms.treasury}", treasury)


def _require_deployed(chain: Chain, deployment: Deployment) -> None:
    if chain.chain_id != deployment.chain_id:
        raise WrongChain(deployment.chain_id, chain.chain_id)
    require_block(chain, deployment)
    for name in CONTRACTS:
        require_code(chain, deployment, name)
    require_wired(chain, deployment)


def require_block(chain: Chain, deployment: Deployment) -> None:
    """Raise NotDeployed unless the chain is the very one that the deployment was made on."""
    found = None
    if chain.block_number() >= deployment.block:
        found = chain.block(deployment.block).hash
    if found != deployment.block_hash:
        raise NotDeployed(chain.chain_id, "the block of the deployment")


def require_code(chain: Chain, deployment: Deployment, name: str) -> None:
    """Raise unless one of the deployment's contracts stands on the chain.

    NotDeployed if nothing stands there, WrongContractCode if it is not the code that zhifu ships.
    """
    address = str(getattr(deployment, name))
    code = chain.code(address)
    if not code:
        raise NotDeployed(chain.chain_id, name)
    if name in _ARTIFACTS and not artifact(_ARTIFACTS[name]).is_code(code):
        raise WrongContractCode(name, address)


def require_wired(chain: Chain, deployment: Deployment) -> None:
    """Raise NotDeployed unless the deployment's contracts name each other."""
    wires = [
        (name, getter, getattr(deployment, other))
        for name, getters in _WIRING.items()
        for getter, other in getters.items()
    ]
    getter_of = {name: artifact(_ARTIFACTS[name]).functions for name in _WIRING}
    calls = [
        (getattr(deployment, name), getter_of[name][getter].encode(())) for name, getter, _ in wires
    ]
    try:
        answers = chain.call_many(calls)
    except ContractReverted as reverted:
        raise NotDeployed(chain.chain_id, "one of its contracts") from reverted
    for (name, getter, expected), answer in zip(wires, answers, strict=True):
        if answer != int(expected, 16).to_bytes(32, "big"):
            raise NotDeployed(chain.chain_id, f"the {getter} of its {name}")


def _create(chain: Chain, signer: Signer, name: str, *arguments: Any) -> str:
    receipt = chain.send(signer, None, artifact(name).encode_creation(arguments))
    return str(receipt.contract_address)


def _create_settlement(
    chain: Chain, admin: Signer, token: str, registry: str
) -> tuple[str, str, str, str]:
    """Make Settlement with its desk and court, and the licence contract; their addresses so."""
    # The licence contract and Settlement each know the other from their constructors on, so the
    # second's address comes first.
    settlement = _next_address(admin.address, chain.nonce(admin.address) + 3)
    license_ = _create(chain, admin, "ContentLicense", registry, settlement)
    court = _create(chain, admin, "SettlementCourt", token, registry, license_)
    desk = _create(chain, admin, "SettlementDesk", court)
    if _create(chain, admin, "Settlement", desk) != settlement:
        raise InvalidInput("key", "must not send other transactions during a deployment")
    return settlement, desk, court, license_


def _create_token(chain: Chain, admin: Signer, currency: str) -> str:
    name, symbol = f"zhifu settlement {currency}", f"z{currency}"
    token = _create(chain, admin, "SettlementToken", name, symbol, _TOKEN_DECIMALS, admin.address)
    SettlementToken(chain, token).set_mint_allowance(admin, admin.address, 2**256 - 1)
    return token


def _next_address(creator: str, nonce: int) -> str:
    """Where a contract that `creator` makes with `nonce` will be."""
    # Only a deployment needs this, and web3.py takes its time to import.
    from eth_typing import HexAddress, HexStr
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    return str(get_create_address(HexAddress(HexStr(creator)), Nonce(nonce)))
