// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {BatchTree} from "../../../contracts/libraries/BatchTree.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SettleTest is Scene {
    uint32 private other;

    function setUp() public override {
        super.setUp();
        other = _publish(hostOperator, _publication("another course"));
        _deposit(accountOfPlatform(seller), FUNDS);
    }

    function test_debits_once_and_splits_every_order() external {
        Batch memory batch = _batch(_words(Batches.word(content, _learners(3))));
        vm.expectEmit(address(settlement));
        emit ISettlement.BatchSettled(seller, 1, 1, Batches.root(batch), 1, 3, uint32(TODAY), 3 * PRICE);
        vm.assertEq(_settle(1, batch.words), Batches.root(batch), "TREE-1: the root");
        vm.assertEq(settlement.rootOf(seller, 1, 1), Batches.root(batch), "TREE-1: the root is kept");
        vm.assertEq(settlement.nextBatch(seller, 1), 2, "BATCH-2: the lane goes on");
        _assertAvailable(seller, FUNDS - 3 * PRICE, "BATCH-7: the sum of the prices");
        _assertHold(3 * REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), 3 * COMMISSION);
    }

    function test_commits_to_every_word_with_its_referrer() external {
        Batch memory batch;
        (batch.platform, batch.lane, batch.number) = (seller, 1, 1);
        batch.words = new uint256[](3);
        batch.words[0] = Batches.word(content, _learners(7));
        batch.words[1] = Batches.word(other, _learners(2));
        batch.words[2] = Batches.word(other, _learners(1));
        batch.referrers = new address[](3);
        batch.referrers[1] = batch.referrers[2] = referrer;
        Read memory read = _read();
        batch.facts = new uint256[](3);
        batch.facts[0] = Batches.pack(read);
        read.referrerBps = 498;
        batch.facts[1] = batch.facts[2] = Batches.pack(read);
        uint256[] memory sent = new uint256[](4);
        (sent[0], sent[1], sent[2], sent[3]) = (batch.words[0], uint160(referrer), batch.words[1], batch.words[2]);
        vm.assertEq(_settle(1, sent), Batches.root(batch), "TREE-1: the root of three leaves");
        _assertCommission(accountOfPlatform(seller), 7 * COMMISSION + 3 * SELLER_PART);
        _assertCommission(accountOf(referrer), 3 * REFERRER_PART);
        _assertAvailable(seller, FUNDS - 10 * PRICE, "BATCH-7: the sum of the prices");
    }

    function test_an_empty_place_is_no_order() external {
        uint32[] memory learners = _learners(3);
        learners[1] = 0;
        _settle(1, _words(Batches.word(content, learners)));
        _assertAvailable(seller, FUNDS - 2 * PRICE, "BATCH-4: two orders");
    }

    function test_yesterdays_price_holds_for_yesterdays_sales() external {
        vm.prank(hostOperator);
        licences.setPrice(content, 7);
        vm.warp(block.timestamp + 1 days);
        uint256[] memory words = _words(Batches.word(content, _learners(1)));
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(1, uint32(TODAY), FUNDS, words);
        _assertAvailable(seller, FUNDS - PRICE, "BATCH-3: yesterday's price");
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(2, uint32(TODAY + 1), FUNDS, words);
        _assertAvailable(seller, FUNDS - PRICE - 7, "BATCH-3: today's price");
    }

    function test_refuses_other_days() external {
        _refusesDay(uint32(TODAY + 1));
        _refusesDay(uint32(TODAY - 2));
    }

    function _refusesDay(uint32 day) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.SaleDayOutOfRange.selector, day, TODAY));
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(1, day, FUNDS, _words(Batches.word(content, _learners(1))));
    }

    function test_refuses_another_number() external {
        uint256[] memory words = _words(Batches.word(content, _learners(1)));
        _refuses(2, words, abi.encodeWithSelector(ISettlement.BatchNumberMismatch.selector, 2, 1));
        _settle(1, words);
        _refuses(1, words, abi.encodeWithSelector(ISettlement.BatchNumberMismatch.selector, 1, 2));
    }

    function test_each_lane_counts_alone() external {
        address second = actor("second operator");
        _setOperator(seller, "seller", second);
        _settle(1, _words(Batches.word(content, _learners(1))));
        vm.prank(second, second);
        settlement.settle(1, uint32(TODAY), FUNDS, _words(Batches.word(content, _learners(2))));
        vm.assertEq(settlement.nextBatch(seller, 2), 2, "BATCH-2: the second lane's first");
    }

    function test_refuses_whoever_is_no_top_level_key() external {
        uint256[] memory words = _words(Batches.word(content, _learners(1)));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotTopLevel.selector, sellerOperator));
        vm.prank(sellerOperator, stranger);
        settlement.settle(1, uint32(TODAY), FUNDS, words);
        vm.etch(sellerOperator, hex"00");
        _refuses(1, words, abi.encodeWithSelector(ISettlement.NotTopLevel.selector, sellerOperator));
    }

    function test_refuses_strangers_and_suspended_platforms() external {
        uint256[] memory words = _words(Batches.word(content, _learners(1)));
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, stranger));
        vm.prank(stranger, stranger);
        settlement.settle(1, uint32(TODAY), FUNDS, words);
        vm.prank(networkOwner);
        registry.setStatus(seller, PlatformStatus.Suspended);
        bytes4 reason = IPlatformRegistry.PlatformNotActive.selector;
        _refuses(1, words, abi.encodeWithSelector(reason, seller, PlatformStatus.Suspended));
    }

    function test_refuses_more_than_it_names_or_has() external {
        uint256[] memory words = _words(Batches.word(content, _learners(2)));
        bytes4 reason = ISettlement.DebitAboveMaximum.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, 2 * PRICE, 2 * PRICE - 1));
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(1, uint32(TODAY), 2 * PRICE - 1, words);
        vm.prank(sellerOperator);
        settlement.withdrawPlatform(seller, FUNDS - 2 * PRICE + 1);
        reason = ISettlement.InsufficientBalance.selector;
        int256 available = int256(uint256(2 * PRICE - 1));
        bytes memory short = abi.encodeWithSelector(reason, accountOfPlatform(seller), available, 2 * PRICE);
        _refuses(1, words, short);
    }

    function test_spends_exactly_what_it_names_and_has() external {
        vm.prank(sellerOperator);
        settlement.withdrawPlatform(seller, FUNDS - 2 * PRICE);
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(1, uint32(TODAY), 2 * PRICE, _words(Batches.word(content, _learners(2))));
        _assertAvailable(seller, 0, "BATCH-7: all of it");
    }

    function test_refuses_a_batch_without_orders() external {
        _refuses(1, new uint256[](0), abi.encodeWithSelector(ISettlement.EmptyBatch.selector));
    }

    function test_refuses_headings_for_nothing() external {
        uint256[] memory words = new uint256[](2);
        (words[0], words[1]) = (Batches.word(content, _learners(1)), uint160(referrer));
        _refuses(1, words, abi.encodeWithSelector(ISettlement.EmptyBatch.selector));
        words[0] = uint160(referrer);
        _refuses(1, words, abi.encodeWithSelector(BatchTree.MalformedWord.selector, 1, words[1]));
    }

    function test_refuses_malformed_headings() external {
        _refusesHeading(0);
        _refusesHeading((1 << 200) | uint160(referrer));
    }

    function _refusesHeading(uint256 heading) private {
        uint256[] memory words = new uint256[](2);
        (words[0], words[1]) = (heading, Batches.word(content, _learners(1)));
        _refuses(1, words, abi.encodeWithSelector(BatchTree.MalformedWord.selector, 0, heading));
    }

    function test_refuses_a_word_without_a_first_learner() external {
        uint32[] memory learners = _learners(2);
        learners[0] = 0;
        uint256 word = Batches.word(content, learners);
        _refuses(1, _words(word), abi.encodeWithSelector(BatchTree.MalformedWord.selector, 0, word));
    }

    function test_refuses_learners_that_are_not_registered() external {
        for (uint256 place; place < 7; ++place) {
            uint32[] memory learners = _learners(7);
            learners[place] = LEARNERS + 1;
            bytes memory reason = abi.encodeWithSelector(BatchTree.UnknownLearner.selector, LEARNERS + 1, LEARNERS);
            _refuses(1, _words(Batches.word(content, learners)), reason);
            learners[place] = type(uint32).max;
            reason = abi.encodeWithSelector(BatchTree.UnknownLearner.selector, type(uint32).max, LEARNERS);
            _refuses(1, _words(Batches.word(content, learners)), reason);
        }
    }

    function test_the_highest_learner_can_buy() external {
        uint32[] memory learners = _learners(7);
        learners[6] = LEARNERS;
        _settle(1, _words(Batches.word(content, learners)));
    }

    function test_refuses_unknown_and_closed_contents() external {
        uint256[] memory words = _words(Batches.word(99, _learners(1)));
        _refuses(1, words, abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        vm.prank(hostOperator);
        licences.setActive(content, false);
        words = _words(Batches.word(content, _learners(1)));
        _refuses(1, words, abi.encodeWithSelector(ISettlement.ContentInactive.selector, content));
    }

    function test_refuses_while_selling_is_paused() external {
        vm.prank(networkOwner);
        desk.pause();
        uint256[] memory words = _words(Batches.word(content, _learners(1)));
        _refuses(1, words, abi.encodeWithSelector(ISettlement.Paused.selector));
    }

    function _batch(uint256[] memory words) private view returns (Batch memory batch) {
        (batch.platform, batch.lane, batch.number) = (seller, 1, 1);
        batch.words = words;
        batch.facts = new uint256[](1);
        batch.facts[0] = Batches.pack(_read());
        batch.referrers = new address[](1);
    }

    function _settle(uint64 number, uint256[] memory words) private returns (bytes32) {
        vm.prank(sellerOperator, sellerOperator);
        return settlement.settle(number, uint32(TODAY), FUNDS, words);
    }

    function _refuses(uint64 number, uint256[] memory words, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(number, uint32(TODAY), FUNDS, words);
    }
}
