// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan} from "../../../contracts/interfaces/IContentLicense.sol";
import {Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batch} from "../Batches.sol";
import {Network} from "../Network.sol";
import {Parts, Shares} from "../Shares.sol";

/// @notice One order, direct or of a batch, as whoever made it remembers it.
struct Sold {
    uint32 content;
    uint32 seller;
    address referrer;
    uint256 price;
    uint256 commissionBps;
    uint256 referrerBps;
    uint8 class;
    uint256 epoch;
    bool refunded;
    bool claimed;
    bool direct;
    bool fromAccount;
    uint256 at;
    uint256 position;
    address holder;
}

/// @notice A content as its host published it.
struct Listing {
    uint32 host;
    uint8 class;
    bool active;
}

/// @notice A price and the first day it holds.
struct DayPrice {
    uint256 day;
    uint256 price;
}

/// @notice What went through a hold.
struct Flow {
    uint256 captured;
    uint256 refunded;
    uint256 released;
}

/// @notice The books that the handler keeps: what must be in every account and hold, told by nothing but its own steps.
abstract contract Ghost is Network {
    uint256 internal constant CLASSES = 8;
    uint256 internal constant PLATFORMS_MAXIMUM = 6;
    uint256 internal constant CONTENTS_MAXIMUM = 12;

    Sold[] internal sold;
    Order[] internal orders;
    Batch[] internal batches;
    uint32[] internal windows;

    /// @dev Tokens sent in without a deposit, all that came in, all that left; and the order that changed last.
    uint256 internal donated;
    uint256 internal cameIn;
    uint256 internal left;
    uint256 internal touched;

    mapping(uint32 content => Listing) internal listings;
    mapping(uint32 content => Plan) internal plans;
    mapping(uint32 content => DayPrice[]) internal prices;
    uint32 internal contents;

    address[] internal payees;
    mapping(address payee => uint256) private _payeeNumber;
    mapping(Account account => int256) internal available;

    /// @dev By hold: the last epoch whose money was paid out.
    mapping(uint256 hold => uint256) internal drainedThrough;
    mapping(uint256 hold => Flow) internal lifetimes;

    function _know(address payee) internal {
        if (_payeeNumber[payee] != 0 || payee == address(0)) return;
        payees.push(payee);
        _payeeNumber[payee] = payees.length;
    }

    function _accounts() internal view returns (Account[] memory accounts) {
        uint32 platforms = registry.platformCount() + 1;
        accounts = new Account[](platforms + payees.length);
        for (uint32 i; i < platforms; ++i) accounts[i] = accountOfPlatform(i);
        for (uint256 i; i < payees.length; ++i) accounts[platforms + i] = accountOf(payees[i]);
    }

    // Holds have one number each: contents first, then platforms by class, then payees by class.

    function _holds() internal view returns (uint256) {
        return _holdOfPayee(0, 0) + payees.length * CLASSES;
    }

    function _holdOfPlatform(uint256 platform, uint256 class) internal pure returns (uint256) {
        return CONTENTS_MAXIMUM + 1 + platform * CLASSES + class;
    }

    function _holdOfPayee(uint256 index, uint256 class) internal pure returns (uint256) {
        return _holdOfPlatform(PLATFORMS_MAXIMUM + 1, 0) + index * CLASSES + class;
    }

    function _holdOfReferrer(address referrer, uint256 class) internal view returns (uint256) {
        return _holdOfPayee(_payeeNumber[referrer] - 1, class);
    }

    function _partsOf(Sold memory order) internal pure returns (Parts memory) {
        return Shares.parts(order.price, order.commissionBps, order.referrerBps);
    }

    // Orders

    function _capture(Sold memory order) internal {
        order.epoch = _epoch(order.class);
        sold.push(order);
        (uint256[3] memory holds, uint256[3] memory amounts) = _placesOf(order);
        for (uint256 i; i < 3; ++i) lifetimes[holds[i]].captured += amounts[i];
    }

    function _takeBack(uint256 index) internal {
        Sold storage order = sold[index];
        order.refunded = true;
        touched = index;
        order.holder = address(0);
        (uint256[3] memory holds, uint256[3] memory amounts) = _placesOf(order);
        for (uint256 i; i < 3; ++i) lifetimes[holds[i]].refunded += amounts[i];
    }

    function _claimed(uint256 index, address holder) internal {
        sold[index].claimed = true;
        sold[index].holder = holder;
        touched = index;
    }

    /// @dev The holds an order's parts are in, and the parts.
    function _placesOf(Sold memory order) internal view returns (uint256[3] memory holds, uint256[3] memory amounts) {
        Parts memory parts = _partsOf(order);
        holds[0] = order.content;
        holds[1] = _holdOfPlatform(order.seller, order.class);
        if (order.referrer != address(0)) holds[2] = _holdOfReferrer(order.referrer, order.class);
        amounts = [parts.revenue, parts.seller, parts.referrer];
    }

    /// @dev Pays out what has matured in a hold: the parts of its orders, one by one.
    function _drain(uint256 hold, uint256 class) internal returns (uint256 amount) {
        uint256 current = _epoch(class);
        for (uint256 i; i < sold.length; ++i) {
            if (sold[i].refunded || sold[i].epoch + 2 > current || sold[i].class != class) continue;
            (uint256[3] memory holds, uint256[3] memory amounts) = _placesOf(sold[i]);
            for (uint256 part; part < 3; ++part) {
                if (holds[part] != hold || sold[i].epoch <= drainedThrough[hold]) continue;
                amount += amounts[part];
                lifetimes[hold].released += amounts[part];
            }
        }
        drainedThrough[hold] = current - 2;
    }

    /// @dev The first order from a place on that fits, or none: then it is `sold.length`.
    function _firstFrom(uint256 start, function(uint256) view returns (bool) fits) internal view returns (uint256) {
        for (uint256 i; i < sold.length; ++i) {
            uint256 index = (start + i) % sold.length;
            if (fits(index)) return index;
        }
        return sold.length;
    }

    function _isRefundable(Sold storage order) internal view returns (bool) {
        return !order.refunded && _epoch(order.class) <= order.epoch + 1;
    }

    // Accounts

    function _credit(Account account, uint256 amount) internal {
        available[account] += int256(amount);
    }

    function _debit(Account account, uint256 amount) internal {
        available[account] -= int256(amount);
    }

    // Time and prices

    function _epoch(uint256 class) internal view returns (uint256) {
        return block.timestamp / windows[class];
    }

    function _today() internal view returns (uint256) {
        return block.timestamp / 1 days;
    }

    function _priceOn(uint32 content, uint256 day) internal view returns (uint256) {
        DayPrice[] storage history = prices[content];
        for (uint256 i = history.length; i > 0; --i) {
            if (history[i - 1].day <= day) return history[i - 1].price;
        }
        return history[0].price;
    }
}
