"""How the service tells what is wrong, and how it is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from zhifu.api.schemas.fields import Out


class ProblemOut(Out):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Stable; for programs.")]
    field: str
    rule: str
    values: dict[str, Any] | None = None
    errors: list[dict[str, str]] | None = None


class HealthOut(Out):
    """Whether the service, and each thing it needs, answers."""

    status: str
    checks: dict[str, str]
