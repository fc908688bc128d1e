"""A call that a rule of the specification refuses."""

from __future__ import annotations


class Refused(Exception):
    """A call that the specification refuses, with the errors it may be refused with."""

    def __init__(self, errors: set[str]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = errors


def refuse(**broken: bool) -> None:
    """Refuse the call if a rule is broken; each rule is named by its error."""
    errors = {error for error, is_broken in broken.items() if is_broken}
    if errors:
        raise Refused(errors)
