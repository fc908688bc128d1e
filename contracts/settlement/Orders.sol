// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, ISettlement, Order} from "../interfaces/ISettlement.sol";
import {Dispute} from "../interfaces/ISettlementCourt.sol";
import {Account, AccountLib} from "../libraries/Account.sol";
import {BatchTree} from "../libraries/BatchTree.sol";
import {Facts, FactsLib} from "../libraries/Facts.sol";
import {Sale} from "../libraries/Sale.sol";
import {Holds} from "./Holds.sol";

/// @title Orders
/// @notice Orders, direct and in batches: how they come to be, and what is left of them.
abstract contract Orders is Holds {
    /// @dev What one batch adds up to while its words are read.
    struct Tally {
        uint256 windows;
        uint256 saleDay;
        uint256 state;
        uint256 debit;
        uint256 orders;
        uint256 heading;
        uint256[8] commissions;
        BatchTree.Leaves leaves;
    }

    /// @dev An order that was placed, direct or in a batch, as it is now.
    struct Sold {
        uint256 id;
        Facts facts;
        uint32 content;
        uint32 seller;
        address referrer;
        // The account that a refund goes to, or the address that it is sent to as tokens.
        Account payer;
        address payerAddress;
        // Whether nothing happened yet to an order of a batch.
        bool fresh;
    }

    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,uint64 maxPrice,uint64 startsAt,uint64 deadline,bytes32 salt)"
    );
    uint256 private constant HEADING_BITS = 200;

    /// @dev Direct orders; and orders of batches to which something other than a whole refund happened first.
    mapping(uint256 orderId => Facts) internal _orders;

    /// @dev From platform, lane and number; a batch that was not settled has none.
    mapping(uint256 batch => bytes32) internal _roots;
    mapping(uint256 batch => mapping(uint256 positions => uint256)) internal _spent;

    /// @dev From order to the time from which its buyer may refund it alone; the highest value once the seller refused.
    mapping(uint256 orderId => uint40) internal _answerBy;
    mapping(uint256 orderId => Dispute) internal _disputes;

    // Direct orders

    /// @dev Records a direct order and captures its price into the holds; the caller takes the money.
    function _place(Order calldata order, uint256 state) internal returns (bytes32 orderId, Facts facts) {
        if (block.timestamp >= order.deadline) revert ISettlement.DeadlinePassed(order.deadline, block.timestamp);
        if (order.receiver == address(0)) revert ISettlement.ZeroAddress();
        if (order.seller != 0) REGISTRY.requireActive(order.seller);
        else if (order.referrer != address(0)) revert ISettlement.ReferrerWithoutSeller(order.referrer);
        orderId = _hashTypedDataV4(_structHash(order));
        if (_orders[uint256(orderId)].has(FactsLib.PAID)) revert ISettlement.OrderExists(orderId);
        SaleSlot storage slot;
        Sale sale;
        (facts, slot, sale) = _quote(
            order.content,
            _openWindows(),
            _today(),
            uint160(order.referrer) | (uint256(order.startsAt) << START_SHIFT),
            order.seller != 0
        );
        if (facts.price() > order.maxPrice) revert ISettlement.PriceAboveMaximum(facts.price(), order.maxPrice);
        facts = facts.withState(state);
        _orders[uint256(orderId)] = facts;
        _capture(order, facts, slot, sale);
    }

    function _capture(Order calldata order, Facts facts, SaleSlot storage slot, Sale sale) private {
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = facts.partsOf(facts.price());
        _addRevenue(slot, sale, revenue, facts);
        if (sellerPart != 0) _addCommission(AccountLib.ofPlatform(order.seller), sellerPart, facts);
        if (referrerPart != 0) _addCommission(AccountLib.ofAddress(order.referrer), referrerPart, facts);
    }

    function _structHash(Order calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPEHASH, order));
    }

    // Reading a batch

    /// @dev Who settles, and that this is the lane's next batch.
    function _openBatch(uint64 number) internal view returns (uint32 platform, uint32 lane, uint32 learners) {
        // An account with delegated code can call in the middle of a transaction and still be its origin.
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert ISettlement.NotTopLevel(msg.sender);
        (platform, lane, learners) = REGISTRY.activeOperator(msg.sender);
        uint256 batch = _batchKey(platform, lane, number);
        bool next = number != 0 && _roots[batch] == 0 && (number == 1 || _roots[batch - 1] != 0);
        if (!next) revert ISettlement.BatchNumberMismatch(number, _nextBatch(platform, lane));
    }

    /// @dev The first number of a lane without a root, found by doubling and halving.
    function _nextBatch(uint32 platform, uint32 lane) internal view returns (uint64) {
        uint256 none = _batchKey(platform, lane, 0);
        uint256 free = 1;
        while (_roots[none | free] != 0) free <<= 1;
        uint256 taken = free >> 1;
        while (free - taken > 1) {
            uint256 middle = (taken + free) >> 1;
            if (_roots[none | middle] != 0) taken = middle;
            else free = middle;
        }
        return uint64(free);
    }

    function _newTally(
        uint256 saleDay,
        uint256 learners,
        uint256 words,
        uint256 state
    ) internal view returns (Tally memory tally) {
        uint256 today = _today();
        if (saleDay > today || saleDay + 1 < today) revert ISettlement.SaleDayOutOfRange(saleDay, today);
        tally.saleDay = saleDay;
        tally.windows = _openWindows();
        tally.state = state;
        tally.leaves = BatchTree.leavesFor(words, learners);
    }

    /// @notice Reads the heading or the group at `index`.
    /// @return next The index after it.
    /// @return facts What the orders of the group commit to; zero after a heading.
    function _readNext(
        Tally memory tally,
        uint256[] calldata words,
        uint256 index
    ) internal returns (uint256 next, Facts facts) {
        uint256 word = BatchTree.wordAt(words, index);
        uint32 content = BatchTree.contentOf(word);
        if (content != 0) return _readGroup(tally, words, index, content);
        if (word == 0 || word >> HEADING_BITS != 0 || tally.heading != 0) {
            revert BatchTree.MalformedWord(index, word);
        }
        tally.heading = word;
        unchecked {
            return (index + 1, facts);
        }
    }

    /// @dev Reads the words of one content from `index` on, and adds their revenue to the content's hold.
    function _readGroup(
        Tally memory tally,
        uint256[] calldata words,
        uint256 index,
        uint32 content
    ) private returns (uint256 next, Facts facts) {
        SaleSlot storage slot;
        Sale sale;
        (facts, slot, sale) = _quote(content, tally.windows, tally.saleDay, tally.heading, true);
        facts = facts.withState(tally.state);
        uint256 count;
        (next, count) = BatchTree.hashGroup(words, index, facts, address(uint160(tally.heading)), tally.leaves);
        _captureGroup(tally, facts, count, slot, sale);
    }

    function _captureGroup(Tally memory tally, Facts facts, uint256 count, SaleSlot storage slot, Sale sale) private {
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = facts.partsOf(facts.price());
        unchecked {
            // Fewer than 2^32 orders of less than 2^40 each.
            tally.orders += count;
            tally.debit += count * facts.price();
            tally.commissions[facts.class()] += count * sellerPart;
            _addRevenue(slot, sale, count * revenue, facts);
            if (tally.heading == 0) return;
            if (referrerPart != 0) {
                _addCommission(AccountLib.ofAddress(address(uint160(tally.heading))), count * referrerPart, facts);
            }
            tally.heading = 0;
        }
    }

    /// @dev Adds the seller's commissions to its holds, and commits to the orders.
    function _closeBatch(
        uint32 platform,
        uint32 lane,
        uint64 number,
        uint256 maxDebit,
        Tally memory tally
    ) internal returns (bytes32 root) {
        if (tally.orders == 0 || tally.heading != 0) revert ISettlement.EmptyBatch();
        if (tally.debit > maxDebit) revert ISettlement.DebitAboveMaximum(tally.debit, maxDebit);
        Account seller = AccountLib.ofPlatform(platform);
        uint256 class;
        // Classes are numbered without gaps, and the highest bit is clear while selling goes on.
        for (uint256 rest = tally.windows; rest != 0; rest >>= WINDOW_BITS) {
            uint256 amount = tally.commissions[class];
            if (amount != 0) {
                uint256 key = _commissionKey(seller, class);
                _commissions[key] = _commissions[key].add(amount, block.timestamp / (rest & WINDOW_MASK));
            }
            ++class;
        }
        uint256 leaves = tally.leaves.count;
        root = BatchTree.root(tally.leaves);
        _roots[_batchKey(platform, lane, number)] = root;
        emit ISettlement.BatchSettled(
            platform,
            lane,
            number,
            root,
            uint32(leaves),
            uint32(tally.orders),
            uint32(tally.saleDay),
            tally.debit
        );
    }

    // After the sale

    /// @dev A direct order that is paid and not refunded.
    function _sold(Order calldata order) internal view returns (Sold memory sold) {
        sold.id = uint256(_hashTypedDataV4(_structHash(order)));
        sold.facts = _orders[sold.id];
        if (!sold.facts.has(FactsLib.PAID)) revert ISettlement.UnknownOrder(bytes32(sold.id));
        if (sold.facts.has(FactsLib.REFUNDED)) revert ISettlement.AlreadyRefunded(sold.id);
        (sold.content, sold.seller, sold.referrer) = (order.content, order.seller, order.referrer);
        sold.payer = AccountLib.ofAddress(order.buyer);
        if (!sold.facts.has(FactsLib.FROM_ACCOUNT)) sold.payerAddress = order.buyer;
    }

    /// @dev An order of a batch that is proven, paid and not refunded.
    function _sold(BatchOrder calldata order) internal view returns (Sold memory sold) {
        sold.id = _batchOrderId(order);
        (bytes32 root, bytes32 expected) = _rootsOf(order, sold.id);
        if (root == bytes32(0) || root != expected) revert ISettlement.InvalidProof(root, expected);
        uint32 learner = BatchTree.learnerAt(order.word, order.place);
        if (learner == 0) revert ISettlement.EmptyPlace(order.place);
        sold.facts = _presentFacts(sold.id, order.facts);
        if (sold.facts.has(FactsLib.REFUNDED)) revert ISettlement.AlreadyRefunded(sold.id);
        sold.fresh = !sold.facts.has(FactsLib.PAID);
        (sold.content, sold.seller, sold.referrer) = (BatchTree.contentOf(order.word), order.platform, order.referrer);
        sold.payer = AccountLib.ofPlatform(order.platform);
        if (sold.facts.has(FactsLib.FROM_LEARNER)) {
            sold.payer = _destination(AccountLib.ofLearner(order.platform, learner));
        }
    }

    /// @dev The facts of a batch order as they are now; those of its leaf while nothing happened to it.
    function _presentFacts(uint256 orderId, Facts leafFacts) internal view returns (Facts facts) {
        if (_spent[orderId >> 32][(orderId & 0xffffffff) >> 8] & (1 << (orderId & 0xff)) == 0) return leafFacts;
        facts = _orders[orderId];
        if (!facts.has(FactsLib.PAID)) return leafFacts.withState(FactsLib.PAID | FactsLib.REFUNDED);
    }

    /// @dev Refunds all that is left of an order whose money is in its holds, and ends its licence.
    function _refund(Sold memory sold) internal returns (uint256 amount, bool toAccount) {
        _requireHeld(sold);
        amount = sold.facts.left();
        _takeBack(sold.content, sold.seller, sold.referrer, sold.facts, amount);
        toAccount = _end(sold, amount);
    }

    /// @dev Ends an order's licence and gives `amount`, which is in no hold any more, back to the payer.
    function _end(Sold memory sold, uint256 amount) internal returns (bool toAccount) {
        if (sold.facts.has(FactsLib.CLAIMED)) LICENSE.burn(sold.id);
        if (sold.fresh) _spend(sold.id);
        else _orders[sold.id] = sold.facts.withState(FactsLib.REFUNDED);
        toAccount = _giveBack(sold, amount);
    }

    function _giveBack(Sold memory sold, uint256 amount) internal returns (bool toAccount) {
        if (sold.payerAddress != address(0)) return _sendOrCredit(sold.payerAddress, sold.payer, amount);
        _credit(sold.payer, amount);
        return true;
    }

    /// @dev Keeps what an order is from now on.
    function _keep(Sold memory sold, Facts facts) internal {
        if (sold.fresh) _spend(sold.id);
        sold.fresh = false;
        sold.facts = facts.withState(FactsLib.PAID);
        _orders[sold.id] = sold.facts;
    }

    /// @dev Marks a batch order as one to which something happened.
    function _spend(uint256 orderId) private {
        _spent[orderId >> 32][(orderId & 0xffffffff) >> 8] |= 1 << (orderId & 0xff);
    }

    function _requireRefunder(Sold memory sold) internal view {
        _requireOperatorOf(sold.seller == 0 ? LICENSE.hostOf(sold.content) : sold.seller);
    }

    function _requireHeld(Sold memory sold) internal pure {
        if (sold.facts.has(FactsLib.DISPUTED)) revert ISettlement.InDispute(sold.id);
        if (sold.facts.has(FactsLib.PAID_OUT)) revert ISettlement.AlreadyPaidOut(sold.id);
    }

    // Where things are

    /// @dev The root that the order's proof leads to, and the root of the batch that its id names.
    function _rootsOf(
        BatchOrder calldata order,
        uint256 orderId
    ) internal view returns (bytes32 root, bytes32 expected) {
        bytes32 leaf = BatchTree.leaf(order.word, order.facts, order.referrer);
        root = BatchTree.rootFrom(leaf, order.leaf, order.leaves, order.proof);
        expected = _roots[orderId >> 32];
    }

    function _batchOrderId(BatchOrder calldata order) internal pure returns (uint256) {
        unchecked {
            // A root commits to its leaves' number, and no batch has 2^29: a position that is proven has fewer than 32 bits.
            uint256 position = uint256(order.leaf) * BatchTree.ORDERS_PER_WORD + order.place;
            return (_batchKey(order.platform, order.lane, order.number) << 32) | position;
        }
    }

    function _batchKey(uint32 platform, uint32 lane, uint64 number) internal pure returns (uint256) {
        return (uint256(platform) << 96) | (uint256(lane) << 64) | number;
    }
}
