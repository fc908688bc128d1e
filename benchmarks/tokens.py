"""The tokens that gas is measured with, from the bare minimum to what a real stablecoin costs."""

from __future__ import annotations

from functools import cache
from typing import Any

from tools.artifacts import CONTRACTS, compile_sources
from zhifu.abi import Artifact
from zhifu.chain import Chain
from zhifu.signing import Signer

BARE = "bare"
"""Does nothing beyond ERC-20."""

ISSUED = "USDC-like"
"""Costs what USDC v2.2 costs behind its proxy: transfers within 20 gas, signatures within 300."""

OWN = "SettlementToken"
"""The project's own, for local and test networks."""

SOURCES = [
    CONTRACTS / "testing" / f"{name}.sol" for name in ("BareToken", "IssuedToken", "ManagedProxy")
]
"""The sources of those tokens that the package does not ship."""

_PROXY_ADMIN = "0x" + "ad" * 20


def create(chain: Chain, admin: Signer, token: str) -> str | None:
    """Put a token on the chain and return its address; None for `OWN`, which a deployment makes."""
    if token == OWN:
        return None
    return _create(chain, admin, "BareToken") if token == BARE else _create_issued(chain, admin)


def version_of(token: str) -> str:
    """The version of a token's EIP-712 domain."""
    return "2" if token == ISSUED else "1"


def _create_issued(chain: Chain, admin: Signer) -> str:
    behind = _create(chain, admin, "IssuedToken")
    proxy = _create(chain, admin, "ManagedProxy", behind, _PROXY_ADMIN)
    initialize = _compiled("IssuedToken").functions["initialize"]
    chain.send(admin, proxy, initialize.encode(("Issued Dollar", "DOLLAR")))
    return proxy


def _create(chain: Chain, admin: Signer, name: str, *arguments: object) -> str:
    receipt = chain.send(admin, None, _compiled(name).encode_creation(arguments))
    return str(receipt.contract_address)


@cache
def _compiled(name: str) -> Artifact:
    contract = _outputs()[f"contracts/testing/{name}.sol"][name]
    return Artifact(name, contract["abi"], bytes.fromhex(contract["evm"]["bytecode"]["object"]))


@cache
def _outputs() -> dict[str, Any]:
    outputs: dict[str, Any] = compile_sources(SOURCES)["contracts"]
    return outputs
