"""All three simulated providers in one sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable

from zhifu.sandbox.alipay import AlipaySandbox
from zhifu.sandbox.deliveries import Deliveries, Pace
from zhifu.sandbox.faults import Faults
from zhifu.sandbox.keys import Keys
from zhifu.sandbox.server import HANG_SECONDS, Sandbox
from zhifu.sandbox.stripe import StripeSandbox
from zhifu.sandbox.wechatpay import WeChatPaySandbox


def assemble(
    keys: Keys,
    callbacks_url: str,
    *,
    faults: Faults | None = None,
    pace: Pace | None = None,
    fee_bps: int = 0,
    hang_seconds: float = HANG_SECONDS,
    clock: Callable[[], float] = time.time,
) -> Sandbox:
    """Stripe, WeChat Pay and Alipay with these keys.

    Stripe's webhook endpoint is `callbacks_url` with `/stripe` appended; the others are told theirs
    with each payment. `fee_bps` is every provider's fee. Deliveries are not started.
    """
    going_wrong = faults or Faults()
    return Sandbox(
        [
            StripeSandbox(
                keys.stripe, webhook_url=f"{callbacks_url}/stripe", fee_bps=fee_bps, clock=clock
            ),
            WeChatPaySandbox(keys.wechatpay, fee_bps=fee_bps, clock=clock),
            AlipaySandbox(keys.alipay, fee_bps=fee_bps, clock=clock),
        ],
        going_wrong,
        Deliveries(going_wrong, pace=pace),
        hang_seconds=hang_seconds,
    )
