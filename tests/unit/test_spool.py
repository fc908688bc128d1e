"""Rows come out in order, however many there are, and few are in memory (RECONCILE-5)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zhifu.spool import Spool

NUMBERS = st.integers(-(2**63), 2**63 - 1)
rows = st.lists(st.tuples(st.text(max_size=3), st.integers(-5, 5), st.none() | NUMBERS))


@given(rows, st.integers(1, 7))
def test_rows_come_in_the_order_of_their_keys_and_then_as_they_were_put(
    given_rows: list[tuple[str, int, int | None]], at_once: int
) -> None:
    """RECONCILE-5: a value that is no part of the key is never compared."""
    with Spool(2, rows_at_once=at_once) as spool:
        spool.put_all(given_rows)
        assert len(spool) == len(given_rows)
        found = [tuple(row) for row in spool]
    assert found == sorted(given_rows, key=lambda row: row[:2])


def test_no_more_is_kept_in_memory_than_is_said() -> None:
    """RECONCILE-5"""
    with Spool(1, rows_at_once=10) as spool:
        for number in range(95):
            spool.put((number % 7, number))
            assert len(spool._rows) < 10
        assert [row[0] for row in spool] == sorted(number % 7 for number in range(95))
