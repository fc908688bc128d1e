// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Orders, Signature} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract BuyWithAuthorizationTest is Scene {
    function test_takes_the_highest_price_and_credits_the_excess() external {
        Order memory order = _order();
        order.maxPrice = PRICE + 9;
        bytes32 id = Orders.idOf(order, address(settlement));
        Facts facts = Facts.wrap(Batches.pack(_read()) | (1 << 160));
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderPlaced(id, content, order, facts, PRICE + 9);
        vm.assertEq(_send(order, "buyer"), id, "ORDER-1: the id is the order's hash");
        vm.assertEq(token.balanceOf(buyer), FUNDS - PRICE - 9, "AUTH-1: the highest price is taken");
        _assertAvailable(buyer, 9, "AUTH-2: the excess is the buyer's");
        _assertHold(REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), COMMISSION);
        vm.assertTrue(token.authorizationState(buyer, id), "AUTH-1: the nonce is the order's id");
    }

    function test_credits_nothing_at_the_exact_price() external {
        _send(_order(), "buyer");
        _assertAvailable(buyer, 0, "AUTH-2: no excess");
    }

    function test_refuses_another_key() external {
        Order memory order = _order();
        Signature memory signed = Orders.authorize(order, keyOf("stranger"), token, address(settlement));
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s);
    }

    function test_refuses_an_order_that_was_changed_after_signing() external {
        Order memory order = _order();
        Signature memory signed = Orders.authorize(order, keyOf("buyer"), token, address(settlement));
        order.receiver = stranger;
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s);
    }

    function test_refuses_a_signature_from_another_chain() external {
        Order memory order = _order();
        vm.chainId(31_338);
        Signature memory signed = Orders.authorize(order, keyOf("buyer"), token, address(settlement));
        vm.chainId(31_337);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s);
    }

    function test_refuses_a_price_above_the_maximum() external {
        Order memory order = _order();
        order.maxPrice = PRICE - 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.PriceAboveMaximum.selector, PRICE, PRICE - 1));
        settlement.buyWithAuthorization(order, 0, "", "");
    }

    function test_refuses_a_token_that_takes_a_fee() external {
        _deploy(_anotherToken("FeeToken.sol:FeeToken", ""));
        _addWindow(SHORT_WINDOW);
        host = _admit("host");
        seller = _admit("seller");
        content = _publish(hostOperator, _publication("a course"));
        _fund(buyer, FUNDS);
        Order memory order = _order();
        order.maxPrice = PRICE + 79;
        Signature memory signed = _authorizeUnnamed(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TransferMismatch.selector, 990_099, 1_000_100));
        settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s);
    }

    /// @dev The fee token has no `DOMAIN_SEPARATOR`: its domain is named FeeToken.
    function _authorizeUnnamed(Order memory order) private view returns (Signature memory signature) {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(kind, keccak256("FeeToken"), keccak256("1"), block.chainid, address(token))
        );
        return Orders.authorize(order, keyOf("buyer"), domain, address(settlement));
    }

    function _send(Order memory order, string memory who) private returns (bytes32) {
        Signature memory signed = Orders.authorize(order, keyOf(who), token, address(settlement));
        vm.prank(stranger);
        return settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s);
    }
}
