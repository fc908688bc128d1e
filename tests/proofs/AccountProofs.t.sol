// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account, AccountLib} from "../../contracts/libraries/Account.sol";

/// @title AccountProofs
/// @notice No two owners ever share an account: INV-4, DEP-1.
contract AccountProofs {
    /// @notice The accounts of two addresses, two platforms, or two learners are the same only if the owners are; those of
    /// different kinds never are.
    function check_OwnersShareNoAccount(
        address one,
        address other,
        uint32 platform,
        uint32 another,
        uint32 learner,
        uint32 fellow
    ) external pure {
        assert(_same(AccountLib.ofAddress(one), AccountLib.ofAddress(other)) == (one == other));
        assert(_same(AccountLib.ofPlatform(platform), AccountLib.ofPlatform(another)) == (platform == another));
        bool same = _same(AccountLib.ofLearner(platform, learner), AccountLib.ofLearner(another, fellow));
        assert(same == (platform == another && learner == fellow));
        assert(!_same(AccountLib.ofAddress(one), AccountLib.ofPlatform(platform)));
        assert(!_same(AccountLib.ofAddress(one), AccountLib.ofLearner(platform, learner)));
        assert(!_same(AccountLib.ofPlatform(another), AccountLib.ofLearner(platform, learner)));
    }

    /// @notice A key is valid if and only if it is the account of an address other than zero, of a platform, or of a learner
    /// on a platform, whose numbers are not zero.
    function check_ValidKeysHaveOwners(Account account) external pure {
        uint256 raw = Account.unwrap(account);
        bool ofAddress = raw != 0 && _same(account, AccountLib.ofAddress(address(uint160(raw))));
        bool ofPlatform = _same(account, AccountLib.ofPlatform(uint32(raw)));
        (uint32 platform, uint32 learner) = (uint32(raw >> 32), uint32(raw));
        bool ofLearner = platform != 0 && learner != 0 && _same(account, AccountLib.ofLearner(platform, learner));
        assert(account.isValid() == (ofAddress || ofPlatform || ofLearner));
    }

    /// @notice An account is told to be an address's own, or a learner's, if and only if it is.
    function check_KindsAreTold(Account account, address owner, uint32 platform, uint32 learner) external pure {
        assert(account.isAddress(owner) == _same(account, AccountLib.ofAddress(owner)));
        assert(AccountLib.ofLearner(platform, learner).isLearner());
        assert(!AccountLib.ofPlatform(platform).isLearner() && !AccountLib.ofAddress(owner).isLearner());
    }

    function _same(Account one, Account other) private pure returns (bool) {
        return Account.unwrap(one) == Account.unwrap(other);
    }
}
