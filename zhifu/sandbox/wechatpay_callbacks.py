"""What WeChat Pay tells the merchant on its own: sealed, and encrypted for the merchant alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from zhifu.providers.wechatpay._wire import moment
from zhifu.sandbox.deliveries import Notice, Signed
from zhifu.sandbox.records import Change, Event, Refund, ReturnStatus
from zhifu.sandbox.wechatpay_orders import Fields, WeChatOrders
from zhifu.sandbox.wechatpay_wire import WeChatPayWire, plain

_REFUND_EVENTS = {
    ReturnStatus.DONE: ("REFUND.SUCCESS", "退款成功"),
    ReturnStatus.FAILED: ("REFUND.CLOSED", "退款关闭"),
}
_TOLD_OF_REFUND = (
    "out_trade_no",
    "transaction_id",
    "out_refund_no",
    "refund_id",
    "user_received_account",
    "success_time",
)
_TOLD_OF_AMOUNT = ("total", "refund", "payer_total", "payer_refund")


class WeChatCallbacks:
    """Makes the callbacks of one merchant."""

    def __init__(self, wire: WeChatPayWire, orders: WeChatOrders, mchid: str) -> None:
        self._wire = wire
        self._orders = orders
        self._mchid = mchid

    def of(self, change: Change) -> Iterator[Notice]:
        """Payments that were made and refunds that are decided are told, to who wants to know."""
        if change.event is Event.PAYMENT_PAID and change.payment.notify_url:
            order = self._orders.order_fields(change.payment)
            body = self._body("TRANSACTION.SUCCESS", "支付成功", "transaction", order, change.at)
            yield self._notice(change.payment.notify_url, *body)
        refund = change.refund
        if change.event is Event.REFUND_DECIDED and refund is not None and refund.notify_url:
            event, summary = _REFUND_EVENTS[refund.status]
            body = self._body(event, summary, "refund", self._told(change, refund), change.at)
            yield self._notice(refund.notify_url, *body)

    def _told(self, change: Change, refund: Refund) -> Fields:
        """A refund as its callback tells it, which is less than a query does."""
        fields = self._orders.refund_fields(change.payment, refund)
        return {
            "mchid": self._mchid,
            **{name: fields[name] for name in _TOLD_OF_REFUND if name in fields},
            "refund_status": fields["status"],
            "amount": {name: fields["amount"][name] for name in _TOLD_OF_AMOUNT},
        }

    def _body(
        self, event: str, summary: str, kind: str, content: Fields, at: int
    ) -> tuple[str, bytes]:
        """The event's id, and what is posted of it."""
        event_id = f"EV-{secrets.token_hex(16)}"
        told = {
            "id": event_id,
            "create_time": moment(at),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": summary,
            "resource": self._wire.encrypted(kind, content),
        }
        return event_id, plain(told)

    def _notice(self, url: str, event_id: str, body: bytes) -> Notice:
        def sign() -> Signed:
            return Signed({"Content-Type": "application/json", **self._wire.sealed(body)}, body)

        return Notice("wechatpay", event_id, url, sign, lambda status, _: status in (200, 204))
