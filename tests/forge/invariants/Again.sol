// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IContentLicense} from "../../../contracts/interfaces/IContentLicense.sol";
import {BatchOrder, ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {vm} from "../Vm.sol";
import {Licences} from "./Licences.sol";

/// @notice Steps that were made before and must not succeed twice (INV-7).
abstract contract Again is Licences {
    function buyAgain(uint256 seed) external drawing(seed) {
        Order memory order = orders[sold[_any(_isStillOffered)].at];
        vm.prank(order.buyer);
        vm.expectPartialRevert(ISettlement.OrderExists.selector);
        settlement.buy(order);
    }

    function settleAgain(uint256 seed) external drawing(seed) {
        uint256 index = _below(batches.length);
        uint64 number = batches[index].number;
        address key = _keyOfLane(batches[index].platform, batches[index].lane);
        vm.prank(key, key);
        vm.expectPartialRevert(ISettlement.BatchNumberMismatch.selector);
        settlement.settle(number, uint32(_today()), type(uint256).max, batches[index].words);
    }

    function refundAgain(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isRefunded);
        bytes memory reason = abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, _idOf(index));
        address key = _refunderOf(index);
        if (sold[index].direct) {
            vm.prank(key);
            vm.expectRevert(reason);
            settlement.refund(orders[sold[index].at]);
        } else {
            BatchOrder memory order = _batchOrder(index);
            vm.prank(key);
            vm.expectRevert(reason);
            settlement.refundBatch(order);
        }
    }

    function refundTooLate(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isTooLate);
        address key = _refunderOf(index);
        if (sold[index].direct) {
            vm.prank(key);
            vm.expectPartialRevert(HoldLib.RefundWindowClosed.selector);
            settlement.refund(orders[sold[index].at]);
        } else {
            BatchOrder memory order = _batchOrder(index);
            vm.prank(key);
            vm.expectPartialRevert(HoldLib.RefundWindowClosed.selector);
            settlement.refundBatch(order);
        }
    }

    function claimAgain(uint256 seed) external drawing(seed) {
        uint256 index = _any(_isClaimedDirect);
        Order memory order = orders[sold[index].at];
        bytes4 reason =
            _has(sold[index], REFUNDED)
                ? ISettlement.AlreadyRefunded.selector
                : IContentLicense.AlreadyClaimed.selector;
        vm.prank(order.receiver);
        vm.expectPartialRevert(reason);
        licences.claim(order);
    }

    function _isStillOffered(uint256 index) private view returns (bool) {
        if (!sold[index].direct) return false;
        if (sold[index].seller != 0 && !members[sold[index].seller].active) return false;
        return block.timestamp < orders[sold[index].at].deadline;
    }

    function _isRefunded(uint256 index) private view returns (bool) {
        return _has(sold[index], REFUNDED);
    }

    function _isTooLate(uint256 index) private view returns (bool) {
        return _inHolds(sold[index]) && !_canTakeBack(sold[index]);
    }

    function _isClaimedDirect(uint256 index) private view returns (bool) {
        return sold[index].direct && _has(sold[index], CLAIMED);
    }

    function _keyOfLane(uint32 platform, uint32 lane) private view returns (address found) {
        _only(members[platform].active);
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i].platform == platform && keys[i].lane == lane && keys[i].active) found = keys[i].key;
        }
        _only(found != address(0));
    }
}
