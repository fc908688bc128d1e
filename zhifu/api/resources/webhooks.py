"""Webhook endpoints: where a platform's events are sent."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from zhifu.api import schemas
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway, Hooks
from zhifu.notify.endpoints import Endpoint

router = APIRouter(route_class=PlatformRoute, tags=["webhooks"])

Id = Annotated[str, Path()]


@router.post("/v1/webhook-endpoints", status_code=201, response_model=schemas.NewEndpointOut)
@operation(Scope.WEBHOOKS_WRITE, secret="secret")
async def create_endpoint(
    gateway: Gateway, hooks: Hooks, caller: Asking, body: schemas.EndpointIn
) -> schemas.NewEndpointOut:
    """Have events sent to an address from now on. Its secret is shown this once."""
    found, secret = await gateway.run_brief(hooks.add, caller.platform, body.url, body.types)
    return schemas.NewEndpointOut(**_shown(found).model_dump(), secret=secret)


@router.get("/v1/webhook-endpoints", response_model=schemas.EndpointsOut)
@operation(Scope.WEBHOOKS_READ)
async def list_endpoints(gateway: Gateway, hooks: Hooks, caller: Asking) -> schemas.EndpointsOut:
    """Your platform's webhook endpoints, the oldest first."""
    found = await gateway.run_brief(hooks.of, caller.platform)
    return schemas.EndpointsOut(data=[_shown(each) for each in found])


@router.get("/v1/webhook-endpoints/{endpoint}", response_model=schemas.EndpointOut)
@operation(Scope.WEBHOOKS_READ)
async def get_endpoint(
    gateway: Gateway, hooks: Hooks, caller: Asking, endpoint: Id
) -> schemas.EndpointOut:
    """One webhook endpoint."""
    return _shown(await gateway.run_brief(hooks.get, caller.platform, endpoint))


@router.patch("/v1/webhook-endpoints/{endpoint}", response_model=schemas.EndpointOut)
@operation(Scope.WEBHOOKS_WRITE)
async def change_endpoint(
    gateway: Gateway, hooks: Hooks, caller: Asking, endpoint: Id, body: schemas.EndpointChangeIn
) -> schemas.EndpointOut:
    """Send an endpoint's events elsewhere, or other ones, or none while it is not enabled."""
    found = await gateway.run_brief(
        partial(
            hooks.change,
            caller.platform,
            endpoint,
            url=body.url,
            types=body.types,
            is_enabled=body.enabled,
        )
    )
    return _shown(found)


@router.delete("/v1/webhook-endpoints/{endpoint}", status_code=204, response_class=Response)
@operation(Scope.WEBHOOKS_WRITE)
async def delete_endpoint(gateway: Gateway, hooks: Hooks, caller: Asking, endpoint: Id) -> None:
    """Send nothing to an endpoint any more, and forget its secrets."""
    await gateway.run_brief(hooks.remove, caller.platform, endpoint)


@router.post("/v1/webhook-endpoints/{endpoint}/enable", response_model=schemas.EndpointOut)
@operation(Scope.WEBHOOKS_WRITE, is_repeatable=True)
async def enable_endpoint(
    gateway: Gateway, hooks: Hooks, caller: Asking, endpoint: Id, _: schemas.NothingIn
) -> schemas.EndpointOut:
    """Let an endpoint go on that was disabled; what happened since is sent now."""
    return _shown(await gateway.run_brief(hooks.enable, caller.platform, endpoint))


@router.post("/v1/webhook-endpoints/{endpoint}/disable", response_model=schemas.EndpointOut)
@operation(Scope.WEBHOOKS_WRITE, is_repeatable=True)
async def disable_endpoint(
    gateway: Gateway, hooks: Hooks, caller: Asking, endpoint: Id, _: schemas.NothingIn
) -> schemas.EndpointOut:
    """Send an endpoint nothing until it is enabled again; nothing is lost meanwhile."""
    return _shown(await gateway.run_brief(hooks.disable, caller.platform, endpoint))


@router.post("/v1/webhook-endpoints/{endpoint}/rotate", response_model=schemas.SecretOut)
@operation(Scope.WEBHOOKS_WRITE, secret="secret")
async def rotate_secret(
    gateway: Gateway, hooks: Hooks, caller: Asking, endpoint: Id, _: schemas.NothingIn
) -> schemas.SecretOut:
    """Give an endpoint a new secret, shown this once; the old one signs beside it for a day."""
    return schemas.SecretOut(
        secret=await gateway.run_brief(hooks.rotate, caller.platform, endpoint)
    )


def _shown(found: Endpoint) -> schemas.EndpointOut:
    return schemas.EndpointOut(
        id=found.id,
        url=found.url,
        types=list(found.types),
        state=found.state.value,
        reason=found.reason,
        created_at=found.created_at,
    )
