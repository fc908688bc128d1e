// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account, AccountLib} from "../../contracts/libraries/Account.sol";

/// @title AccountProofs
/// @notice No two owners ever share an account: INV-4, DEP-1.
contract AccountProofs {
    /// @notice The accounts of two addresses, or of two platforms, are the same only if the owners are; those of an
    /// address and a platform never are.
    function check_OwnersShareNoAccount(address one, address other, uint32 platform, uint32 another) external pure {
        assert(_same(AccountLib.ofAddress(one), AccountLib.ofAddress(other)) == (one == other));
        assert(_same(AccountLib.ofPlatform(platform), AccountLib.ofPlatform(another)) == (platform == another));
        assert(!_same(AccountLib.ofAddress(one), AccountLib.ofPlatform(platform)));
    }

    /// @notice A key is valid if and only if it is the account of an address other than zero or of a platform.
    function check_ValidKeysHaveOwners(Account account) external pure {
        uint256 raw = Account.unwrap(account);
        bool ofAddress = raw != 0 && _same(account, AccountLib.ofAddress(address(uint160(raw))));
        bool ofPlatform = _same(account, AccountLib.ofPlatform(uint32(raw)));
        assert(account.isValid() == (ofAddress || ofPlatform));
    }

    /// @notice An account is told to be an address's own if and only if it is.
    function check_IsAddressKnowsItsOwner(Account account, address owner) external pure {
        assert(account.isAddress(owner) == _same(account, AccountLib.ofAddress(owner)));
    }

    function _same(Account one, Account other) private pure returns (bool) {
        return Account.unwrap(one) == Account.unwrap(other);
    }
}
