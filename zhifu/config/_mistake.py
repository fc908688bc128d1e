"""What is wrong with a configuration, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One setting that breaks its rule; what it was set to is never kept, it may be a secret.

    ``field`` is the setting's full name such as ``http.port``; ``origin`` the variable or the file
    it was read from, None for one that is missing.
    """

    field: str
    rule: str
    origin: str | None = None

    def __str__(self) -> str:
        if self.origin is None:
            return f"{self.field}: {self.rule}"
        if not self.origin.startswith("ZHIFU_"):
            return f"{self.field}: {self.rule} (in {self.origin})"
        telling = self.origin in (self.field, variable_of(self.field))
        return f"{self.origin}: {self.rule}" + ("" if telling else f" (it sets {self.field})")


def variable_of(field: str) -> str:
    """The variable that sets a field: ``ZHIFU_HTTP__PORT`` sets ``http.port``."""
    return "ZHIFU_" + field.upper().replace(".", "__")
