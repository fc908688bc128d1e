"""The description that the service gives of itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zhifu import exceptions
from zhifu.api.app import ROUTERS, api
from zhifu.api.problems import status_of
from zhifu.api.route import PlatformRoute
from zhifu.exceptions import ZhifuError
from zhifu.gateway import Gateway


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return api(None).openapi()


def test_it_has_every_route_with_what_it_asks(described: dict[str, Any]) -> None:
    """API-13"""
    assert described["openapi"].startswith("3.1")
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, PlatformRoute):
                method = next(iter(route.methods or ()))
                told = described["paths"][route.path_format][method.lower()]
                assert told["security"] == [{"apiKey": []}]
                assert told["x-scope"] == route.operation.scope.value
                keys = [each for each in told.get("parameters", ()) if each["in"] == "header"]
                assert bool(keys) == (method == "POST")
                assert ("requestBody" in told) == (method in ("POST", "PUT", "PATCH"))
                assert ("415" in told["responses"]) == ("requestBody" in told)
                assert told["summary"]
                assert told["description"]


def test_what_it_refers_to_is_there(described: dict[str, Any]) -> None:
    """API-13"""
    parts = described["components"]["schemas"]
    named = {each.removeprefix("#/components/schemas/") for each in references(described)}
    assert named <= set(parts)
    assert not {"HTTPValidationError", "ValidationError"} & set(parts)


def test_errors_are_told_as_problems(described: dict[str, Any]) -> None:
    """API-13"""
    for methods in described["paths"].values():
        for told in methods.values():
            for status, answer in told["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    assert set(answer["content"]) == {"application/problem+json"}, told["summary"]


def test_a_route_tells_every_status_that_its_use_case_may_raise(described: dict[str, Any]) -> None:
    """API-13"""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, PlatformRoute):
                method = next(iter(route.methods or ()))
                told = described["paths"][route.path_format][method.lower()]["responses"]
                raised = {str(int(status_of(each))) for each in errors_of(route)}
                assert raised <= set(told), f"{method} {route.path}"


def test_what_may_be_raised_is_found() -> None:
    """API-13"""
    found = {
        route.path: {int(status_of(error)) for error in errors_of(route)}
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, PlatformRoute) and route.methods == {"POST"}
    }
    for path in ("/v1/orders", "/v1/checkouts"):
        assert {402, 504} <= found[path]
    for path in ("/v1/refunds", "/v1/withdrawals", "/v1/learners", "/v1/disputes"):
        assert 502 in found[path]


def test_it_is_served(client: httpx.Client, described: dict[str, Any]) -> None:
    """API-13"""
    assert client.get("/v1/openapi.json").json() == described


def test_every_field_sent_is_strict(described: dict[str, Any]) -> None:
    """API-5"""
    sent = {
        name: part
        for name, part in described["components"]["schemas"].items()
        if name.endswith("In")
    }
    assert sent
    assert all(part["additionalProperties"] is False for part in sent.values())


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                assert re.match("#/components/schemas/", value)
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def errors_of(route: PlatformRoute) -> Iterator[ZhifuError]:
    """What the gateway's methods that a handler calls say they raise."""
    for name in re.findall(r"\bgateway\.(\w+)\(", inspect.getsource(route.endpoint)):
        yield from errors_said(name)


def errors_said(method: str) -> Iterator[ZhifuError]:
    """Those a docstring names, and those of the methods that it refers to."""
    said = getattr(getattr(Gateway, method, None), "__doc__", None) or ""
    for name in re.findall(r"\b[A-Z][a-z]\w+\b", said):
        found = getattr(exceptions, name, None)
        if isinstance(found, type) and issubclass(found, ZhifuError):
            yield found.__new__(found)
    for other in re.findall(r"(?:see|what) `(\w+)`", said):
        yield from errors_said(other)
