// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SplitMath} from "./SplitMath.sol";

/// @notice A split plan up to its first creator, with the content's host, in one storage slot: all that dividing a
/// content's money needs if it has one creator.
/// @dev From the lowest bit: first creator's address 160, shares of seller, referrer, host and network 14 each (basis points),
/// number of creators after the first 8, number of the host 32. The first creator's share is what the others leave. Its
/// address is never zero, so an empty slot is no plan.
type PlanHeader is uint256;

using PlanHeaderLib for PlanHeader global;

/// @title PlanHeaderLib
/// @notice Packs and reads plan headers. Shares are in basis points, each at most 10,000.
library PlanHeaderLib {
    uint256 private constant SELLER_SHIFT = 160;
    uint256 private constant REFERRER_SHIFT = 174;
    uint256 private constant HOST_BPS_SHIFT = 188;
    uint256 private constant NETWORK_SHIFT = 202;
    uint256 private constant OTHERS_SHIFT = 216;
    uint256 private constant HOST_SHIFT = 224;
    uint256 private constant SHARE_MASK = 0x3fff;

    /// @notice A header whose first creator has the share that these four and the other creators' leave.
    function pack(
        address firstPayee_,
        uint256 sellerBps_,
        uint256 referrerBps_,
        uint256 hostBps_,
        uint256 networkBps_,
        uint256 otherCreators_,
        uint256 host_
    ) internal pure returns (PlanHeader) {
        return
            PlanHeader.wrap(
                uint160(firstPayee_)
                    | (sellerBps_ << SELLER_SHIFT)
                    | (referrerBps_ << REFERRER_SHIFT)
                    | (hostBps_ << HOST_BPS_SHIFT)
                    | (networkBps_ << NETWORK_SHIFT)
                    | (otherCreators_ << OTHERS_SHIFT)
                    | (host_ << HOST_SHIFT)
            );
    }

    /// @notice Whether there is such a plan.
    function exists(PlanHeader self) internal pure returns (bool) {
        return PlanHeader.unwrap(self) != 0;
    }

    /// @notice The first creator, who gets what rounding leaves at release.
    function firstPayee(PlanHeader self) internal pure returns (address) {
        return address(uint160(PlanHeader.unwrap(self)));
    }

    /// @notice The seller's share.
    function sellerBps(PlanHeader self) internal pure returns (uint256) {
        return (PlanHeader.unwrap(self) >> SELLER_SHIFT) & SHARE_MASK;
    }

    /// @notice The referrer's share.
    function referrerBps(PlanHeader self) internal pure returns (uint256) {
        return (PlanHeader.unwrap(self) >> REFERRER_SHIFT) & SHARE_MASK;
    }

    /// @notice The host's share.
    function hostBps(PlanHeader self) internal pure returns (uint256) {
        return (PlanHeader.unwrap(self) >> HOST_BPS_SHIFT) & SHARE_MASK;
    }

    /// @notice The network's share.
    function networkBps(PlanHeader self) internal pure returns (uint256) {
        return (PlanHeader.unwrap(self) >> NETWORK_SHIFT) & SHARE_MASK;
    }

    /// @notice What all creators, the host and the network have together: the whole without the commission.
    function releasedBps(PlanHeader self) internal pure returns (uint256) {
        return SplitMath.ONE_BPS - self.sellerBps() - self.referrerBps();
    }

    /// @notice How many creators come after the first.
    function otherCreators(PlanHeader self) internal pure returns (uint256) {
        return uint8(PlanHeader.unwrap(self) >> OTHERS_SHIFT);
    }

    /// @notice The number of the content's host.
    function host(PlanHeader self) internal pure returns (uint32) {
        return uint32(PlanHeader.unwrap(self) >> HOST_SHIFT);
    }
}
