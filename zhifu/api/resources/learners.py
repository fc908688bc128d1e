"""Learner numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from zhifu.api import schemas
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway

router = APIRouter(route_class=PlatformRoute, tags=["learners"])


@router.post("/v1/learners", status_code=201, response_model=schemas.LearnersOut)
@operation(Scope.LEARNERS_WRITE)
async def reserve_learners(
    gateway: Gateway, caller: Asking, body: schemas.LearnersIn
) -> schemas.LearnersOut:
    """Reserve learner numbers, on chain; give each to one learner."""
    found = await gateway.reserve_learners(caller.platform, body.count)
    return schemas.LearnersOut(**found._asdict())


@router.post("/v1/learners/{learner}/bindings", status_code=201, response_model=schemas.BindingOut)
@operation(Scope.LEARNERS_WRITE, is_repeatable=True)
async def bind_learner(
    gateway: Gateway,
    caller: Asking,
    learner: Annotated[int, Path(ge=1, le=2**32 - 1)],
    body: schemas.BindingIn,
) -> schemas.BindingOut:
    """State on chain that your platform knows a learner, whoever registered them."""
    commitment = bytes.fromhex(body.commitment[2:])
    found = await gateway.bind_learner(caller.platform, learner, commitment)
    return schemas.BindingOut(
        learner=learner,
        platform=caller.platform,
        commitment=body.commitment,
        transaction_hash=found,
    )
