// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan} from "../../../contracts/interfaces/IContentLicense.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Shares} from "../Shares.sol";
import {vm} from "../Vm.sol";
import {Contents} from "./Contents.sol";
import {Sold} from "./Ghost.sol";

/// @notice Steps that move money in, out and to its payees.
abstract contract Money is Contents {
    function addWindow(uint256 seed) external drawing(seed) {
        _only(windows.length < CLASSES && _oneIn(4));
        _addClass(uint32(_between(1 hours, 20 days)));
    }

    function deposit(uint256 seed) external drawing(seed) {
        Account account = _anyAccount();
        uint256 amount = _between(1, 10 ** 9);
        _pay(account, amount);
    }

    /// @dev Tokens that nobody deposited.
    function donate(uint256 seed) external drawing(seed) {
        uint256 amount = _between(1, 10 ** 9);
        token.mint(address(settlement), amount);
        donated += amount;
        cameIn += amount;
    }

    function withdraw(uint256 seed) external drawing(seed) {
        address payee = payees[_below(payees.length)];
        address to = payees[_below(payees.length)];
        uint256 amount = _somethingOf(accountOf(payee));
        uint256 before = token.balanceOf(to);
        vm.prank(payee);
        settlement.withdraw(amount, to);
        vm.assertEq(token.balanceOf(to), before + amount, "WITHDRAW-1: the amount arrives");
    }

    function withdrawPlatform(uint256 seed) external drawing(seed) {
        uint32 platform = uint32(_below(members.length));
        uint256 amount = _somethingOf(accountOfPlatform(platform));
        address to = address(uint160(members[platform].treasury.present()));
        uint256 before = token.balanceOf(to);
        vm.prank(_mayWithdraw(platform));
        settlement.withdrawPlatform(platform, amount);
        vm.assertEq(token.balanceOf(to), before + amount, "WITHDRAW-2: the treasury gets it");
    }

    function release(uint256 seed) external drawing(seed) {
        uint32[] memory some = new uint32[](_between(1, 4));
        some[0] = sold[_any(_isContentRipe)].content;
        for (uint256 i = 1; i < some.length; ++i) some[i] = _anyContent();
        settlement.release(some);
        for (uint256 i; i < some.length; ++i) _payOut(some[i]);
    }

    function releaseCommission(uint256 seed) external drawing(seed) {
        Sold memory order = sold[_any(_isCommissionRipe)];
        (Account account, uint256 hold) = _commissionOf(order);
        settlement.releaseCommission(account, order.class);
        _credit(account, _drain(hold, order.class));
    }

    function _pay(Account account, uint256 amount) internal {
        settlement.deposit(account, amount);
        _credit(account, amount);
        cameIn += amount;
    }

    function _addClass(uint32 windowSeconds) internal {
        vm.prank(admin);
        uint8 class = settlement.addWindow(windowSeconds);
        vm.assertEq(class, windows.length, "WIN-1: classes are consecutive");
        windows.push(windowSeconds);
    }

    /// @dev SPLIT-3 with the amount that the orders say.
    function _payOut(uint32 content) private returns (uint256 amount) {
        amount = _drain(content, listings[content].class);
        Plan memory plan = plans[content];
        (uint256[] memory creators, uint256 host, uint256 network) = Shares.divide(plan, amount);
        for (uint256 i; i < creators.length; ++i) _credit(accountOf(plan.creators[i].payee), creators[i]);
        _credit(accountOfPlatform(listings[content].host), host);
        _credit(accountOfPlatform(0), network);
    }

    /// @dev The referrer's if the order names one, and the seller's otherwise.
    function _commissionOf(Sold memory order) private view returns (Account, uint256) {
        if (order.referrer == address(0)) {
            return (accountOfPlatform(order.seller), _holdOfPlatform(order.seller, order.class));
        }
        return (accountOf(order.referrer), _holdOfReferrer(order.referrer, order.class));
    }

    function _isContentRipe(uint256 index) private view returns (bool) {
        return _isRipe(sold[index], sold[index].content);
    }

    function _isCommissionRipe(uint256 index) private view returns (bool) {
        (, uint256 hold) = _commissionOf(sold[index]);
        return _isRipe(sold[index], hold);
    }

    function _isRipe(Sold storage order, uint256 hold) private view returns (bool) {
        bool due = !order.refunded && order.epoch + 2 <= _epoch(order.class);
        return due && order.epoch > drainedThrough[hold];
    }

    function _anyAccount() internal returns (Account) {
        Account[] memory accounts = _accounts();
        return accounts[_below(accounts.length)];
    }

    function _mayWithdraw(uint32 platform) private returns (address) {
        if (platform == 0) return admin;
        return _oneIn(2) ? members[platform].owner : _keyOf(platform);
    }

    /// @dev Debits part of what is there, or all of it.
    function _somethingOf(Account account) private returns (uint256 amount) {
        _only(available[account] > 0);
        uint256 all = uint256(available[account]);
        amount = _oneIn(4) ? all : _between(1, all);
        _debit(account, amount);
        left += amount;
    }
}
