// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

/// @notice Whom a licence does not verify for, and what was never one.
contract VerifyTest is Scene {
    function test_an_order_never_placed_verifies_for_nobody() external view {
        Order memory order = _order();
        vm.assertTrue(!licences.verify(order, order.receiver), "VERIFY-4: not for its receiver");
        vm.assertTrue(!licences.verify(order, address(0)), "VERIFY-4: nor for nobody");
    }

    function test_an_order_verifies_for_its_receiver_alone() external {
        Order memory order = _bought();
        vm.assertTrue(licences.verify(order, receiver), "VERIFY-1: for its receiver");
        vm.assertTrue(!licences.verify(order, buyer), "VERIFY-1: not for who paid");
        vm.assertTrue(!licences.verify(order, address(0)), "VERIFY-1: nor for nobody");
    }

    function test_a_token_verifies_for_its_holder_and_content_alone() external {
        Order memory order = _bought();
        vm.prank(receiver);
        licences.claim(order);
        uint256 id = uint256(settlement.orderIdOf(order));
        vm.assertTrue(licences.verifyToken(id, content, receiver), "VERIFY-3: for both");
        vm.assertTrue(!licences.verifyToken(id, content, stranger), "VERIFY-3: not for a stranger");
        vm.assertTrue(!licences.verifyToken(id, 0, receiver), "VERIFY-3: not for no content");
    }

    function test_no_token_verifies_for_nothing() external view {
        vm.assertTrue(!licences.verifyToken(7, 0, address(0)), "VERIFY-3: an unknown one");
        vm.assertTrue(!licences.verifyToken(7, content, address(0)), "VERIFY-3: an unknown one of a content");
    }

    function test_an_empty_place_verifies_for_nobody() external {
        BatchOrder memory order = _settledOrder();
        vm.assertTrue(licences.verifyBatch(order, 2), "VERIFY-2: for its learner");
        vm.assertTrue(!licences.verifyBatch(order, 1), "VERIFY-2: not for a fellow");
        order.place = 6;
        vm.assertTrue(!licences.verifyBatch(order, 0), "VERIFY-4: nobody is at the place");
        (bool proven, ) = settlement.inspectBatch(order);
        vm.assertTrue(!proven, "TREE-3: nobody is at the place");
    }
}
