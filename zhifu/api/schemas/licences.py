"""Who may use what, with proofs."""

from __future__ import annotations

from zhifu.api.schemas.fields import Address, Bytes32, Number, Out


class PermissionOut(Out):
    """Whether a learner, or the holder of an address, may use a content now."""

    content: Number
    learner: Number | None
    holder: Address | None
    may_use: bool


class ProofOut(Out):
    """An order of a batch with its proof, as the contracts take it."""

    order_id: Bytes32
    platform: Number
    lane: int
    number: int
    leaves: int
    leaf: int
    place: int
    learner: Number
    content: Number
    word: Bytes32
    facts: Bytes32
    referrer: Address | None
    proof: list[Bytes32]
