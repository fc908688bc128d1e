// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";

/// @title ManagedProxy
/// @notice A proxy as issuers of stablecoins deploy it: implementation and admin in the slots of ERC-1967, both read at
/// every call, and the admin kept out of the implementation.
contract ManagedProxy {
    bytes32 private constant IMPLEMENTATION_SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    bytes32 private constant ADMIN_SLOT = 0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103;

    /// @notice The admin manages the proxy and cannot use what is behind it.
    error AdminCannotUse(address admin);

    /// @notice Makes a proxy before `implementation`, managed by `admin`.
    constructor(address implementation, address admin) {
        StorageSlot.getAddressSlot(IMPLEMENTATION_SLOT).value = implementation;
        StorageSlot.getAddressSlot(ADMIN_SLOT).value = admin;
    }

    /// @notice Passes every call of others than the admin on.
    fallback() external payable {
        _forward();
    }

    function _forward() private {
        if (msg.sender == StorageSlot.getAddressSlot(ADMIN_SLOT).value) revert AdminCannotUse(msg.sender);
        address implementation = StorageSlot.getAddressSlot(IMPLEMENTATION_SLOT).value;
        assembly {
            // The whole memory is free: nothing of this contract runs afterwards.
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), implementation, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if done {
                return(0, returndatasize())
            }
            revert(0, returndatasize())
        }
    }
}
