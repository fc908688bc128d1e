// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CreatorShare, CreatorShareLib} from "../../contracts/libraries/CreatorShare.sol";
import {PlanHeader, PlanHeaderLib} from "../../contracts/libraries/PlanHeader.sol";
import {PlanSchedule, PlanScheduleLib} from "../../contracts/libraries/PlanSchedule.sol";

/// @title PlanProofs
/// @notice The plan that divides a content's money is the one that was published for its epoch: SPLIT-3, PLAN-1.
contract PlanProofs {
    /// @notice A header reads back as it was packed, whatever its shares are.
    function check_HeadersReadBack(
        address payee,
        uint16[4] calldata shares,
        uint8 otherCreators,
        uint32 host
    ) external pure {
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i] > 10_000) return;
        }
        PlanHeader header = PlanHeaderLib.pack(payee, shares[0], shares[1], shares[2], shares[3], otherCreators, host);
        assert(header.firstPayee() == payee);
        assert(header.sellerBps() == shares[0] && header.referrerBps() == shares[1]);
        assert(header.hostBps() == shares[2] && header.networkBps() == shares[3]);
        assert(header.otherCreators() == otherCreators);
        assert(header.host() == host);
        assert(header.exists() || payee == address(0));
    }

    /// @notice A creator's address and share read back.
    function check_CreatorsReadBack(address payee, uint16 bps) external pure {
        CreatorShare share = CreatorShareLib.pack(payee, bps);
        assert(share.payee() == payee && share.bps() == bps);
    }

    /// @notice A new version holds from its epoch on, the one before it until then.
    function check_VersionsHoldFromTheirEpoch(uint16 version, uint16 before, uint24 epoch, uint24 at) external pure {
        if (version == 0) return;
        PlanSchedule schedule = PlanScheduleLib.schedule(version, before, epoch);
        assert(schedule.versionIn(at) == (at < epoch ? before : version));
        (uint256 earlier, uint256 later) = schedule.versions();
        assert(earlier == before && later == version);
        assert(PlanSchedule.wrap(0).versionIn(at) == 1);
    }
}
