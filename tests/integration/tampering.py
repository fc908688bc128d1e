"""Changing what a contract stores behind its back, as no transaction can."""

from __future__ import annotations

from eth_utils.crypto import keccak

from zhifu.chain import Chain

_MAPPINGS = 24
_WORD, _ADDRESS = (1 << 256) - 1, (1 << 160) - 1


def tamper(chain: Chain, address: str, keys: tuple[int, ...], before: int, after: int) -> None:
    """Put another value in the place of the one that a mapping has.

    An address may have more in the same word.
    """
    at = _slot(mapping_of(chain, address, keys, before), keys)
    store(chain, address, at, _stored(chain, address, at) - before + after)


def mapping_of(chain: Chain, address: str, keys: tuple[int, ...], value: int) -> int:
    """Where a contract declares the mapping that has this value."""
    words = {base: _stored(chain, address, _slot(base, keys)) for base in range(_MAPPINGS)}
    for mask in (_WORD, _ADDRESS):
        for base, word in words.items():
            if word & mask == value:
                return base
    raise AssertionError("no mapping holds this value")


def add(chain: Chain, address: str, mapping: int, keys: tuple[int, ...], value: int) -> None:
    """Put a value in the place where a mapping has none."""
    store(chain, address, _slot(mapping, keys), value)


def store(chain: Chain, address: str, at: int, value: int) -> None:
    chain.rpc.call("anvil_setStorageAt", address, f"0x{at:064x}", f"0x{value:064x}")


def _slot(base: int, keys: tuple[int, ...]) -> int:
    at = base
    for key in keys:
        at = int.from_bytes(keccak(key.to_bytes(32, "big") + at.to_bytes(32, "big")), "big")
    return at


def _stored(chain: Chain, address: str, at: int) -> int:
    return int(chain.rpc.call("eth_getStorageAt", address, hex(at), "latest"), 16)
