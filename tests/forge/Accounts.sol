// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account} from "../../contracts/libraries/Account.sol";

function accountOf(address owner) pure returns (Account) {
    return Account.wrap(uint160(owner));
}

function accountOfPlatform(uint32 platform) pure returns (Account) {
    return Account.wrap((1 << 248) | uint256(platform));
}

function accountOfLearner(uint32 platform, uint32 learner) pure returns (Account) {
    return Account.wrap((2 << 248) | (uint256(platform) << 32) | learner);
}
