"""``zhifu claim``: a licence as a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.order import OrderName, direct_id
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.blocks import Receipt
    from zhifu.models import BatchOrder


@command(
    app,
    "claim",
    "zhifu claim ord_0c5d9a8f2b4e6d71",
    "zhifu claim 0x5f2e... --key-name alice",
    panel=TRADE,
)
def claim(session: Session, order: OrderName) -> Answer:
    """Turn a licence into an ERC-1155 token of its owner, who signs.

    That is the receiver of a direct order, or the own key of a learner (`zhifu learner key`). The
    token can move when the order's money has matured.
    """
    order_id = direct_id(order)
    receipt = _claim_direct(session, order_id) if order_id else _claim_batch(session, order)
    claimed = session.network.license.emitted(receipt, "LicenseClaimed")[0]
    data = {
        "token": f"0x{claimed['orderId']:064x}",
        "content": claimed["content"],
        "holder": claimed["holder"],
        "unlocks_at": claimed["unlocksAt"],
        "transaction": receipt.transaction_hash,
    }
    name = session.directory.content_name(claimed["content"])
    return answer(data, f"{claimed['holder']} holds the licence of {name}: token {data['token']}")


def _claim_direct(session: Session, order_id: bytes) -> Receipt:
    from zhifu.direct import find_order

    order = find_order(session.network, order_id)
    named = {address: name for name, address in session.keyring.addresses().items()}
    signer = session.signer(named.get(order.receiver, order.receiver))
    return session.network.license.claim(signer, order)


def _claim_batch(session: Session, name: str) -> Receipt:
    from zhifu.keyring import learner_key

    licence = _licence(session, name)
    signer = session.signer(learner_key(licence.learner))
    return session.network.license.claim_batch(signer, licence)


def _licence(session: Session, name: str) -> BatchOrder:
    with session.gateway() as gateway:
        licence = gateway.license_of(name)
    if licence is None:
        raise InvalidInput("order", "must be settled first (`zhifu settle`)", name)
    return licence
