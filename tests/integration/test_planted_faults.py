"""RECONCILE-7: every fault that is planted in a street is found and named by the right command."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.databases import DIALECTS
from tests.faults.rpc_proxy import Answer, Request, RpcProxy
from tests.integration.planted import (
    AUDIT,
    AUDIT_BOOKS,
    FAULTS,
    LEDGER_CHECK,
    RECONCILE,
    Fault,
)
from tests.integration.street import Street
from zhifu.audit import audit
from zhifu.audit.books import audit_books
from zhifu.chain import Chain
from zhifu.clearing import net
from zhifu.dayroot import DayProof
from zhifu.exceptions import InconsistentNode
from zhifu.ledger_days import WrongDay


def reconciled(street: Street) -> list[str]:
    with street.open() as gateway:
        found = gateway.reconcile()
    assert not any(each.unexplained for each in found.sums.values())
    return [each.reason.code for each in found.items if each.reason.code != "settled_later"]


def audited(street: Street) -> list[str]:
    return [each.said for each in audit(street.fair.network).broken]


def audited_books(street: Street) -> list[str]:
    _, books = audit_books(street.fair.network, street.fair.url(street.database))
    return [each.said for each in books.differences or ()]


def checked(street: Street) -> list[str]:
    first = street.day(1)
    with street.open() as gateway:
        return [
            f"day {(each.day - first).days + 1}" if isinstance(each, WrongDay) else each.subject
            for each in gateway.check_ledger()
        ]


FINDERS: Mapping[str, Callable[[Street], list[str]]] = {
    RECONCILE: reconciled,
    AUDIT: audited,
    AUDIT_BOOKS: audited_books,
    LEDGER_CHECK: checked,
}


@pytest.mark.parametrize("command", FINDERS)
def test_nothing_is_found_where_nothing_is_planted(street: Street, command: str) -> None:
    """RECONCILE-7"""
    assert FINDERS[command](street) == []


IN_BOOKS = {name: fault for name, fault in FAULTS.items() if fault.command != AUDIT}
ON_CHAIN = {name: fault for name, fault in FAULTS.items() if fault.command == AUDIT}


@pytest.mark.parametrize("fault", IN_BOOKS.values(), ids=IN_BOOKS)
def test_a_planted_fault_is_found_and_named(street: Street, fault: Fault) -> None:
    """RECONCILE-7"""
    fault.plant(street)
    found = FINDERS[fault.command](street)
    assert [each for each in found if fault.says in each], found


@pytest.mark.parametrize("traded", DIALECTS[:1], indirect=True)
@pytest.mark.parametrize("fault", ON_CHAIN.values(), ids=ON_CHAIN)
def test_a_fault_on_chain_is_found_and_named(street: Street, fault: Fault) -> None:
    """RECONCILE-7"""
    fault.plant(street)
    found = FINDERS[fault.command](street)
    assert [each for each in found if fault.says in each], found


@pytest.mark.parametrize("field", ["opening", "debits", "credits", "account", "day"])
@pytest.mark.parametrize("traded", DIALECTS[:1], indirect=True)
def test_a_line_that_somebody_changed_does_not_hold(street: Street, field: str) -> None:
    """RECONCILE-7, DAY-2: what is proven of a day of the street, and what is made of it."""
    day, account = street.day(1), "available:platform/1"
    with street.open() as gateway:
        root = gateway.close_day(day).root
        told = gateway.day_proof(day, account).to_dict()
    assert DayProof.from_dict(told).holds(root)
    others = {"account": "available:platform/2", "day": street.day(2).isoformat()}
    changed = others.get(field) or str(int(told[field]) + 1)
    assert not DayProof.from_dict({**told, field: changed}).holds(root)


@pytest.mark.parametrize("traded", DIALECTS[:1], indirect=True)
def test_netting_names_a_node_that_changes_a_word(street: Street) -> None:
    """RECONCILE-7, NET-7: a learner of a batch is taken out of its calldata."""
    settle = street.fair.network.settlement.artifact.functions["settle"].selector.hex()

    def changed(request: Request, forward: Callable[[Request], Answer]) -> Answer:
        answer = forward(request)
        sent = answer.get("result")
        if isinstance(sent, dict) and sent.get("input", "")[2:10] == settle:
            sent["input"] = sent["input"][:-64] + "0" * 64
        return answer

    proxy = RpcProxy(street.fair.anvil.rpc_url, changed)
    with proxy, Chain(proxy.url) as chain, pytest.raises(InconsistentNode):
        net(street.fair.same_chain(chain))


def test_there_are_enough_of_them() -> None:
    """RECONCILE-7"""
    assert len(FAULTS) >= 30
