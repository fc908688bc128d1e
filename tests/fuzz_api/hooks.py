"""What schemathesis checks of every answer beside its own rules; it loads this file by its path.

This runs in schemathesis' environment, so nothing of the project can be imported here.
"""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

_OTHERS: list[str] = json.loads(os.environ["FUZZ_API_OTHERS"])


def others_objects_are_unknown(_: Any, response: Any, case: Any) -> None:
    """Nothing is done for, or told of, another platform's object (API-2)."""
    if response.status_code >= 400:
        return
    # A list may be asked for what there is of another's object: there is nothing.
    asked = response.request.url.split("?")[0]
    exchanged = f"{asked}\n{response.text}\n{case.body}"
    reached = [each for each in _OTHERS if each in exchanged]
    assert not reached, f"reached what is another platform's: {', '.join(reached)}"


def problems_read_alike(_: Any, response: Any, __: Any) -> None:
    """Whatever is wrong is told as what must be (API-4)."""
    if response.headers.get("content-type") != ["application/problem+json"]:
        return
    told = json.loads(response.text)
    for each in (told, *told.get("errors", ())):
        assert each["rule"].startswith("must "), f"no rule: {each['rule']}"


schemathesis.check(others_objects_are_unknown)
schemathesis.check(problems_read_alike)
