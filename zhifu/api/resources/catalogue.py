"""Platforms, contents and what a cart of them costs: what the whole network may see."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from zhifu.api import cursors, schemas, shown
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.exceptions import UnknownContent, UnknownPlatform
from zhifu.index import PlatformRecord
from zhifu.requests import LARGEST_CART

_LISTED = "contents"

router = APIRouter(route_class=PlatformRoute, tags=["catalogue"])


class ContentsQuery(schemas.PageQuery):
    """Which contents."""

    host: Annotated[int, Field(ge=1, le=2**32 - 1)] | None = None


class QuoteQuery(BaseModel):
    """Which contents are in the cart."""

    model_config = ConfigDict(extra="forbid")

    content: Annotated[list[schemas.Number], Field(min_length=1, max_length=LARGEST_CART)]


@router.get("/v1/platforms", response_model=schemas.PlatformsOut)
@operation(Scope.PLATFORMS_READ)
async def list_platforms(gateway: Gateway) -> schemas.PlatformsOut:
    """The members of the network, on the terms that hold now."""
    return schemas.PlatformsOut(data=[_platform(each) for each in gateway.platforms()])


@router.get("/v1/platforms/{number}", response_model=schemas.PlatformOut)
@operation(Scope.PLATFORMS_READ)
async def get_platform(gateway: Gateway, number: int) -> schemas.PlatformOut:
    """One member of the network."""
    found = gateway.platform(number)
    if found is None:
        raise UnknownPlatform(number)
    return _platform(found)


@router.get("/v1/contents", response_model=schemas.ContentsOut)
@operation(Scope.CONTENTS_READ)
async def list_contents(
    gateway: Gateway, caller: Asking, query: Annotated[ContentsQuery, Query()]
) -> schemas.ContentsOut:
    """What is published, of all hosts or of one, the newest first."""
    listed = f"{_LISTED}/{query.host or 0}"
    before = cursors.read(listed, caller.platform, query.cursor)
    found = gateway.contents_page(before=before, limit=query.limit + 1, host=query.host)
    page = found[: query.limit]
    is_more = len(found) > query.limit
    cursor = cursors.write(listed, caller.platform, page[-1].number) if is_more else None
    today, deployment = gateway.today(), gateway.gateway.network.deployment
    data = [shown.content(each, today, deployment) for each in page]
    return schemas.ContentsOut(data=data, next_cursor=cursor)


@router.get("/v1/contents/{number}", response_model=schemas.ContentOut)
@operation(Scope.CONTENTS_READ)
async def get_content(gateway: Gateway, number: int) -> schemas.ContentOut:
    """One content, with what it costs today."""
    found = gateway.content(number)
    if found is None:
        raise UnknownContent(number)
    return shown.content(found, gateway.today(), gateway.gateway.network.deployment)


@router.get("/v1/quotes", response_model=schemas.QuoteOut)
@operation(Scope.CONTENTS_READ)
async def get_quote(gateway: Gateway, query: Annotated[QuoteQuery, Query()]) -> schemas.QuoteOut:
    """What a cart costs now: name each `content` of it."""
    quote = await gateway.quote(query.content)
    prices = [
        schemas.QuotedContentOut(content=number, price=shown.money(price))
        for number, price in quote.prices
    ]
    return schemas.QuoteOut(
        contents=prices, amount=shown.money(quote.amount), valid_until=quote.valid_until
    )


def _platform(found: PlatformRecord) -> schemas.PlatformOut:
    terms = {**found._asdict(), "status": found.status.name.lower()}
    return schemas.PlatformOut(**terms)
