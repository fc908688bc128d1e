"""Orders that are in no batch, each packed into a few bytes: there may be millions of them."""

from __future__ import annotations

import struct

from eth_utils.address import to_checksum_address

from zhifu.accounts import Account
from zhifu.audit.records import STATE_SHIFT, Capture, Sold

#: Content, seller, referrer, payer, licensee, and the word of what was captured.
_FORM = struct.Struct(">II20s32s20s32s")


class DirectOrders:
    """Direct orders by their ids."""

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._packed

    def put(self, sold: Sold) -> None:
        """Keep an order, whose licensee is an address."""
        self._packed[sold.order_id] = _FORM.pack(
            sold.content,
            sold.seller,
            sold.referrer.to_bytes(20, "big"),
            sold.payer.to_bytes(32, "big"),
            int(str(sold.licensee), 16).to_bytes(20, "big"),
            sold.capture.word(sold.state).to_bytes(32, "big"),
        )

    def get(self, order_id: int) -> Sold | None:
        """An order as it was put, or None."""
        packed = self._packed.get(order_id)
        if packed is None:
            return None
        content, seller, referrer, payer, licensee, facts = _FORM.unpack(packed)
        word = int.from_bytes(facts, "big")
        return Sold(
            order_id,
            seller,
            content,
            to_checksum_address(licensee),
            int.from_bytes(referrer, "big"),
            Account(int.from_bytes(payer, "big")),
            Capture.of_word(word),
            word >> STATE_SHIFT & 0xFF,
        )
