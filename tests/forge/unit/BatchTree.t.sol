// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches} from "../Batches.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract BatchTreeTest is Scene {
    uint256 private constant WIDEST = 9;

    function test_every_order_of_every_small_batch_is_proven() external {
        _deposit(accountOfPlatform(seller), FUNDS);
        for (uint64 width = 1; width <= WIDEST; ++width) {
            Batch memory batch = _settleWide(width);
            for (uint256 leaf; leaf < width; ++leaf) {
                BatchOrder memory order = Batches.order(batch, leaf, 0);
                vm.assertTrue(licences.verifyBatch(order, 1), "TREE-3: proven");
                _assertOtherwiseNotProven(order);
            }
        }
    }

    function test_bits_beyond_the_first_256_positions() external {
        _deposit(accountOfPlatform(seller), FUNDS);
        Batch memory batch = _settleWide(40);
        BatchOrder memory order = Batches.order(batch, 36, 4);
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
        vm.assertEq(desk.spentOf(seller, 1, batch.number, 1), 1, "TREE-4: position 256");
        vm.assertEq(desk.spentOf(seller, 1, batch.number, 0), 0, "TREE-4: none below it");
        vm.assertTrue(!licences.verifyBatch(order, 5), "REFUND-5: its licence ended");
        vm.assertTrue(licences.verifyBatch(Batches.order(batch, 0, 0), 1), "REFUND-5: no other did");
    }

    function _settleWide(uint64 width) private returns (Batch memory batch) {
        (batch.platform, batch.lane) = (seller, 1);
        batch.number = settlement.nextBatch(seller, 1);
        batch.words = new uint256[](width);
        batch.facts = new uint256[](width);
        batch.referrers = new address[](width);
        for (uint256 i; i < width; ++i) {
            batch.words[i] = Batches.word(content, _learners(width > WIDEST ? 7 : 1));
            batch.facts[i] = Batches.pack(_read());
        }
        vm.prank(sellerOperator, sellerOperator);
        bytes32 root = settlement.settle(batch.number, uint32(TODAY), FUNDS, batch.words);
        vm.assertEq(root, Batches.root(batch), "TREE-1: the root");
    }

    function _assertOtherwiseNotProven(BatchOrder memory order) private view {
        order.leaf += order.leaves;
        vm.assertTrue(!licences.verifyBatch(order, 1), "TREE-3: not beyond the last leaf");
        order.leaf -= order.leaves;
        vm.assertTrue(!licences.verifyBatch(order, 2), "TREE-3: not for another learner");
        vm.assertTrue(!licences.verifyBatch(order, 0), "VERIFY-4: not for nobody");
        ++order.leaves;
        vm.assertTrue(!licences.verifyBatch(order, 1), "TREE-3: not among more leaves");
        --order.leaves;
        bytes32[] memory proof = order.proof;
        order.proof = new bytes32[](proof.length + 1);
        for (uint256 i; i < proof.length; ++i) order.proof[i] = proof[i];
        vm.assertTrue(!licences.verifyBatch(order, 1), "TREE-3: not with a sibling too many");
        if (proof.length == 0) return;
        order.proof = new bytes32[](proof.length - 1);
        for (uint256 i; i + 1 < proof.length; ++i) order.proof[i] = proof[i];
        vm.assertTrue(!licences.verifyBatch(order, 1), "TREE-3: not with a sibling too few");
        order.proof = proof;
        proof[0] ^= bytes32(uint256(1));
        vm.assertTrue(!licences.verifyBatch(order, 1), "TREE-3: not with another sibling");
        proof[0] ^= bytes32(uint256(1));
    }
}
