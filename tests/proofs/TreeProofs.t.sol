// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchTree} from "../../contracts/libraries/BatchTree.sol";

/// @title TreeProofs
/// @notice A proof leads from every leaf of a batch to its root, and from nothing else: TREE-1, TREE-3.
/// @dev Proofs are proven for trees of one to five leaves, which have every shape of a level: even, odd, and a node that moves
/// up twice. Roots are proven up to twelve, since the contract hashes four pairs of a level at once.
contract TreeProofs {
    uint256 private constant LARGEST = 5;

    /// @notice The root that a proof leads to.
    function climb(
        bytes32 node,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) external pure returns (bytes32) {
        return BatchTree.rootFrom(node, index, count, proof);
    }

    /// @notice The root of a batch is the one that the tree's definition gives.
    function check_RootIsAsDefined(bytes32[12] calldata leaves, uint256 anyCount) external pure {
        uint256 count = _each(anyCount, leaves.length + 1);
        if (count == 0) return;
        bytes32[] memory some = new bytes32[](count);
        bytes32[] memory same = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            (some[i], same[i]) = (leaves[i], leaves[i]);
        }
        bytes32 expected = keccak256(abi.encode(uint256(2) << 248, _top(some), count));
        assert(BatchTree.root(BatchTree.Leaves(same, count, 0)) == expected);
    }

    /// @notice Every leaf of every tree has a proof that leads to the root.
    function check_EveryLeafHasAProof(bytes32[5] calldata leaves) external view {
        for (uint256 count = 1; count <= LARGEST; ++count) {
            bytes32 root = BatchTree.root(BatchTree.Leaves(_first(leaves, count), count, 0));
            for (uint256 index; index < count; ++index) {
                assert(this.climb(leaves[index], index, count, _proof(_first(leaves, count), index)) == root);
            }
        }
    }

    /// @notice No other leaf, with whatever siblings, leads to the root from the same place.
    function check_NoOtherLeafHasAProof(
        bytes32[5] calldata leaves,
        bytes32 forged,
        bytes32[3] calldata siblings,
        uint256 anyCount,
        uint256 anyIndex
    ) external view {
        uint256 count = _each(anyCount, LARGEST + 1);
        if (count == 0) return;
        uint256 index = _each(anyIndex, count);
        bytes32[] memory proof = new bytes32[](_proof(_first(leaves, count), index).length);
        for (uint256 i; i < proof.length; ++i) {
            proof[i] = siblings[i];
        }
        bytes32 root = BatchTree.root(BatchTree.Leaves(_first(leaves, count), count, 0));
        assert(this.climb(forged, index, count, proof) != root || forged == leaves[index]);
    }

    /// @notice A root stands for one number of leaves only.
    function check_NoOtherCountHasTheRoot(
        bytes32[5] calldata leaves,
        uint256 anyCount,
        uint256 anyOther
    ) external pure {
        uint256 count = _each(anyCount, LARGEST + 1);
        if (count == 0) return;
        uint256 other = _each(anyOther, count);
        if (other == 0) return;
        bytes32 root = BatchTree.root(BatchTree.Leaves(_first(leaves, count), count, 0));
        assert(BatchTree.root(BatchTree.Leaves(_first(leaves, other), other, 0)) != root);
    }

    /// @notice A proof that is too short or too long gives no root.
    function check_ProofsOfAnotherLengthGiveNoRoot(bytes32 node, bytes32[5] calldata siblings) external view {
        for (uint256 count = 1; count <= LARGEST; ++count) {
            for (uint256 index; index < count; ++index) {
                uint256 fitting = _proof(_first(siblings, count), index).length;
                for (uint256 length; length <= LARGEST; ++length) {
                    if (length == fitting) continue;
                    assert(this.climb(node, index, count, _first(siblings, length)) == bytes32(0));
                }
            }
        }
    }

    /// @notice A place beyond the batch gives no root, whatever the proof.
    function check_PlacesBeyondTheBatchGiveNoRoot(
        bytes32 node,
        uint256 index,
        uint256 count,
        bytes32[3] calldata siblings,
        uint256 anyLength
    ) external view {
        if (index < count) return;
        bytes32[] memory proof = new bytes32[](_each(anyLength, siblings.length + 1));
        for (uint256 i; i < proof.length; ++i) {
            proof[i] = siblings[i];
        }
        assert(this.climb(node, index, count, proof) == bytes32(0));
    }

    /// @dev The chosen number below the limit, or the last, as one that is known on each way: trees need a known shape.
    function _each(uint256 chosen, uint256 limit) private pure returns (uint256 known) {
        while (known + 1 < limit && known != chosen) ++known;
    }

    /// @dev One level up: pairs are hashed, a node without a sibling moves up as it is.
    function _up(bytes32[] memory nodes) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((nodes.length + 1) / 2);
        for (uint256 i; i < above.length; ++i) {
            bool paired = 2 * i + 1 < nodes.length;
            above[i] = paired ? keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1])) : nodes[2 * i];
        }
    }

    function _top(bytes32[] memory nodes) private pure returns (bytes32) {
        while (nodes.length > 1) nodes = _up(nodes);
        return nodes[0];
    }

    /// @dev The siblings on the way from the leaf at `index` to the top.
    function _proof(bytes32[] memory nodes, uint256 index) private pure returns (bytes32[] memory proof) {
        bytes32[] memory siblings = new bytes32[](LARGEST);
        uint256 length;
        for (; nodes.length > 1; nodes = _up(nodes)) {
            uint256 sibling = index % 2 == 0 ? index + 1 : index - 1;
            if (sibling < nodes.length) siblings[length++] = nodes[sibling];
            index /= 2;
        }
        proof = new bytes32[](length);
        for (uint256 i; i < length; ++i) {
            proof[i] = siblings[i];
        }
    }

    function _first(bytes32[5] calldata leaves, uint256 count) private pure returns (bytes32[] memory some) {
        some = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            some[i] = leaves[i];
        }
    }
}
