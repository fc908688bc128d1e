// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Order} from "../../contracts/interfaces/ISettlement.sol";
import {Source} from "../../contracts/interfaces/ISettlementDesk.sol";
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
        "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,uint64 maxPrice,uint64 startsAt,uint64 deadline,bytes32 salt)"
    );
    bytes32 private constant CART = keccak256(
        "Cart(uint8 source,Order[] orders)Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,uint64 maxPrice,uint64 startsAt,uint64 deadline,bytes32 salt)"
    );
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function idOf(Order memory order, address settlement) internal view returns (bytes32) {
        return digest(keccak256(abi.encode(ORDER, order)), settlement);
    }

    /// @notice What a key signs for a message in Settlement's domain.
    function digest(bytes32 message, address settlement) internal view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("zhifu"), keccak256("1"), block.chainid, settlement));
        return _digest(domain, message);
    }

    /// @notice The hash of a cart, which its buyer signs.
    function cartHash(Source source, Order[] memory orders, address settlement) internal view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](orders.length);
        for (uint256 i; i < orders.length; ++i) hashes[i] = keccak256(abi.encode(ORDER, orders[i]));
        return digest(keccak256(abi.encode(CART, source, keccak256(abi.encodePacked(hashes)))), settlement);
    }

    /// @notice The buyer's EIP-3009 authorization of the order's highest price.
    function authorize(
        Order memory order,
        uint256 key,
        Token token,
        address settlement
    ) internal view returns (Signature memory) {
        return authorize(order, key, token.DOMAIN_SEPARATOR(), settlement);
    }

    /// @notice The same in a token's domain.
    function authorize(
        Order memory order,
        uint256 key,
        bytes32 domain,
        address settlement
    ) internal view returns (Signature memory) {
        return authorize(order, order.maxPrice, idOf(order, settlement), key, domain, settlement);
    }

    /// @notice The same for a cart, whose first order is given, of `value` under `nonce`.
    function authorize(
        Order memory order,
        uint256 value,
        bytes32 nonce,
        uint256 key,
        bytes32 domain,
        address settlement
    ) internal pure returns (Signature memory signature) {
        uint256 deadline = order.deadline;
        bytes32 message = keccak256(abi.encode(RECEIVE, order.buyer, settlement, value, 0, deadline, nonce));
        (signature.v, signature.r, signature.s) = vm.sign(key, _digest(domain, message));
    }

    /// @notice A signature in one piece, over a digest.
    function sign(uint256 key, bytes32 digest_) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest_);
        return abi.encodePacked(r, s, v);
    }

    function _digest(bytes32 domain, bytes32 message) private pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", domain, message));
    }
}
