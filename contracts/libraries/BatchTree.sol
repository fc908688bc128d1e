// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Facts} from "./Facts.sol";

/// @title BatchTree
/// @notice The Merkle tree that a batch commits to: one leaf per word of the batch, up to seven orders each.
/// @dev A word is 4 bytes of content number and seven 4-byte learner numbers, 0 for an empty place. A leaf hashes 96
/// bytes, a node 64 and a root 96 under another tag, so that none can pass for another. A node without a sibling moves
/// up as it is, which is safe because the root commits to the number of leaves.
library BatchTree {
    /// @notice The leaves of a batch that is being read.
    /// @param hashes Room for at least as many leaves as the batch has words.
    /// @param count How many leaves there are so far.
    /// @param learners The highest learner number that is registered, at most `HIGHEST_LEARNER`.
    struct Leaves {
        bytes32[] hashes;
        uint256 count;
        uint256 learners;
    }

    /// @notice How many orders fit in a word.
    uint256 internal constant ORDERS_PER_WORD = 7;

    /// @notice The highest learner number: one bit below a place's 32, which lets all places of a word be checked at once.
    uint256 internal constant HIGHEST_LEARNER = type(uint32).max >> 1;

    uint256 private constant LEAF_TAG = 0x01_0000000000000000000000_0000000000000000000000000000000000000000;
    uint256 private constant ROOT_TAG = 2 << 248;

    /// @dev In every place of a word: the lowest bit, the highest bit, and all bits below the highest.
    uint256 private constant ONES = 0x00000001_00000001_00000001_00000001_00000001_00000001_00000001;
    uint256 private constant TOPS = 0x80000000_80000000_80000000_80000000_80000000_80000000_80000000;
    uint256 private constant BELOW_TOPS = 0x7fffffff_7fffffff_7fffffff_7fffffff_7fffffff_7fffffff_7fffffff;
    uint256 private constant PLACES_MASK = 0x00000000_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff;

    /// @notice A word without a first learner, or a referrer word that is not one.
    error MalformedWord(uint256 index, uint256 word);

    /// @notice No learner has this number yet.
    error UnknownLearner(uint256 learner, uint256 highest);

    /// @notice Room for the leaves of a batch of so many words.
    function leavesFor(uint256 words, uint256 learners) internal pure returns (Leaves memory leaves) {
        leaves.learners = learners;
        bytes32[] memory hashes;
        assembly ("memory-safe") {
            // Not cleared: a hash is read only after it was written.
            hashes := mload(0x40)
            mstore(hashes, words)
            mstore(0x40, add(hashes, shl(5, add(words, 1))))
        }
        leaves.hashes = hashes;
    }

    /// @notice Adds the words from `index` on that share its content to the leaves, and counts their orders.
    /// @dev Adds to, subtracts from and counts all seven places of a word at once: a place's number is below 2^31, so no
    /// place ever carries into or borrows from its neighbour.
    /// @return next The index after the last word read.
    /// @return count How many orders the words hold.
    function hashGroup(
        uint256[] calldata words,
        uint256 index,
        Facts facts,
        address referrer,
        Leaves memory leaves
    ) internal pure returns (uint256 next, uint256 count) {
        uint256 wrong;
        uint256 limits;
        unchecked {
            limits = TOPS | (ONES * leaves.learners);
        }
        assembly ("memory-safe") {
            // Three words beyond the allocated memory, which are not kept.
            let leafAt := mload(0x40)
            mstore(add(leafAt, 0x20), facts)
            // What is above an address here is not always zero.
            mstore(add(leafAt, 0x40), or(LEAF_TAG, shr(96, shl(96, referrer))))
            let to := add(add(mload(leaves), 0x20), shl(5, mload(add(leaves, 0x20))))
            let begin := add(words.offset, shl(5, index))
            let head := calldataload(begin)
            let at := begin
            // A run that goes on beyond the last word of the batch is refused below.
            for {} 1 {} {
                let word := calldataload(at)
                if shr(224, xor(word, head)) {
                    break
                }
                // A place has only its top bit in all three if its number is from 1 to the limit.
                if xor(and(and(sub(limits, word), sub(or(word, TOPS), ONES)), and(not(word), TOPS)), TOPS) {
                    let places := and(word, PLACES_MASK)
                    // A top bit that is set beforehand, or borrowed away by a number above its limit, is wrong.
                    wrong := or(wrong, or(and(places, TOPS), xor(and(sub(limits, places), TOPS), TOPS)))
                    wrong := or(wrong, iszero(shr(192, places)))
                    // The product gathers the sum of all seven places in the highest one.
                    let filled := shr(31, and(add(places, BELOW_TOPS), TOPS))
                    count := add(count, sub(and(shr(192, mul(filled, ONES)), 7), 7))
                }
                mstore(leafAt, word)
                mstore(to, keccak256(leafAt, 0x60))
                to := add(to, 0x20)
                at := add(at, 0x20)
            }
            count := add(count, mul(7, shr(5, sub(at, begin))))
            next := shr(5, sub(at, words.offset))
        }
        if (next > words.length) revert MalformedWord(words.length, words[index]);
        if (wrong != 0) _refuse(words, index, next, leaves.learners);
        unchecked {
            leaves.count += next - index;
        }
    }

    /// @notice The hash of one word with what the contract read for it.
    function leaf(uint256 word, Facts facts, address referrer) internal pure returns (bytes32 hash) {
        uint256 tagged = LEAF_TAG | uint160(referrer);
        assembly ("memory-safe") {
            // Scratch space holds two words; the third goes to free memory, which is not kept.
            let at := mload(0x40)
            mstore(at, word)
            mstore(add(at, 0x20), facts)
            mstore(add(at, 0x40), tagged)
            hash := keccak256(at, 0x60)
        }
    }

    /// @notice The root over all leaves. Their hashes are used as working space and left changed.
    function root(Leaves memory leaves) internal pure returns (bytes32) {
        bytes32 top;
        bytes32[] memory hashes = leaves.hashes;
        uint256 width = leaves.count;
        assembly ("memory-safe") {
            let base := add(hashes, 0x20)
            for {} gt(width, 1) {} {
                let pairs := shr(1, width)
                let from := base
                let to := base
                for {
                    let end := add(base, shl(7, shr(2, pairs)))
                } lt(to, end) {
                    to := add(to, 0x80)
                    from := add(from, 0x100)
                } {
                    mstore(to, keccak256(from, 0x40))
                    mstore(add(to, 0x20), keccak256(add(from, 0x40), 0x40))
                    mstore(add(to, 0x40), keccak256(add(from, 0x80), 0x40))
                    mstore(add(to, 0x60), keccak256(add(from, 0xc0), 0x40))
                }
                for {
                    let end := add(base, shl(5, pairs))
                } lt(to, end) {
                    to := add(to, 0x20)
                    from := add(from, 0x40)
                } {
                    mstore(to, keccak256(from, 0x40))
                }
                if and(width, 1) {
                    mstore(to, mload(from))
                }
                width := add(pairs, and(width, 1))
            }
            top := mload(base)
        }
        return _seal(top, leaves.count);
    }

    /// @notice The root that `proof` leads to from the leaf at `index` among `count` leaves.
    /// @dev A proof with too few or too many siblings, or an index out of range, gives a value that is no root.
    function rootFrom(
        bytes32 node,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) internal pure returns (bytes32) {
        if (index >= count) return bytes32(0);
        uint256 used;
        unchecked {
            // Widths have 32 bits, and no more siblings are read than there are.
            for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
                if (index ^ 1 < width) {
                    if (used == proof.length) return bytes32(0);
                    bytes32 sibling;
                    assembly ("memory-safe") {
                        sibling := calldataload(add(proof.offset, shl(5, used)))
                    }
                    ++used;
                    node = index & 1 == 0 ? _node(node, sibling) : _node(sibling, node);
                }
                index >>= 1;
            }
        }
        return used == proof.length ? _seal(node, count) : bytes32(0);
    }

    /// @notice The learner at `place` (0 to 6) of a word; 0 for an empty place, or one beyond the word.
    function learnerAt(uint256 word, uint256 place) internal pure returns (uint32) {
        return place < ORDERS_PER_WORD ? uint32(word >> (192 - 32 * place)) : 0;
    }

    /// @notice The word at `index`, which must be there.
    function wordAt(uint256[] calldata words, uint256 index) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(words.offset, shl(5, index)))
        }
    }

    /// @notice The content number of a word.
    function contentOf(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 224);
    }

    /// @dev Reverts with what is wrong in one of the words from `index` to before `end`.
    function _refuse(uint256[] calldata words, uint256 index, uint256 end, uint256 learners) private pure {
        for (; index < end; ++index) {
            uint256 word = words[index];
            if (learnerAt(word, 0) == 0) revert MalformedWord(index, word);
            for (uint256 place; place < ORDERS_PER_WORD; ++place) {
                uint256 learner = learnerAt(word, place);
                if (learner > learners) revert UnknownLearner(learner, learners);
            }
        }
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            hash := keccak256(0x00, 0x40)
        }
    }

    function _seal(bytes32 top, uint256 count) private pure returns (bytes32) {
        return keccak256(abi.encode(ROOT_TAG, top, count));
    }
}
