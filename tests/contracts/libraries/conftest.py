"""The libraries are pure: nothing here changes the chain, so no test needs a fresh one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _fresh_state():
    pass
