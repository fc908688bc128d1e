// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hold, HoldLib} from "../../../contracts/libraries/Hold.sol";
import {Buckets, Holds} from "../Holds.sol";
import {vm} from "../Vm.sol";

/// @notice The library's functions, opened to calls.
interface Opened {
    function add(Hold hold, uint256 amount, uint256 epoch) external pure returns (Hold);
    function take(Hold hold, uint256 amount, uint256 orderEpoch, uint256 epoch) external pure returns (Hold);
    function drain(Hold hold, uint256 epoch) external pure returns (Hold rest, uint256 amount);
}

contract HoldTest {
    uint256 private constant FULL = type(uint56).max;
    uint256 private constant OWNER = 0xabcdef0123456789 << 192;

    Opened private holds;

    function setUp() external {
        holds = Opened(vm.deployCode("HoldHarness.sol:HoldHarness", ""));
    }

    function test_adds_to_the_present_epoch() external view {
        _assert(holds.add(_hold(5, 10, 20, 30), 4, 5), 5, 14, 20, 30);
        _assert(holds.add(_hold(5, 10, 20, 30), 4, 6), 6, 4, 10, 50);
        _assert(holds.add(_hold(5, 10, 20, 30), 4, 7), 7, 4, 0, 60);
        _assert(holds.add(_hold(5, 10, 20, 30), 4, 900), 900, 4, 0, 60);
    }

    function test_fills_a_bucket_and_no_more() external {
        _assert(holds.add(_hold(5, 10, 0, 0), FULL - 10, 5), 5, FULL, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(HoldLib.HoldOverflow.selector, FULL - 9, FULL - 10));
        holds.add(_hold(5, 10, 0, 0), FULL - 9, 5);
        vm.expectRevert(abi.encodeWithSelector(HoldLib.HoldOverflow.selector, FULL + 1, FULL));
        holds.add(_hold(5, 0, 1, FULL), 1, 6);
    }

    function test_takes_from_the_epoch_of_the_order() external view {
        _assert(holds.take(_hold(5, 10, 20, 30), 4, 5, 5), 5, 6, 20, 30);
        _assert(holds.take(_hold(5, 10, 20, 30), 4, 4, 5), 5, 10, 16, 30);
        _assert(holds.take(_hold(5, 10, 20, 30), 4, 5, 6), 6, 0, 6, 50);
        _assert(holds.take(_hold(5, 10, 20, 30), 10, 5, 5), 5, 0, 20, 30);
        _assert(holds.take(_hold(5, 10, 20, 30), 20, 4, 5), 5, 10, 0, 30);
    }

    function test_refuses_to_take_what_is_not_there() external {
        vm.expectRevert(abi.encodeWithSelector(HoldLib.HoldUnderflow.selector, 10, 11));
        holds.take(_hold(5, 10, 20, 30), 11, 5, 5);
        vm.expectRevert(abi.encodeWithSelector(HoldLib.HoldUnderflow.selector, 20, 21));
        holds.take(_hold(5, 10, 20, 30), 21, 4, 5);
    }

    function test_refuses_to_take_from_other_epochs() external {
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, 3, 5));
        holds.take(_hold(5, 10, 20, 30), 1, 3, 5);
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, 6, 5));
        holds.take(_hold(5, 10, 20, 30), 1, 6, 5);
    }

    function test_drains_what_has_matured() external view {
        _drains(_hold(5, 10, 20, 30), 5, 30, _hold(5, 10, 20, 0));
        _drains(_hold(5, 10, 20, 30), 6, 50, _hold(6, 0, 10, 0));
        _drains(_hold(5, 10, 20, 30), 7, 60, _hold(7, 0, 0, 0));
        _drains(_hold(5, FULL, FULL, FULL), 7, 3 * FULL, _hold(7, 0, 0, 0));
    }

    function _drains(Hold hold, uint256 epoch, uint256 amount, Hold rest) private view {
        (Hold left, uint256 drained) = holds.drain(hold, epoch);
        vm.assertEq(drained, amount, "SPLIT-2: all that has matured");
        vm.assertEq(Hold.unwrap(left), Hold.unwrap(rest), "SPLIT-2: the rest stays");
    }

    function _hold(uint256 epoch, uint256 captured, uint256 previous, uint256 matured) private pure returns (Hold) {
        return Hold.wrap(OWNER | (epoch << 168) | (captured << 112) | (previous << 56) | matured);
    }

    function _assert(Hold hold, uint256 epoch, uint256 captured, uint256 previous, uint256 matured) private pure {
        Buckets memory at = Holds.read(hold);
        vm.assertEq(at.epoch, epoch, "SPLIT-2: the epoch");
        vm.assertEq(at.captured, captured, "SPLIT-2: captured in this epoch");
        vm.assertEq(at.previous, previous, "SPLIT-2: captured in the epoch before");
        vm.assertEq(at.matured, matured, "SPLIT-2: matured");
        vm.assertEq((Hold.unwrap(hold) >> 192) << 192, OWNER, "SPLIT-2: the terms beside it stay");
    }
}
