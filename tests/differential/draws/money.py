"""Calls that move tokens in, out and about."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.accounts import WITHDRAWAL, Withdrawal
from tests.differential.model.signing import Signature, sign
from tests.differential.model.tokens import CANCEL
from tests.differential.model.words import (
    HIGHEST_WORD,
    PLATFORM_TAG,
    ZERO,
    of_address,
    of_learner,
    of_platform,
)
from tests.differential.world import PEOPLE

SETTLEMENT, TOKEN = "Settlement", "SettlementToken"


def mint(draw: Draw) -> Call:
    amount = draw.number(1, 10**13) * draw.model.tokens.per_unit
    left = draw.model.tokens.mint_allowances[draw.model.addresses.minter]
    caller = draw.mostly(draw.model.addresses.minter, draw.anyone())
    return call(caller, TOKEN, "mint", draw.one_of(PEOPLE.buyers), draw.mostly(amount, left + 1))


def set_mint_allowance(draw: Draw) -> Call:
    owner = draw.mostly(draw.model.addresses.minter, draw.anyone())
    return call(owner, TOKEN, "setMintAllowance", draw.model.addresses.minter, 2**128)


def approve(draw: Draw) -> Call:
    owner, settlement = draw.one_of(PEOPLE.buyers), draw.model.addresses.settlement
    usual = draw.one_of([HIGHEST_WORD, 10**13 * draw.model.tokens.per_unit])
    return call(owner, TOKEN, "approve", settlement, draw.mostly(usual, 0))


def permit(draw: Draw) -> Call:
    owner, settlement = draw.one_of(PEOPLE.buyers), draw.model.addresses.settlement
    value, deadline, signature = permit_of(draw, owner)
    arguments = (owner, settlement, value, deadline, *signature)
    return call(draw.anyone(), TOKEN, "permit", *arguments)


def permit_of(draw: Draw, owner: str) -> tuple[int, int, Signature]:
    """Draw a permit for Settlement, as value, deadline and signature."""
    tokens, now = draw.model.tokens, draw.model.now
    value = draw.one_of([HIGHEST_WORD, 10**13 * tokens.per_unit])
    deadline = draw.mostly(now + draw.number(0, 9), now - 1)
    digest = tokens.permit_digest(owner, draw.model.addresses.settlement, value, deadline)
    return value, deadline, sign(PEOPLE.keys[draw.mostly(owner, draw.anyone())], digest)


def transfer(draw: Draw) -> Call:
    payer = draw.anyone()
    has = draw.model.tokens.balances[payer]
    to = draw.one_of([draw.model.addresses.settlement, draw.one_of(PEOPLE.buyers)])
    amount = min(has, draw.number(0, 10**6 * draw.model.tokens.per_unit))
    return call(payer, TOKEN, "transfer", to, draw.mostly(amount, has + 1))


def cancel_authorization(draw: Draw) -> Call:
    buyer, nonce = draw.one_of(PEOPLE.buyers), draw.salt()
    if draw.direct and draw.number(0, 9) == 0:
        nonce = draw.one_of(draw.direct).to_bytes(32, "big")
    digest = draw.model.tokens.domain.digest(CANCEL, buyer, nonce)
    signer = draw.mostly(buyer, draw.anyone())
    signature = sign(PEOPLE.keys[signer], digest)
    return call(draw.anyone(), TOKEN, "cancelAuthorization", buyer, nonce, *signature)


def deposit(draw: Draw) -> Call:
    payer, per_unit = draw.one_of(PEOPLE.buyers), draw.model.tokens.per_unit
    has = draw.model.tokens.balances[payer] // per_unit
    units = draw.number(1, max(1, min(has, 2 * 10**12)))
    amount = draw.mostly(units * per_unit, draw.one_of([0, has * per_unit * 2 + 1, 1, 2**255]))
    invalid = [0, of_address(draw.model.addresses.settlement), 2**160, 3 << 248]
    invalid += [PLATFORM_TAG | 2**32, of_learner(0, 1), of_learner(1, 0), of_learner(2**32, 1)]
    account = draw.mostly(_receiving_account(draw), draw.one_of(invalid))
    return call(payer, SETTLEMENT, "deposit", account, amount)


def withdraw(draw: Draw) -> Call:
    owner = _owner(draw)
    arguments = (draw.units_of(of_address(owner)), _receiver(draw))
    return call(owner, SETTLEMENT, "withdraw", *arguments)


def withdraw_platform(draw: Draw) -> Call:
    platform = draw.one_of([0, draw.platform()])
    account = of_platform(platform)
    owner = draw.owner_of(platform)
    caller = draw.one_of([owner, draw.operator_of(platform)]) if platform else owner
    units = min(draw.units_of(account), 10**9) if draw.number(0, 9) else draw.units_of(account)
    return call(caller, SETTLEMENT, "withdrawPlatform", platform, units)


def withdraw_signed(draw: Draw) -> Call:
    return call(draw.anyone(), SETTLEMENT, "withdrawSigned", _signed_withdrawal(draw))


def withdraw_many(draw: Draw) -> Call:
    asked = [_signed_withdrawal(draw) for _ in range(draw.number(0, 3))]
    if asked and draw.number(0, 5) == 0:
        asked.append(asked[0])
    return call(draw.anyone(), SETTLEMENT, "withdrawMany", asked)


def _signed_withdrawal(draw: Draw) -> Withdrawal:
    owner, now = _owner(draw), draw.model.now
    deadline = draw.mostly(now + draw.number(1, 9), now)
    what = (draw.units_of(of_address(owner)), deadline, draw.number(0, 2_000))
    asked = Withdrawal(owner, _receiver(draw), *what, b"")
    digest = draw.model.orders.domain.digest(WITHDRAWAL, *asked[:-1])
    signature = sign(PEOPLE.keys[draw.mostly(owner, draw.anyone())], digest).packed()
    return asked._replace(signature=draw.mostly(signature, signature[:64]))


def _owner(draw: Draw) -> str:
    account = draw.funded_account([of_address(draw.anyone()) for _ in range(8)])
    return f"0x{account:040x}"


def _receiver(draw: Draw) -> str:
    return draw.mostly(draw.anyone(), draw.one_of([ZERO, draw.model.addresses.settlement]))


def _receiving_account(draw: Draw) -> int:
    buyer, platforms = of_address(draw.one_of(PEOPLE.buyers)), len(draw.model.platforms.members)
    platform = draw.number(1, max(1, platforms))
    learner = of_learner(platform, draw.number(1, 20))
    return draw.one_of([buyer, of_platform(platform), learner, draw.account()])
