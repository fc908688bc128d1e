"""Where events are sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zhifu.api.schemas.fields import In, Out, Text, Time


class EndpointIn(In):
    """Where events are sent, and which: types such as `order.settled`, `order.*` or `*`."""

    url: Annotated[str, Field(min_length=1, max_length=2_048)]
    types: list[Text] = Field(["*"], min_length=1, max_length=100)


class EndpointOut(Out):
    """A webhook endpoint; `reason` says why it is disabled."""

    id: str
    url: str
    types: list[str]
    state: str
    reason: str | None
    created_at: Time


class EndpointChangeIn(In):
    """What is to be different about an endpoint; what is not given stays as it is."""

    url: Annotated[str, Field(min_length=1, max_length=2_048)] | None = None
    types: Annotated[list[Text], Field(min_length=1, max_length=100)] | None = None
    enabled: bool | None = None


class NewEndpointOut(EndpointOut):
    """A new webhook endpoint; its secret is shown once, and null when the answer is replayed."""

    secret: str | None


class EndpointsOut(Out):
    """A platform's webhook endpoints."""

    data: list[EndpointOut]


class SecretOut(Out):
    """A new secret, shown once, and null when the answer is replayed."""

    secret: str | None
