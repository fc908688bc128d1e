// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IContentLicense} from "../../../contracts/interfaces/IContentLicense.sol";
import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk, Listing} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetActiveTest is Scene {
    function test_closes_and_opens_for_sale() external {
        Order memory order = _bought();
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.ContentActiveChanged(content, false);
        _setActive(false);
        _assertActive(false);
        _assertHold(REVENUE, 0, 0);
        vm.assertTrue(licences.verify(order, receiver), "ACTIVE-1: licences stay");
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.ContentActiveChanged(content, true);
        _setActive(true);
        _assertActive(true);
        order.salt = "another";
        _buy(order);
    }

    function test_only_an_operator_of_the_host() external {
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotHost.selector, sellerOperator, host));
        vm.prank(sellerOperator);
        licences.setActive(content, false);
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.UnknownContent.selector, 99));
        vm.prank(hostOperator);
        licences.setActive(99, false);
    }

    function test_only_the_licence_contract_reaches_settlement() external {
        bytes memory reason = abi.encodeWithSelector(ISettlement.WrongCaller.selector, hostOperator, address(licences));
        vm.expectRevert(reason);
        vm.prank(hostOperator);
        desk.setActive(content, false);
        vm.expectRevert(reason);
        vm.prank(hostOperator);
        desk.list(7, new Listing[](1));
    }

    function test_settlement_knows_only_what_was_listed() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        vm.prank(address(licences));
        desk.setActive(99, true);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        vm.prank(address(licences));
        desk.setPlan(99, 2, 0);
    }

    function _setActive(bool active) private {
        vm.prank(hostOperator);
        licences.setActive(content, active);
    }

    function _assertActive(bool expected) private view {
        (uint64 price, bool active) = desk.priceOn(content, uint32(TODAY));
        vm.assertEq(active, expected, "ACTIVE-1: for sale or not");
        vm.assertEq(price, PRICE, "ACTIVE-1: the price stays");
    }
}
