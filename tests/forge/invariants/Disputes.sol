// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {vm} from "../Vm.sol";
import {Aftersales} from "./Aftersales.sol";
import {Case, Flow, Sold} from "./Ghost.sol";

/// @notice Steps of disputes.
abstract contract Disputes is Aftersales {
    function openDispute(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefundableDirect);
        Order memory order = orders[sold[index].at];
        uint256 bond = _bondOf(index);
        if (_oneIn(3)) {
            uint32 host = listings[order.content].host;
            _ensure(accountOfPlatform(host), bond);
            vm.prank(_keyOf(host));
            court.openDispute(order, "");
            return _opened(index, accountOfPlatform(host), bond);
        }
        address opener = _oneIn(2) ? order.buyer : order.receiver;
        _ensure(accountOf(opener), bond);
        vm.prank(opener);
        court.openDispute(order, "");
        _opened(index, accountOf(opener), bond);
    }

    function openBatchDispute(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefundableInBatch);
        BatchOrder memory order = _batchOrder(index);
        uint256 bond = _bondOf(index);
        address key = _oneIn(2) ? learnerKeys[_learnerOf(index)] : purseKeys[_purseOf(index)];
        if (key != address(0)) {
            _ensure(accountOf(key), bond);
            vm.prank(key);
            court.openBatchDispute(order, "");
            return _opened(index, accountOf(key), bond);
        }
        uint32 platform = _oneIn(2) ? order.platform : listings[sold[index].content].host;
        _ensure(accountOfPlatform(platform), bond);
        vm.prank(_keyOf(platform));
        court.openBatchDispute(order, "");
        _opened(index, accountOfPlatform(platform), bond);
    }

    function resolveDispute(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isUndecided);
        bool toRefund = _oneIn(2);
        uint256 before = _tokensOfBuyer(index);
        _only(holders[0] != address(0));
        vm.prank(holders[0]);
        if (sold[index].direct) court.resolveDispute(orders[sold[index].at], toRefund, "");
        else court.resolveBatchDispute(_batchOrder(index), toRefund, "");
        if (toRefund) _refunded(index, before);
        else _paidOut(index);
    }

    /// @dev Waits for the arbiter's time to end.
    function closeDispute(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isDisputed);
        _waitFor(sold[index].dispute.deadline);
        uint256 before = _tokensOfBuyer(index);
        if (sold[index].direct) court.closeDispute(orders[sold[index].at]);
        else court.closeBatchDispute(_batchOrder(index));
        _refunded(index, before);
    }

    function _opened(uint256 index, Account opener, uint256 bond) private {
        _debit(opener, bond);
        _moveParts(index, 0);
        _keep(index, DISPUTED);
        sold[index].dispute = Case(opener, bond, block.timestamp + 14 days);
        if (_has(sold[index], CLAIMED)) sold[index].unlocksAt = NEVER;
    }

    function _refunded(uint256 index, uint256 tokensBefore) private {
        _moveParts(index, 1);
        _credit(sold[index].dispute.opener, sold[index].dispute.bond);
        sold[index].state &= ~DISPUTED;
        _end(index);
        uint256 rest = _leftOf(sold[index]);
        if (sold[index].direct) _giveBack(index, rest, tokensBefore);
        else _credit(_payerOf(index), rest);
        delete sold[index].dispute;
    }

    function _paidOut(uint256 index) private {
        Sold memory order = sold[index];
        _moveParts(index, 2);
        uint256[3] memory parts = _partsOf(order, _leftOf(order));
        _divide(order.content, order.version, parts[0]);
        _credit(accountOfPlatform(order.seller), parts[1]);
        if (order.referrer != address(0)) _credit(accountOf(order.referrer), parts[2]);
        _credit(_accused(order), order.dispute.bond);
        sold[index].state &= ~DISPUTED;
        _keep(index, PAID_OUT);
        if (_has(order, CLAIMED) && !listings[order.content].terms.bound) sold[index].unlocksAt = 0;
        delete sold[index].dispute;
    }

    /// @dev From the holds into dispute (0), out of it by refund (1) or by payment (2).
    function _moveParts(uint256 index, uint256 way) private {
        uint256[3] memory holds = _holdsOf(sold[index]);
        uint256[3] memory parts = _partsOf(sold[index], _leftOf(sold[index]));
        for (uint256 i; i < 3; ++i) {
            Flow storage flow = lifetimes[holds[i]];
            if (way == 0) flow.disputed += parts[i];
            else flow.disputed -= parts[i];
            if (way == 1) flow.refunded += parts[i];
            if (way == 2) flow.released += parts[i];
        }
    }

    /// @dev The seller, or the host in its place, or the network: the first that did not open the dispute.
    function _accused(Sold memory order) private view returns (Account) {
        Account opener = order.dispute.opener;
        Account seller = accountOfPlatform(order.seller);
        if (order.seller != 0 && Account.unwrap(seller) != Account.unwrap(opener)) return seller;
        Account host = accountOfPlatform(listings[order.content].host);
        return Account.unwrap(host) == Account.unwrap(opener) ? accountOfPlatform(0) : host;
    }

    /// @dev A tenth of what is left, rounded up.
    function _bondOf(uint256 index) private view returns (uint256) {
        return (_leftOf(sold[index]) + 9) / 10;
    }

    function _tokensOfBuyer(uint256 index) private view returns (uint256) {
        return sold[index].direct ? token.balanceOf(orders[sold[index].at].buyer) : 0;
    }

    function _isUndecided(uint256 index) private view returns (bool) {
        return _has(sold[index], DISPUTED) && block.timestamp < sold[index].dispute.deadline;
    }

    function _isDisputed(uint256 index) private view returns (bool) {
        return _has(sold[index], DISPUTED);
    }
}
