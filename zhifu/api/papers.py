"""Papers over HTTP: data for programs, a page for people, by what a request accepts."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

HTML = "text/html"

#: A page runs nothing, wherever it is put.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}

#: What the description of the API says of an answer that may be a page.
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {HTML: {"schema": {"type": "string"}}}}
}


def wants_page(request: Request) -> bool:
    """Whether a request would rather have a page than data."""
    weights = {"application/json": 0.0, HTML: 0.0}
    for part in request.headers.get("accept", "").lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        if kind in weights:
            weights[kind] = _weight(parameters)
    return weights[HTML] > weights["application/json"]


def page(text: str) -> Response:
    """A page as an answer."""
    return Response(text, media_type=HTML, headers=PAGE_HEADERS)


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
