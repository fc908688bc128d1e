// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchTree} from "../libraries/BatchTree.sol";
import {Facts} from "../libraries/Facts.sol";

/// @title TreeHarness
/// @notice Opens the batch tree to tests.
contract TreeHarness {
    /// @notice The hash of one word with its facts and referrer.
    function leaf(uint256 word, Facts facts, address referrer) external pure returns (bytes32) {
        return BatchTree.leaf(word, facts, referrer);
    }

    /// @notice The root over all of `hashes`.
    function root(bytes32[] calldata hashes) external pure returns (bytes32) {
        return BatchTree.root(BatchTree.Leaves(hashes, hashes.length, 0));
    }

    /// @notice The leaves of the words from `index` on that share its content, when `learners` is the highest registered.
    function hashGroup(
        uint256[] calldata words,
        uint256 index,
        Facts facts,
        address referrer,
        uint256 learners
    ) external pure returns (uint256 next, uint256 count, bytes32[] memory hashes) {
        BatchTree.Leaves memory leaves = BatchTree.Leaves(new bytes32[](words.length), 0, learners);
        (next, count) = BatchTree.hashGroup(words, index, facts, referrer, leaves);
        hashes = leaves.hashes;
    }

    /// @notice The root that a proof leads to.
    function rootFrom(
        bytes32 node,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) external pure returns (bytes32) {
        return BatchTree.rootFrom(node, index, count, proof);
    }

    /// @notice The learner at a place of a word.
    function learnerAt(uint256 word, uint256 place) external pure returns (uint32) {
        return BatchTree.learnerAt(word, place);
    }
}
