// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";

import {IContentLicense, Plan, Publication, Terms} from "../../../contracts/interfaces/IContentLicense.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract TermsTest is Scene {
    uint32 private constant DURATION = 30 days;

    function setUp() public override {
        super.setUp();
        content = _publishDated("a subscription", true);
    }

    function test_a_licence_serves_from_its_start_until_its_end() external {
        Order memory order = _bought();
        uint256 facts = Facts.unwrap(settlement.factsOf(_idOf(order)));
        vm.assertEq(uint40(facts >> 168), NOON, "ORDER-5: from capture");
        vm.assertEq(uint40(facts >> 120), NOON + DURATION, "ORDER-5: for its duration");
        vm.assertTrue(licences.verify(order, receiver), "TERMS-2: at its start");
        vm.warp(NOON + DURATION - 1);
        vm.assertTrue(licences.verify(order, receiver), "TERMS-2: to the second");
        vm.warp(NOON + DURATION);
        vm.assertTrue(!licences.verify(order, receiver), "TERMS-2: not at its end");
    }

    function test_a_renewal_starts_where_it_says() external {
        Order memory order = _order();
        order.startsAt = uint64(NOON + DURATION);
        _buy(order);
        vm.assertTrue(!licences.verify(order, receiver), "TERMS-2: not before its start");
        vm.warp(order.startsAt);
        vm.assertTrue(licences.verify(order, receiver), "TERMS-2: from its start");
        vm.warp(order.startsAt + DURATION);
        vm.assertTrue(!licences.verify(order, receiver), "TERMS-2: not at its end");
    }

    function test_refuses_a_start_beyond_one_duration() external {
        Order memory order = _order();
        order.startsAt = uint64(NOON + DURATION + 1);
        _refuses(order, NOON + DURATION);
    }

    function test_a_start_that_has_passed_is_now() external {
        Order memory order = _order();
        order.startsAt = 1;
        _buy(order);
        uint256 facts = Facts.unwrap(settlement.factsOf(_idOf(order)));
        vm.assertEq(uint40(facts >> 168), NOON, "ORDER-5: from capture");
        vm.assertEq(uint40(facts >> 120), NOON + DURATION, "ORDER-5: for its duration");
    }

    function test_refuses_a_start_of_what_is_not_renewable() external {
        content = _publishDated("a rental", false);
        Order memory order = _order();
        order.startsAt = uint64(NOON);
        _refuses(order, 0);
    }

    function _refuses(Order memory order, uint256 latest) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.StartOutOfRange.selector, order.startsAt, latest));
        vm.prank(buyer);
        settlement.buy(order);
    }

    function test_a_batch_names_starts_in_headings() external {
        Batch memory batch = _dated();
        vm.warp(NOON + DURATION - 1);
        vm.assertTrue(!licences.verifyBatch(Batches.order(batch, 0, 1), 2), "TERMS-2: not before its start");
        vm.warp(NOON + DURATION);
        vm.assertTrue(licences.verifyBatch(Batches.order(batch, 0, 1), 2), "TERMS-2: from its start");
        vm.warp(NOON + 2 * DURATION);
        vm.assertTrue(!licences.verifyBatch(Batches.order(batch, 0, 1), 2), "TERMS-2: not at its end");
    }

    function _dated() private returns (Batch memory batch) {
        _deposit(accountOfPlatform(seller), FUNDS);
        batch = _sameBatch();
        Read memory read = _read();
        (read.startsAt, read.expiresAt) = (NOON + DURATION, NOON + 2 * DURATION);
        batch.facts[0] = Batches.pack(read);
        uint256[] memory words = new uint256[](2);
        (words[0], words[1]) = ((NOON + DURATION) << 160, batch.words[0]);
        vm.prank(sellerOperator, sellerOperator);
        bytes32 root = settlement.settle(1, uint32(TODAY), FUNDS, words);
        vm.assertEq(root, Batches.root(batch), "TREE-1: the leaf tells start and end");
    }

    // Tokens

    function test_a_token_tells_its_time() external {
        Order memory order = _order();
        order.startsAt = uint64(NOON + 5 days);
        _buy(order);
        vm.prank(receiver);
        licences.claim(order);
        uint256 id = _idOf(order);
        vm.assertEq(licences.expiresAt(id), order.startsAt + DURATION, "TERMS-6: its end");
        vm.assertEq(licences.userExpires(id), order.startsAt + DURATION, "TERMS-6: its end");
        vm.assertTrue(licences.isRenewable(id), "TERMS-3: by the content's terms");
        _assertUser(id, address(0), "TERMS-6: nobody before its start");
        vm.assertTrue(!licences.verify(order, receiver), "VERIFY-1: not before its start");
        vm.warp(order.startsAt);
        _assertUser(id, receiver, "TERMS-6: its holder");
        vm.prank(receiver);
        IERC1155(address(licences)).safeTransferFrom(receiver, stranger, id, 1, "");
        _assertUser(id, stranger, "TERMS-2: it keeps its time when it moves");
        vm.warp(order.startsAt + DURATION - 1);
        _assertUser(id, stranger, "TERMS-6: to the second");
        vm.warp(order.startsAt + DURATION);
        _assertUser(id, address(0), "TERMS-6: nobody after its end");
    }

    function _assertUser(uint256 id, address user, string memory why) private view {
        vm.assertEq(licences.userOf(id), user, why);
        bool serves = user != address(0);
        vm.assertEq(licences.verifyToken(id, content, licences.holderOf(id)), serves, why);
        vm.assertTrue(!licences.verifyToken(id, content + 1, licences.holderOf(id)), "VERIFY-3: for its content");
    }

    function test_a_token_without_an_end() external {
        content = 1;
        Order memory order = _bought();
        vm.prank(receiver);
        licences.claim(order);
        vm.assertEq(licences.expiresAt(_idOf(order)), 0, "TERMS-6: never");
        vm.assertEq(licences.userExpires(_idOf(order)), type(uint64).max, "TERMS-6: never");
        vm.assertTrue(!licences.isRenewable(_idOf(order)), "TERMS-3: nothing to renew");
        vm.warp(NOON + 36_500 days);
        vm.assertEq(licences.userOf(_idOf(order)), receiver, "TERMS-2: for good");
    }

    function test_a_refund_forgets_the_time() external {
        Order memory order = _bought();
        vm.prank(receiver);
        licences.claim(order);
        vm.prank(sellerOperator);
        settlement.refund(order);
        _assertUnknown(_idOf(order));
    }

    function test_a_refund_leaves_nothing_of_the_token_in_storage() external {
        Order memory order = _bought();
        vm.record();
        vm.prank(receiver);
        licences.claim(order);
        (, bytes32[] memory written) = vm.accesses(address(licences));
        vm.prank(sellerOperator);
        settlement.refund(order);
        for (uint256 i; i < written.length; ++i) {
            vm.assertEq(vm.load(address(licences), written[i]), bytes32(0), "REFUND-5: burned");
        }
    }

    function test_what_nobody_holds_is_unknown() external {
        _assertUnknown(7);
    }

    function _assertUnknown(uint256 id) private {
        vm.assertEq(licences.userOf(id), address(0), "TERMS-6: nobody");
        vm.assertEq(licences.userExpires(id), 0, "TERMS-6: zero");
        bytes memory reason = abi.encodeWithSelector(IContentLicense.UnknownToken.selector, id);
        vm.expectRevert(reason);
        licences.expiresAt(id);
        vm.expectRevert(reason);
        licences.locked(id);
        vm.expectRevert(reason);
        licences.isRenewable(id);
        vm.expectRevert(reason);
        licences.royaltyInfo(id, 1);
    }

    function test_a_resale_owes_a_royalty_to_the_first_creator() external {
        Order memory order = _bought();
        vm.prank(receiver);
        licences.claim(order);
        (address to, uint256 amount) = licences.royaltyInfo(_idOf(order), 10_019);
        vm.assertEq(to, actor("first creator"), "TERMS-5: the first creator");
        vm.assertEq(amount, 501, "TERMS-5: rounded down");
        Plan memory plan = _plan();
        plan.creators[0].payee = stranger;
        vm.prank(hostOperator);
        licences.setPlan(content, plan);
        (to, ) = licences.royaltyInfo(_idOf(order), 10_019);
        vm.assertEq(to, actor("first creator"), "TERMS-5: of the plan in force");
        vm.warp(block.timestamp + SHORT_WINDOW);
        (to, ) = licences.royaltyInfo(_idOf(order), 10_019);
        vm.assertEq(to, stranger, "TERMS-5: of the plan in force");
    }

    function test_the_interfaces_it_claims() external view {
        IERC165 claims = IERC165(address(licences));
        vm.assertTrue(claims.supportsInterface(type(IERC165).interfaceId), "TERMS-6: ERC-165");
        vm.assertTrue(claims.supportsInterface(type(IERC1155).interfaceId), "TERMS-6: ERC-1155");
        vm.assertTrue(claims.supportsInterface(type(IERC2981).interfaceId), "TERMS-6: ERC-2981");
        vm.assertTrue(claims.supportsInterface(type(IERC5192).interfaceId), "TERMS-6: ERC-5192");
        vm.assertTrue(!claims.supportsInterface(0xad092b5c), "TERMS-6: not ERC-4907");
        vm.assertTrue(!claims.supportsInterface(0x8c65f84d), "TERMS-6: not ERC-5643");
    }

    function _publishDated(string memory ref, bool renewable) private returns (uint32) {
        Publication memory publication = _publication(ref);
        publication.terms = Terms(DURATION, renewable, false, 501);
        return _publish(hostOperator, publication);
    }

    function _idOf(Order memory order) private view returns (uint256) {
        return uint256(Orders.idOf(order, address(settlement)));
    }
}
