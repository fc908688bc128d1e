// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Facts} from "./Facts.sol";

/// @title BatchTree
/// @notice The Merkle tree that a batch commits to: one leaf per word of the batch, up to seven orders each.
/// @dev A word is 4 bytes of content number and seven 4-byte learner numbers, 0 for an empty place. A leaf hashes 96
/// bytes, a node 64 and a root 96 under another tag, so that none can pass for another. A node without a sibling moves
/// up as it is, which is safe because the root commits to the number of leaves.
library BatchTree {
    /// @notice How many orders fit in a word.
    uint256 internal constant ORDERS_PER_WORD = 7;

    uint256 private constant LEAF_TAG = 1 << 248;
    uint256 private constant ROOT_TAG = 2 << 248;

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

    /// @notice The root over the first `count` leaves. The array is used as working space and left changed.
    function root(bytes32[] memory leaves, uint256 count) internal pure returns (bytes32) {
        bytes32 top;
        uint256 width = count;
        assembly ("memory-safe") {
            let base := add(leaves, 0x20)
            for {} gt(width, 1) {} {
                let pairs := shr(1, width)
                let from := base
                let to := base
                for { let end := add(base, shl(5, pairs)) } lt(to, end) { to := add(to, 0x20) } {
                    mstore(to, keccak256(from, 0x40))
                    from := add(from, 0x40)
                }
                if and(width, 1) { mstore(to, mload(from)) }
                width := add(pairs, and(width, 1))
            }
            top := mload(base)
        }
        return _seal(top, count);
    }

    /// @notice The root that `proof` leads to from the leaf at `index` among `count` leaves.
    /// @dev A proof with too few or too many siblings, or an index out of range, gives a value that is no root.
    function rootFrom(bytes32 node, uint256 index, uint256 count, bytes32[] calldata proof)
        internal
        pure
        returns (bytes32)
    {
        if (index >= count) return bytes32(0);
        uint256 used;
        for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
            if (index ^ 1 < width) {
                if (used == proof.length) return bytes32(0);
                bytes32 sibling = proof[used++];
                node = index & 1 == 0 ? _node(node, sibling) : _node(sibling, node);
            }
            index >>= 1;
        }
        return used == proof.length ? _seal(node, count) : bytes32(0);
    }

    /// @notice The learner at `place` (0 to 6) of a word; 0 for an empty place, or one beyond the word.
    function learnerAt(uint256 word, uint256 place) internal pure returns (uint32) {
        return place < ORDERS_PER_WORD ? uint32(word >> (192 - 32 * place)) : 0;
    }

    /// @notice The content number of a word.
    function contentOf(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 224);
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
