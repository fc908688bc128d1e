"""Alipay's notifies: forms that it posts, each of them until it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from zhifu.exceptions import InputError
from zhifu.providers import Callback, Hint, HintKind
from zhifu.providers.alipay._wire import moment, money

# A notify that was not taken is repeated for 25 hours, and may keep its time.
_OLDEST_SECONDS = 26 * 3600
_CLOCK_SKEW_SECONDS = 300

_MOST_FIELDS = 100


class NotGenuineError(Exception):
    """A notify is not Alipay's, not for this merchant, or not now."""


def hint(
    callback: Callback,
    signed: Callable[[Mapping[str, str]], bool],
    ours: Mapping[str, str],
) -> Hint:
    """What a notify is about, once everything in it is as it must be; raises NotGenuineError.

    `signed` tells whether Alipay signed the fields; `ours` has those that must be this merchant's.
    """
    notice = _form(callback.body)
    _require(signed(notice), "its signature is not Alipay's")
    _require(notice.get("notify_type") == "trade_status_sync", "it is not about a trade")
    for field, value in ours.items():
        _require(notice.get(field) == value, f"it is for another {field}")
    for field in ("notify_id", "out_trade_no", "trade_no"):
        _require(bool(notice.get(field)), f"it has no {field}")
    _require(_is_amount(notice.get("total_amount")), "its total_amount is none")
    _require_fresh(notice.get("notify_time", ""), callback.received_at)
    return Hint(notice["notify_id"], _kind(notice), notice["out_trade_no"])


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise NotGenuineError("it is no form") from None
    form = dict(pairs)
    _require(len(form) == len(pairs), "a field is in it twice")
    return form


def _require(kept: bool, otherwise: str) -> None:
    if not kept:
        raise NotGenuineError(otherwise)


def _is_amount(text: object) -> bool:
    try:
        return money(text).amount > 0
    except InputError:
        return False


def _require_fresh(notify_time: str, received_at: int) -> None:
    try:
        age = received_at - moment(notify_time)
    except ValueError:
        raise NotGenuineError("its notify_time is none") from None
    _require(age <= _OLDEST_SECONDS, "it is stale")
    _require(age >= -_CLOCK_SKEW_SECONDS, "it is from the future")


def _kind(notice: Mapping[str, str]) -> HintKind:
    if "gmt_refund" not in notice:
        return HintKind.PAYMENT
    # A refund that was asked for without an id goes by the trade's own number.
    own = ("", notice["out_trade_no"], notice["trade_no"])
    unasked = notice.get("out_biz_no", "") in own
    return HintKind.CHARGEBACK if unasked else HintKind.REFUND
