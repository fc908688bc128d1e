"""What the tests of Alipay have in common."""

from __future__ import annotations

from tests.integration.alipay.scene import keys, scene, stage

__all__ = ["keys", "scene", "stage"]
