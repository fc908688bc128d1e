"""Disputes about orders."""

from __future__ import annotations

from zhifu.api.schemas.fields import Bytes32, DisputeId, In, OrderId, Out, Time


class DisputeIn(In):
    """Which order is in dispute, and the hash of the evidence."""

    order: OrderId
    evidence: Bytes32


class DisputeOut(Out):
    """A dispute; `state` is open, refunded, paid (for good), or unsettled: reorganised away.

    What was left of the order, and the bond, are in ledger units; from `deadline` on, anyone may
    refund.
    """

    id: DisputeId
    order: OrderId
    opener: str
    amount_units: int
    bond_units: int
    deadline: Time
    evidence: Bytes32
    state: str
    created_at: Time
    changed_at: Time


class DisputesOut(Out):
    """A page of disputes, the newest first."""

    data: list[DisputeOut]
    next_cursor: str | None
