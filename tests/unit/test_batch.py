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
    Facts,
    Leaf,
    content_of,
    leaf_hash,
    learners,
    pack,
    tree,
    unpack,
)
from zhifu.exceptions import InvalidInput

REFERRERS = [None, "0x" + "11" * 20, "0x" + "f0" * 20]

items = st.lists(
    st.builds(
        BatchItem,
        st.integers(1, 5) | st.integers(1, HIGHEST_NUMBER),
        st.integers(1, 20) | st.integers(1, HIGHEST_NUMBER),
        st.sampled_from(REFERRERS),
    ),
    min_size=1,
    max_size=80,
)
facts = st.builds(
    Facts,
    st.integers(0, 2**40 - 1),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.integers(0, 2**16 - 1),
    st.integers(0, 7),
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**40 - 1),
    st.integers(0, 255),
)


@given(items)
def test_every_order_is_in_the_words_once_and_where_it_is_said_to_be(
    orders: list[BatchItem],
) -> None:
    packed = pack(orders)
    leaves = unpack(packed.words)
    found = Counter(
        BatchItem(content_of(leaf.word), learner, leaf.referrer)
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
        assert leaf.referrer == order.referrer


@given(items)
def test_a_content_is_one_group_for_each_referrer(orders: list[BatchItem]) -> None:
    """The contract pays for one storage slot per group, so groups must not be scattered."""
    leaves = unpack(pack(orders).words)
    groups = [(content_of(leaf.word), leaf.referrer) for leaf in leaves]
    starts = [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group]
    assert len(starts) == len(set(starts))


@given(items)
def test_no_word_is_left_half_empty_before_its_group_ends(orders: list[BatchItem]) -> None:
    sizes = Counter((order.content, order.referrer) for order in orders)
    leaves = sum(-(-size // ORDERS_PER_WORD) for size in sizes.values())
    assert len(unpack(pack(orders).words)) == leaves


@pytest.mark.parametrize("number", [0, -1, HIGHEST_NUMBER + 1])
def test_numbers_out_of_range_are_named(number: int) -> None:
    for field, item in (("content", BatchItem(number, 1)), ("learner", BatchItem(1, number))):
        with pytest.raises(InvalidInput) as raised:
            pack([BatchItem(1, 1), item])
        assert raised.value.field == field


def test_an_empty_batch_is_refused() -> None:
    for make in (lambda: pack([]), lambda: BatchTree([])):
        with pytest.raises(InvalidInput):
            make()


@given(facts)
def test_facts_come_back_as_they_went(given_facts: Facts) -> None:
    assert Facts.unpack(given_facts.pack()) == given_facts
    assert given_facts.pack() < 2**168


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


@given(items, facts)
def test_the_tree_of_words_hashes_each_leaf_with_its_facts(
    orders: list[BatchItem], read: Facts
) -> None:
    words = pack(orders).words
    leaves = unpack(words)
    contents = {content_of(leaf.word) for leaf in leaves}
    built = tree(words, dict.fromkeys(contents, read), dict.fromkeys(contents, 77))
    hashes = [
        leaf_hash(leaf, read._replace(referrer_bps=77) if leaf.referrer else read)
        for leaf in leaves
    ]
    assert built.root == BatchTree(hashes).root


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
