"""What fields are made of: numbers, names, ids, times and amounts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zhifu.requests import LONGEST_TEXT

LARGEST_PAGE = 200
MOST_LEARNERS = 1 << 20

#: JSON readers keep integers exactly only up to this size.
_LARGEST_AMOUNT = 2**53 - 1

Number = Annotated[int, Field(ge=1, le=2**32 - 1)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Address = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
Bytes32 = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
PaymentId = Annotated[str, Field(pattern="^pay_[0-7][0-9a-f]{15}$")]
OrderId = Annotated[str, Field(pattern="^ord_[0-7][0-9a-f]{15}$")]
BatchId = Annotated[str, Field(pattern="^bat_[0-7][0-9a-f]{15}$")]
RefundId = Annotated[str, Field(pattern="^ref_[0-7][0-9a-f]{15}$")]
PaybackId = Annotated[str, Field(pattern="^pbk_[0-7][0-9a-f]{15}$")]
ChargebackId = Annotated[str, Field(pattern="^chb_[0-7][0-9a-f]{15}$")]
PayOutId = Annotated[str, Field(pattern="^out_[0-7][0-9a-f]{15}$")]
WithdrawalId = Annotated[str, Field(pattern="^wdr_[0-7][0-9a-f]{15}$")]
DisputeId = Annotated[str, Field(pattern="^dsp_[0-7][0-9a-f]{15}$")]
ReservationId = Annotated[str, Field(pattern="^rsv_[0-7][0-9a-f]{15}$")]
EventId = Annotated[str, Field(pattern="^evt_[0-9a-f]{24}$")]
Sequence = Annotated[int, Field(ge=1, le=2**40 - 1)]
Time = Annotated[int, Field(ge=0)]


class In(BaseModel):
    """What is sent: nothing is converted, and nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Out(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class MoneyIn(In):
    """An amount of a currency's minor units."""

    amount: Annotated[int, Field(ge=1, le=_LARGEST_AMOUNT)]
    currency: Currency


class MoneyOut(Out):
    """An amount of a currency's minor units; negative is a debt."""

    amount: int
    currency: Currency


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=64)] | None = None


class NothingIn(In):
    """An empty object."""
