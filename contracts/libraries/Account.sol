// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice The key of one balance in Settlement. Three kinds exist, told apart by their highest byte.
/// @dev 0x00… an address (a payee, or a buyer with a prefunded balance); 0x01… a platform, whose number 0 is the network;
/// 0x02… a learner on a platform, as platform and learner number, 32 bits each.
type Account is uint256;

using AccountLib for Account global;

/// @title AccountLib
/// @notice Makes and reads account keys.
library AccountLib {
    uint256 private constant PLATFORM_TAG = 1 << 248;
    uint256 private constant LEARNER_TAG = 2 << 248;

    /// @notice The account that only `owner` itself may debit.
    function ofAddress(address owner) internal pure returns (Account) {
        return Account.wrap(uint160(owner));
    }

    /// @notice The account of a platform, or of the network for platform 0.
    function ofPlatform(uint32 platform) internal pure returns (Account) {
        return Account.wrap(PLATFORM_TAG | platform);
    }

    /// @notice The account of a learner on a platform.
    function ofLearner(uint32 platform, uint32 learner) internal pure returns (Account) {
        return Account.wrap(LEARNER_TAG | (uint256(platform) << 32) | learner);
    }

    /// @notice Whether this is the account of `owner` itself.
    function isAddress(Account account, address owner) internal pure returns (bool) {
        return Account.unwrap(account) == uint160(owner);
    }

    /// @notice Whether this is the account of a learner on a platform.
    function isLearner(Account account) internal pure returns (bool) {
        return Account.unwrap(account) >> 248 == 2;
    }

    /// @notice Whether `account` is a key that one of the functions above can make from something that can own money.
    function isValid(Account account) internal pure returns (bool) {
        uint256 raw = Account.unwrap(account);
        uint256 number = raw & type(uint248).max;
        if (raw >> 248 == 0) return raw != 0 && raw <= type(uint160).max;
        if (raw >> 248 == 1) return number <= type(uint32).max;
        return raw >> 248 == 2 && number <= type(uint64).max && number >> 32 != 0 && uint32(number) != 0;
    }
}
