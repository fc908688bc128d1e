"""The batch tree and its words, against an independent one."""

from __future__ import annotations

import pytest
from brownie import accounts, reverts
from hypothesis import strategies as st

from tests.contracts.accounts import of_address
from tests.contracts.batch import LEAF_TAG, Group, Leaf, Tree, hash_words, learner_at, pack_word
from tests.contracts.properties import examples, given

HIGHEST = 2**31 - 1
REFERRER = "0x" + "ab" * 20
HASHES = st.binary(min_size=32, max_size=32)


@pytest.fixture(scope="module")
def trees(TreeHarness):
    return TreeHarness.deploy({"from": accounts[0]})


def leaves_of(count):
    """Return some different leaf hashes."""
    return [hash_words(i) for i in range(count)]


def hashes(answer):
    return [bytes(each) for each in answer]


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 63, 64, 65, 500])
def test_the_root_is_the_specified_one(trees, count):
    """TREE-1."""
    leaves = leaves_of(count)
    assert bytes(trees.root(leaves)) == Tree(leaves).root


@pytest.mark.parametrize("count", [*range(1, 10), 33])
def test_every_proof_leads_to_the_root(trees, count):
    """TREE-3."""
    tree = Tree(leaves_of(count))
    for index in range(count):
        proof = tree.proof(index)
        assert bytes(trees.rootFrom(tree.levels[0][index], index, count, proof)) == tree.root


@given(
    count=st.integers(1, 40), index=st.integers(0, 50), other=st.integers(0, 50), leaves=st.data()
)
@examples(150)
def test_no_other_place_or_size_leads_to_the_root(trees, count, index, other, leaves):
    """TREE-3."""
    tree, index = Tree(leaves_of(count)), index % count
    size = leaves.draw(st.sampled_from([count, count + 1, max(count - 1, 0), 2 * count]))
    reached = trees.rootFrom(tree.levels[0][index], other, size, tree.proof(index))
    assert (bytes(reached) == tree.root) == ((other, size) == (index, count))


@given(count=st.integers(2, 40), index=st.integers(0, 39), forged=HASHES, at=st.integers(-1, 5))
@examples(100)
def test_no_forged_sibling_leads_to_the_root(trees, count, index, forged, at):
    """TREE-3."""
    tree, index = Tree(leaves_of(count)), index % count
    proof = list(tree.proof(index))
    leaf = forged if at < 0 else tree.levels[0][index]
    if at >= 0:
        proof[at % len(proof)] = forged
    assert bytes(trees.rootFrom(leaf, index, count, proof)) != tree.root


@given(word=st.integers(0, 2**256 - 1), facts=st.integers(0, 2**256 - 1), named=st.booleans())
@examples(50)
def test_a_leaf_is_the_specified_hash(trees, word, facts, named):
    """TREE-1."""
    referrer = REFERRER if named else "0x" + "00" * 20
    assert bytes(trees.leaf(word, facts, referrer)) == Leaf(word, facts, referrer).hash()


@given(word=st.integers(0, 2**256 - 1), place=st.integers(0, 300))
@examples(50)
def test_a_place_of_a_word_is_its_learner(trees, word, place):
    """BATCH-4, TREE-3."""
    assert trees.learnerAt(word, place) == (learner_at(word, place) if place < 7 else 0)


def learner_numbers(highest):
    """Draws learner numbers, most of them at an edge."""
    edges = [0, 0, 1, highest // 2, highest - 1, highest, highest + 1]
    edges += [2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1]
    return st.sampled_from([edge for edge in edges if edge >= 0]) | st.integers(0, 2**32 - 1)


@given(data=st.data(), highest=st.sampled_from([0, 1, 2, 1_000, 2**20, HIGHEST - 1, HIGHEST]))
@examples(400)
def test_a_group_is_counted_or_refused(trees, data, highest):
    """BATCH-4, BATCH-6."""
    rows = st.lists(learner_numbers(highest), min_size=7, max_size=7)
    row, more = data.draw(rows), data.draw(rows)
    words = [pack_word(9, row), pack_word(9, more)]
    if all(each[0] >= 1 and max(each) <= highest for each in (row, more)):
        counted = trees.hashGroup(words, 0, 5, REFERRER, highest)
        assert tuple(counted)[:2] == (2, sum(learner > 0 for learner in row + more))
    else:
        expected = refusal(words, highest)
        with reverts(expected):
            trees.hashGroup(words, 0, 5, REFERRER, highest)


def refusal(words, highest):
    """Return what is said of the first wrong word."""
    for index, word in enumerate(words):
        learners = [learner_at(word, place) for place in range(7)]
        if learners[0] == 0:
            return f"MalformedWord: {index}, {word}"
        for learner in learners:
            if learner > highest:
                return f"UnknownLearner: {learner}, {highest}"
    raise AssertionError("no word is wrong")


@given(data=st.data(), highest=st.sampled_from([1, 3, 1_000, HIGHEST]))
@examples(200)
def test_any_valid_group_is_counted(trees, data, highest):
    """BATCH-4, BATCH-6."""
    places = st.integers(0, highest)
    first = st.integers(1, highest)
    rows = st.tuples(first, *[places] * 6)
    words = [pack_word(2**32 - 1, row) for row in data.draw(st.lists(rows, min_size=1, max_size=5))]
    next_, count, found = trees.hashGroup(words, 0, 5, REFERRER, highest)
    assert next_ == len(words)
    assert count == sum(learner_at(word, place) > 0 for word in words for place in range(7))
    assert hashes(found) == [Leaf(word, 5, REFERRER).hash() for word in words]


@pytest.mark.parametrize("start", [0, 1, 2])
def test_a_group_ends_where_another_content_begins(trees, start):
    """BATCH-5."""
    words = [*Group(7, [1] * 7).words() * 3, *Group(8, [1]).words(), *Group(7, [1]).words()]
    next_, count, found = trees.hashGroup(words, start, 5, REFERRER, 1)
    assert (next_, count) == (3, 7 * (3 - start))
    assert len([each for each in hashes(found) if any(each)]) == 3 - start


def test_leaf_and_node_and_root_differ_in_length_or_tag():
    """TREE-1."""
    word = int.from_bytes(b"\1" * 32, "big")
    digests = {
        hash_words(word, word, LEAF_TAG | of_address(REFERRER)),
        hash_words(word, word),
        Tree([word.to_bytes(32, "big")]).root,
    }
    assert len(digests) == 3
