// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan, Terms} from "../../../contracts/interfaces/IContentLicense.sol";
import {Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batch} from "../Batches.sol";
import {Network} from "../Network.sol";
import {Parts, Shares} from "../Shares.sol";

/// @notice One order, direct or of a batch, as whoever made it remembers it.
/// @param at Its place among the direct orders, or its batch's among the batches.
/// @param position Its place in the batch.
/// @param fresh Whether nothing happened to an order of a batch but perhaps a whole refund.
struct Sold {
    uint32 content;
    uint32 seller;
    uint16 version;
    uint8 class;
    address referrer;
    uint256 price;
    uint256 partRefunds;
    uint256 commissionBps;
    uint256 referrerBps;
    uint256 epoch;
    uint256 startsAt;
    uint256 expiresAt;
    uint256 state;
    bool direct;
    bool fresh;
    uint256 at;
    uint256 position;
    address holder;
    uint256 unlocksAt;
    uint256 answerBy;
    Case dispute;
}

/// @notice A dispute that is not over.
struct Case {
    Account opener;
    uint256 bond;
    uint256 deadline;
}

/// @notice A content as its host published it.
struct Listing {
    uint32 host;
    uint8 class;
    bool active;
    Terms terms;
}

/// @notice Something that holds from a day or an epoch on.
struct Since {
    uint256 from;
    uint256 value;
}

/// @notice What went through a hold.
struct Flow {
    uint256 captured;
    uint256 refunded;
    uint256 released;
    uint256 disputed;
}

