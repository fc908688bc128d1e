"""Many orders in one request: what it costs to read them, and how they are counted."""

from __future__ import annotations

import tracemalloc

import orjson
import pytest

from zhifu.api import bulk
from zhifu.api.buckets import UNLIMITED, Bucket, Rate
from zhifu.api.problems import Problem, Refused
from zhifu.exceptions import InvalidInput

JSON = "application/json"
LARGEST_BYTES = 1_048_576


def test_too_many_lines_are_counted_and_not_looked_at() -> None:
    """API-11"""
    body = b"1\n" * (LARGEST_BYTES // 2)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as raised:
            bulk.parts_of(body, bulk.NDJSON)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert raised.value.field == "body"
    assert most < 2 * LARGEST_BYTES


def test_empty_lines_do_not_count() -> None:
    """API-11"""
    (part,) = bulk.parts_of(b"\n{}\r\n  \n\n[]\n", bulk.NDJSON)
    assert [each.strip() for each in part.items] == [b"{}", b"[]"]
    with pytest.raises(InvalidInput):
        bulk.parts_of(b"\n \n", bulk.NDJSON)


@pytest.mark.parametrize("kind", [JSON, bulk.NDJSON])
def test_the_parts_are_all_of_it_in_order(kind: str) -> None:
    """API-11"""
    numbers = list(range(bulk.MOST))
    lines = b"\n".join(orjson.dumps(number) for number in numbers)
    parts = bulk.parts_of(orjson.dumps(numbers) if kind == JSON else lines, kind)
    assert max(len(part.items) for part in parts) == bulk.PART
    assert [int(item) for part in parts for item in part.items] == numbers
    assert [part.first for part in parts] == list(range(0, bulk.MOST, bulk.PART))
    read = bulk.read(parts[-1], kind, "key", 1)
    assert len(read) == len(parts[-1].items)
    assert all(isinstance(each, Problem) for each in read)


def test_what_is_no_array_is_refused() -> None:
    """API-11"""
    with pytest.raises(Refused):
        bulk.parts_of(b"[", JSON)
    with pytest.raises(InvalidInput):
        bulk.parts_of(b"{}", JSON)


def test_what_a_request_took_more_the_next_ones_wait_for() -> None:
    """API-8"""
    bucket = Bucket(Rate(10, 20), now=0.0)
    assert bucket.take(0.0) == 0
    bucket.take_more(49)
    assert bucket.take(0.0) == pytest.approx(3.1)
    assert dict(bucket.headers())[b"ratelimit"] == b'"key";r=0;t=5'
    assert bucket.take(3.11) == 0


def test_without_a_limit_nothing_is_owed() -> None:
    """API-8"""
    bucket = Bucket(UNLIMITED, now=0.0)
    bucket.take_more(1_000)
    assert bucket.take(0.0) == 0
