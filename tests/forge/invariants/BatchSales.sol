// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOfLearner, accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {vm} from "../Vm.sol";
import {Sold} from "./Ghost.sol";
import {Key} from "./Platforms.sol";
import {Purchases} from "./Purchases.sol";

/// @notice Steps of batches and their orders.
abstract contract BatchSales is Purchases {
    uint256 internal constant GROUPS = 3;
    uint256 internal constant WORDS_OF_A_GROUP = 2;
    uint32 internal constant LEARNERS_MET = 8;

    /// @dev The batch that is being made: its words, its sale day and the state of its leaves.
    uint256[] internal wordsMade;
    uint256 internal saleDay;
    uint256 private _leafState;

    /// @dev By lane, how many batches it settled.
    mapping(uint32 platform => mapping(uint32 lane => uint64)) internal settledIn;

    function settle(uint256 seed) external drawing(seed) {
        Key memory key = _activeKey();
        uint256 debit = _makeBatch(key, 0);
        _ensure(accountOfPlatform(key.platform), debit);
        Batch memory batch = batches[batches.length - 1];
        uint256 maxDebit = debit + _below(3);
        vm.prank(key.key, key.key);
        bytes32 root = settlement.settle(batch.number, uint32(saleDay), maxDebit, wordsMade);
        vm.assertEq(root, Batches.root(batch), "TREE-1: the root is that of the words");
        _debit(accountOfPlatform(key.platform), debit);
    }

    function refundBatch(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefundableInBatch);
        BatchOrder memory order = _batchOrder(index);
        uint256 rest = _leftOf(sold[index]);
        vm.prank(_refunderOf(index));
        settlement.refundBatch(order);
        _refundOf(index, rest);
        _end(index);
        _credit(_payerOf(index), rest);
    }

    function claimBatch(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isClaimableInBatch);
        BatchOrder memory order = _batchOrder(index);
        address key = learnerKeys[_learnerOf(index)];
        vm.prank(key);
        licences.claimBatch(order);
        _claimed(index, key);
    }

    /// @dev Captures the orders of a batch of any groups; returns what they cost together.
    function _makeBatch(Key memory key, uint256 leafState) internal returns (uint256 debit) {
        uint256 first = sold.length;
        delete wordsMade;
        _leafState = leafState;
        Batch storage batch = batches.push();
        batch.platform = key.platform;
        batch.lane = key.lane;
        batch.number = ++settledIn[key.platform][key.lane];
        saleDay = _oneIn(3) ? _today() - 1 : _today();
        uint256 groups = _between(1, GROUPS);
        uint32 content = _anyContentForSale();
        for (uint256 i; i < groups; ++i) _addGroup(uint32(((content - 1 + i) % contents) + 1), key.platform);
        for (uint256 i = first; i < sold.length; ++i) debit += sold[i].price;
    }

    function _addGroup(uint32 content, uint32 platform) private {
        if (!listings[content].active) return;
        Sold memory made;
        made.content = content;
        made.seller = platform;
        if (_oneIn(2)) made.referrer = _anyPayee();
        made.price = _priceOn(content, saleDay);
        made.at = batches.length - 1;
        made.fresh = true;
        made.state = _leafState;
        uint256 startsAt = _anyStart(content);
        _readTerms(made, startsAt);
        uint256 heading = uint160(made.referrer) | (startsAt << 160);
        if (heading != 0) wordsMade.push(heading);
        uint256 words = _between(1, WORDS_OF_A_GROUP);
        for (uint256 i; i < words; ++i) _addWord(made);
    }

    function _addWord(Sold memory made) private {
        uint32[] memory learners = new uint32[](_between(1, Batches.PLACES));
        Batch storage batch = batches[made.at];
        for (uint256 i; i < learners.length; ++i) {
            learners[i] = i != 0 && _oneIn(5) ? 0 : _learnerWhoCanBuy(made.seller);
            made.position = Batches.PLACES * batch.words.length + i;
            if (learners[i] != 0) _capture(made);
        }
        uint256 word = Batches.word(made.content, learners);
        wordsMade.push(word);
        batch.words.push(word);
        batch.referrers.push(made.referrer);
        batch.facts.push(_factsOf(made));
    }

    function _learnerWhoCanBuy(uint32 platform) private returns (uint32) {
        uint32 start = _learnerMet();
        for (uint32 i; i < LEARNERS_MET; ++i) {
            uint32 learner = ((start + i) % LEARNERS_MET) + 1;
            if (_canBuy(platform, learner)) return learner;
        }
        _only(false);
        return 0;
    }

    function _canBuy(uint32 platform, uint32 learner) internal view virtual returns (bool);

    /// @dev Few learners, so that they are met again.
    function _learnerMet() internal returns (uint32) {
        return uint32(1 + _below(LEARNERS_MET));
    }

    function _factsOf(Sold memory order) internal pure returns (uint256) {
        Read memory read = Read(
            order.price,
            order.commissionBps,
            order.referrerBps,
            order.version,
            order.class,
            order.epoch,
            order.startsAt,
            order.expiresAt,
            order.state
        );
        return Batches.pack(read) | (order.partRefunds << 208);
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

    /// @dev The learner's account on the platform that sold an order of a batch.
    function _purseOf(uint256 index) internal view returns (Account) {
        return accountOfLearner(sold[index].seller, _learnerOf(index));
    }

    /// @dev The account that the price of a batch order came from and goes back to.
    function _payerOf(uint256 index) internal view returns (Account) {
        return _has(sold[index], FROM_LEARNER) ? _purseOf(index) : accountOfPlatform(sold[index].seller);
    }

    function _isRefundableInBatch(uint256 index) internal view returns (bool) {
        return !sold[index].direct && _canTakeBack(sold[index]);
    }

    function _isClaimableInBatch(uint256 index) private view returns (bool) {
        return !sold[index].direct && _isClaimable(index) && learnerKeys[_learnerOf(index)] != address(0);
    }
}
