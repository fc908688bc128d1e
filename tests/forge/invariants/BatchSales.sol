// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder} from "../../../contracts/interfaces/ISettlement.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {vm} from "../Vm.sol";
import {Sold} from "./Ghost.sol";
import {Key} from "./Platforms.sol";
import {Purchases} from "./Purchases.sol";

/// @notice Steps of batches and their orders.
abstract contract BatchSales is Purchases {
    uint256 internal constant GROUPS = 3;
    uint256 internal constant WORDS_OF_A_GROUP = 2;

    /// @dev The batch that is being made.
    uint256[] private _words;
    uint256 private _day;

    /// @dev By lane, how many batches it settled.
    mapping(uint32 platform => mapping(uint32 lane => uint64)) internal settledIn;

    function settle(uint256 seed) external drawing(seed) {
        Key memory key = _activeKey();
        uint256 first = sold.length;
        _startBatch(key);
        uint256 groups = _between(1, GROUPS);
        uint32 content = _anyContentForSale();
        for (uint256 i; i < groups; ++i) _addGroup(uint32(((content - 1 + i) % contents) + 1), key.platform);
        uint256 debit;
        for (uint256 i = first; i < sold.length; ++i) debit += sold[i].price;
        _only(available[accountOfPlatform(key.platform)] >= int256(debit));
        _send(key, debit);
    }

    function refundBatch(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefundableInBatch);
        BatchOrder memory order = _batchOrder(index);
        vm.prank(_keyOf(order.platform));
        settlement.refundBatch(order);
        _takeBack(index);
        _credit(accountOfPlatform(order.platform), sold[index].price);
    }

    function claimBatch(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isClaimableInBatch);
        BatchOrder memory order = _batchOrder(index);
        address key = learnerKeys[_learnerOf(index)];
        vm.prank(key);
        licences.claimBatch(order);
        _claimed(index, key);
    }

    function _startBatch(Key memory key) private {
        delete _words;
        Batch storage batch = batches.push();
        batch.platform = key.platform;
        batch.lane = key.lane;
        batch.number = ++settledIn[key.platform][key.lane];
        _day = _oneIn(3) ? _today() - 1 : _today();
    }

    function _addGroup(uint32 content, uint32 platform) private {
        if (!listings[content].active) return;
        Sold memory made;
        made.content = content;
        made.seller = platform;
        if (_oneIn(2)) made.referrer = payees[_below(payees.length)];
        made.price = _priceOn(content, _day);
        made.at = batches.length - 1;
        _readTerms(made);
        if (made.referrer != address(0)) _words.push(uint160(made.referrer));
        uint256 words = _between(1, WORDS_OF_A_GROUP);
        for (uint256 i; i < words; ++i) _addWord(made);
    }

    function _addWord(Sold memory made) private {
        uint32[] memory learners = new uint32[](_between(1, Batches.PLACES));
        Batch storage batch = batches[made.at];
        for (uint256 i; i < learners.length; ++i) {
            learners[i] = i != 0 && _oneIn(5) ? 0 : _anyLearner();
            made.position = Batches.PLACES * batch.words.length + i;
            if (learners[i] != 0) _capture(made);
        }
        uint256 word = Batches.word(made.content, learners);
        _words.push(word);
        batch.words.push(word);
        batch.referrers.push(made.referrer);
        Read memory read = Read(made.price, made.commissionBps, made.referrerBps, 1, made.class, _epoch(made.class));
        batch.facts.push(Batches.pack(read));
    }

    function _send(Key memory key, uint256 debit) private {
        Batch memory batch = batches[batches.length - 1];
        uint256 maxDebit = debit + _below(3);
        vm.prank(key.key, key.key);
        bytes32 root = settlement.settle(batch.number, uint32(_day), maxDebit, _words);
        vm.assertEq(root, Batches.root(batch), "TREE-1: the root is that of the words");
        _debit(accountOfPlatform(key.platform), debit);
    }

    function _isRefundableInBatch(uint256 index) private view returns (bool) {
        return !sold[index].direct && _isRefundable(sold[index]);
    }

    function _isClaimableInBatch(uint256 index) private view returns (bool) {
        return !sold[index].direct && _isClaimable(index) && learnerKeys[_learnerOf(index)] != address(0);
    }

    function _batchOrder(uint256 index) internal view returns (BatchOrder memory) {
        uint256 position = sold[index].position;
        return Batches.order(batches[sold[index].at], position / Batches.PLACES, position % Batches.PLACES);
    }

    function _learnerOf(uint256 index) internal view returns (uint32) {
        uint256 position = sold[index].position;
        uint256 word = batches[sold[index].at].words[position / Batches.PLACES];
        return Batches.learnerAt(word, position % Batches.PLACES);
    }
}
