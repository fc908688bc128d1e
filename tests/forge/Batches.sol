// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder} from "../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../contracts/libraries/Facts.sol";

/// @notice What the contract reads for an order, before it is packed.
struct Read {
    uint256 price;
    uint256 commissionBps;
    uint256 referrerBps;
    uint256 version;
    uint256 class;
    uint256 epoch;
    uint256 startsAt;
    uint256 expiresAt;
    uint256 state;
}

/// @notice A batch with every leaf, from which any order can be shown.
struct Batch {
    uint32 platform;
    uint32 lane;
    uint64 number;
    uint256[] words;
    uint256[] facts;
    address[] referrers;
}

/// @notice Words, leaves, roots and proofs of BATCH-4, BATCH-5 and TREE-1, written from the specification.
library Batches {
    uint256 internal constant PLACES = 7;

    function word(uint32 content, uint32[] memory learners) internal pure returns (uint256 packed) {
        packed = content;
        for (uint256 place; place < PLACES; ++place) {
            packed = (packed << 32) | (place < learners.length ? learners[place] : 0);
        }
    }

    function learnerAt(uint256 word_, uint256 place) internal pure returns (uint32) {
        return uint32(word_ >> (32 * (PLACES - 1 - place)));
    }

    function pack(Read memory read) internal pure returns (uint256) {
        return
            read.price
            | (read.commissionBps << 40)
            | (read.referrerBps << 56)
            | (read.version << 72)
            | (read.class << 88)
            | (read.epoch << 96)
            | (read.expiresAt << 120)
            | (read.state << 160)
            | (read.startsAt << 168);
    }

    function leaves(Batch memory batch) internal pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](batch.words.length);
        for (uint256 i; i < hashes.length; ++i) {
            uint256 tagged = (1 << 248) | uint256(uint160(batch.referrers[i]));
            hashes[i] = keccak256(abi.encode(batch.words[i], batch.facts[i], tagged));
        }
    }

    function root(Batch memory batch) internal pure returns (bytes32) {
        bytes32[] memory level = leaves(batch);
        while (level.length > 1) level = parents(level);
        return keccak256(abi.encode(uint256(2 << 248), level[0], batch.words.length));
    }

    function parents(bytes32[] memory level) internal pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < above.length; ++i) {
            bool paired = 2 * i + 1 < level.length;
            above[i] = paired ? keccak256(abi.encode(level[2 * i], level[2 * i + 1])) : level[2 * i];
        }
    }

    function proof(Batch memory batch, uint256 leaf) internal pure returns (bytes32[] memory siblings) {
        bytes32[] memory level = leaves(batch);
        bytes32[] memory found = new bytes32[](32);
        uint256 count;
        for (; level.length > 1; leaf /= 2) {
            uint256 sibling = leaf % 2 == 0 ? leaf + 1 : leaf - 1;
            if (sibling < level.length) found[count++] = level[sibling];
            level = parents(level);
        }
        siblings = new bytes32[](count);
        for (uint256 i; i < count; ++i) siblings[i] = found[i];
    }

    function order(Batch memory batch, uint256 leaf, uint256 place) internal pure returns (BatchOrder memory) {
        return
            BatchOrder(
                batch.platform,
                batch.lane,
                batch.number,
                uint32(batch.words.length),
                uint32(leaf),
                uint8(place),
                batch.words[leaf],
                Facts.wrap(batch.facts[leaf]),
                batch.referrers[leaf],
                proof(batch, leaf)
            );
    }

    /// @notice TREE-2.
    function idOf(Batch memory batch, uint256 leaf, uint256 place) internal pure returns (uint256) {
        uint256 lane = (uint256(batch.platform) << 32) | batch.lane;
        return (((lane << 64) | batch.number) << 32) | (PLACES * leaf + place);
    }
}
