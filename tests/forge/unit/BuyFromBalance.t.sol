// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract BuyFromBalanceTest is Scene {
    uint256 private constant PAID_FROM_ACCOUNT = 3;

    function test_debits_the_buyer_and_splits_the_price() external {
        _deposit(accountOf(buyer), PRICE + 9);
        Order memory order = _order();
        Facts facts = Facts.wrap(Batches.pack(_read()) | (PAID_FROM_ACCOUNT << 160));
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderPlaced(Orders.idOf(order, address(settlement)), content, order, facts, 0);
        vm.prank(buyer);
        bytes32 id = settlement.buyFromBalance(order);
        vm.assertEq(id, Orders.idOf(order, address(settlement)), "ORDER-1: the id is the order's hash");
        vm.assertEq(Facts.unwrap(settlement.factsOf(uint256(id))), Facts.unwrap(facts), "BUY-2: from the account");
        _assertAvailable(buyer, 9, "BUY-2: the price is debited");
        vm.assertEq(token.balanceOf(buyer), FUNDS, "BUY-2: no tokens are taken");
        _assertHold(REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), COMMISSION);
    }

    function test_spends_all_there_is() external {
        _deposit(accountOf(buyer), PRICE);
        vm.prank(buyer);
        settlement.buyFromBalance(_order());
        _assertAvailable(buyer, 0, "BUY-2: the price is debited");
    }

    function test_refuses_more_than_there_is() external {
        _deposit(accountOf(buyer), PRICE - 1);
        int256 available = int256(uint256(PRICE - 1));
        vm.expectRevert(
            abi.encodeWithSelector(ISettlement.InsufficientBalance.selector, accountOf(buyer), available, PRICE)
        );
        vm.prank(buyer);
        settlement.buyFromBalance(_order());
    }

    function test_refuses_another_caller() external {
        _deposit(accountOf(buyer), PRICE);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, stranger, buyer));
        vm.prank(stranger);
        settlement.buyFromBalance(_order());
    }
}
