"""What docs/api.md shows is what the service answers."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.integration.api.shop import Shop, taken_back
from tests.integration.fair import Fair
from tests.integration.test_spending import load
from zhifu.api.app import ROUTERS
from zhifu.api.route import PlatformRoute
from zhifu.money import Money

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def examples() -> Iterator[tuple[str, Any]]:
    """Each command with the answer that is shown for it."""
    found = re.findall(r"```sh\n(curl .*?)```\n+```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for command, answer in found:
        yield command, json.loads(answer)


def run(command: str, variables: dict[str, str]) -> httpx.Response:
    """Do what a shell would make of the curl command."""
    text = re.sub(r"\$([A-Z]+)", lambda name: variables[name.group(1)], command)
    words = iter(shlex.split(text)[1:])
    url, headers, body = "", {}, None
    for word in words:
        match word:
            case "-s":
                pass
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "--json":
                body = next(words)
                headers["Content-Type"] = "application/json"
            case _:
                assert word.startswith("http"), word
                url = word
    method = "GET" if body is None else "POST"
    return httpx.request(method, url, headers=headers, content=body, timeout=30.0)


def shape(value: Any) -> Any:
    """What a value is made of, whatever the names and numbers are."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, str):
        return value if re.fullmatch(r"[a-z_]+|[A-Z]{3}", value) else re.split("_|0x", value)[0]
    return type(value)


def test_the_commands_answer_what_is_shown(fair: Fair, shop: Shop) -> None:
    """API-13"""
    load(fair, 5_000)
    payment = fair.provider.pay(Money(4900, "USD"))
    (payback,) = shop.gateway.paybacks(taken_back(shop).id)
    variables = {"API": shop.url, "KEY": shop.key(), "PAYMENT": payment, "PAYBACK": payback.id}
    count = 0
    for command, expected in examples():
        answer = run(command, variables).json()
        assert shape(answer) == shape(expected), command
        if "orders" in answer:
            # What is taken back on the page was paid at a provider.
            if answer["provider"] != "balance":
                variables["ORDER"] = answer["orders"][0]["id"]
            shop.gateway.settle(1)
        count += 1
    assert count == 11


def test_the_routes_are_those_that_are_shown() -> None:
    """API-13"""
    shown = re.findall(r"^\| ([A-Z]+) \| `(\S+)` \| `(\S+)` \|$", PAGE.read_text(), re.MULTILINE)
    routes = [
        (next(iter(route.methods or ())), route.path, route.operation.scope.value)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, PlatformRoute)
    ]
    assert sorted(shown) == sorted(routes)
