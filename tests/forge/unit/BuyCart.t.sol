// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk, Payment, Permit, Source} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Orders, Signature} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";
import {Wallet} from "../Wallet.sol";

contract BuyCartTest is Scene {
    function test_the_buyer_pays_once_for_all_under_allowance() external {
        Order[] memory orders = _cart();
        _expectPlaced(orders[0], 1, PRICE);
        _expectPlaced(orders[1], 1, PRICE);
        bytes32[] memory ids = _send(buyer, orders, _payment(Source.Tokens));
        _assertIds(orders, ids);
        vm.assertEq(token.balanceOf(buyer), FUNDS - 2 * PRICE, "CART-1: the prices are paid");
        _assertAvailable(buyer, 0, "CART-1: no more");
        _assertHold(2 * REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), 2 * COMMISSION);
        _assertHeldTokens(2 * PRICE);
    }

    function test_each_order_is_refunded_alone() external {
        Order[] memory orders = _cart();
        _send(buyer, orders, _payment(Source.Tokens));
        vm.prank(sellerOperator);
        settlement.refund(orders[1]);
        vm.assertEq(token.balanceOf(buyer), FUNDS - PRICE, "CART-1: one price is back");
        vm.assertTrue(licences.verify(orders[0], receiver), "CART-1: the other licence goes on");
    }

    function test_from_the_balance() external {
        _deposit(accountOf(buyer), 2 * PRICE + 5);
        Order[] memory orders = _cart();
        _expectPlaced(orders[0], 3, 0);
        _expectPlaced(orders[1], 3, 0);
        _assertIds(orders, _send(buyer, orders, _payment(Source.Balance)));
        _assertAvailable(buyer, 5, "CART-1: the prices are debited");
        vm.assertEq(token.balanceOf(buyer), FUNDS, "CART-1: no tokens");
    }

    function test_by_authorization_from_anyone() external {
        Order[] memory orders = _cart();
        _expectPlaced(orders[0], 1, PRICE);
        _expectPlaced(orders[1], 1, PRICE + 9);
        _assertIds(orders, _send(stranger, orders, _authorized(orders, "buyer")));
        vm.assertEq(token.balanceOf(buyer), FUNDS - 2 * PRICE - 9, "CART-3: the highest prices are taken");
        _assertAvailable(buyer, 9, "CART-3: the excess is the buyer's");
        vm.assertTrue(token.authorizationState(buyer, _nonceOf(orders)), "CART-3: the nonce");
    }

    function test_by_authorization_at_the_exact_price_credits_nothing() external {
        Order[] memory orders = _cart();
        orders[1].maxPrice = PRICE;
        _send(stranger, orders, _authorized(orders, "buyer"));
        _assertAvailable(buyer, 0, "CART-3: no excess");
    }

    function test_a_relayer_with_the_buyers_signature() external {
        Order[] memory orders = _cart();
        Payment memory payment = _signed(orders, Source.Tokens, "buyer");
        _send(stranger, orders, payment);
        vm.assertEq(token.balanceOf(buyer), FUNDS - 2 * PRICE, "CART-2: the buyer pays");
    }

    function test_a_relayer_with_a_contracts_signature() external {
        address wallet = address(new Wallet(buyer));
        _fund(wallet, FUNDS);
        Order[] memory orders = _cart();
        orders[0].buyer = orders[1].buyer = wallet;
        _send(stranger, orders, _signed(orders, Source.Tokens, "buyer"));
        vm.assertEq(token.balanceOf(wallet), FUNDS - 2 * PRICE, "CART-2: ERC-1271");
        (orders[0].salt, orders[1].salt) = ("third", "fourth");
        _refuses(orders, _signed(orders, Source.Tokens, "stranger"), wallet);
    }

    function test_refuses_a_relayer_without_it() external {
        Order[] memory orders = _cart();
        _refuses(orders, _payment(Source.Tokens), buyer);
        _refuses(orders, _payment(Source.Balance), buyer);
        _refuses(orders, _signed(orders, Source.Tokens, "stranger"), buyer);
        Payment memory other = _signed(orders, Source.Tokens, "buyer");
        other.source = Source.Balance;
        _refuses(orders, other, buyer);
        Payment memory payment = _signed(orders, Source.Tokens, "buyer");
        orders[1].receiver = stranger;
        _refuses(orders, payment, buyer);
    }

    function test_refuses_an_authorization_of_another_length() external {
        Order[] memory orders = _cart();
        _refuses(orders, _payment(Source.Authorization), buyer);
        Payment memory payment = _authorized(orders, "buyer");
        payment.signature = bytes.concat(payment.signature, hex"00");
        _refuses(orders, payment, buyer);
    }

    function test_a_signature_buys_once() external {
        Order[] memory orders = _cart();
        Payment memory payment = _signed(orders, Source.Tokens, "buyer");
        _send(stranger, orders, payment);
        bytes32 id = Orders.idOf(orders[0], address(settlement));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.OrderExists.selector, id));
        _send(stranger, orders, payment);
    }

    function test_a_permit_stands_in_for_an_allowance() external {
        vm.prank(buyer);
        token.approve(address(settlement), 0);
        Order[] memory orders = _cart();
        Payment memory payment = _signed(orders, Source.Tokens, "buyer");
        payment.permit = _permit(2 * PRICE);
        _send(stranger, orders, payment);
        vm.assertEq(token.balanceOf(buyer), FUNDS - 2 * PRICE, "CART-4: paid under the permit");
        vm.assertEq(token.allowance(buyer, address(settlement)), 0, "CART-4: all of it used");
    }

    function test_without_a_permit_none_is_shown() external {
        vm.expectCall(address(token), abi.encodePacked(token.permit.selector), 0);
        _send(buyer, _cart(), _payment(Source.Tokens));
    }

    function test_a_permit_shown_before_is_passed_over() external {
        vm.prank(buyer);
        token.approve(address(settlement), 0);
        Order[] memory orders = _cart();
        Payment memory payment = _signed(orders, Source.Tokens, "buyer");
        payment.permit = _permit(2 * PRICE);
        Permit memory permit = payment.permit;
        token.permit(buyer, address(settlement), permit.value, permit.deadline, permit.v, permit.r, permit.s);
        _send(stranger, orders, payment);
        vm.assertEq(token.balanceOf(buyer), FUNDS - 2 * PRICE, "CART-4: paid under the permit");
    }

    function test_refuses_an_empty_cart() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.EmptyCart.selector));
        _send(buyer, new Order[](0), _payment(Source.Tokens));
    }

    function test_refuses_two_buyers() external {
        Order[] memory orders = _cart();
        orders[1].buyer = stranger;
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.BuyerMismatch.selector, stranger, buyer));
        _send(buyer, orders, _payment(Source.Tokens));
    }

    function test_one_refused_order_refuses_all() external {
        Order[] memory orders = _cart();
        orders[1].maxPrice = PRICE - 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.PriceAboveMaximum.selector, PRICE, PRICE - 1));
        _send(buyer, orders, _payment(Source.Tokens));
        _assertHeldTokens(0);
    }

    function test_the_hash_of_a_cart_is_eip_712() external view {
        Order[] memory orders = _cart();
        for (uint8 i; i < 3; ++i) {
            bytes32 expected = Orders.cartHash(Source(i), orders, address(settlement));
            vm.assertEq(desk.cartHashOf(Source(i), orders), expected, "CART-2: what a wallet shows");
        }
    }

    /// @dev Two orders, the second with room above its price.
    function _cart() private view returns (Order[] memory orders) {
        orders = new Order[](2);
        (orders[0], orders[1]) = (_order(), _order());
        (orders[1].salt, orders[1].maxPrice) = ("second", PRICE + 9);
    }

    function _payment(Source source) private pure returns (Payment memory payment) {
        payment.source = source;
    }

    function _signed(
        Order[] memory orders,
        Source source,
        string memory who
    ) private view returns (Payment memory payment) {
        payment.source = source;
        payment.signature = Orders.sign(keyOf(who), Orders.cartHash(source, orders, address(settlement)));
    }

    function _authorized(Order[] memory orders, string memory who) private view returns (Payment memory payment) {
        uint256 value = uint256(orders[0].maxPrice) + orders[1].maxPrice;
        bytes32 nonce = _nonceOf(orders);
        Signature memory signed = Orders.authorize(
            orders[0],
            value,
            nonce,
            keyOf(who),
            token.DOMAIN_SEPARATOR(),
            address(settlement)
        );
        payment.source = Source.Authorization;
        payment.signature = abi.encodePacked(signed.r, signed.s, signed.v);
    }

    function _nonceOf(Order[] memory orders) private view returns (bytes32) {
        return Orders.cartHash(Source.Authorization, orders, address(settlement));
    }

    function _permit(uint256 value) private view returns (Permit memory permit) {
        bytes32 kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        (permit.value, permit.deadline) = (value, block.timestamp + 1 hours);
        bytes32 message = keccak256(
            abi.encode(kind, buyer, address(settlement), value, token.nonces(buyer), permit.deadline)
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), message));
        (permit.v, permit.r, permit.s) = vm.sign(keyOf("buyer"), digest);
    }

    function _expectPlaced(Order memory order, uint256 state, uint256 paid) private {
        Facts facts = Facts.wrap(Batches.pack(_read()) | (state << 160));
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderPlaced(Orders.idOf(order, address(settlement)), content, order, facts, paid);
    }

    function _assertIds(Order[] memory orders, bytes32[] memory ids) private view {
        vm.assertEq(ids.length, 2, "CART-1: as many as orders");
        vm.assertEq(ids[0], Orders.idOf(orders[0], address(settlement)), "CART-1: the first");
        vm.assertEq(ids[1], Orders.idOf(orders[1], address(settlement)), "CART-1: the second");
    }

    function _send(address sender, Order[] memory orders, Payment memory payment) private returns (bytes32[] memory) {
        vm.prank(sender);
        return desk.buyCart(orders, payment);
    }

    function _refuses(Order[] memory orders, Payment memory payment, address signer) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidSignature.selector, signer));
        _send(stranger, orders, payment);
    }
}
