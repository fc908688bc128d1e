// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IContentLicense} from "../interfaces/IContentLicense.sol";
import {IPlatformRegistry, Operator} from "../interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Account, AccountLib} from "../libraries/Account.sol";
import {TopUpLimit} from "../libraries/TopUpLimit.sol";

/// @title Ledger
/// @notice The accounts of Settlement, and the border where tokens cross.
/// @dev `Settlement` and `SettlementDesk` have all their storage from the same chain of bases, Ledger, Holds and Orders, so that
/// the one can run the other's code on its own storage.
abstract contract Ledger is EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev A key that may take an account over from a time on.
    struct Offer {
        address key;
        uint40 from;
    }

    uint256 private constant MAXIMUM_LEDGER_DECIMALS = 6;

    /// @notice The settlement token.
    IERC20 public immutable TOKEN;

    /// @notice Who the platforms and learners are.
    IPlatformRegistry public immutable REGISTRY;

    /// @notice What can be bought.
    IContentLicense public immutable LICENSE;

    /// @notice How many of the token's smallest units make one ledger unit.
    uint256 public immutable TOKENS_PER_UNIT;

    mapping(Account account => int256) internal _available;

    /// @dev Of a learner's account: the key that it obeys, and the key that it is offered to.
    mapping(Account account => address) internal _keys;
    mapping(Account account => Offer) internal _offers;

    /// @dev Which nonces a signer used: bit i of word w is nonce 256 · w + i.
    mapping(address signer => mapping(uint256 word => uint256)) internal _nonces;

    /// @dev How much a platform may move to its learners' accounts in a day.
    mapping(uint32 platform => TopUpLimit) internal _topUpLimits;

    constructor(IERC20Metadata token, IPlatformRegistry registry, IContentLicense license) EIP712("zhifu", "1") {
        uint256 decimals = token.decimals();
        TOKEN = token;
        REGISTRY = registry;
        LICENSE = license;
        TOKENS_PER_UNIT = decimals > MAXIMUM_LEDGER_DECIMALS ? 10 ** (decimals - MAXIMUM_LEDGER_DECIMALS) : 1;
    }

    function _credit(Account account, uint256 amount) internal {
        unchecked {
            // Every amount is far below 2^255: holds are 56 bits, and deposits are covered by tokens.
            _available[account] += int256(amount);
        }
    }

    function _debit(Account account, uint256 amount) internal {
        int256 available = _available[account];
        // An amount beyond the signed range would pass for a negative one.
        if (int256(amount) < 0 || available < int256(amount)) {
            revert ISettlement.InsufficientBalance(account, available, amount);
        }
        unchecked {
            _available[account] = available - int256(amount);
        }
    }

    /// @dev Takes tokens worth `amount` ledger units under allowance, and checks that just those arrived.
    function _collect(address from, uint256 amount) internal {
        uint256 tokens = amount * TOKENS_PER_UNIT;
        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(from, address(this), tokens);
        _requireReceived(before, tokens);
    }

    /// @dev Takes tokens worth `amount` ledger units by EIP-3009, valid from 0 to `deadline`, and checks that just those arrived.
    function _collectAuthorized(
        address from,
        uint256 amount,
        uint256 deadline,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) internal {
        amount *= TOKENS_PER_UNIT;
        uint256 before = TOKEN.balanceOf(address(this));
        IERC3009(address(TOKEN)).receiveWithAuthorization(from, address(this), amount, 0, deadline, nonce, v, r, s);
        _requireReceived(before, amount);
    }

    /// @dev Sends tokens worth `amount` ledger units to `to`; credits them to `account` instead if they cannot be sent.
    function _sendOrCredit(address to, Account account, uint256 amount) internal returns (bool credited) {
        credited = !TOKEN.trySafeTransfer(to, amount * TOKENS_PER_UNIT);
        if (credited) _credit(account, amount);
    }

    function _withdraw(Account account, uint256 amount, address to) internal {
        if (amount == 0) revert ISettlement.ZeroAmount();
        if (to == address(0) || to == address(this)) revert ISettlement.InvalidReceiver(to);
        _debit(account, amount);
        emit ISettlement.Withdrawn(account, to, amount);
        TOKEN.safeTransfer(to, amount * TOKENS_PER_UNIT);
    }

    function _requireReceived(uint256 before, uint256 tokens) internal view {
        uint256 received = TOKEN.balanceOf(address(this)) - before;
        if (received != tokens) revert ISettlement.TransferMismatch(received, tokens);
    }

    /// @dev Where money for an account goes: a learner's account that was taken over passes it on to its key's own account.
    function _destination(Account account) internal view returns (Account) {
        address key = _keys[account];
        return key == address(0) ? account : AccountLib.ofAddress(key);
    }

    function _requireOperatorOf(uint32 platform) internal view {
        if (!_isOperatorOf(platform)) revert ISettlement.NotOperatorOf(msg.sender, platform);
    }

    function _isOperatorOf(uint32 platform) internal view returns (bool) {
        Operator memory operator = REGISTRY.operatorOf(msg.sender);
        return operator.active && operator.platform == platform;
    }

    function _useNonce(address signer, uint64 nonce) internal {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 used = _nonces[signer][nonce >> 8];
        if (used & bit != 0) revert ISettlement.NonceUsed(signer, nonce);
        _nonces[signer][nonce >> 8] = used | bit;
    }

    function _requireSignature(address signer, bytes32 hash, bytes calldata signature) internal view {
        if (signer == address(0) || !SignatureChecker.isValidSignatureNowCalldata(signer, hash, signature)) {
            revert ISettlement.InvalidSignature(signer);
        }
    }

    function _requireBefore(uint256 deadline) internal view {
        if (block.timestamp >= deadline) revert ISettlement.DeadlinePassed(deadline, block.timestamp);
    }

    function _requireCaller(address expected) internal view {
        if (msg.sender != expected) revert ISettlement.WrongCaller(msg.sender, expected);
    }
}
