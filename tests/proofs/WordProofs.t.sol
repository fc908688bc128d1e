// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchTree} from "../../contracts/libraries/BatchTree.sol";
import {Facts} from "../../contracts/libraries/Facts.sol";

/// @title WordProofs
/// @notice A batch's words are read as seven places each, all at once as one by one: BATCH-4 to BATCH-6, TREE-1, TREE-2.
/// @dev A group's content number is never 0: a word that has none is a referrer's.
contract WordProofs {
    /// @notice The words of one group, read from `index` on.
    function read(
        uint256[] calldata words,
        uint256 index,
        Facts facts,
        address referrer,
        uint256 learners
    ) external pure returns (uint256 next, uint256 count, bytes32[] memory hashes, uint256 leaves) {
        BatchTree.Leaves memory tree = BatchTree.leavesFor(words.length, learners);
        (next, count) = BatchTree.hashGroup(words, index, facts, referrer, tree);
        return (next, count, tree.hashes, tree.count);
    }

    /// @notice A word is refused if and only if its first place is empty or a place is above the highest learner.
    function check_WordIsRefusedForItsPlaces(uint256 word, uint32 learners) external view {
        if (learners > BatchTree.HIGHEST_LEARNER || BatchTree.contentOf(word) == 0) return;
        bool valid = _place(word, 0) != 0;
        for (uint256 place; place < 7; ++place) {
            valid = valid && _place(word, place) <= learners;
        }
        try this.read(_one(word), 0, Facts.wrap(0), address(0), learners) {
            assert(valid);
        } catch {
            assert(!valid);
        }
    }

    /// @notice As many orders are counted as places are filled.
    function check_EveryFilledPlaceIsCounted(uint256 word, uint32 learners) external view {
        if (learners > BatchTree.HIGHEST_LEARNER || BatchTree.contentOf(word) == 0) return;
        uint256 filled;
        for (uint256 place; place < 7; ++place) {
            filled += _isFilled(_place(word, place));
        }
        try this.read(_one(word), 0, Facts.wrap(0), address(0), learners) returns (
            uint256,
            uint256 count,
            bytes32[] memory,
            uint256
        ) {
            assert(count == filled);
        } catch {}
    }

    /// @notice A leaf made while a batch is read is the leaf that a proof starts from, and commits to all it is made of.
    function check_LeafIsTheSameInBothPlaces(uint256 word, Facts facts, address referrer) external view {
        bytes32 expected = keccak256(abi.encode(word, facts, (1 << 248) | uint256(uint160(referrer))));
        assert(BatchTree.leaf(word, facts, referrer) == expected);
        if (BatchTree.contentOf(word) == 0) return;
        try this.read(_one(word), 0, facts, referrer, BatchTree.HIGHEST_LEARNER) returns (
            uint256,
            uint256,
            bytes32[] memory hashes,
            uint256
        ) {
            assert(hashes[0] == expected);
        } catch {}
    }

    /// @notice A group goes on exactly as long as the content number stays; every word of it becomes one leaf, in order.
    function check_GroupEndsWithItsContent(
        uint256 first,
        uint256 second,
        uint256 third,
        bool fromSecond
    ) external view {
        uint256[] memory words = new uint256[](3);
        (words[0], words[1], words[2]) = (first, second, third);
        uint256 index = fromSecond ? 1 : 0;
        if (BatchTree.contentOf(words[index]) == 0) return;
        uint256 end = index + 1;
        while (end < 3 && words[end] >> 224 == words[index] >> 224) ++end;
        try this.read(words, index, Facts.wrap(0), address(0), BatchTree.HIGHEST_LEARNER) returns (
            uint256 next,
            uint256,
            bytes32[] memory hashes,
            uint256 leaves
        ) {
            assert(next == end && leaves == end - index);
            for (uint256 i; i < leaves; ++i) {
                assert(hashes[i] == BatchTree.leaf(words[index + i], Facts.wrap(0), address(0)));
            }
        } catch {}
    }

    /// @notice A word is taken apart into the content and the seven learners it was put together from.
    function check_WordsReadBack(uint32 content, uint32[7] calldata learners, uint256 place) external pure {
        uint256 word = content;
        for (uint256 i; i < 7; ++i) {
            word = (word << 32) | learners[i];
        }
        assert(BatchTree.contentOf(word) == content);
        for (uint256 i; i < 7; ++i) {
            assert(BatchTree.learnerAt(word, i) == learners[i]);
        }
        assert(place < 7 || BatchTree.learnerAt(word, place) == 0);
    }

    function _one(uint256 word) private pure returns (uint256[] memory words) {
        words = new uint256[](1);
        words[0] = word;
    }

    /// @dev 1 for a number, 0 for none: without a branch, so that seven places do not make 128 ways to go.
    function _isFilled(uint256 learner) private pure returns (uint256 filled) {
        assembly ("memory-safe") {
            filled := iszero(iszero(learner))
        }
    }

    /// @dev The number at a place, counted off by dividing.
    function _place(uint256 word, uint256 place) private pure returns (uint256) {
        return (word / 2 ** (32 * (6 - place))) % 2 ** 32;
    }
}
