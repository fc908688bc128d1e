"""What schemathesis is told: the API's own description with examples, and words that it knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.fuzz_api.stand import Stand

DESCRIPTION = "openapi.json"
SETTINGS = "schemathesis.toml"
REPORT = "report.json"

#: Which words a parameter or a field takes, by its place and its name.
_WORDS = {
    "path.channel": "channel",
    "path.provider": "provider",
    "path.number": "platform",
    "path.learner": "learner",
    "query.content": "content",
    "query.learner": "learner",
    "query.host": "platform",
    "body.learner": "learner",
    "body.contents[*]": "content",
    "body.amount.amount": "price",
    "body.amount.currency": "currency",
    "body.provider": "provider",
    "body.provider_payment_id": "provider_payment",
    "body.method": "method",
}

#: What there is of these is named by its id in paths, in filters of lists and in bodies.
_PLACES = ("path", "query", "body")

#: The rest is made up.
_PROBABILITY = 0.6
_EXAMPLES = 3

#: An object may be missing, another's, or not in the state for it, however well it is asked for.
_ACCEPTED = ("2xx", 402, 404, 409, 422)
_REFUSED = (400, 401, 403, 404, 405, 409, 413, 415, 422)
_CALLBACKS = "/v1/callbacks/{provider}"
_BULK = "/v1/orders/bulk"


def write(folder: Path, stand: Stand) -> None:
    """Write the description and the settings of a run into a folder."""
    told = json.dumps(_with_examples(stand))
    (folder / DESCRIPTION).write_text(told)
    (folder / SETTINGS).write_text("\n".join(_settings(stand)))


def _words(stand: Stand) -> dict[str, str]:
    return {**{f"{place}.{kind}": kind for place in _PLACES for kind in stand.own}, **_WORDS}


def _with_examples(stand: Stand) -> dict[str, Any]:
    words, places, description = stand.words(), _words(stand), deepcopy(stand.description)
    for path, methods in description["paths"].items():
        for told in methods.values():
            for parameter in told.get("parameters", ()):
                word = places.get(f"{parameter['in']}.{parameter['name']}")
                if word is not None and parameter["in"] == "path":
                    parameter["examples"] = _examples(words[word][:_EXAMPLES])
            if path in stand.bodies and "requestBody" in told:
                content = told["requestBody"]["content"]["application/json"]
                content["examples"] = _examples(stand.bodies[path])
    return description


def _examples(values: Sequence[Any]) -> dict[str, Any]:
    return {f"example {at}": {"value": value} for at, value in enumerate(values)}


def _settings(stand: Stand) -> list[str]:
    """Lines of TOML."""
    words = stand.words()
    return [
        "workers = 2",
        "request-timeout = 60",
        "warnings = false",
        "[output.sanitization]",
        "enabled = false",
        "[generation]",
        'database = "none"',
        "[auth.openapi.apiKey]",
        f"bearer = {_value(stand.key)}",
        "[reports.json]",
        f"path = {_value(REPORT)}",
        *_expected("[checks.positive_data_acceptance]", _ACCEPTED),
        *_expected("[checks.negative_data_rejection]", _REFUSED),
        "[parameters]",
        *(
            f"{_value(place)} = {{ dictionary = {_value(word)}, probability = {_PROBABILITY} }}"
            for place, word in _words(stand).items()
        ),
        *(line for name, known in words.items() for line in _dictionary(name, known)),
        # Each of many is refused alone, in an answer that is a success.
        *_exception(_BULK, "negative_data_rejection", (*_REFUSED, 200)),
        # Only the provider's signature lets a callback in.
        *_exception(_CALLBACKS, "positive_data_acceptance", (*_ACCEPTED, 400)),
    ]


def _expected(title: str, statuses: Sequence[int | str]) -> list[str]:
    return [title, f"expected-statuses = {_value(statuses)}"]


def _dictionary(name: str, known: Sequence[int | str]) -> list[str]:
    return [f"[dictionaries.{name}]", f"values = {_value(known)}"]


def _exception(path: str, check: str, statuses: Sequence[int | str]) -> list[str]:
    head = ["[[operations]]", f"include-path = {_value(path)}"]
    return [*head, *_expected(f"[operations.checks.{check}]", statuses)]


def _value(value: str | Sequence[int | str]) -> str:
    """As TOML has it, which is as JSON has it for what is written here."""
    return json.dumps(value)


def cases(report: Mapping[str, Any]) -> int:
    """How many cases a run has tried, by its report."""
    return int(report["test_cases"]["generated"])
