// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan, Publication, Terms} from "../../contracts/interfaces/IContentLicense.sol";
import {Role} from "../../contracts/interfaces/IPlatformRegistry.sol";
import {BatchOrder, Order} from "../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "./Accounts.sol";
import {Batch, Batches, Read} from "./Batches.sol";
import {Buckets, Holds} from "./Holds.sol";
import {Network} from "./Network.sol";
import {vm} from "./Vm.sol";

/// @notice Two platforms, a content of one that the other sells, and a buyer with money; every amount is written out.
abstract contract Scene is Network {
    uint64 internal constant PRICE = 1_000_021;
    uint256 internal constant COMMISSION = 199_904;
    uint256 internal constant REVENUE = 800_117;
    uint256 internal constant REFERRER_PART = 49_800;
    uint256 internal constant SELLER_PART = 150_104;

    /// @dev What a release of one order's revenue gives.
    uint256 internal constant HOST_SHARE = 200_004;
    uint256 internal constant NETWORK_SHARE = 30_100;
    uint256 internal constant FIRST_SHARE = 333_308;
    uint256 internal constant SECOND_SHARE = 236_705;

    uint32 internal constant LEARNERS = 40;
    uint256 internal constant TODAY = NOON / 1 days;

    uint32 internal host;
    uint32 internal seller;
    uint32 internal content;

    address internal immutable buyer = actor("buyer");
    address internal immutable receiver = actor("receiver");
    address internal immutable referrer = actor("referrer");
    address internal immutable learnerKey = actor("learner");
    address internal immutable arbiter = actor("arbiter");
    address internal immutable pauser = actor("pauser");
    address internal immutable stranger = actor("stranger");
    address internal immutable hostOperator = operator("host");
    address internal immutable sellerOperator = operator("seller");

    function setUp() public virtual {
        _open();
        vm.warp(NOON - registry.DELAY());
        _giveRole(Role.Arbiter, arbiter);
        _giveRole(Role.Pauser, pauser);
        host = _admit("host");
        seller = _admit("seller");
        content = _publish(hostOperator, _publication("a course"));
        vm.prank(sellerOperator);
        registry.registerLearners(LEARNERS, "");
        _fund(buyer, FUNDS);
    }

    function _publication(string memory ref) internal pure returns (Publication memory) {
        return Publication(ref, PRICE, SHORT, _plan(), Terms(0, false, false, 0));
    }

    // Orders

    function _order() internal view returns (Order memory) {
        uint64 deadline = uint64(block.timestamp + 1 hours);
        return Order(content, seller, buyer, receiver, address(0), PRICE, 0, deadline, "");
    }

    function _buy(Order memory order) internal returns (Order memory) {
        vm.prank(order.buyer);
        settlement.buy(order);
        return order;
    }

    function _bought() internal returns (Order memory) {
        return _buy(_order());
    }

    // Batches

    function _learners(uint256 count) internal pure returns (uint32[] memory learners) {
        learners = new uint32[](count);
        for (uint256 i; i < count; ++i) learners[i] = uint32(i + 1);
    }

    function _words(uint256 word) internal pure returns (uint256[] memory words) {
        words = new uint256[](1);
        words[0] = word;
    }

    /// @dev The seller settles one word of three learners.
    function _settled() internal returns (Batch memory batch) {
        _deposit(accountOfPlatform(seller), FUNDS);
        batch = _sameBatch();
        vm.prank(sellerOperator, sellerOperator);
        settlement.settle(1, uint32(TODAY), FUNDS, batch.words);
    }

    function _sameBatch() internal view returns (Batch memory batch) {
        (batch.platform, batch.lane, batch.number) = (seller, 1, 1);
        batch.words = _words(Batches.word(content, _learners(3)));
        batch.facts = new uint256[](1);
        batch.facts[0] = Batches.pack(_read());
        batch.referrers = new address[](1);
    }

    function _amounts(uint256 first, uint256 second) internal pure returns (uint256[] memory amounts) {
        amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (first, second);
    }

    /// @dev The seller's learner takes its account over, which was offered as long ago as it must be.
    function _takeOver(uint32 learner, address key) internal {
        uint256 present = block.timestamp;
        vm.warp(present - 2 days);
        vm.prank(sellerOperator);
        desk.offerAccount(seller, learner, key);
        vm.warp(present);
        vm.prank(key);
        desk.takeOver(seller, learner);
    }

    /// @dev The second of those orders.
    function _settledOrder() internal returns (BatchOrder memory) {
        return Batches.order(_settled(), 0, 1);
    }

    function _read() internal view returns (Read memory) {
        return Read(PRICE, 1_999, 0, 1, SHORT, block.timestamp / SHORT_WINDOW, 0, 0, 0);
    }

    /// @dev On to where what was captured now has matured.
    function _mature() internal {
        vm.warp((block.timestamp / SHORT_WINDOW + 2) * SHORT_WINDOW);
    }

    // What must be

    function _assertAvailable(Account account, uint256 amount, string memory why) internal view {
        vm.assertEq(settlement.availableOf(account), int256(amount), why);
    }

    function _assertAvailable(address owner_, uint256 amount, string memory why) internal view {
        _assertAvailable(accountOf(owner_), amount, why);
    }

    function _assertAvailable(uint32 platform, uint256 amount, string memory why) internal view {
        _assertAvailable(accountOfPlatform(platform), amount, why);
    }

    function _assertHold(uint256 captured, uint256 previous, uint256 matured) internal view {
        _assertBuckets(Holds.read(desk.holdOf(content, 1)), captured, previous, matured, "the content's hold");
    }

    function _assertCommission(Account account, uint256 captured) internal view {
        _assertBuckets(Holds.read(desk.commissionOf(account, SHORT)), captured, 0, 0, "a commission's hold");
    }

    function _assertBuckets(
        Buckets memory at,
        uint256 captured,
        uint256 previous,
        uint256 matured,
        string memory what
    ) internal view {
        vm.assertEq(at.epoch, block.timestamp / SHORT_WINDOW, string.concat(what, ": epoch"));
        vm.assertEq(at.captured, captured, string.concat(what, ": captured"));
        vm.assertEq(at.previous, previous, string.concat(what, ": previous"));
        vm.assertEq(at.matured, matured, string.concat(what, ": matured"));
    }

    function _assertHeldTokens(uint256 amount) internal view {
        vm.assertEq(token.balanceOf(address(settlement)), amount, "the tokens of Settlement");
    }
}
