"""What is wrong with a request is told as what must be, whatever is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from zhifu.api import problems, schemas

ORDER: dict[str, Any] = {
    "learner": 1,
    "contents": [1],
    "amount": {"amount": 1, "currency": "USD"},
    "provider": "sandbox",
    "provider_payment_id": "one",
}


@pytest.mark.parametrize(
    ("model", "sent", "rule"),
    [
        (schemas.OrderIn, {**ORDER, "learner": "1"}, "must be an integer"),
        (schemas.OrderIn, {**ORDER, "learner": 0}, "must be at least 1"),
        (schemas.OrderIn, {**ORDER, "learner": 2**32}, "must be at most 4294967295"),
        (schemas.OrderIn, {**ORDER, "contents": []}, "must have 1 or more items"),
        (schemas.OrderIn, {**ORDER, "contents": [1] * 101}, "must have at most 100 items"),
        (schemas.OrderIn, {**ORDER, "contents": 1}, "must be a list"),
        (schemas.OrderIn, {**ORDER, "amount": 1}, "must be an object"),
        (schemas.OrderIn, {**ORDER, "provider": 1}, "must be text"),
        (schemas.OrderIn, {**ORDER, "provider": ""}, "must have 1 or more characters"),
        (schemas.OrderIn, {**ORDER, "provider": "x" * 300}, "must have at most 255 characters"),
        (schemas.OrderIn, {**ORDER, "more": 1}, "must not be given: there is no such field"),
        (schemas.OrderIn, [], "must be an object"),
        (schemas.NothingIn, {"a": 1}, "must not be given: there is no such field"),
        (schemas.EndpointChangeIn, {"enabled": 1}, "must be true or false"),
        (schemas.LearnersIn, {}, "must be given"),
        (schemas.ContactIn, {"address": "a", "language": "fr"}, "must match ^(zh|en)$"),
        (schemas.ResendIn, {}, "must be an event, or the first and the last of a range"),
        (schemas.PageQuery, {"limit": "many"}, "must be an integer"),
        (schemas.PageQuery, {"limit": "1" * 5_000}, "must be an integer that is not so large"),
    ],
)
def test_a_rule_says_what_must_be(model: type[BaseModel], sent: Any, rule: str) -> None:
    """API-4"""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(sent)
    assert problems.invalid(refused.value).rule == rule
