"""A round ends in time, and what is left comes round again: PAY-16."""

from __future__ import annotations

import logging

import pytest

from zhifu import rounds
from zhifu.exceptions import ChainUnreachable, NotRefundable, PaymentUnknown, UnknownProvider
from zhifu.inbox import DueCallback
from zhifu.providers import Hint, HintKind


class Hands:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_round_begins_nothing_more_when_its_time_is_over() -> None:
    clock, done = Hands(), list[int]()

    def do(one: int) -> bool:
        done.append(one)
        clock.now += 2
        return True

    current = rounds.Round(5, clock=clock)
    with rounds.running(current):
        assert rounds.each(range(10), do) == 3
    assert done == [0, 1, 2]
    assert current.was_cut


def test_a_round_ends_when_its_worker_is_stopped() -> None:
    done: list[int] = []

    def do(one: int) -> bool:
        done.append(one)
        return True

    current = rounds.Round(60, lambda: len(done) == 2)
    with rounds.running(current):
        rounds.each(range(10), do)
    assert done == [0, 1]


def test_a_round_that_came_to_its_end_was_not_cut() -> None:
    current = rounds.Round(60)
    with rounds.running(current):
        assert rounds.each(range(3), lambda _: True) == 3
    assert not current.was_cut


def test_without_a_worker_everything_is_gone_through() -> None:
    assert rounds.each(range(1_000), lambda _: True) == 1_000
    assert not rounds.is_running()


def test_one_that_fails_keeps_none_of_the_others_from_its_turn() -> None:
    done: list[int] = []

    def do(one: int) -> bool:
        if one == 1:
            raise NotRefundable("ord_1", "it is not paid")
        done.append(one)
        return True

    assert rounds.each(range(3), do) == 2
    assert done == [0, 2]


def test_what_fails_is_named_and_silence_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    callback = DueCallback(1, "stripe", Hint("evt_1", HintKind.PAYMENT, "pi_1"), 0, 0)

    def unheard(_: DueCallback) -> bool:
        raise PaymentUnknown("stripe", "pi_1")

    def refused(_: DueCallback) -> bool:
        raise UnknownProvider("stripe")

    with caplog.at_level(logging.INFO):
        rounds.each([callback], unheard)
        rounds.each([callback], refused)
    assert [each.levelname for each in caplog.records] == ["INFO", "WARNING"]
    assert all(each.message.startswith("callback evt_1 of stripe: ") for each in caplog.records)


def test_what_nothing_can_be_done_without_ends_the_round() -> None:
    def do(_: int) -> bool:
        raise ChainUnreachable("http://127.0.0.1:1", "refused")

    with pytest.raises(ChainUnreachable):
        rounds.each(range(3), do, ends=(ChainUnreachable,))
