// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Reader
/// @notice Many views in one call, so that a test can compare the whole state after every step.
contract Reader {
    /// @notice One view to call.
    struct View {
        address target;
        bytes data;
    }

    /// @notice A view reverted.
    error ViewFailed(uint256 index, bytes reason);

    /// @notice What each view answers, in order.
    function read(View[] calldata views) external view returns (bytes[] memory answers) {
        answers = new bytes[](views.length);
        for (uint256 i; i < views.length; ++i) {
            (bool success, bytes memory answer) = views[i].target.staticcall(views[i].data);
            if (!success) revert ViewFailed(i, answer);
            answers[i] = answer;
        }
    }
}
