// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Consent} from "../../contracts/interfaces/ISettlementDesk.sol";
import {Orders} from "./Orders.sol";

/// @notice What a learner agrees to, beside the terms of the consent itself.
struct Agreement {
    uint32 content;
    uint32 seller;
    uint32 learner;
    address referrer;
    uint64 startsAt;
    bool fromLearner;
}

/// @notice Consents as a learner's wallet makes them.
library Consents {
    bytes32 private constant KIND = keccak256(
        "Consent(uint32 content,uint32 seller,uint32 learner,address referrer,uint64 startsAt,bool fromLearner,uint64 maxPrice,uint64 deadline,uint64 nonce)"
    );

    function sign(
        Consent memory consent,
        Agreement memory to,
        uint256 key,
        address settlement
    ) internal view returns (Consent memory) {
        bytes32 message = keccak256(abi.encode(KIND, to, consent.maxPrice, consent.deadline, consent.nonce));
        consent.signature = Orders.sign(key, Orders.digest(message, settlement));
        return consent;
    }
}
