"""Typed calls of Settlement: the verbs of every day, and by inheritance those of desk and court.

A method that takes a `signer` sends a transaction and returns its receipt; the others read. What
may revert, and who may call, is said in `contracts/interfaces`. Amounts are ledger units where
nothing else is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.accounts import Account
from zhifu.blocks import Receipt
from zhifu.exceptions import InvalidInput
from zhifu.facts import Facts
from zhifu.models import BatchOrder, DirectOrder, Withdrawal
from zhifu.refusals import typed
from zhifu.settlement_court import SettlementCourt
from zhifu.settlement_desk import SettlementDesk
from zhifu.signing import Signer

_SIGNATURE_BYTES = 65


class Settlement(SettlementDesk, SettlementCourt):
    """The money: accounts, orders, holds, refunds, releases and withdrawals."""

    NAME = "Settlement"

    def deposit(self, signer: Signer, account: Account, token_amount: int) -> Receipt:
        """Pay tokens (in the token's own units) of the signer into an account."""
        return self.transact(signer, "deposit", account, token_amount)

    def withdraw(self, signer: Signer, amount: int, to: str) -> Receipt:
        """Send from the signer's account to an address."""
        return self.transact(signer, "withdraw", amount, to)

    def withdraw_platform(self, signer: Signer, platform: int, amount: int) -> Receipt:
        """Send from a platform's account to its treasury."""
        return self.transact(signer, "withdrawPlatform", platform, amount)

    def withdraw_signed(self, signer: Signer, withdrawal: Withdrawal) -> Receipt:
        """Send a withdrawal that its owner signed."""
        return self.transact(signer, "withdrawSigned", tuple(withdrawal))

    def withdraw_many(self, signer: Signer, withdrawals: Sequence[Withdrawal]) -> Receipt:
        """Send signed withdrawals; the events `WithdrawalFailed` name those passed over."""
        return self.transact(signer, "withdrawMany", [tuple(each) for each in withdrawals])

    def buy(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Place a direct order paid by the signer's token allowance."""
        return self.transact(signer, "buy", order.as_tuple())

    def buy_from_balance(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Place a direct order paid from the signer's account."""
        return self.transact(signer, "buyFromBalance", order.as_tuple())

    def buy_with_authorization(
        self, signer: Signer, order: DirectOrder, signature: bytes
    ) -> Receipt:
        """Place a direct order paid by its buyer's EIP-3009 signature; anyone may send it.

        Raises InvalidInput unless the signature has 65 bytes, InvalidSignature if it is not the
        buyer's over this order on this chain, and AuthorizationUsed if it has paid already.
        """
        if len(signature) != _SIGNATURE_BYTES:
            raise InvalidInput("signature", f"must have {_SIGNATURE_BYTES} bytes", len(signature))
        r, s, v = signature[:32], signature[32:64], signature[64]
        values = (order.as_tuple(), v, r, s)
        return self.transact(signer, "buyWithAuthorization", *values, buyer=order.buyer)

    def settle(
        self, signer: Signer, number: int, sale_day: int, max_debit: int, words: bytes
    ) -> Receipt:
        """Settle a batch as an operator; `zhifu.batch.pack` makes its words."""
        with typed():
            calldata = self.encode_settle(number, sale_day, max_debit, words)
            return self.chain.send(signer, self.address, calldata)

    def encode_settle(self, number: int, sale_day: int, max_debit: int, words: bytes) -> bytes:
        """The calldata of a batch; packed by hand, since the words are ready as they are."""
        head = (number, sale_day, max_debit, 128, len(words) // 32)
        selector = self.artifact.functions["settle"].selector
        return selector + b"".join(value.to_bytes(32, "big") for value in head) + words

    def refund(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Refund what is left of a direct order within its window."""
        return self.transact(signer, "refund", order.as_tuple())

    def refund_batch(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Refund what is left of an order of a batch within its window."""
        return self.transact(signer, "refundBatch", order.as_tuple())

    def release(self, signer: Signer, contents: Sequence[int]) -> Receipt:
        """Divide the matured revenue of contents by the plans in force now and before them."""
        return self.transact(signer, "release", list(contents))

    def release_version(self, signer: Signer, content: int, version: int) -> Receipt:
        """Divide the matured revenue of one version of a content's plan."""
        return self.transact(signer, "releaseVersion", content, version)

    def release_commissions(
        self, signer: Signer, owners: Sequence[Account], window_class: int
    ) -> Receipt:
        """Credit the matured commissions of sellers or referrers in one refund-window class."""
        return self.transact(signer, "releaseCommissions", list(owners), window_class)

    def available_of(self, account: Account) -> int:
        """What an account can spend or withdraw."""
        return int(self.read("availableOf", account))

    def facts_of(self, order_id: int) -> Facts:
        """What was read when an order was placed, and what became of it; all zero for none.

        An order of a batch to which nothing happened, or nothing but a whole refund, has none.
        """
        return Facts.unpack(self.read("factsOf", order_id))

    def inspect_batch(self, order: BatchOrder) -> tuple[bool, Facts]:
        """Whether an order is in its batch, and its facts with their present state."""
        proven, facts = self.read("inspectBatch", order.as_tuple())
        return proven, Facts.unpack(facts)

    def order_id_of(self, order: DirectOrder) -> bytes:
        """The id of a direct order."""
        return bytes(self.read("orderIdOf", order.as_tuple()))

    def next_batch(self, platform: int, lane: int) -> int:
        """The number of the next batch of a lane."""
        return int(self.read("nextBatch", platform, lane))

    def root_of(self, platform: int, lane: int, number: int) -> bytes:
        """A settled batch's root, or 32 zero bytes."""
        return bytes(self.read("rootOf", platform, lane, number))

    def nonces_of(self, signer: str, word: int) -> int:
        """A bit for each nonce a signer used, 256 of them from 256 · `word` on."""
        return int(self.read("noncesOf", signer, word))

    def tokens_per_unit(self) -> int:
        """How many of the token's smallest units make one ledger unit."""
        return int(self.read("TOKENS_PER_UNIT"))
