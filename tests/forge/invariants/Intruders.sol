// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PlatformStatus, Role} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Withdrawal} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf} from "../Accounts.sol";
import {vm} from "../Vm.sol";
import {Again} from "./Again.sol";

/// @notice Steps of somebody who has no part in anything: all are refused, and the books stay as they are (INV-4).
abstract contract Intruders is Again {
    address private constant INTRUDER = address(0xbad);

    function intrudeOnMoney(uint256 seed) external drawing(seed) {
        Account purse = purses[_below(purses.length)];
        (uint32 platform, uint32 learner) = (uint32(Account.unwrap(purse) >> 32), uint32(Account.unwrap(purse)));
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(settlement.withdraw, (1, INTRUDER));
        calls[1] = abi.encodeCall(settlement.withdrawPlatform, (platform, 1));
        calls[2] = abi.encodeCall(desk.payOut, (platform, new uint32[](0), new uint256[](0)));
        calls[3] = abi.encodeCall(desk.offerAccount, (platform, learner, INTRUDER));
        calls[4] = abi.encodeCall(desk.takeOver, (platform, learner));
        Withdrawal memory forged = Withdrawal(_anyPayee(), INTRUDER, 1, type(uint64).max, _nextNonce(), "");
        calls[5] = abi.encodeCall(settlement.withdrawSigned, (forged));
        _refused(address(settlement), calls[_below(calls.length)]);
    }

    function intrudeOnOrders(uint256 seed) external drawing(seed) {
        uint256 index = _below(sold.length);
        bytes[] memory calls = new bytes[](6);
        if (sold[index].direct) {
            calls[0] = abi.encodeCall(settlement.refund, (orders[sold[index].at]));
            calls[1] = abi.encodeCall(court.refundPart, (orders[sold[index].at], 1));
            calls[2] = abi.encodeCall(court.requestRefund, (orders[sold[index].at]));
            calls[3] = abi.encodeCall(court.refundUnanswered, (orders[sold[index].at]));
            calls[4] = abi.encodeCall(court.openDispute, (orders[sold[index].at], ""));
            calls[5] = abi.encodeCall(court.resolveDispute, (orders[sold[index].at], true, ""));
        } else {
            calls[0] = abi.encodeCall(settlement.refundBatch, (_batchOrder(index)));
            calls[1] = abi.encodeCall(court.refundBatchPart, (_batchOrder(index), 1));
            calls[2] = abi.encodeCall(court.requestBatchRefund, (_batchOrder(index)));
            calls[3] = abi.encodeCall(court.refundBatchUnanswered, (_batchOrder(index)));
            calls[4] = abi.encodeCall(court.openBatchDispute, (_batchOrder(index), ""));
            calls[5] = abi.encodeCall(court.resolveBatchDispute, (_batchOrder(index), false, ""));
        }
        _refused(address(settlement), calls[_below(calls.length)]);
    }

    function intrudeOnTerms(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        uint32 content = _anyContent();
        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(registry.setStatus, (platform, PlatformStatus.Suspended));
        calls[1] = abi.encodeCall(registry.setTreasury, (platform, INTRUDER));
        calls[2] = abi.encodeCall(registry.setOperator, (platform, INTRUDER, true));
        calls[3] = abi.encodeCall(registry.transferPlatform, (platform, INTRUDER));
        calls[4] = abi.encodeCall(registry.nominate, (Role.Arbiter, INTRUDER));
        calls[5] = abi.encodeCall(registry.bindKey, (_anyLearner(), INTRUDER));
        calls[6] = abi.encodeCall(licences.setPrice, (content, 1));
        calls[7] = abi.encodeCall(licences.setActive, (content, false));
        calls[8] = abi.encodeCall(desk.pause, ());
        uint256 choice = _below(calls.length);
        address target =
            choice < 6
                ? address(registry)
                : choice < 8
                    ? address(licences)
                    : address(settlement);
        _refused(target, calls[choice]);
    }

    function _refused(address target, bytes memory data) private {
        vm.prank(INTRUDER);
        (bool success, ) = target.call(data);
        vm.assertTrue(!success, "INV-4: nobody acts for another");
        vm.assertEq(settlement.availableOf(accountOf(INTRUDER)), 0, "INV-4: and nobody gains by trying");
    }
}
