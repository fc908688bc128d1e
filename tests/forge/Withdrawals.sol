// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Withdrawal} from "../../contracts/interfaces/ISettlement.sol";
import {Orders} from "./Orders.sol";

/// @notice Signatures of withdrawals, as a wallet makes them.
library Withdrawals {
    bytes32 private constant KIND = keccak256(
        "Withdrawal(address owner,address to,uint256 amount,uint64 deadline,uint64 nonce)"
    );
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function sign(Withdrawal memory each, uint256 key, address settlement) internal view returns (bytes memory) {
        bytes32 message = keccak256(abi.encode(KIND, each.owner, each.to, each.amount, each.deadline, each.nonce));
        return Orders.sign(key, Orders.digest(message, settlement));
    }

    /// @notice The other signature that the same key could have made of this one.
    function flip(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = (0, 0, uint8(signature[64]));
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        return abi.encodePacked(r, CURVE_ORDER - uint256(s), v == 27 ? uint8(28) : uint8(27));
    }
}
