// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Order} from "../../contracts/interfaces/ISettlement.sol";
import {Token} from "./Token.sol";
import {vm} from "./Vm.sol";

/// @notice A signature, split.
struct Signature {
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice Ids and signatures of direct orders, written from ORDER-1 and AUTH-1.
library Orders {
    bytes32 private constant DOMAIN = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant ORDER = keccak256(
        "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,uint64 maxPrice,uint64 deadline,bytes32 salt)"
    );
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function idOf(Order memory order, address settlement) internal view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("zhifu"), keccak256("1"), block.chainid, settlement));
        return _digest(domain, keccak256(abi.encode(ORDER, order)));
    }

    /// @notice The buyer's EIP-3009 authorization of the order's highest price.
    function authorize(
        Order memory order,
        uint256 key,
        Token token,
        address settlement
    ) internal view returns (Signature memory signature) {
        bytes32 message = keccak256(
            abi.encode(
                RECEIVE,
                order.buyer,
                settlement,
                uint256(order.maxPrice),
                0,
                uint256(order.deadline),
                idOf(order, settlement)
            )
        );
        (signature.v, signature.r, signature.s) = vm.sign(key, _digest(token.DOMAIN_SEPARATOR(), message));
    }

    function _digest(bytes32 domain, bytes32 message) private pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", domain, message));
    }
}
