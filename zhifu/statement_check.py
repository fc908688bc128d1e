"""Checking a statement that somebody was handed, with nothing but the day's published root."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

from zhifu.dayroot import DayProof
from zhifu.exceptions import InvalidInput


class Checked(NamedTuple):
    """A statement's account, last day and closing balance, and what is wrong with it, if anything.

    `proof` ties it to the deployment of its chain and Settlement; whoever checks must know those.
    """

    account: str
    last: date
    closing: int
    proof: DayProof | None
    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether all of it is true, as far as the root is."""
        return not self.wrong


def check(data: object, root: bytes) -> Checked:
    """Check a statement, as JSON has it, against the root of its last day.

    Movements must add up to the closing balance line by line and lie within the period; the proof
    must be of this account and day, have this closing balance and what moved on the last day, and
    lead to the root. Raises InvalidInput for what is no statement.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput("statement", "must be a JSON object")
    try:
        account, last = str(data["party"]["account"]), date.fromisoformat(data["to"])
        first, lines = date.fromisoformat(data["from"]), list(data["movements"])
        opening, closing = _units(data["opening_units"]), _units(data["closing_units"])
        moved = [(_day(each["at"]), _units(each["amount_units"])) for each in lines]
        balances = [_units(each["balance_units"]) for each in lines]
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidInput("statement", "must be one that zhifu wrote with --json") from error
    wrong = [*_sums(opening, closing, moved, balances)]
    if any(not first <= day <= last for day, _ in moved):
        wrong.append("a movement lies outside the period")
    if data.get("proof") is None:
        return Checked(account, last, closing, None, (*wrong, "it has no proof"))
    proof = DayProof.from_dict(data["proof"])
    if proof.line.account != account:
        wrong.append("the proof is of another account")
    if proof.place.day != last:
        wrong.append("the proof is of another day than the last")
    if (data.get("chain_id"), data.get("settlement")) != proof.place[:2]:
        wrong.append("the proof is of another deployment")
    if proof.line.closing != closing:
        wrong.append("the proof has another closing balance")
    on_last = sum(amount for day, amount in moved if day == last)
    if proof.line.closing - proof.line.opening != on_last:
        wrong.append("the proof has other movements on the last day")
    if not proof.holds(root):
        wrong.append("the proof does not lead to the root")
    return Checked(account, last, closing, proof, tuple(wrong))


def _sums(
    opening: int, closing: int, moved: list[tuple[date, int]], balances: list[int]
) -> list[str]:
    balance = opening
    for at, (_, amount) in enumerate(moved):
        balance += amount
        if balances[at] != balance:
            return [f"movement {at + 1} does not lead to its balance"]
    return [] if balance == closing else ["opening balance and movements are not the closing one"]


def _units(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("must be an integer of ledger units")
    return value


def _day(seconds: Any) -> date:
    return datetime.fromtimestamp(_units(seconds), timezone.utc).date()
