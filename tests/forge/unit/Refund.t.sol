// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {Armed, Blocking} from "../Tokens.sol";
import {vm} from "../Vm.sol";

contract RefundTest is Scene {
    function test_returns_the_price_as_tokens() external {
        Order memory order = _order();
        order.referrer = referrer;
        _buy(order);
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderRefunded(Orders.idOf(order, address(settlement)), content, PRICE, false);
        _refund(order);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "REFUND-3: the tokens are back");
        _assertAvailable(buyer, 0, "REFUND-3: nothing on the account");
        _assertNothingHeld();
        vm.assertTrue(!licences.verify(order, receiver), "REFUND-5: the licence ended");
    }

    function test_returns_to_the_account_it_came_from() external {
        _deposit(accountOf(buyer), PRICE);
        Order memory order = _order();
        vm.prank(buyer);
        settlement.buyFromBalance(order);
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderRefunded(Orders.idOf(order, address(settlement)), content, PRICE, true);
        _refund(order);
        _assertAvailable(buyer, PRICE, "REFUND-3: back on the account");
        vm.assertEq(token.balanceOf(buyer), FUNDS, "REFUND-3: no tokens");
        _assertNothingHeld();
    }

    function test_records_the_refund() external {
        Order memory order = _bought();
        _refund(order);
        uint256 facts = Facts.unwrap(settlement.factsOf(uint256(Orders.idOf(order, address(settlement)))));
        vm.assertEq(facts, Batches.pack(_read()) | (5 << 160), "INV-7: paid and refunded");
    }

    function test_takes_back_from_the_last_epoch() external {
        Order memory order = _bought();
        vm.warp(block.timestamp + SHORT_WINDOW);
        _refund(order);
        _assertHold(0, 0, 0);
    }

    function test_leaves_other_orders_in_the_hold() external {
        Order memory order = _bought();
        Order memory another = _order();
        another.salt = "another";
        _buy(another);
        _refund(order);
        _assertHold(REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), COMMISSION);
    }

    function test_a_blocked_buyer_is_credited() external {
        address blocking = _shop("BlockingToken.sol:BlockingToken");
        Order memory order = _bought();
        Blocking(blocking).setBlocked(buyer, true);
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderRefunded(Orders.idOf(order, address(settlement)), content, PRICE, true);
        _refund(order);
        _assertAvailable(buyer, PRICE, "REFUND-3: credited instead");
        _assertHeldTokens(PRICE);
    }

    function test_a_suspended_seller_can_refund() external {
        Order memory order = _bought();
        vm.prank(networkOwner);
        registry.setStatus(seller, PlatformStatus.Suspended);
        _refund(order);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "ALL-3: refunds go on");
    }

    function test_the_host_refunds_where_there_is_no_seller() external {
        Order memory order = _order();
        order.seller = 0;
        _buy(order);
        bytes memory reason = abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, sellerOperator, host);
        vm.expectRevert(reason);
        _refund(order);
        vm.prank(hostOperator);
        settlement.refund(order);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "REFUND-3: the tokens are back");
        _assertHold(0, 0, 0);
    }

    function test_refuses_everybody_but_the_sellers_operators() external {
        Order memory order = _bought();
        _refuses(order, hostOperator);
        _refuses(order, owner("seller"));
        _refuses(order, buyer);
        _refuses(order, networkOwner);
    }

    function _refuses(Order memory order, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, caller, seller));
        vm.prank(caller);
        settlement.refund(order);
    }

    function test_refuses_a_second_time() external {
        Order memory order = _bought();
        _refund(order);
        uint256 id = uint256(Orders.idOf(order, address(settlement)));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, id));
        _refund(order);
    }

    function test_refuses_an_order_that_was_never_placed() external {
        Order memory order = _order();
        bytes32 id = Orders.idOf(order, address(settlement));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownOrder.selector, id));
        _refund(order);
    }

    function test_refuses_from_the_second_epoch_on() external {
        Order memory order = _bought();
        uint256 epoch = block.timestamp / SHORT_WINDOW;
        _mature();
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, epoch, epoch + 2));
        _refund(order);
        vm.warp(block.timestamp - 1);
        _refund(order);
    }

    function test_burns_a_claimed_licence() external {
        Order memory order = _bought();
        vm.prank(receiver);
        licences.claim(order);
        _refund(order);
        uint256 id = uint256(Orders.idOf(order, address(settlement)));
        vm.assertEq(licences.holderOf(id), address(0), "REFUND-5: the token is burned");
    }

    function test_cannot_be_entered_again_from_the_token() external {
        address hostile = _shop("ReentrantToken.sol:ReentrantToken");
        Order memory order = _bought();
        // The refund survives a token that fails, so what must hold is that the second entry does nothing.
        Armed(hostile).arm(address(settlement), abi.encodeCall(ISettlement.refund, (order)));
        _refund(order);
        _assertAvailable(buyer, PRICE, "ALL-2: credited, once");
        _assertHold(0, 0, 0);
        bytes memory guard = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        Armed(hostile).arm(address(settlement), abi.encodeCall(ISettlement.withdraw, (1, buyer)));
        vm.expectRevert(guard);
        vm.prank(buyer);
        settlement.withdraw(2, buyer);
    }

    function _shop(string memory artifact) private returns (address hostile) {
        hostile = _anotherToken(artifact, "");
        _deploy(hostile);
        _addWindow(SHORT_WINDOW);
        host = _admit("host");
        seller = _admit("seller");
        content = _publish(hostOperator, _publication("a course"));
        _fund(buyer, FUNDS);
    }

    function _refund(Order memory order) private {
        vm.prank(sellerOperator);
        settlement.refund(order);
    }

    function _assertNothingHeld() private view {
        _assertHold(0, 0, 0);
        _assertCommission(accountOfPlatform(seller), 0);
    }
}
