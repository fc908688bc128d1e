"""Learner numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas
from zhifu.api.replies import Key
from zhifu.api.route import OF_TRANSACTIONS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.enrolment import Reservation

_LISTED = "reservations"

router = APIRouter(route_class=PlatformRoute, tags=["learners"])


@router.post("/v1/learners", status_code=201, response_model=schemas.ReservationOut)
@operation(Scope.LEARNERS_WRITE, is_repeatable=True, statuses=OF_TRANSACTIONS)
async def reserve_learners(
    gateway: Gateway, caller: Asking, key: Key, body: schemas.LearnersIn
) -> schemas.ReservationOut:
    """Reserve learner numbers, on chain; give each to one learner, once that is confirmed.

    The same key again goes on with a reservation that was cut short.
    """
    found = await gateway.reserve_learners(caller.platform, body.count, key)
    return _shown(found)


@router.get("/v1/reservations", response_model=schemas.ReservationsOut)
@operation(Scope.LEARNERS_READ)
async def list_reservations(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.ReservationsOut:
    """Your platform's reservations of learner numbers, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.reservations(caller.platform, before=before, limit=page.limit + 1)
    cursor = cursors.following(_LISTED, caller.platform, ids.RESERVATION, found, page.limit)
    data = [_shown(each) for each in found[: page.limit]]
    return schemas.ReservationsOut(data=data, next_cursor=cursor)


@router.get("/v1/reservations/{reservation}", response_model=schemas.ReservationOut)
@operation(Scope.LEARNERS_READ)
async def get_reservation(
    gateway: Gateway, caller: Asking, reservation: Annotated[str, Path()]
) -> schemas.ReservationOut:
    """One reservation, as it is now."""
    found = await gateway.reservation(caller.platform, reservation)
    return _shown(found)


@router.post("/v1/learners/{learner}/bindings", status_code=201, response_model=schemas.BindingOut)
@operation(Scope.LEARNERS_WRITE, is_repeatable=True, statuses=OF_TRANSACTIONS)
async def bind_learner(
    gateway: Gateway,
    caller: Asking,
    key: Key,
    learner: Annotated[int, Path(ge=1, le=2**32 - 1)],
    body: schemas.BindingIn,
) -> schemas.BindingOut:
    """State on chain that your platform knows a learner, whoever registered them."""
    commitment = bytes.fromhex(body.commitment[2:])
    found = await gateway.bind_learner(caller.platform, learner, commitment, key)
    return schemas.BindingOut(
        learner=learner,
        platform=caller.platform,
        commitment=body.commitment,
        transaction_hash=found,
    )


def _shown(found: Reservation) -> schemas.ReservationOut:
    return schemas.ReservationOut(**asdict(found))
