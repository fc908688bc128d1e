// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Publication} from "../../../contracts/interfaces/IContentLicense.sol";
import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Holds} from "../Holds.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract ReleaseCommissionsTest is Scene {
    function test_credits_matured_commissions() external {
        _buyReferred();
        _mature();
        vm.expectEmit(address(settlement));
        emit ISettlement.CommissionReleased(accountOfPlatform(seller), SHORT, SELLER_PART);
        vm.expectEmit(address(settlement));
        emit ISettlement.CommissionReleased(accountOf(referrer), SHORT, REFERRER_PART);
        settlement.releaseCommissions(_both(), SHORT);
        _assertAvailable(seller, SELLER_PART, "RELEASE-2: the seller's");
        _assertAvailable(referrer, REFERRER_PART, "RELEASE-2: the referrer's");
        settlement.releaseCommissions(_both(), SHORT);
        _assertAvailable(seller, SELLER_PART, "RELEASE-2: once");
    }

    function test_leaves_what_can_still_be_refunded() external {
        _buyReferred();
        vm.warp(block.timestamp + SHORT_WINDOW);
        settlement.releaseCommissions(_both(), SHORT);
        _assertAvailable(seller, 0, "SPLIT-2: not matured");
        vm.assertEq(Holds.total(Holds.read(desk.commissionOf(accountOf(referrer), SHORT))), REFERRER_PART, "kept");
    }

    function test_refuses_a_class_that_does_not_exist() external {
        _refusesClass(2);
        _refusesClass(8);
        _refusesClass(255);
        vm.prank(networkOwner);
        desk.pause();
        _refusesClass(8);
        _refusesClass(9);
    }

    function _refusesClass(uint8 class) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownClass.selector, class));
        settlement.releaseCommissions(_both(), class);
    }

    function test_nobody_reaches_the_hold_of_another_class() external {
        _buyLong();
        uint256 held = Holds.total(Holds.read(desk.commissionOf(accountOfPlatform(seller), LONG)));
        vm.assertEq(held, COMMISSION, "in the long class");
        vm.warp(block.timestamp + 2 * SHORT_WINDOW);
        Account[] memory accounts = new Account[](1);
        accounts[0] = Account.wrap(Account.unwrap(accountOfPlatform(seller)) | (uint256(LONG) << 240));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidAccount.selector, accounts[0]));
        settlement.releaseCommissions(accounts, SHORT);
    }

    function _buyLong() private {
        Publication memory publication = _publication("a long course");
        publication.class = LONG;
        content = _publish(hostOperator, publication);
        _bought();
    }

    function _buyReferred() private {
        Order memory order = _order();
        order.referrer = referrer;
        _buy(order);
    }

    function _both() private view returns (Account[] memory accounts) {
        accounts = new Account[](3);
        (accounts[0], accounts[1], accounts[2]) = (accountOfPlatform(seller), accountOf(stranger), accountOf(referrer));
    }
}
