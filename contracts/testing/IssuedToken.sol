// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {SignatureJudge} from "./SignatureJudge.sol";

/// @title IssuedToken
/// @notice A token that costs about what an issuer's stablecoin costs behind its proxy: it can be paused, accounts can be
/// blocked by a bit beside their balance, allowances are always used up, and holders can sign permits (EIP-2612) and
/// authorizations (EIP-3009) as keys or as contracts.
contract IssuedToken {
    /// @notice `amount` went from `from` to `to`; from zero when it was created.
    event Transfer(address indexed from, address indexed to, uint256 amount);

    /// @notice `spender` may take `amount` from `owner`.
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    /// @notice The authorization was used, and cannot be again.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);

    error AlreadyInitialized();
    error TokenPaused();
    error AccountBlocked(address account);
    error ZeroAddress();
    error AllowanceExceeded(uint256 allowed, uint256 amount);
    error BalanceExceeded(uint256 balance, uint256 amount);
    error SupplyTooLarge(uint256 balance);
    error WrongCaller(address caller, address expected);
    error OutsideValidity(uint256 validAfter, uint256 validBefore);
    error AuthorizationKnown(address authorizer, bytes32 nonce);
    error PermitExpired(uint256 deadline);
    error InvalidSignature(address signer);

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    uint256 private constant BLOCKED_SHIFT = 255;
    uint256 private constant BALANCE_MASK = type(uint256).max >> 1;

    /// @notice Checks signatures; code of its own, as such tokens have it in a linked library.
    SignatureJudge public immutable JUDGE = new SignatureJudge();

    /// @notice Who may pause the token; shares a slot with whether it is paused.
    address public pauser;

    /// @notice Whether nothing can be moved.
    bool public paused;

    /// @notice The token's name, and its EIP-712 domain name; the domain's version is "2".
    string public name;

    /// @notice The token's symbol.
    string public symbol;

    /// @notice The token's decimals.
    uint8 public decimals;

    /// @notice How many tokens exist.
    uint256 public totalSupply;

    /// @notice How many tokens of an owner a spender may take.
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice The number that the next permit of an owner must have.
    mapping(address owner => uint256) public nonces;

    /// @notice Whether an authorization was used.
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    /// @dev A balance, and in the highest bit whether the account is blocked.
    mapping(address owner => uint256) private _accounts;

    modifier whenNotPaused() {
        if (paused) revert TokenPaused();
        _;
    }

    modifier notBlocked(address account) {
        _requireNotBlocked(account);
        _;
    }

    /// @notice Names the token; the caller becomes its pauser. Once.
    function initialize(string calldata name_, string calldata symbol_) external {
        if (pauser != address(0)) revert AlreadyInitialized();
        (pauser, name, symbol, decimals) = (msg.sender, name_, symbol_, 6);
    }

    /// @notice Creates tokens for anyone.
    function mint(address to, uint256 amount) external whenNotPaused notBlocked(to) {
        totalSupply += amount;
        _setBalance(to, balanceOf(to) + amount);
        emit Transfer(address(0), to, amount);
    }

    /// @notice Pauses the token, or ends the pause. Only the pauser.
    function setPaused(bool paused_) external {
        _requireCaller(pauser);
        paused = paused_;
    }

    /// @notice Blocks an account, or lets it act again. Only the pauser.
    function setBlocked(address account, bool blocked) external {
        _requireCaller(pauser);
        _accounts[account] = balanceOf(account) | (blocked ? 1 << BLOCKED_SHIFT : 0);
    }

    /// @notice Lets `spender` take up to `amount` of the caller's tokens.
    function approve(address spender, uint256 amount) external whenNotPaused returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    /// @notice Moves the caller's tokens.
    function transfer(
        address to,
        uint256 amount
    ) external whenNotPaused notBlocked(msg.sender) notBlocked(to) returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// @notice Moves tokens that the caller may take.
    function transferFrom(
        address from,
        address to,
        uint256 amount
    ) external whenNotPaused notBlocked(msg.sender) notBlocked(from) notBlocked(to) returns (bool) {
        if (amount > allowance[from][msg.sender]) revert AllowanceExceeded(allowance[from][msg.sender], amount);
        _move(from, to, amount);
        allowance[from][msg.sender] -= amount;
        return true;
    }

    /// @notice Sets an allowance that its owner signed (EIP-2612).
    function permit(
        address owner,
        address spender,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external whenNotPaused {
        _permit(owner, spender, amount, deadline, abi.encodePacked(r, s, v));
    }

    /// @notice Sets an allowance that its owner, a key or a contract, signed.
    function permit(
        address owner,
        address spender,
        uint256 amount,
        uint256 deadline,
        bytes calldata signature
    ) external whenNotPaused {
        _permit(owner, spender, amount, deadline, signature);
    }

    /// @notice Moves tokens to the caller that their owner signed over to it (EIP-3009).
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external whenNotPaused notBlocked(from) notBlocked(to) {
        bytes memory signature = abi.encodePacked(r, s, v);
        _receive(from, to, amount, validAfter, validBefore, nonce, signature);
    }

    /// @notice Moves tokens to the caller that their owner, a key or a contract, signed over to it.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external whenNotPaused notBlocked(from) notBlocked(to) {
        _receive(from, to, amount, validAfter, validBefore, nonce, signature);
    }

    /// @notice The tokens of an address.
    function balanceOf(address owner) public view returns (uint256) {
        return _accounts[owner] & BALANCE_MASK;
    }

    function _permit(address owner, address spender, uint256 amount, uint256 deadline, bytes memory signature) private {
        if (deadline < block.timestamp) revert PermitExpired(deadline);
        _requireSigned(
            owner,
            keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, amount, nonces[owner]++, deadline)),
            signature
        );
        _approve(owner, spender, amount);
    }

    function _receive(
        address from,
        address to,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) private {
        _requireCaller(to);
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert OutsideValidity(validAfter, validBefore);
        }
        if (authorizationState[from][nonce]) revert AuthorizationKnown(from, nonce);
        _requireSigned(
            from,
            keccak256(abi.encode(RECEIVE_TYPEHASH, from, to, amount, validAfter, validBefore, nonce)),
            signature
        );
        authorizationState[from][nonce] = true;
        emit AuthorizationUsed(from, nonce);
        _move(from, to, amount);
    }

    function _approve(address owner, address spender, uint256 amount) private {
        if (owner == address(0) || spender == address(0)) revert ZeroAddress();
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (from == address(0) || to == address(0)) revert ZeroAddress();
        if (amount > balanceOf(from)) revert BalanceExceeded(balanceOf(from), amount);
        _setBalance(from, balanceOf(from) - amount);
        _setBalance(to, balanceOf(to) + amount);
        emit Transfer(from, to, amount);
    }

    function _setBalance(address owner, uint256 balance) private {
        if (balance > BALANCE_MASK) revert SupplyTooLarge(balance);
        _requireNotBlocked(owner);
        _accounts[owner] = balance;
    }

    function _requireNotBlocked(address account) private view {
        if (_accounts[account] >> BLOCKED_SHIFT == 1) revert AccountBlocked(account);
    }

    function _requireSigned(address signer, bytes32 structHash, bytes memory signature) private view {
        bytes32 digest = MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
        if (!JUDGE.isSigned(signer, digest, signature)) revert InvalidSignature(signer);
    }

    function _domainSeparator() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("2"), block.chainid, address(this))
            );
    }

    function _requireCaller(address expected) private view {
        if (msg.sender != expected) revert WrongCaller(msg.sender, expected);
    }
}
