// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title SignatureJudge
/// @notice Tells whether a key or a contract signed something, as code of its own that others call.
contract SignatureJudge {
    /// @notice Whether `signature` is the signer's over `digest`.
    function isSigned(address signer, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return SignatureChecker.isValidSignatureNow(signer, digest, signature);
    }
}
