// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IContentLicense} from "../../../contracts/interfaces/IContentLicense.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk, PriceStep} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetPricesTest is Scene {
    uint64 private constant HIGHEST = 2 ** 40 - 1;

    function test_a_price_holds_from_tomorrow() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PriceChanged(content, 7, uint32(TODAY + 1));
        _setPrice(7);
        _assertPrices(PRICE, PRICE, 7);
        vm.warp(block.timestamp + 1 days);
        _assertPrices(PRICE, 7, 7);
        vm.warp(block.timestamp + 1 days);
        _assertPrices(7, 7, 7);
    }

    function test_the_last_one_set_on_a_day_counts() external {
        _setPrice(7);
        _setPrice(8);
        _assertPrices(PRICE, PRICE, 8);
    }

    function test_yesterdays_and_todays_prices_stay() external {
        _setPrice(7);
        vm.warp(block.timestamp + 1 days);
        _setPrice(8);
        _assertPrices(PRICE, 7, 8);
        vm.warp(block.timestamp + 1 days);
        _setPrice(9);
        _assertPrices(7, 8, 9);
        vm.warp(block.timestamp + 5 days);
        _setPrice(10);
        _assertPrices(9, 9, 10);
    }

    function test_steps_hold_from_their_days() external {
        PriceStep[] memory steps = _steps(3);
        (steps[1].fromDay, steps[2].fromDay) = (uint32(TODAY + 4), uint32(TODAY + 9));
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PriceChanged(content, 11, uint32(TODAY + 1));
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PriceChanged(content, 12, uint32(TODAY + 4));
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PriceChanged(content, 13, uint32(TODAY + 9));
        _set(steps);
        _assertPriceOn(TODAY, PRICE);
        _assertPriceOn(TODAY + 1, 11);
        _assertPriceOn(TODAY + 3, 11);
        _assertPriceOn(TODAY + 4, 12);
        _assertPriceOn(TODAY + 8, 12);
        _assertPriceOn(TODAY + 9, 13);
        _assertPriceOn(TODAY + 900, 13);
    }

    function test_new_steps_replace_the_old() external {
        _set(_steps(2));
        PriceStep[] memory steps = _steps(1);
        (steps[0].fromDay, steps[0].price) = (uint32(TODAY + 2), 20);
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PriceChanged(content, PRICE, uint32(TODAY + 1));
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PriceChanged(content, 20, uint32(TODAY + 2));
        _set(steps);
        _assertPriceOn(TODAY + 1, PRICE);
        _assertPriceOn(TODAY + 2, 20);
        _assertPriceOn(TODAY + 3, 20);
    }

    function test_from_one_step_to_as_many_as_fit() external {
        _refuses(_steps(0), abi.encodeWithSelector(ISettlementDesk.PriceStepCountOutOfRange.selector, 0, 3));
        _refuses(_steps(4), abi.encodeWithSelector(ISettlementDesk.PriceStepCountOutOfRange.selector, 4, 3));
        _set(_steps(1));
        vm.warp(block.timestamp + 1 days);
        _refuses(_later(3), abi.encodeWithSelector(ISettlementDesk.PriceStepCountOutOfRange.selector, 3, 2));
        _set(_later(2));
    }

    function test_refuses_days_that_do_not_ascend() external {
        PriceStep[] memory steps = _steps(2);
        steps[0].fromDay = uint32(TODAY);
        _refuses(steps, abi.encodeWithSelector(ISettlementDesk.PriceDayOutOfRange.selector, TODAY, TODAY + 1));
        steps = _steps(2);
        steps[1].fromDay = steps[0].fromDay;
        _refuses(steps, abi.encodeWithSelector(ISettlementDesk.PriceDayOutOfRange.selector, TODAY + 1, TODAY + 2));
        steps[1].fromDay = 1 << 24;
        _refuses(steps, abi.encodeWithSelector(ISettlementDesk.PriceDayOutOfRange.selector, 1 << 24, TODAY + 2));
        steps[1].fromDay = (1 << 24) - 1;
        _set(steps);
    }

    function test_from_one_unit_to_forty_bits() external {
        _refusesPrice(0);
        _refusesPrice(HIGHEST + 1);
        _setPrice(1);
        _setPrice(HIGHEST);
        _assertPriceOn(TODAY + 1, HIGHEST);
    }

    function _refusesPrice(uint64 price) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.PriceOutOfRange.selector, price, HIGHEST));
        _setPrice(price);
    }

    function test_only_an_operator_of_the_host() external {
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotHost.selector, sellerOperator, host));
        vm.prank(sellerOperator);
        licences.setPrice(content, 7);
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotHost.selector, sellerOperator, host));
        vm.prank(sellerOperator);
        licences.setPrices(content, _steps(1));
    }

    function test_refuses_an_unknown_content() external {
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.UnknownContent.selector, 99));
        vm.prank(hostOperator);
        licences.setPrice(99, 7);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        desk.priceOn(99, uint32(TODAY));
    }

    function test_only_the_licence_contract_reaches_settlement() external {
        address expected = address(licences);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, hostOperator, expected));
        vm.prank(hostOperator);
        desk.setPrices(content, _steps(1));
    }

    /// @dev Prices 11, 12, 13 … from tomorrow and the days after it.
    function _steps(uint256 count) private pure returns (PriceStep[] memory steps) {
        steps = new PriceStep[](count);
        for (uint256 i; i < count; ++i) steps[i] = PriceStep(uint32(TODAY + 1 + i), uint64(11 + i));
    }

    function _later(uint256 count) private pure returns (PriceStep[] memory steps) {
        steps = _steps(count);
        for (uint256 i; i < count; ++i) ++steps[i].fromDay;
    }

    function _set(PriceStep[] memory steps) private {
        vm.prank(hostOperator);
        licences.setPrices(content, steps);
    }

    function _setPrice(uint64 price) private {
        vm.prank(hostOperator);
        licences.setPrice(content, price);
    }

    function _refuses(PriceStep[] memory steps, bytes memory reason) private {
        vm.expectRevert(reason);
        _set(steps);
    }

    function _assertPrices(uint64 yesterday, uint64 today, uint64 tomorrow) private view {
        uint256 day = block.timestamp / 1 days;
        _assertPriceOn(day - 1, yesterday);
        _assertPriceOn(day, today);
        _assertPriceOn(day + 1, tomorrow);
    }

    function _assertPriceOn(uint256 day, uint64 expected) private view {
        (uint64 price, bool active) = desk.priceOn(content, uint32(day));
        vm.assertEq(price, expected, "PRICE-2: the price of the day");
        vm.assertTrue(active, "PUB-8: still for sale");
    }
}
