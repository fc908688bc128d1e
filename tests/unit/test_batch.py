"""Packing orders, and the tree their batch commits to."""

from __future__ import annotations

from collections import Counter

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from zhifu.batch import (
    HIGHEST_NUMBER,
    ORDERS_PER_WORD,
    BatchItem,
    BatchTree,
    Leaf,
    content_of,
    facts_of,
    leaf_hash,
    learners,
    pack,
    tree,
    unpack,
)
from zhifu.exceptions import InvalidInput
from zhifu.facts import Facts, Quote

REFERRERS = [None, "0x" + "11" * 20, "0x" + "f0" * 20]
STARTS = [0, 1, 1_700_000_000, 2**40 - 1]

items = st.lists(
    st.builds(
        BatchItem,
        st.integers(1, 5) | st.integers(1, HIGHEST_NUMBER),
        st.integers(1, 20) | st.integers(1, HIGHEST_NUMBER),
        st.sampled_from(REFERRERS),
        st.sampled_from(STARTS),
    ),
    min_size=1,
    max_size=80,
)
quotes = st.builds(
    Quote,
    st.integers(1, 2**40 - 1),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.integers(1, 2**16 - 1),
    st.integers(0, 7),
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**32),
    st.sampled_from([0, 3_600, 315_360_000]),
)


@given(items)
def test_every_order_is_in_the_words_once_and_where_it_is_said_to_be(
    orders: list[BatchItem],
) -> None:
    packed = pack(orders)
    leaves = unpack(packed.words)
    found = Counter(
        BatchItem(content_of(leaf.word), learner, leaf.referrer, leaf.starts_at)
        for leaf in leaves
        for learner in learners(leaf.word)
        if learner
    )
    assert found == Counter(orders)
    assert len({place.position for place in packed.places}) == len(orders)
    for order, place in zip(orders, packed.places, strict=True):
        leaf = leaves[place.leaf]
        assert content_of(leaf.word) == order.content
        assert learners(leaf.word)[place.place] == order.learner
        assert (leaf.referrer, leaf.starts_at) == (order.referrer, order.starts_at)


@given(items)
def test_a_content_is_one_group_for_each_referrer_and_start(orders: list[BatchItem]) -> None:
    """The contract pays for one storage slot per group, so groups must not be scattered."""
    leaves = unpack(pack(orders).words)
    groups = [(content_of(leaf.word), leaf.referrer, leaf.starts_at) for leaf in leaves]
    starts = [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group]
    assert len(starts) == len(set(starts))


@given(items)
def test_no_word_is_left_half_empty_before_its_group_ends(orders: list[BatchItem]) -> None:
    sizes = Counter((order.content, order.referrer, order.starts_at) for order in orders)
    leaves = sum(-(-size // ORDERS_PER_WORD) for size in sizes.values())
    assert len(unpack(pack(orders).words)) == leaves


@pytest.mark.parametrize("number", [0, -1, HIGHEST_NUMBER + 1])
def test_numbers_out_of_range_are_named(number: int) -> None:
    for field, item in (("content", BatchItem(number, 1)), ("learner", BatchItem(1, number))):
        with pytest.raises(InvalidInput) as raised:
            pack([BatchItem(1, 1), item])
        assert raised.value.field == field


@pytest.mark.parametrize("starts_at", [-1, 2**40])
def test_a_start_out_of_range_is_named(starts_at: int) -> None:
    with pytest.raises(InvalidInput) as raised:
        pack([BatchItem(1, 1), BatchItem(1, 1, None, starts_at)])
    assert raised.value.field == "starts_at"


def test_a_heading_has_the_referrer_below_the_start() -> None:
    """BATCH-5: 160 bits of referrer, 40 bits of start above them, and nothing above those."""
    words = pack([BatchItem(9, 1, "0x" + "11" * 20, 5)]).words
    assert words[:32].hex() == "00" * 7 + "0000000005" + "11" * 20
    assert unpack(words) == [Leaf(words[32:], "0x" + "11" * 20, 5)]


def test_an_empty_batch_is_refused() -> None:
    for make in (lambda: pack([]), lambda: BatchTree([])):
        with pytest.raises(InvalidInput):
            make()


def climb(node: bytes, index: int, count: int, proof: list[bytes]) -> bytes:
    """The root a proof leads to, as `BatchTree.sol` climbs."""
    siblings, width = iter(proof), count
    while width > 1:
        if index ^ 1 < width:
            sibling = next(siblings)
            node = keccak(sibling + node if index & 1 else node + sibling)
        index, width = index >> 1, (width + 1) >> 1
    assert next(siblings, None) is None
    return keccak((2 << 248).to_bytes(32, "big") + node + count.to_bytes(32, "big"))


@given(st.integers(1, 70))
def test_every_leaf_is_proven_and_none_proves_another(count: int) -> None:
    hashes = [keccak(bytes([leaf])) for leaf in range(count)]
    built = BatchTree(hashes)
    for leaf in range(count):
        assert climb(hashes[leaf], leaf, count, built.proof(leaf)) == built.root
        assert climb(keccak(b"other"), leaf, count, built.proof(leaf)) != built.root


def test_the_root_commits_to_the_number_of_leaves() -> None:
    """A node without a sibling moves up as it is: the count tells the shapes apart."""
    one, two = keccak(b"1"), keccak(b"2")
    assert BatchTree([keccak(one + two)]).root != BatchTree([one, two]).root


@given(items, quotes)
def test_the_tree_of_words_hashes_each_leaf_with_its_facts(
    orders: list[BatchItem], quote: Quote
) -> None:
    words = pack(orders).words
    leaves = unpack(words)
    read = {content_of(leaf.word): quote for leaf in leaves}
    hashes = [leaf_hash(leaf, quote.facts(leaf.referrer, leaf.starts_at)) for leaf in leaves]
    assert tree(words, read).root == BatchTree(hashes).root
    assert [leaf_hash(leaf, facts_of(leaf, read)) for leaf in leaves] == hashes


def test_a_leaf_commits_to_everything_in_it() -> None:
    read = Facts(1, 2, 3, 4, 5, 6)
    leaf = Leaf(bytes(range(32)), None)
    others = [
        leaf_hash(leaf, read._replace(price=2)),
        leaf_hash(leaf, read._replace(epoch=7)),
        leaf_hash(leaf._replace(referrer="0x" + "11" * 20), read),
        leaf_hash(leaf._replace(word=bytes(32)), read),
    ]
    assert len({leaf_hash(leaf, read), *others}) == 5
