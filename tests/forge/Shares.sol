// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan} from "../../contracts/interfaces/IContentLicense.sol";

/// @notice What one order puts into each hold.
struct Parts {
    uint256 revenue;
    uint256 seller;
    uint256 referrer;
}

/// @notice The arithmetic of SPLIT-1 and SPLIT-3, written from the specification and not from the contracts.
library Shares {
    uint256 private constant WHOLE = 10_000;

    /// @notice SPLIT-1.
    function parts(uint256 price, uint256 commissionBps, uint256 referrerBps) internal pure returns (Parts memory) {
        uint256 commission = (price * commissionBps) / WHOLE;
        uint256 referrer = referrerBps == 0 ? 0 : (commission * referrerBps) / commissionBps;
        return Parts(price - commission, commission - referrer, referrer);
    }

    /// @notice SPLIT-3: what each creator gets of a release, and what host and network get.
    function divide(
        Plan memory plan,
        uint256 amount
    ) internal pure returns (uint256[] memory creators, uint256 host, uint256 network) {
        uint256 whole = WHOLE - plan.sellerBps - plan.referrerBps;
        host = (amount * plan.hostBps) / whole;
        network = (amount * plan.networkBps) / whole;
        creators = new uint256[](plan.creators.length);
        creators[0] = amount - host - network;
        for (uint256 i = 1; i < creators.length; ++i) {
            creators[i] = (amount * plan.creators[i].bps) / whole;
            creators[0] -= creators[i];
        }
    }
}
