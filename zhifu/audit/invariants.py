"""What an audit says of each invariant of SPECIFICATION.md: whether it holds, and by what numbers.

Amounts are ledger units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from zhifu.audit.recomputation import Recomputation
from zhifu.audit.records import Divergence
from zhifu.audit.storage import (
    DEBITS,
    HOLDS,
    LANES,
    LICENCES,
    MONEY,
    ONCE,
    RECOMPUTED,
    SPLITS,
    Finding,
)

Write = Callable[[int], str]
"""How an amount of ledger units is written."""


class Line(NamedTuple):
    """One invariant: whether it holds, None if that could not be seen, and what shows it.

    `numbers` are by name; `template` says them in a sentence, where those in `amounts` are money.
    """

    invariant: int
    rule: str
    holds: bool | None
    numbers: Mapping[str, int]
    template: str
    amounts: frozenset[str]

    def shown(self, write: Write = str) -> str:
        """The numbers in a sentence."""
        told = {
            name: write(number) if name in self.amounts else f"{number:,}"
            for name, number in self.numbers.items()
        }
        return self.template.format(**told)


class Sums(NamedTuple):
    """What money there is: in available balances, in holds, in disputes, and as tokens."""

    available: int
    held: int
    in_dispute: int
    tokens: int

    @property
    def unaccounted(self) -> int:
        """Tokens that were sent in without a deposit; what is missing, if it is below zero."""
        return self.tokens - self.available - self.held - self.in_dispute


#: By what a Divergence is about, which invariant it breaks; any other breaks the last.
_BROKEN_BY = {
    "number of a batch": LANES,
    "operator that settled a batch": DEBITS,
    "released revenue": HOLDS,
    "released commission": HOLDS,
    "money in its holds": HOLDS,
    "refunded amount": ONCE,
    "part of a price": ONCE,
    "orders before this one of an id": ONCE,
    "order that was wholly refunded before": ONCE,
}

#: What each invariant demands, and the numbers that show it; amounts stand in angle brackets.
_SAID = {
    MONEY: (
        "tokens are balances, holds, disputes",
        "<tokens> = <available> + <held> held + <in_dispute> disputed + <unaccounted> unaccounted",
    ),
    HOLDS: (
        "captured is held, disputed, released, refunded",
        "<captured> = <held> + <questioned> disputed + <released> released + <refunded> refunded",
    ),
    SPLITS: (
        "shares add up to what is shared",
        "<released> = <to_payees> to creators, hosts, network + <to_sellers> to sellers, referrers",
    ),
    DEBITS: (
        "who was debited had a say",
        "{debits} debits of {accounts} accounts; {batches} batches, each by the key of its lane",
    ),
    LICENCES: (
        "licences are those of paid orders",
        "{orders} orders, {standing} licences stand, {refunded_orders} refunded, {claimed} claimed",
    ),
    LANES: ("batches of a lane are 1, 2, 3 …", "{batches} batches in {lanes} lanes"),
    ONCE: (
        "nothing is settled or given back twice",
        "{batches} batches; <refunded> of <captured> given back",
    ),
    RECOMPUTED: (
        "state follows from history",
        "{accounts} accounts, {holds} holds, {batches} roots, {orders} orders",
    ),
}


def of_divergence(found: Divergence) -> Finding:
    """An event that contradicts those before it."""
    broken = _BROKEN_BY.get(found.what, RECOMPUTED)
    return Finding(tuple(dict.fromkeys((broken, RECOMPUTED))), str(found))


def of_state(state: Recomputation, sums: Sums) -> list[Finding]:
    """What is wrong in the history itself, whatever is stored."""
    found = []
    kept = sums.tokens - sums.unaccounted
    moved = state.balances.tokens_in - state.balances.tokens_out
    if kept != moved:
        said = f"accounts, holds and disputes are {kept}, tokens say {moved}"
        found.append(Finding((MONEY,), said))
    if sums.unaccounted < 0:
        said = (
            f"tokens are {-sums.unaccounted} short of what accounts, holds and disputes add up to"
        )
        found.append(Finding((MONEY,), said))
    parted = state.held + state.questioned + state.released + state.given_back
    if state.captured != parted:
        said = f"{state.captured} were captured, and {parted} became something"
        found.append(Finding((HOLDS,), said))
    if state.paid + state.earned != state.released:
        said = f"{state.released} were released, and shares are {state.paid + state.earned}"
        found.append(Finding((SPLITS,), said))
    for order_id, holder in state.claimed.items():
        if int(holder, 16) and state.is_refunded(order_id):
            said = f"licence {order_id} was refunded and is still held by {holder}"
            found.append(Finding((LICENCES,), said))
    return found


def lines(
    state: Recomputation, sums: Sums | None, findings: Collection[Finding]
) -> tuple[Line, ...]:
    """A line for each invariant; without sums the recomputation ended before its end."""
    broken = {number for finding in findings for number in finding.breaks}
    known = _numbers(state, sums)
    return tuple(
        _line(
            number,
            False if number in broken else None if sums is None else True,
            rule,
            template,
            known,
        )
        for number, (rule, template) in _SAID.items()
    )


def _line(
    invariant: int, holds: bool | None, rule: str, template: str, known: Mapping[str, int]
) -> Line:
    amounts = frozenset(re.findall(r"<(\w+)>", template))
    template = template.replace("<", "{").replace(">", "}")
    named = re.findall(r"{(\w+)}", template)
    if not known.keys() >= set(named):
        template, named = (
            "not seen: the history contradicts itself after {orders} orders",
            ["orders"],
        )
    return Line(invariant, rule, holds, {each: known[each] for each in named}, template, amounts)


def _numbers(state: Recomputation, sums: Sums | None) -> dict[str, int]:
    """What is known by name; without sums only what was read until the recomputation ended."""
    orders = {"orders": state.sold}
    if sums is None:
        return orders
    return {
        **orders,
        **sums._asdict(),
        "unaccounted": sums.unaccounted,
        "captured": state.captured,
        "questioned": state.questioned,
        "released": state.released,
        "refunded": state.given_back,
        "to_payees": state.paid,
        "to_sellers": state.earned,
        "holds": len(state.contents.revenue) + len(state.commission),
        "accounts": len(state.balances.available),
        "debits": state.balances.debits,
        "batches": len(state.batches),
        "lanes": len(state.last_batch),
        "standing": state.standing,
        "refunded_orders": state.wholly_refunded,
        "claimed": len(state.claimed),
    }
