"""Who may use what, whichever platform sold it, and the proof of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, model_validator

from zhifu.api import schemas, shown
from zhifu.api.resources.orders import own_order
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.exceptions import UnknownLicense

router = APIRouter(route_class=PlatformRoute, tags=["licences"])


class PermissionQuery(BaseModel):
    """Whom and what; a learner, or the holder of an address."""

    model_config = ConfigDict(extra="forbid")

    content: schemas.Number
    learner: schemas.Number | None = None
    holder: schemas.Address | None = None

    @model_validator(mode="after")
    def _one(self) -> PermissionQuery:
        if (self.learner is None) == (self.holder is None):
            raise ValueError("must name a learner or a holder, not both")
        return self


class ProofQuery(BaseModel):
    """Whose licence of what."""

    model_config = ConfigDict(extra="forbid")

    content: schemas.Number
    learner: schemas.Number


@router.get("/v1/licences", response_model=schemas.PermissionOut)
@operation(Scope.LICENCES_READ)
async def may_use(
    gateway: Gateway, query: Annotated[PermissionQuery, Query()]
) -> schemas.PermissionOut:
    """Whether somebody may use a content now, as the chain has it."""
    holder = query.learner or query.holder or ""
    found = await gateway.may_use(holder, query.content)
    return schemas.PermissionOut(
        content=query.content, learner=query.learner, holder=query.holder, may_use=found
    )


@router.get("/v1/licences/proof", response_model=schemas.ProofOut)
@operation(Scope.LICENCES_READ)
async def prove(gateway: Gateway, query: Annotated[ProofQuery, Query()]) -> schemas.ProofOut:
    """A learner's latest order of a content that verifies, with its proof."""
    found = await gateway.license(query.learner, query.content)
    if found is None:
        raise UnknownLicense
    return shown.proof(found)


@router.get("/v1/orders/{order}/licence", response_model=schemas.ProofOut)
@operation(Scope.LICENCES_READ)
async def prove_order(
    gateway: Gateway, caller: Asking, order: Annotated[str, Path()]
) -> schemas.ProofOut:
    """One order with its proof, once it is settled."""
    await own_order(gateway, caller, order)
    found = await gateway.license_of(order)
    if found is None:
        raise UnknownLicense
    return shown.proof(found)
