// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Payment, Source} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Terms} from "../../../contracts/interfaces/IContentLicense.sol";
import {accountOf} from "../Accounts.sol";
import {Orders, Signature} from "../Orders.sol";
import {vm} from "../Vm.sol";
import {Sold} from "./Ghost.sol";
import {Money} from "./Money.sol";

/// @notice Steps of direct orders, alone and in carts.
abstract contract Purchases is Money {
    uint256 internal constant BUYERS = 3;

    function buy(uint256 seed) external drawing(seed) {
        Order memory order = _anyOrder(_anyBuyer());
        uint256 before = token.balanceOf(order.buyer);
        vm.prank(order.buyer);
        _place(order, settlement.buy(order), 0);
        cameIn += _priceNow(order.content);
        vm.assertEq(token.balanceOf(order.buyer), before - _priceNow(order.content), "BUY-1: the buyer pays the price");
    }

    function buyFromBalance(uint256 seed) external drawing(seed) {
        Order memory order = _anyOrder(_anyBuyer());
        uint256 price = _priceNow(order.content);
        _only(available[accountOf(order.buyer)] >= int256(price));
        vm.prank(order.buyer);
        _place(order, settlement.buyFromBalance(order), FROM_ACCOUNT);
        _debit(accountOf(order.buyer), price);
    }

    function buyWithAuthorization(uint256 seed) external drawing(seed) {
        Order memory order = _anyOrder(_anyBuyer());
        Signature memory signed = Orders.authorize(order, privateKeys[order.buyer], token, address(settlement));
        uint256 before = token.balanceOf(order.buyer);
        _place(order, settlement.buyWithAuthorization(order, signed.v, signed.r, signed.s), 0);
        _credit(accountOf(order.buyer), order.maxPrice - _priceNow(order.content));
        cameIn += order.maxPrice;
        vm.assertEq(token.balanceOf(order.buyer), before - order.maxPrice, "AUTH-1: the highest price is taken");
    }

    function buyCart(uint256 seed) external drawing(seed) {
        Order[] memory cart = _anyCart();
        Source source = Source(_below(3));
        if (source == Source.Balance) _ensure(accountOf(cart[0].buyer), _totalOf(cart));
        if (source != Source.Authorization && _oneIn(2)) vm.prank(cart[0].buyer);
        bytes32[] memory ids = desk.buyCart(cart, _payment(cart, source));
        for (uint256 i; i < cart.length; ++i) _place(cart[i], ids[i], source == Source.Balance ? FROM_ACCOUNT : 0);
        _payFor(cart, source);
    }

    function refund(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefundableDirect);
        Order memory order = orders[sold[index].at];
        uint256 before = token.balanceOf(order.buyer);
        uint256 rest = _leftOf(sold[index]);
        vm.prank(_refunderOf(index));
        settlement.refund(order);
        _refundOf(index, rest);
        _end(index);
        _giveBack(index, rest, before);
    }

    function claim(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isClaimableDirect);
        Order memory order = orders[sold[index].at];
        vm.prank(order.receiver);
        licences.claim(order);
        _claimed(index, order.receiver);
    }

    function _claimed(uint256 index, address holder) internal {
        _keep(index, CLAIMED);
        sold[index].holder = holder;
        sold[index].unlocksAt = _maturesAt(sold[index]);
        if (listings[sold[index].content].terms.bound || _has(sold[index], DISPUTED)) sold[index].unlocksAt = NEVER;
    }

    /// @dev An operator of the seller, or of the host if there is none.
    function _refunderOf(uint256 index) internal view returns (address) {
        return _keyOf(sold[index].seller == 0 ? listings[sold[index].content].host : sold[index].seller);
    }

    /// @dev What leaves the holds of a direct order goes back to where its price came from.
    function _giveBack(uint256 index, uint256 amount, uint256 tokensBefore) internal {
        address buyer = orders[sold[index].at].buyer;
        bool toAccount = _has(sold[index], FROM_ACCOUNT);
        if (toAccount) _credit(accountOf(buyer), amount);
        else left += amount;
        uint256 expected = toAccount ? tokensBefore : tokensBefore + amount;
        vm.assertEq(token.balanceOf(buyer), expected, "REFUND-3: to where the price came from");
    }

    // Orders

    function _anyBuyer() private returns (address) {
        return payees[_below(BUYERS)];
    }

    function _anyOrder(address buyer) private returns (Order memory order) {
        order.content = _anyContentForSale();
        if (!_oneIn(4)) order.seller = _anyPlatform();
        _only(order.seller == 0 || members[order.seller].active);
        order.buyer = buyer;
        order.receiver = _anyPayee();
        if (order.seller != 0 && _oneIn(2)) order.referrer = _anyPayee();
        order.maxPrice = uint64(_priceNow(order.content) + (_oneIn(2) ? 0 : _below(1_000)));
        order.startsAt = uint64(_anyStart(order.content));
        order.deadline = uint64(block.timestamp + _between(1, 1 days));
        order.salt = bytes32(sold.length);
    }

    function _anyCart() private returns (Order[] memory cart) {
        cart = new Order[](_between(1, 3));
        address buyer = _anyBuyer();
        for (uint256 i; i < cart.length; ++i) {
            cart[i] = _anyOrder(buyer);
            cart[i].salt = bytes32(uint256(cart[i].salt) + i);
        }
    }

    /// @dev A renewable licence may start up to one of its durations later.
    function _anyStart(uint32 content) internal returns (uint256) {
        Terms memory terms = listings[content].terms;
        if (!terms.renewable || _oneIn(2)) return 0;
        return block.timestamp + _below(terms.durationSeconds + 1);
    }

    function _place(Order memory order, bytes32 orderId, uint256 state) private {
        vm.assertEq(orderId, Orders.idOf(order, address(settlement)), "ORDER-1: the id is the order's hash");
        Sold memory made;
        made.content = order.content;
        made.seller = order.seller;
        made.referrer = order.referrer;
        made.price = _priceNow(order.content);
        _readTerms(made, order.startsAt);
        made.direct = true;
        made.state = PAID | state;
        made.at = orders.length;
        orders.push(order);
        _capture(made);
    }

    /// @dev What the contracts read of a content for an order made now.
    function _readTerms(Sold memory made, uint256 startsAt) internal view {
        made.class = listings[made.content].class;
        made.epoch = _epoch(made.class);
        made.version = uint16(_versionNow(made.content));
        if (made.seller != 0) made.commissionBps = _commissionBps(made);
        if (made.referrer != address(0)) made.referrerBps = plans[made.content][made.version].referrerBps;
        uint256 duration = listings[made.content].terms.durationSeconds;
        if (duration == 0) return;
        made.startsAt = startsAt > block.timestamp ? startsAt : block.timestamp;
        made.expiresAt = made.startsAt + duration;
    }

    function _commissionBps(Sold memory made) private view returns (uint256) {
        return plans[made.content][made.version].sellerBps + plans[made.content][made.version].referrerBps;
    }

    function _priceNow(uint32 content) internal view returns (uint256) {
        return _priceOn(content, _today());
    }

    // Carts

    function _totalOf(Order[] memory cart) private view returns (uint256 total) {
        for (uint256 i; i < cart.length; ++i) total += _priceNow(cart[i].content);
    }

    function _maximumOf(Order[] memory cart) private pure returns (uint256 maximum) {
        for (uint256 i; i < cart.length; ++i) maximum += cart[i].maxPrice;
    }

    function _payFor(Order[] memory cart, Source source) private {
        uint256 total = _totalOf(cart);
        if (source == Source.Balance) return _debit(accountOf(cart[0].buyer), total);
        uint256 taken = source == Source.Tokens ? total : _maximumOf(cart);
        _credit(accountOf(cart[0].buyer), taken - total);
        cameIn += taken;
    }

    /// @dev With the buyer's signature, which a buyer that calls itself does not need.
    function _payment(Order[] memory cart, Source source) private view returns (Payment memory payment) {
        payment.source = source;
        bytes32 hash = Orders.cartHash(source, cart, address(settlement));
        uint256 key = privateKeys[cart[0].buyer];
        if (source != Source.Authorization) {
            payment.signature = Orders.sign(key, hash);
            return payment;
        }
        Signature memory signed = Orders.authorize(
            cart[0],
            _maximumOf(cart),
            hash,
            key,
            token.DOMAIN_SEPARATOR(),
            address(settlement)
        );
        payment.signature = abi.encodePacked(signed.r, signed.s, signed.v);
    }

    function _isClaimable(uint256 index) internal view returns (bool) {
        return !_has(sold[index], REFUNDED | CLAIMED);
    }

    function _isRefundableDirect(uint256 index) internal view returns (bool) {
        return sold[index].direct && _canTakeBack(sold[index]);
    }

    function _isClaimableDirect(uint256 index) private view returns (bool) {
        return sold[index].direct && _isClaimable(index);
    }
}
