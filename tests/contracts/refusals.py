"""What a refused call must say."""

from __future__ import annotations

from typing import Any

import brownie


def refused(error: str, *values: Any) -> Any:
    """Expect a call to revert with exactly this error and these values."""
    return brownie.reverts(f"{error}: {', '.join(_shown(value) for value in values)}")


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return repr(bytes(value))
    text = str(value)
    return text.lower() if text.startswith("0x") else text