/// @notice The books that the handler keeps: what must be in every account and hold, told by nothing but its own steps.
abstract contract Ghost is Network {
    uint256 internal constant CLASSES = 8;
    uint256 internal constant PLATFORMS_MAXIMUM = 6;
    uint256 internal constant CONTENTS_MAXIMUM = 12;
    uint256 internal constant VERSIONS_MAXIMUM = 4;
    uint256 internal constant NEVER = type(uint40).max;

    uint256 internal constant PAID = 1;
    uint256 internal constant FROM_ACCOUNT = 2;
    uint256 internal constant REFUNDED = 4;
    uint256 internal constant CLAIMED = 8;
    uint256 internal constant DISPUTED = 16;
    uint256 internal constant FROM_LEARNER = 32;
    uint256 internal constant PAID_OUT = 64;

    Sold[] internal sold;
    Order[] internal orders;
    Batch[] internal batches;
    uint32[] internal windows;
    bool internal paused;

    /// @dev Tokens sent in without a deposit, all that came in, all that left; and the order that changed last.
    uint256 internal donated;
    uint256 internal cameIn;
    uint256 internal left;
    uint256 internal touched;

    mapping(uint32 content => Listing) internal listings;
    mapping(uint32 content => mapping(uint256 version => Plan)) internal plans;
    mapping(uint32 content => Since[]) internal versions;
    mapping(uint32 content => uint16) internal planCounts;
    mapping(uint32 content => Since[]) internal prices;
    uint32 internal contents;

    address[] internal payees;
    mapping(address payee => uint256) private _payeeNumber;
    mapping(address payee => uint256) internal privateKeys;
    mapping(Account account => int256) internal available;

    /// @dev Accounts of learners that something came in for, and the keys that they obey or are offered to.
    Account[] internal purses;
    mapping(Account account => bool) private _isPurse;
    mapping(Account account => address) internal purseKeys;
    mapping(Account account => address) internal purseOffers;
    mapping(Account account => uint256) internal purseOfferedAt;

    /// @dev By hold: the last epoch whose money was paid out, and what went through it.
    mapping(uint256 hold => uint256) internal drainedThrough;
    mapping(uint256 hold => Flow) internal lifetimes;

    function _know(address payee, uint256 key) internal {
        payees.push(payee);
        _payeeNumber[payee] = payees.length;
        privateKeys[payee] = key;
    }

    function _accounts() internal view returns (Account[] memory accounts) {
        uint256 platforms = registry.platformCount() + 1;
        accounts = new Account[](platforms + payees.length + purses.length);
        for (uint32 i; i < platforms; ++i) accounts[i] = accountOfPlatform(i);
        for (uint256 i; i < payees.length; ++i) accounts[platforms + i] = accountOf(payees[i]);
        for (uint256 i; i < purses.length; ++i) accounts[platforms + payees.length + i] = purses[i];
    }

    // Holds have one number each: contents by version first, then platforms by class, then payees by class.

    function _holds() internal view returns (uint256) {
        return _holdOfPayee(0, 0) + payees.length * CLASSES;
    }

    function _holdOfContent(uint32 content, uint256 version) internal pure returns (uint256) {
        return content * VERSIONS_MAXIMUM + version - 1;
    }

    function _holdOfPlatform(uint256 platform, uint256 class) internal pure returns (uint256) {
        return (CONTENTS_MAXIMUM + 1) * VERSIONS_MAXIMUM + platform * CLASSES + class;
    }

    function _holdOfPayee(uint256 index, uint256 class) internal pure returns (uint256) {
        return _holdOfPlatform(PLATFORMS_MAXIMUM + 1, 0) + index * CLASSES + class;
    }

    function _holdOfReferrer(address referrer, uint256 class) internal view returns (uint256) {
        return _holdOfPayee(_payeeNumber[referrer] - 1, class);
    }

    /// @dev The holds an order's parts are in.
    function _holdsOf(Sold memory order) internal view returns (uint256[3] memory holds) {
        holds[0] = _holdOfContent(order.content, order.version);
        holds[1] = _holdOfPlatform(order.seller, order.class);
        if (order.referrer != address(0)) holds[2] = _holdOfReferrer(order.referrer, order.class);
    }

    /// @dev How an amount of an order's price is split.
    function _partsOf(Sold memory order, uint256 amount) internal pure returns (uint256[3] memory) {
        Parts memory parts = Shares.parts(amount, order.commissionBps, order.referrerBps);
        return [parts.revenue, parts.seller, parts.referrer];
    }

    function _leftOf(Sold memory order) internal pure returns (uint256) {
        return order.price - order.partRefunds;
    }

    function _has(Sold memory order, uint256 bits) internal pure returns (bool) {
        return order.state & bits != 0;
    }

    /// @dev Whether an order's money is where releases and refunds take it from.
    function _inHolds(Sold memory order) internal pure returns (bool) {
        return !_has(order, REFUNDED | DISPUTED | PAID_OUT);
    }

    // Orders

    function _capture(Sold memory order) internal {
        sold.push(order);
        uint256[3] memory holds = _holdsOf(order);
        uint256[3] memory parts = _partsOf(order, order.price);
        for (uint256 i; i < 3; ++i) lifetimes[holds[i]].captured += parts[i];
    }

    /// @dev Takes an amount of an order's price out of the holds, and out of what is left of it.
    function _refundOf(uint256 index, uint256 amount) internal {
        Sold memory order = sold[index];
        uint256[3] memory holds = _holdsOf(order);
        uint256[3] memory before = _partsOf(order, _leftOf(order));
        uint256[3] memory later = _partsOf(order, _leftOf(order) - amount);
        for (uint256 i; i < 3; ++i) lifetimes[holds[i]].refunded += before[i] - later[i];
        touched = index;
    }

    function _end(uint256 index) internal {
        sold[index].state |= PAID | REFUNDED;
        sold[index].holder = address(0);
        touched = index;
    }

    /// @dev Something other than a whole refund happened to an order.
    function _keep(uint256 index, uint256 bits) internal {
        sold[index].state |= PAID | bits;
        sold[index].fresh = false;
        touched = index;
    }

    /// @dev Pays out what has matured in a hold: the parts of its orders, one by one.
    function _drain(uint256 hold, uint256 class) internal returns (uint256 amount) {
        uint256 current = _epoch(class);
        for (uint256 i; i < sold.length; ++i) {
            Sold memory order = sold[i];
            if (!_inHolds(order) || order.epoch + 2 > current || order.class != class) continue;
            uint256[3] memory holds = _holdsOf(order);
            uint256[3] memory parts = _partsOf(order, _leftOf(order));
            for (uint256 part; part < 3; ++part) {
                if (holds[part] == hold && order.epoch > drainedThrough[hold]) amount += parts[part];
            }
        }
        lifetimes[hold].released += amount;
        if (current - 2 > drainedThrough[hold]) drainedThrough[hold] = current - 2;
    }

    function _canTakeBack(Sold memory order) internal view returns (bool) {
        return _inHolds(order) && _epoch(order.class) <= order.epoch + 1;
    }

    function _maturesAt(Sold memory order) internal view returns (uint256) {
        return (order.epoch + 2) * windows[order.class];
    }

    function _isCurrent(Sold memory order) internal view returns (bool) {
        if (order.expiresAt == 0) return true;
        return order.startsAt <= block.timestamp && block.timestamp < order.expiresAt;
    }

    /// @dev The first order from a place on that fits, or none: then it is `sold.length`.
    function _firstFrom(uint256 start, function(uint256) view returns (bool) fits) internal view returns (uint256) {
        for (uint256 i; i < sold.length; ++i) {
            uint256 index = (start + i) % sold.length;
            if (fits(index)) return index;
        }
        return sold.length;
    }

    // Accounts

    function _credit(Account account, uint256 amount) internal {
        account = _destination(account);
        available[account] += int256(amount);
    }

    function _debit(Account account, uint256 amount) internal {
        available[account] -= int256(amount);
    }

    /// @dev A learner's account; once its key took it over, the key's own.
    function _destination(Account account) internal view returns (Account) {
        return purseKeys[account] == address(0) ? account : accountOf(purseKeys[account]);
    }

    function _knowPurse(Account purse) internal {
        if (_isPurse[purse]) return;
        _isPurse[purse] = true;
        purses.push(purse);
    }

    // Time, prices and plans

    function _epoch(uint256 class) internal view returns (uint256) {
        return block.timestamp / windows[class];
    }

    function _today() internal view returns (uint256) {
        return block.timestamp / 1 days;
    }

    function _priceOn(uint32 content, uint256 day) internal view returns (uint256) {
        return _valueAt(prices[content], day);
    }

    function _versionNow(uint32 content) internal view returns (uint256) {
        return _valueAt(versions[content], _epoch(listings[content].class));
    }

    /// @dev Drops everything that was to hold after `present`, as a later announcement does.
    function _dropAfter(Since[] storage history, uint256 present) internal {
        while (history[history.length - 1].from > present) history.pop();
    }

    function _valueAt(Since[] storage history, uint256 time) private view returns (uint256) {
        for (uint256 i = history.length; i > 0; --i) {
            if (history[i - 1].from <= time) return history[i - 1].value;
        }
        return history[0].value;
    }
}
