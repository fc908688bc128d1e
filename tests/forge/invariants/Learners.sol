// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Consent} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOfLearner, accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches} from "../Batches.sol";
import {Agreement, Consents} from "../Consents.sol";
import {vm} from "../Vm.sol";
import {BatchSales} from "./BatchSales.sol";
import {Key} from "./Platforms.sol";
import {DELAY, Term} from "./Term.sol";

/// @notice Steps of learners' accounts.
abstract contract Learners is BatchSales {
    bool private _consenting;

    /// @dev By platform: its limit of a day, and what it used of it on which day.
    mapping(uint32 platform => Term) internal topUpLimits;
    mapping(uint32 platform => mapping(uint256 day => uint256)) private _toppedUp;

    function setTopUpLimit(uint256 seed) external drawing(seed) {
        _setTopUpLimit(_anyPlatform(), _between(0, 10 ** 8));
    }

    function topUp(uint256 seed) external drawing(seed) {
        _only(!paused);
        Key memory key = _activeKey();
        uint32[] memory learners = new uint32[](_between(1, 3));
        uint256[] memory amounts = new uint256[](learners.length);
        uint256 total;
        for (uint256 i; i < learners.length; ++i) {
            (learners[i], amounts[i]) = (_learnerMet(), _between(1, 10 ** 6));
            total += amounts[i];
        }
        _only(total <= _topUpLeft(key.platform));
        _ensure(accountOfPlatform(key.platform), total);
        vm.prank(key.key);
        desk.topUp(learners, amounts);
        _toppedUp[key.platform][_today()] += total;
        _debit(accountOfPlatform(key.platform), total);
        for (uint256 i; i < learners.length; ++i) _credit(_purse(key.platform, learners[i]), amounts[i]);
    }

    function payOut(uint256 seed) external drawing(seed) {
        (uint32 platform, uint32 learner) = _anyFullPurse();
        Account purse = accountOfLearner(platform, learner);
        uint32[] memory learners = new uint32[](1);
        uint256[] memory amounts = new uint256[](1);
        (learners[0], amounts[0]) = (learner, _between(1, uint256(available[purse])));
        vm.prank(_keyOf(platform));
        desk.payOut(platform, learners, amounts);
        _debit(purse, amounts[0]);
        _credit(accountOfPlatform(platform), amounts[0]);
    }

    function offerAccount(uint256 seed) external drawing(seed) {
        (uint32 platform, uint32 learner) = _anyPurse();
        Account purse = accountOfLearner(platform, learner);
        address next = _oneIn(8) ? address(0) : _anyPayee();
        vm.prank(purseKeys[purse] == address(0) ? _keyOf(platform) : purseKeys[purse]);
        desk.offerAccount(platform, learner, next);
        purseOffers[purse] = next;
        purseOfferedAt[purse] = block.timestamp;
    }

    function takeOver(uint256 seed) external drawing(seed) {
        uint256 start = _below(purses.length);
        for (uint256 i; i < purses.length; ++i) {
            Account purse = purses[(start + i) % purses.length];
            bool due = block.timestamp >= purseOfferedAt[purse] + DELAY;
            if (purseOffers[purse] != address(0) && due) return _takeOver(purse);
        }
        _only(false);
    }

    function _takeOver(Account purse) internal {
        vm.prank(purseOffers[purse]);
        desk.takeOver(uint32(Account.unwrap(purse) >> 32), uint32(Account.unwrap(purse)));
        purseKeys[purse] = purseOffers[purse];
        delete purseOffers[purse];
        int256 amount = available[purse];
        delete available[purse];
        _credit(purse, uint256(amount));
    }

    function _setTopUpLimit(uint32 platform, uint256 perDay) internal {
        vm.prank(members[platform].owner);
        desk.setTopUpLimit(platform, uint64(perDay));
        topUpLimits[platform].set(perDay, perDay <= topUpLimits[platform].present());
    }

    function _topUpLeft(uint32 platform) internal view returns (uint256) {
        uint256 used = _toppedUp[platform][_today()];
        uint256 perDay = topUpLimits[platform].present();
        return used < perDay ? perDay - used : 0;
    }

    /// @dev Each learner pays; an account that was taken over does so only with a consent.
    function settleLearners(uint256 seed) external drawing(seed) {
        Key memory key = _activeKey();
        uint256 first = sold.length;
        bool fromLearners = !_oneIn(3);
        _consenting = _oneIn(2);
        uint256 debit = _makeBatch(key, fromLearners ? FROM_LEARNER : 0);
        Consent[] memory consents = new Consent[](_consenting ? sold.length - first : 0);
        for (uint256 i; i < consents.length; ++i) consents[i] = _consent(first + i);
        if (fromLearners) _debitLearners(first);
        else _ensure(accountOfPlatform(key.platform), debit);
        _send(key, debit, fromLearners, consents);
        if (!fromLearners) _debit(accountOfPlatform(key.platform), debit);
    }

    function _send(Key memory key, uint256 debit, bool fromLearners, Consent[] memory consents) private {
        Batch memory batch = batches[batches.length - 1];
        vm.prank(key.key, key.key);
        bytes32 root = desk.settleLearners(batch.number, uint32(saleDay), debit, fromLearners, wordsMade, consents);
        vm.assertEq(root, Batches.root(batch), "TREE-1: the root is that of the words");
    }

    /// @dev Before the batch is sent, so that each payer is seen to in turn.
    function _debitLearners(uint256 first) private {
        for (uint256 i = first; i < sold.length; ++i) {
            _knowPurse(_purseOf(i));
            Account payer = _destination(_purseOf(i));
            _ensure(payer, sold[i].price);
            _debit(payer, sold[i].price);
        }
    }

    function _consent(uint256 index) private returns (Consent memory consent) {
        consent.maxPrice = uint64(sold[index].price);
        consent.deadline = uint64(block.timestamp + 1 days);
        consent.nonce = _nextNonce();
        Agreement memory to = Agreement(
            sold[index].content,
            sold[index].seller,
            _learnerOf(index),
            sold[index].referrer,
            uint64(_headedStart(index)),
            _has(sold[index], FROM_LEARNER)
        );
        return Consents.sign(consent, to, privateKeys[_signerOf(index)], address(settlement));
    }

    /// @dev The start that a heading named: the licence's, unless it starts at once.
    function _headedStart(uint256 index) private view returns (uint256) {
        for (uint256 i; i < wordsMade.length; ++i) {
            bool isHeading = wordsMade[i] >> 224 == 0;
            if (isHeading && wordsMade[i + 1] >> 224 == sold[index].content) return wordsMade[i] >> 160;
        }
        return 0;
    }

    function _signerOf(uint256 index) private view returns (address) {
        address key = purseKeys[_purseOf(index)];
        return key == address(0) ? learnerKeys[_learnerOf(index)] : key;
    }

    /// @dev With consents, learners who can sign; without, learners whose account the platform has custody of.
    function _canBuy(uint32 platform, uint32 learner) internal view override returns (bool) {
        address key = purseKeys[accountOfLearner(platform, learner)];
        return _consenting ? key != address(0) || learnerKeys[learner] != address(0) : key == address(0);
    }

    function _purse(uint32 platform, uint32 learner) internal returns (Account purse) {
        purse = accountOfLearner(platform, learner);
        _knowPurse(purse);
    }

    function _anyFullPurse() private returns (uint32 platform, uint32 learner) {
        uint256 start = _below(purses.length);
        for (uint256 i; i < purses.length; ++i) {
            Account purse = purses[(start + i) % purses.length];
            if (available[purse] > 0) return (uint32(Account.unwrap(purse) >> 32), uint32(Account.unwrap(purse)));
        }
        _only(false);
    }

    function _anyPurse() private returns (uint32 platform, uint32 learner) {
        uint256 raw = Account.unwrap(purses[_below(purses.length)]);
        return (uint32(raw >> 32), uint32(raw));
    }
}
