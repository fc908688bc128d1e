"""Changing what a contract stores behind its back, as no transaction can."""

from __future__ import annotations

from eth_utils.crypto import keccak

from zhifu.chain import Chain

_MAPPINGS = 24


def slot(chain: Chain, address: str, keys: tuple[int, ...], value: int) -> int:
    """The storage slot of a mapping's value, found by the value it holds."""
    for base in range(_MAPPINGS):
        at = base
        for key in keys:
            at = int.from_bytes(keccak(key.to_bytes(32, "big") + at.to_bytes(32, "big")), "big")
        if stored(chain, address, at) == value:
            return at
    raise AssertionError("no mapping holds this value")


def stored(chain: Chain, address: str, at: int) -> int:
    return int(chain.rpc.call("eth_getStorageAt", address, hex(at), "latest"), 16)


def store(chain: Chain, address: str, at: int, value: int) -> None:
    chain.rpc.call("anvil_setStorageAt", address, f"0x{at:064x}", f"0x{value:064x}")


def tamper(chain: Chain, address: str, keys: tuple[int, ...], before: int, after: int) -> None:
    """Put another value in the place of the one that a mapping has."""
    store(chain, address, slot(chain, address, keys, before), after)
