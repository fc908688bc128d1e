"""Calls that move tokens in, out and about."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.signing import sign
from tests.differential.model.tokens import CANCEL
from tests.differential.model.words import HIGHEST_WORD, PLATFORM_TAG, ZERO, of_address, of_platform
from tests.differential.world import PEOPLE

TOKEN = "SettlementToken"


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


def transfer(draw: Draw) -> Call:
    payer = draw.anyone()
    has = draw.model.tokens.balances[payer]
    to = draw.one_of([draw.model.addresses.settlement, draw.one_of(PEOPLE.buyers)])
    amount = min(has, draw.number(0, 10**6 * draw.model.tokens.per_unit))
    return call(payer, TOKEN, "transfer", to, draw.mostly(amount, has + 1))


def cancel_authorization(draw: Draw) -> Call:
    buyer, nonce = draw.one_of(PEOPLE.buyers), draw.salt()
    if draw.order_ids and draw.random.random() < 0.1:
        nonce = draw.one_of(draw.order_ids)
    digest = draw.model.tokens.domain.digest(CANCEL, buyer, nonce)
    signer = draw.mostly(buyer, draw.anyone())
    signature = sign(PEOPLE.keys[signer], digest)
    return call(draw.anyone(), TOKEN, "cancelAuthorization", buyer, nonce, *signature)


def deposit(draw: Draw) -> Call:
    payer, per_unit = draw.one_of(PEOPLE.buyers), draw.model.tokens.per_unit
    has = draw.model.tokens.balances[payer] // per_unit
    units = draw.number(1, max(1, min(has, 2 * 10**12)))
    amount = draw.mostly(units * per_unit, draw.one_of([0, has * per_unit * 2 + 1, 1, 2**255]))
    invalid = [0, of_address(draw.model.addresses.settlement), PLATFORM_TAG << 1, 2**160]
    account = draw.mostly(_receiving_account(draw), draw.one_of(invalid))
    return call(payer, "Settlement", "deposit", account, amount)


def withdraw(draw: Draw) -> Call:
    account = draw.funded_account([of_address(draw.anyone()) for _ in range(8)])
    owner = f"0x{account:040x}"
    to = draw.mostly(draw.anyone(), draw.one_of([ZERO, draw.model.addresses.settlement]))
    return call(owner, "Settlement", "withdraw", draw.units_of(account), to)


def withdraw_platform(draw: Draw) -> Call:
    platform = draw.one_of([0, draw.platform()])
    account = of_platform(platform)
    owner = draw.owner_of(platform)
    caller = draw.one_of([owner, draw.operator_of(platform)]) if platform else owner
    units = min(draw.units_of(account), 10**9) if draw.number(0, 9) else draw.units_of(account)
    return call(caller, "Settlement", "withdrawPlatform", platform, units)


def _receiving_account(draw: Draw) -> int:
    buyer = of_address(draw.one_of(PEOPLE.buyers))
    platforms = len(draw.model.platforms.members)
    return draw.one_of([buyer, of_platform(draw.number(1, max(1, platforms))), draw.account()])
