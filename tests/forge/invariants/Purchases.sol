// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf} from "../Accounts.sol";
import {Orders, Signature} from "../Orders.sol";
import {vm} from "../Vm.sol";
import {Sold} from "./Ghost.sol";
import {Money} from "./Money.sol";

/// @notice Steps of direct orders.
abstract contract Purchases is Money {
    uint256 internal constant BUYERS = 3;

    function buy(uint256 seed) external drawing(seed) {
        (Order memory order, ) = _anyOrder();
        uint256 before = token.balanceOf(order.buyer);
        vm.prank(order.buyer);
        _place(order, settlement.buy(order), false);
        cameIn += _priceNow(order.content);
        vm.assertEq(token.balanceOf(order.buyer), before - _priceNow(order.content), "BUY-1: the buyer pays the price");
    }

    function buyFromBalance(uint256 seed) external drawing(seed) {
        (Order memory order, ) = _anyOrder();
        uint256 price = _priceNow(order.content);
        _only(available[accountOf(order.buyer)] >= int256(price));
        vm.prank(order.buyer);
        _place(order, settlement.buyFromBalance(order), true);
        _debit(accountOf(order.buyer), price);
    }

    function buyWithAuthorization(uint256 seed) external drawing(seed) {
        (Order memory order, uint256 key) = _anyOrder();
        Signature memory signed = Orders.authorize(order, key, token, address(settlement));
        uint256 before = token.balanceOf(order.buyer);
        _place(order, settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s), false);
        _credit(accountOf(order.buyer), order.maxPrice - _priceNow(order.content));
        cameIn += order.maxPrice;
        vm.assertEq(token.balanceOf(order.buyer), before - order.maxPrice, "AUTH-1: the highest price is taken");
    }

    function refund(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefundableDirect);
        Order memory order = orders[sold[index].at];
        uint256 price = sold[index].price;
        uint256 before = token.balanceOf(order.buyer);
        vm.prank(_keyOf(order.seller));
        settlement.refund(order);
        _takeBack(index);
        if (sold[index].fromAccount) _credit(accountOf(order.buyer), price);
        uint256 back = sold[index].fromAccount ? 0 : price;
        left += back;
        vm.assertEq(token.balanceOf(order.buyer), before + back, "REFUND-3: to where the price came from");
    }

    function claim(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isClaimableDirect);
        Order memory order = orders[sold[index].at];
        vm.prank(order.receiver);
        licences.claim(order);
        _claimed(index, order.receiver);
    }

    function _anyOrder() private returns (Order memory order, uint256 key) {
        uint256 buyer = _below(BUYERS);
        key = keyOf(string.concat("buyer ", vm.toString(buyer)));
        order.content = _anyContentForSale();
        order.seller = _anyPlatform();
        _only(members[order.seller].active);
        order.buyer = payees[buyer];
        order.receiver = payees[_below(payees.length)];
        if (_oneIn(2)) order.referrer = payees[_below(payees.length)];
        order.maxPrice = uint64(_priceNow(order.content) + (_oneIn(2) ? 0 : _below(1_000)));
        order.deadline = uint64(block.timestamp + _between(1, 1 days));
        order.salt = bytes32(sold.length);
    }

    function _place(Order memory order, bytes32 orderId, bool fromAccount) private {
        vm.assertEq(orderId, Orders.idOf(order, address(settlement)), "ORDER-1: the id is the order's hash");
        Sold memory made;
        made.content = order.content;
        made.seller = order.seller;
        made.referrer = order.referrer;
        made.price = _priceNow(order.content);
        _readTerms(made);
        made.direct = true;
        made.fromAccount = fromAccount;
        made.at = orders.length;
        orders.push(order);
        _capture(made);
    }

    /// @dev Commission, referrer's share and class of a content, as the order's own.
    function _readTerms(Sold memory made) internal view {
        made.commissionBps = plans[made.content].sellerBps + plans[made.content].referrerBps;
        made.referrerBps = made.referrer == address(0) ? 0 : plans[made.content].referrerBps;
        made.class = listings[made.content].class;
    }

    function _isClaimable(uint256 index) internal view returns (bool) {
        return !sold[index].refunded && !sold[index].claimed;
    }

    function _isRefundableDirect(uint256 index) private view returns (bool) {
        return sold[index].direct && _isRefundable(sold[index]);
    }

    function _isClaimableDirect(uint256 index) private view returns (bool) {
        return sold[index].direct && _isClaimable(index);
    }

    function _priceNow(uint32 content) internal view returns (uint256) {
        return _priceOn(content, _today());
    }
}
