"""What a request did not keep to, in the words of `zhifu.exceptions`: what a field must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: By the kinds of errors that pydantic knows, with what it tells of each.
_RULES: Mapping[str, str] = {
    "missing": "must be given",
    "extra_forbidden": "must not be given: there is no such field",
    "string_type": "must be text",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_parsing_size": "must be an integer that is not so large",
    "int_from_float": "must be an integer",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must have {min_length} or more items",
    "too_long": "must have at most {max_length} items",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "value_error": "{error}",
}


def rule_of(found: Mapping[str, Any]) -> str:
    """The rule that was not kept, of an error of pydantic's with its context."""
    rule = _RULES.get(found["type"])
    if rule is None:
        return f"must be readable: {found['msg'][:1].lower()}{found['msg'][1:]}"
    return rule.format_map(found.get("ctx", {}))
