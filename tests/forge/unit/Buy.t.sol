// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IPlatformRegistry, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batches, Read} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {Armed} from "../Tokens.sol";
import {vm} from "../Vm.sol";

contract BuyTest is Scene {
    uint256 private constant PAID = 0x1;

    function test_takes_the_price_and_splits_it_into_the_holds() external {
        Order memory order = _order();
        order.maxPrice = PRICE + 5;
        bytes32 id = Orders.idOf(order, address(settlement));
        Facts facts = Facts.wrap(Batches.pack(_read()) | (PAID << 160));
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderPlaced(id, content, order, facts, PRICE);
        vm.prank(buyer);
        vm.assertEq(settlement.buy(order), id, "ORDER-1: the id is the order's hash");
        vm.assertEq(settlement.orderIdOf(order), id, "ORDER-1: the id is the order's hash");
        vm.assertEq(Facts.unwrap(settlement.factsOf(uint256(id))), Facts.unwrap(facts), "ORDER-4: what was read");
        vm.assertEq(token.balanceOf(buyer), FUNDS - PRICE, "BUY-1: the price is paid");
        _assertHeldTokens(PRICE);
        _assertHold(REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), COMMISSION);
        _assertAvailable(buyer, 0, "BUY-1: nothing else is credited");
    }

    function test_pays_the_referrer_out_of_the_commission() external {
        Order memory order = _order();
        order.referrer = referrer;
        _buy(order);
        _assertHold(REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), SELLER_PART);
        _assertCommission(accountOf(referrer), REFERRER_PART);
        Read memory read = _read();
        read.referrerBps = 498;
        Facts facts = settlement.factsOf(uint256(settlement.orderIdOf(order)));
        vm.assertEq(Facts.unwrap(facts), Batches.pack(read) | (PAID << 160), "SPLIT-1: the share is recorded");
    }

    function test_without_a_seller_all_is_revenue() external {
        Order memory order = _order();
        order.seller = 0;
        _buy(order);
        _assertHold(PRICE, 0, 0);
        vm.assertEq(settlement.availableOf(accountOfPlatform(0)), 0, "nothing for the network yet");
    }

    function test_without_a_seller_refuses_a_referrer() external {
        Order memory order = _order();
        (order.seller, order.referrer) = (0, referrer);
        _refuses(order, abi.encodeWithSelector(ISettlement.ReferrerWithoutSeller.selector, referrer));
    }

    function test_refuses_another_caller() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, stranger, buyer));
        vm.prank(stranger);
        settlement.buy(_order());
    }

    function test_refuses_an_order_placed_before() external {
        Order memory order = _bought();
        bytes32 id = Orders.idOf(order, address(settlement));
        _refuses(order, abi.encodeWithSelector(ISettlement.OrderExists.selector, id));
        vm.prank(sellerOperator);
        settlement.refund(order);
        _refuses(order, abi.encodeWithSelector(ISettlement.OrderExists.selector, id));
    }

    function test_refuses_at_the_deadline() external {
        Order memory order = _order();
        order.deadline = uint64(block.timestamp);
        _refuses(order, abi.encodeWithSelector(ISettlement.DeadlinePassed.selector, block.timestamp, block.timestamp));
        order.deadline = uint64(block.timestamp + 1);
        _buy(order);
    }

    function test_refuses_nobody_as_receiver() external {
        Order memory order = _order();
        order.receiver = address(0);
        _refuses(order, abi.encodeWithSelector(ISettlement.ZeroAddress.selector));
    }

    function test_refuses_a_seller_that_is_unknown_or_suspended() external {
        Order memory order = _order();
        order.seller = 99;
        _refuses(order, abi.encodeWithSelector(IPlatformRegistry.UnknownPlatform.selector, 99));
        vm.prank(networkOwner);
        registry.setStatus(seller, PlatformStatus.Suspended);
        order.seller = seller;
        _refuses(
            order,
            abi.encodeWithSelector(IPlatformRegistry.PlatformNotActive.selector, seller, PlatformStatus.Suspended)
        );
    }

    function test_refuses_a_content_that_is_unknown_or_closed() external {
        Order memory order = _order();
        order.content = 99;
        _refuses(order, abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        vm.prank(hostOperator);
        licences.setActive(content, false);
        order.content = content;
        _refuses(order, abi.encodeWithSelector(ISettlement.ContentInactive.selector, content));
    }

    function test_refuses_a_price_above_the_maximum() external {
        Order memory order = _order();
        order.maxPrice = PRICE - 1;
        _refuses(order, abi.encodeWithSelector(ISettlement.PriceAboveMaximum.selector, PRICE, PRICE - 1));
    }

    function test_refuses_a_start_where_nothing_is_renewed() external {
        Order memory order = _order();
        order.startsAt = uint64(block.timestamp);
        _refuses(order, abi.encodeWithSelector(ISettlement.StartOutOfRange.selector, block.timestamp, 0));
    }

    function test_refuses_while_selling_is_paused() external {
        vm.prank(networkOwner);
        desk.pause();
        _refuses(_order(), abi.encodeWithSelector(ISettlement.Paused.selector));
    }

    function test_refuses_what_a_hold_has_no_room_for() external {
        _deposit(accountOf(buyer), 1);
        uint64 price = 2 ** 40 - 1;
        vm.prank(hostOperator);
        licences.setPrice(content, price);
        vm.warp(block.timestamp + 1 days);
        token.mint(buyer, type(uint128).max);
        Order memory order = _order();
        (order.seller, order.maxPrice) = (0, price);
        // 2^16 orders of 2^40 - 1 fill 56 bits less 2^16; one more overflows.
        _fillHold(2 ** 56 - 1);
        bytes memory reason = abi.encodeWithSelector(HoldLib.HoldOverflow.selector, uint256(price), 0);
        _refuses(order, reason);
    }

    /// @dev Writes the captured bucket of the content's hold, which no test could afford to fill by buying.
    function _fillHold(uint256 amount) private {
        Order memory order = _order();
        (order.seller, order.maxPrice, order.salt) = (0, 2 ** 40 - 1, "first");
        vm.record();
        _buy(order);
        (, bytes32[] memory written) = vm.accesses(address(settlement));
        for (uint256 i; i < written.length; ++i) {
            uint256 raw = uint256(vm.load(address(settlement), written[i]));
            if (uint56(raw >> 112) != order.maxPrice || uint24(raw >> 168) != block.timestamp / SHORT_WINDOW) continue;
            raw |= amount << 112;
            vm.store(address(settlement), written[i], bytes32(raw));
        }
    }

    function test_cannot_be_entered_again_from_the_token() external {
        address hostile = _anotherToken("ReentrantToken.sol:ReentrantToken", "");
        _deploy(hostile);
        _addWindow(SHORT_WINDOW);
        host = _admit("host");
        seller = _admit("seller");
        content = _publish(hostOperator, _publication("a course"));
        _fund(buyer, FUNDS);
        Order memory order = _order();
        Armed(hostile).arm(address(settlement), abi.encodeCall(ISettlement.buy, (order)));
        _refuses(order, abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    function test_refuses_a_buyer_without_tokens() external {
        Order memory order = _order();
        order.buyer = stranger;
        vm.prank(stranger);
        token.approve(address(settlement), PRICE);
        _refuses(order, abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, stranger, 0, PRICE));
    }

    function _refuses(Order memory order, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(order.buyer);
        settlement.buy(order);
    }
}
