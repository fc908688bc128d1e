// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches} from "../Batches.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract RefundBatchTest is Scene {
    uint256 private constant PAID = 1;
    uint256 private constant REFUNDED = 4;

    Batch private _batch;

    function setUp() public override {
        super.setUp();
        _batch = _settled();
    }

    function test_returns_the_price_to_the_platform() external {
        BatchOrder memory order = _second();
        vm.expectEmit(address(settlement));
        emit ISettlement.BatchOrderRefunded(Batches.idOf(_batch, 0, 1), content, PRICE);
        _refund(order);
        _assertAvailable(seller, FUNDS - 2 * PRICE, "REFUND-4: back on the platform's account");
        _assertHold(2 * REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), 2 * COMMISSION);
    }

    function test_ends_one_licence_and_no_other() external {
        _refund(_second());
        vm.assertTrue(!licences.verifyBatch(_second(), 2), "REFUND-5: the licence ended");
        vm.assertTrue(licences.verifyBatch(Batches.order(_batch, 0, 0), 1), "REFUND-5: the first goes on");
        vm.assertTrue(licences.verifyBatch(Batches.order(_batch, 0, 2), 3), "REFUND-5: the third goes on");
        vm.assertEq(desk.spentOf(seller, 1, 1, 0), 2, "TREE-4: the second bit");
        (bool proven, Facts facts) = settlement.inspectBatch(_second());
        vm.assertTrue(proven, "TREE-3: it is in the batch");
        vm.assertEq(Facts.unwrap(facts), _batch.facts[0] | ((PAID | REFUNDED) << 160), "TREE-4: it was refunded");
    }

    function test_each_order_has_its_own_id() external view {
        vm.assertEq(desk.batchOrderIdOf(_second()), Batches.idOf(_batch, 0, 1), "TREE-2: the id");
    }

    function test_refuses_a_second_time() external {
        _refund(_second());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, Batches.idOf(_batch, 0, 1)));
        _refund(_second());
    }

    function test_refuses_other_operators() external {
        BatchOrder memory order = _second();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, hostOperator, seller));
        vm.prank(hostOperator);
        settlement.refundBatch(order);
    }

    function test_refuses_after_the_window() external {
        uint256 epoch = block.timestamp / SHORT_WINDOW;
        _mature();
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, epoch, epoch + 2));
        _refund(_second());
    }

    function test_refuses_an_empty_place() external {
        BatchOrder memory order = _second();
        order.place = 3;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EmptyPlace.selector, 3));
        _refund(order);
        order.place = 7;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EmptyPlace.selector, 7));
        _refund(order);
    }

    function test_refuses_whatever_the_batch_does_not_say() external {
        BatchOrder memory order = _second();
        order.facts = Facts.wrap(_batch.facts[0] + 1);
        _refusesProof(order);
        order = _second();
        order.word ^= 1;
        _refusesProof(order);
        order = _second();
        order.referrer = stranger;
        _refusesProof(order);
        order = _second();
        order.leaves = 2;
        _refusesProof(order);
        order = _second();
        order.leaf = 1;
        _refusesProof(order);
        order = _second();
        order.proof = new bytes32[](1);
        _refusesProof(order);
    }

    function test_refuses_a_batch_that_was_never_settled() external {
        BatchOrder memory order = _second();
        order.number = 2;
        bytes32 root = Batches.root(_batch);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidProof.selector, root, bytes32(0)));
        _refund(order);
        order.leaf = order.leaves;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidProof.selector, bytes32(0), bytes32(0)));
        _refund(order);
        (bool proven, ) = settlement.inspectBatch(order);
        vm.assertTrue(!proven, "TREE-3: nothing proves what is not there");
    }

    function _refusesProof(BatchOrder memory order) private {
        (bool proven, ) = settlement.inspectBatch(order);
        vm.assertTrue(!proven, "TREE-3: not in the batch");
        vm.expectPartialRevert(ISettlement.InvalidProof.selector);
        _refund(order);
    }

    function _second() private view returns (BatchOrder memory) {
        return Batches.order(_batch, 0, 1);
    }

    function _refund(BatchOrder memory order) private {
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
    }
}
