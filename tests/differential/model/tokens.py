"""The settlement token: ERC-20 with permits, authorizations and mint allowances (TOKEN-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.signing import Domain, Signature, signer_of, typehash
from tests.differential.model.table import Table
from tests.differential.model.words import HIGHEST_WORD, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

TOKEN = "SettlementToken"
RECEIVE = typehash(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce)"
)
PERMIT = typehash(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
CANCEL = typehash("CancelAuthorization(address authorizer,bytes32 nonce)")


class Tokens:
    """Who has which tokens, in the token's smallest unit."""

    def __init__(self, model: Model, name: str, decimals: int) -> None:
        self._model = model
        self.per_unit = 10 ** max(0, decimals - 6)
        self.domain = Domain(name, model.addresses.token)
        self.balances: Table[str, int] = Table("balance", model.touched, 0)
        self.allowances: Table[tuple[str, str], int] = Table("allowance", model.touched, 0)
        self.mint_allowances: Table[str, int] = Table("mint allowance", model.touched, 0)
        self.nonces: Table[str, int] = Table("permit nonce", model.touched, 0)
        self.used: Table[tuple[str, bytes], bool] = Table("used", model.touched, False)

    # Moves that other verbs make

    def require_funds(self, payer: str, amount: int, rules: Rules) -> None:
        """Require that someone has the tokens."""
        has = self.balances[payer]
        rules.require(has >= amount, "ERC20InsufficientBalance", payer, has, amount)

    def require_pull(
        self, payer: str, amount: int, rules: Rules, allowed: int | None = None
    ) -> None:
        """Require that Settlement may take the tokens, and that they are there.

        `allowed` is what a permit allows first.
        """
        spender = self._model.addresses.settlement
        if allowed is None:
            allowed = self.allowances[payer, spender]
        enough = allowed >= amount
        rules.require(enough, "ERC20InsufficientAllowance", spender, allowed, amount)
        self.require_funds(payer, amount, rules)

    def pull(self, payer: str, amount: int) -> None:
        """Move tokens to Settlement under allowance."""
        settlement = self._model.addresses.settlement
        if self.allowances[payer, settlement] != HIGHEST_WORD:
            self.allowances[payer, settlement] -= amount
        self.move(payer, settlement, amount)

    def move(self, payer: str, to: str, amount: int) -> None:
        """Move tokens."""
        self.balances[payer] -= amount
        self.balances[to] += amount
        self._model.emit(TOKEN, "Transfer", payer, to, amount)

    def require_authorization(
        self, payer: str, amount: int, before: int, nonce: bytes, by: Signature, rules: Rules
    ) -> None:
        """Require an unused signature of the payer for Settlement to receive (AUTH-1, AUTH-3)."""
        settlement = self._model.addresses.settlement
        digest = self.domain.digest(RECEIVE, payer, settlement, amount, 0, before, nonce)
        self._require_signed(payer, digest, by, rules)
        used = self.used[payer, nonce]
        rules.require(not used, "ERC3009UsedAuthorization", payer, nonce)
        self.require_funds(payer, amount, rules)

    def receive(self, payer: str, amount: int, nonce: bytes) -> None:
        """Move authorized tokens to Settlement."""
        self.used[payer, nonce] = True
        self._model.emit(TOKEN, "AuthorizationUsed", payer, nonce)
        self.move(payer, self._model.addresses.settlement, amount)

    def _require_signed(self, by: str, digest: bytes, signature: Signature, rules: Rules) -> None:
        signer = signer_of(digest, signature)
        rules.require(signer in (by, ZERO), "ERC3009InvalidSignature")
        if signer == ZERO:
            _refuse_malformed(rules)

    # Verbs

    def set_mint_allowance(self, caller: str, minter: str, amount: int) -> None:
        """Let someone mint; only the token's owner."""
        rules = Rules()
        owner = self._model.addresses.minter
        rules.require(caller == owner, "OwnableUnauthorizedAccount", caller)
        rules.enforce()
        self.mint_allowances[minter] = amount
        self._model.emit(TOKEN, "MintAllowanceChanged", minter, amount)

    def mint(self, caller: str, to: str, amount: int) -> None:
        """TOKEN-1."""
        rules, left = Rules(), self.mint_allowances[caller]
        rules.require(amount <= left, "MintAllowanceExceeded", caller, left, amount)
        rules.enforce()
        self.mint_allowances[caller] = left - amount
        self.balances[to] += amount
        self._model.emit(TOKEN, "MintAllowanceChanged", caller, left - amount)
        self._model.emit(TOKEN, "Transfer", ZERO, to, amount)

    def approve(self, caller: str, spender: str, amount: int) -> None:
        """Let someone take tokens."""
        self.allowances[caller, spender] = amount
        self._model.emit(TOKEN, "Approval", caller, spender, amount)

    def transfer(self, caller: str, to: str, amount: int) -> None:
        """Send tokens, perhaps to Settlement without a deposit (INV-1)."""
        rules = Rules()
        self.require_funds(caller, amount, rules)
        rules.enforce()
        if to == self._model.addresses.settlement:
            self._model.accounts.unaccounted += amount
        self.move(caller, to, amount)

    def require_permit(
        self, owner: str, value: int, deadline: int, v: int, r: bytes, s: bytes, rules: Rules
    ) -> None:
        """Require an EIP-2612 permit of the owner for Settlement."""
        spender, now = self._model.addresses.settlement, self._model.now
        digest = self.permit_digest(owner, spender, value, deadline)
        rules.require(now <= deadline, "ERC2612ExpiredSignature", deadline)
        signer = signer_of(digest, Signature(v, r, s))
        rules.require(signer in (owner, ZERO), "ERC2612InvalidSigner", signer, owner)
        if signer == ZERO:
            _refuse_malformed(rules)

    def permit_digest(self, owner: str, spender: str, value: int, deadline: int) -> bytes:
        """Return what an owner signs to let somebody take tokens."""
        return self.domain.digest(PERMIT, owner, spender, value, self.nonces[owner], deadline)

    def permit(
        self,
        caller: str,
        owner: str,
        spender: str,
        value: int,
        deadline: int,
        v: int,
        r: bytes,
        s: bytes,
    ) -> None:
        """Let somebody take an owner's tokens; shown by anyone."""
        rules = Rules()
        self.require_permit(owner, value, deadline, v, r, s, rules)
        rules.enforce()
        self.nonces[owner] += 1
        self.approve(owner, spender, value)

    def cancel_authorization(
        self, caller: str, authorizer: str, nonce: bytes, v: int, r: bytes, s: bytes
    ) -> None:
        """Use up the nonce of an authorization without moving tokens (AUTH-3)."""
        rules = Rules()
        digest = self.domain.digest(CANCEL, authorizer, nonce)
        self._require_signed(authorizer, digest, Signature(v, r, s), rules)
        used = self.used[authorizer, nonce]
        rules.require(not used, "ERC3009UsedAuthorization", authorizer, nonce)
        rules.enforce()
        self.used[authorizer, nonce] = True
        self._model.emit(TOKEN, "AuthorizationCanceled", authorizer, nonce)


def _refuse_malformed(rules: Rules) -> None:
    """Refuse what is no signature at all; which error the token chooses is open."""
    for name in ("ECDSAInvalidSignature", "ECDSAInvalidSignatureS"):
        rules.require_any(False, name)
