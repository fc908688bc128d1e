// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan} from "../../../contracts/interfaces/IContentLicense.sol";
import {Withdrawal} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Shares} from "../Shares.sol";
import {vm} from "../Vm.sol";
import {Withdrawals} from "../Withdrawals.sol";
import {Contents} from "./Contents.sol";
import {Since, Sold} from "./Ghost.sol";

/// @notice Steps that move money in, out and to its payees.
abstract contract Money is Contents {
    uint64 private _nonces;

    function addWindow(uint256 seed) external drawing(seed) {
        _only(windows.length < CLASSES && _oneIn(4));
        _addClass(uint32(_between(1 hours, 20 days)));
    }

    function pause(uint256 seed) external drawing(seed) {
        _only(!paused && _oneIn(4));
        vm.prank(_oneIn(2) && holders[1] != address(0) ? holders[1] : admin);
        desk.pause();
        paused = true;
    }

    function unpause(uint256 seed) external drawing(seed) {
        _only(paused);
        vm.prank(admin);
        desk.unpause();
        paused = false;
    }

    function deposit(uint256 seed) external drawing(seed) {
        _pay(_anyAccount(), _between(1, 10 ** 9));
    }

    /// @dev Tokens that nobody deposited.
    function donate(uint256 seed) external drawing(seed) {
        uint256 amount = _between(1, 10 ** 9);
        token.mint(address(settlement), amount);
        donated += amount;
        cameIn += amount;
    }

    function withdraw(uint256 seed) external drawing(seed) {
        address payee = _anyPayee();
        address to = _anyPayee();
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

    function withdrawSigned(uint256 seed) external drawing(seed) {
        Withdrawal memory withdrawal = _anyWithdrawal();
        uint256 before = token.balanceOf(withdrawal.to);
        settlement.withdrawSigned(withdrawal);
        vm.assertEq(token.balanceOf(withdrawal.to), before + withdrawal.amount, "SEND-1: the amount arrives");
    }

    /// @dev The first is signed by somebody else, and passed over.
    function withdrawMany(uint256 seed) external drawing(seed) {
        Withdrawal[] memory withdrawals = new Withdrawal[](2);
        withdrawals[0] = Withdrawal(address(this), admin, 1, type(uint64).max, 0, "");
        withdrawals[1] = _anyWithdrawal();
        settlement.withdrawMany(withdrawals);
    }

    function release(uint256 seed) external drawing(seed) {
        uint32[] memory some = new uint32[](_between(1, 4));
        some[0] = sold[_any(_isContentRipe)].content;
        for (uint256 i = 1; i < some.length; ++i) some[i] = _anyContent();
        settlement.release(some);
        for (uint256 i; i < some.length; ++i) _payOutLastTwo(some[i]);
    }

    function releaseVersion(uint256 seed) external drawing(seed) {
        Sold memory order = sold[_any(_isVersionRipe)];
        settlement.releaseVersion(order.content, order.version);
        _payOutOf(order.content, order.version);
    }

    function releaseCommissions(uint256 seed) external drawing(seed) {
        Sold memory order = sold[_any(_isCommissionRipe)];
        Account[] memory accounts = new Account[](3);
        uint256[3] memory holds;
        (accounts[0], holds[0]) = _commissionOf(order);
        (accounts[1], holds[1]) = (accountOfPlatform(order.seller), _holdOfPlatform(order.seller, order.class));
        uint256 payee = _below(payees.length);
        (accounts[2], holds[2]) = (accountOf(payees[payee]), _holdOfPayee(payee, order.class));
        settlement.releaseCommissions(accounts, order.class);
        for (uint256 i; i < 3; ++i) _credit(accounts[i], _drain(holds[i], order.class));
    }

    function _pay(Account account, uint256 amount) internal {
        settlement.deposit(account, amount);
        _credit(account, amount);
        cameIn += amount;
    }

    /// @dev Sees to it that an account can pay.
    function _ensure(Account account, uint256 amount) internal {
        if (available[account] < int256(amount)) _pay(account, amount);
    }

    function _addClass(uint32 windowSeconds) internal {
        vm.prank(admin);
        uint8 class = desk.addWindow(windowSeconds);
        vm.assertEq(class, windows.length, "WIN-1: classes are consecutive");
        windows.push(windowSeconds);
    }

    /// @dev A release pays out the version that was announced last and the one before it.
    function _payOutLastTwo(uint32 content) private {
        Since[] storage all = versions[content];
        uint256 last = all.length - 1;
        _payOutOf(content, all[last].value);
        if (last != 0) _payOutOf(content, all[last - 1].value);
    }

    function _payOutOf(uint32 content, uint256 version) private {
        _divide(content, version, _drain(_holdOfContent(content, version), listings[content].class));
    }

    /// @dev SPLIT-3.
    function _divide(uint32 content, uint256 version, uint256 amount) internal {
        Plan memory plan = plans[content][version];
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
        Since[] storage all = versions[sold[index].content];
        uint256 version = sold[index].version;
        bool isLast = all[all.length - 1].value == version;
        if (!isLast && (all.length == 1 || all[all.length - 2].value != version)) return false;
        return _isVersionRipe(index);
    }

    function _isVersionRipe(uint256 index) private view returns (bool) {
        return _isRipe(index, _holdOfContent(sold[index].content, sold[index].version));
    }

    function _isCommissionRipe(uint256 index) private view returns (bool) {
        (, uint256 hold) = _commissionOf(sold[index]);
        return sold[index].commissionBps != 0 && _isRipe(index, hold);
    }

    function _isRipe(uint256 index, uint256 hold) private view returns (bool) {
        Sold memory order = sold[index];
        bool due = _inHolds(order) && order.epoch + 2 <= _epoch(order.class);
        return due && order.epoch > drainedThrough[hold];
    }

    function _anyAccount() private returns (Account) {
        Account[] memory accounts = _accounts();
        return accounts[_below(accounts.length)];
    }

    function _anyWithdrawal() private returns (Withdrawal memory withdrawal) {
        withdrawal.owner = _anyPayee();
        withdrawal.to = _anyPayee();
        withdrawal.amount = _somethingOf(accountOf(withdrawal.owner));
        withdrawal.deadline = uint64(block.timestamp + _between(1, 1 days));
        withdrawal.nonce = _nextNonce();
        withdrawal.signature = Withdrawals.sign(withdrawal, privateKeys[withdrawal.owner], address(settlement));
    }

    function _nextNonce() internal returns (uint64) {
        return ++_nonces;
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
