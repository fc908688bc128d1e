// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Order} from "../../../contracts/interfaces/ISettlement.sol";
import {vm} from "../Vm.sol";
import {Learners} from "./Learners.sol";

/// @notice Steps of part refunds and of requested refunds.
abstract contract Aftersales is Learners {
    function refundPart(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isPartlyRefundable);
        uint256 amount = _between(1, _leftOf(sold[index]) - 1);
        Order memory order = orders[sold[index].at];
        uint256 before = token.balanceOf(order.buyer);
        vm.prank(_keyOf(listings[order.content].host));
        court.refundPart(order, amount);
        _keepPart(index, amount);
        _giveBack(index, amount, before);
    }

    function refundBatchPart(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isPartlyRefundableInBatch);
        uint256 amount = _between(1, _leftOf(sold[index]) - 1);
        vm.prank(_keyOf(listings[sold[index].content].host));
        court.refundBatchPart(_batchOrder(index), amount);
        _keepPart(index, amount);
        _credit(_payerOf(index), amount);
    }

    function requestRefund(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRequestable);
        Order memory order = orders[sold[index].at];
        vm.prank(order.buyer);
        court.requestRefund(order);
        _requested(index);
    }

    function requestBatchRefund(uint256 seed) external drawing(seed) {
        _requestInBatch(_any(_isRequestableInBatch));
    }

    function refuseRefund(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isWaiting);
        address key = _refunderOf(index);
        vm.prank(key);
        if (sold[index].direct) court.refuseRefund(orders[sold[index].at]);
        else court.refuseBatchRefund(_batchOrder(index));
        sold[index].answerBy = NEVER;
    }

    /// @dev Waits for the seller's time to end.
    function refundUnanswered(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isUnanswered);
        _waitFor(sold[index].answerBy);
        Order memory order = orders[sold[index].at];
        uint256 before = token.balanceOf(order.buyer);
        uint256 rest = _leftOf(sold[index]);
        vm.prank(order.buyer);
        court.refundUnanswered(order);
        _refundOf(index, rest);
        _end(index);
        _giveBack(index, rest, before);
    }

    function refundBatchUnanswered(uint256 seed) external drawing(seed) {
        uint256 index = _firstFrom(_below(sold.length), _isUnansweredInBatch);
        if (index == sold.length) {
            index = _any(_isRequestableInBatch);
            _requestInBatch(index);
        }
        _waitFor(sold[index].answerBy);
        uint256 rest = _leftOf(sold[index]);
        vm.prank(purseKeys[_purseOf(index)]);
        court.refundBatchUnanswered(_batchOrder(index));
        _refundOf(index, rest);
        _end(index);
        _credit(_payerOf(index), rest);
    }

    function _requestInBatch(uint256 index) private {
        vm.prank(purseKeys[_purseOf(index)]);
        court.requestBatchRefund(_batchOrder(index));
        _requested(index);
    }

    function _keepPart(uint256 index, uint256 amount) private {
        _refundOf(index, amount);
        sold[index].partRefunds += amount;
        _keep(index, 0);
    }

    function _requested(uint256 index) private {
        sold[index].answerBy = block.timestamp + windows[sold[index].class] / 2;
    }

    function _isPartlyRefundable(uint256 index) private view returns (bool) {
        return _isRefundableDirect(index) && _leftOf(sold[index]) > 1;
    }

    function _isPartlyRefundableInBatch(uint256 index) private view returns (bool) {
        return _isRefundableInBatch(index) && _leftOf(sold[index]) > 1;
    }

    function _isInTime(uint256 index) private view returns (bool) {
        if (!_canTakeBack(sold[index]) || sold[index].answerBy != 0) return false;
        return block.timestamp + windows[sold[index].class] / 2 < _maturesAt(sold[index]);
    }

    function _isRequestable(uint256 index) private view returns (bool) {
        return sold[index].direct && _isInTime(index);
    }

    function _isRequestableInBatch(uint256 index) private view returns (bool) {
        return _isOfTakenPurse(index) && _isInTime(index);
    }

    function _isOfTakenPurse(uint256 index) private view returns (bool) {
        if (sold[index].direct || !_has(sold[index], FROM_LEARNER)) return false;
        return purseKeys[_purseOf(index)] != address(0);
    }

    function _isWaiting(uint256 index) private view returns (bool) {
        return block.timestamp < sold[index].answerBy && sold[index].answerBy != NEVER && !_has(sold[index], REFUNDED);
    }

    function _isAsked(uint256 index) private view returns (bool) {
        uint256 answerBy = sold[index].answerBy;
        return answerBy != 0 && answerBy != NEVER && _canTakeBack(sold[index]);
    }

    function _isUnanswered(uint256 index) private view returns (bool) {
        return sold[index].direct && _isAsked(index);
    }

    function _isUnansweredInBatch(uint256 index) private view returns (bool) {
        return _isOfTakenPurse(index) && _isAsked(index);
    }
}
