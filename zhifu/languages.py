"""The languages that people are told things in."""

from __future__ import annotations

from enum import Enum


class Language(str, Enum):
    """Chinese or English, by ISO 639-1 code."""

    CHINESE = "zh"
    ENGLISH = "en"

    @property
    def locale(self) -> str:
        """How amounts are written in it."""
        return {"zh": "zh_CN", "en": "en_US"}[self.value]
