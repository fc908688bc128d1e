// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {BatchTree} from "../../../contracts/libraries/BatchTree.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

/// @notice A batch ends with its last word, whatever the calldata has behind it.
contract SettleBeyondTest is Scene {
    function test_refuses_a_group_that_goes_on_behind_the_batch() external {
        _deposit(accountOfPlatform(seller), FUNDS);
        uint256[] memory words = new uint256[](1);
        words[0] = Batches.word(content, _learners(3));
        bytes memory call = abi.encodeCall(ISettlement.settle, (1, uint32(TODAY), FUNDS, words));
        vm.expectRevert(abi.encodeWithSelector(BatchTree.MalformedWord.selector, 1, words[0]));
        _send(bytes.concat(call, bytes32(words[0])));
        vm.assertEq(settlement.nextBatch(seller, 1), 1, "BATCH-6: nothing was settled");
        _send(bytes.concat(call, bytes32(uint256(1))));
        vm.assertEq(settlement.nextBatch(seller, 1), 2, "BATCH-2: what is behind is no part of it");
    }

    function _send(bytes memory call) private {
        vm.prank(sellerOperator, sellerOperator);
        (bool done, bytes memory answer) = address(settlement).call(call);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
