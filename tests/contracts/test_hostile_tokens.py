"""Tokens that misbehave: each is refused or survived, and each test says which."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import of_address, of_platform
from tests.contracts.carts import Payment
from tests.contracts.clock import DAY, SHORT_WINDOW, now, travel
from tests.contracts.orders import sign_authorization
from tests.contracts.refusals import refused
from tests.contracts.withdrawals import Withdrawal

PRICE = 10_000
HALF_WINDOW = SHORT_WINDOW // 2


# A fee on transfer: refused where tokens come in, the receiver's loss where they go out


@pytest.fixture
def costly(shop, FeeToken, buyer):
    """A network settled in a token that takes a fee, or will."""
    return shop(FeeToken.deploy({"from": buyer}))


WAYS_IN = {
    "deposit": lambda market, buyer: market.settlement.deposit(
        of_address(buyer), PRICE, {"from": buyer}
    ),
    "buy": lambda market, buyer: market.settlement.buy(market.order(buyer), {"from": buyer}),
    "buyCart": lambda market, buyer: market.settlement.buyCart(
        [market.order(buyer)], Payment(), {"from": buyer}
    ),
}


@pytest.mark.parametrize("come_in", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_a_fee_on_transfer_is_refused_where_tokens_come_in(costly, buyer, come_in):
    """DEP-3, ALL-1: refused."""
    costly.fund(buyer, PRICE)
    with refused("TransferMismatch", 9_900, PRICE):
        come_in(costly, buyer)
    assert costly.token.balanceOf(buyer) == PRICE


def test_a_fee_on_an_authorized_transfer_is_refused(costly, buyer, buyer_key):
    """DEP-3: refused."""
    costly.fund(buyer, PRICE)
    order = costly.order(buyer)
    settlement = costly.settlement.address
    message = {"to": settlement, "value": PRICE, "validBefore": order.deadline}
    signature = sign_authorization(buyer_key, costly.token, order.id(settlement), **message)
    with refused("TransferMismatch", 9_900, PRICE):
        costly.settlement.buyWithAuthorization(order, *signature, {"from": buyer})


def test_a_fee_that_comes_later_is_the_receivers_loss(costly, buyer, stranger):
    """INV-1, WITHDRAW-1: survived; what Settlement keeps still covers every account."""
    costly.token.setWaits(True, {"from": buyer})
    for owner in (buyer, stranger):
        costly.deposit(buyer, of_address(owner), PRICE)
    costly.token.setWaits(False, {"from": buyer})
    costly.settlement.withdraw(PRICE, buyer, {"from": buyer})
    assert costly.token.balanceOf(buyer) == 9_900
    assert costly.token.balanceOf(costly.settlement) == PRICE
    assert costly.settlement.availableOf(of_address(stranger)) == PRICE


def test_a_refund_that_costs_a_fee_takes_no_more_from_the_holds(costly, buyer):
    """REFUND-2, REFUND-3, INV-1: survived; the buyer gets less, nobody else does."""
    costly.token.setWaits(True, {"from": buyer})
    kept = costly.bought(buyer)
    order = costly.bought(buyer, salt=b"1" * 32)
    costly.token.setWaits(False, {"from": buyer})
    costly.settlement.refund(order, {"from": costly.platform.operator})
    assert costly.token.balanceOf(buyer) == 9_900
    assert costly.token.balanceOf(costly.settlement) == kept.max_price


# Balances that change by themselves: survived, with the loss where it falls


@pytest.fixture
def elastic(shop, RebasingToken, buyer, stranger):
    """A network settled in a token that rebases, with 10,000 on two accounts."""
    market = shop(RebasingToken.deploy({"from": buyer}))
    for owner in (buyer, stranger):
        market.deposit(buyer, of_address(owner), PRICE)
    return market


def test_balances_that_grow_belong_to_nobody(elastic, buyer, stranger):
    """INV-1: survived; the growth is on no account."""
    elastic.token.rebase(200, {"from": buyer})
    for owner in (buyer, stranger):
        elastic.settlement.withdraw(PRICE, owner, {"from": owner})
    assert elastic.token.balanceOf(elastic.settlement) == 2 * PRICE
    with refused("InsufficientBalance", of_address(buyer), 0, 1):
        elastic.settlement.withdraw(1, buyer, {"from": buyer})


def test_balances_that_shrink_are_missing_for_the_last_to_leave(elastic, buyer, stranger):
    """INV-1, ALL-1: survived; a withdrawal that cannot be paid changes nothing."""
    elastic.token.rebase(50, {"from": buyer})
    elastic.settlement.withdraw(PRICE, buyer, {"from": buyer})
    with refused("ERC20InsufficientBalance", elastic.settlement.address, 0, 2 * PRICE):
        elastic.settlement.withdraw(PRICE, stranger, {"from": stranger})
    assert elastic.settlement.availableOf(of_address(stranger)) == PRICE
    elastic.token.mint(elastic.settlement, PRICE, {"from": stranger})
    elastic.settlement.withdraw(PRICE, stranger, {"from": stranger})
    assert elastic.settlement.availableOf(of_address(stranger)) == 0


def test_a_refund_out_of_shrunken_balances_stays_on_the_buyers_account(elastic, buyer, stranger):
    """REFUND-3: survived; the order is refunded in the books, if not in tokens."""
    order = elastic.order(buyer)
    elastic.fund(buyer, PRICE)
    elastic.settlement.buy(order, {"from": buyer})
    elastic.token.rebase(10, {"from": buyer})
    elastic.settlement.withdraw(PRICE // 4, stranger, {"from": stranger})
    refunded = elastic.settlement.refund(order, {"from": elastic.platform.operator})
    assert refunded.events["OrderRefunded"]["toAccount"]
    assert elastic.settlement.availableOf(of_address(buyer)) == 2 * PRICE


# An answer of false: refused where tokens come in or go out, survived in a refund


@pytest.fixture
def false(shop, FalseToken, buyer):
    """A network settled in a token that can answer false, with 10,000 on the buyer's account."""
    market = shop(FalseToken.deploy({"from": buyer}))
    market.deposit(buyer, of_address(buyer), PRICE)
    return market


@pytest.mark.parametrize("come_in", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_tokens_that_do_not_come_are_refused(false, buyer, come_in):
    """DEP-3: refused."""
    false.fund(buyer, PRICE)
    false.token.setRefuses(True, {"from": buyer})
    with refused("SafeERC20FailedOperation", false.token.address):
        come_in(false, buyer)


def test_a_withdrawal_that_is_not_sent_is_refused(false, buyer):
    """WITHDRAW-1, ALL-1: refused."""
    false.token.setRefuses(True, {"from": buyer})
    with refused("SafeERC20FailedOperation", false.token.address):
        false.settlement.withdraw(PRICE, buyer, {"from": buyer})
    assert false.settlement.availableOf(of_address(buyer)) == PRICE


def test_a_part_refund_that_is_not_sent_is_credited(false, buyer):
    """REFUND-3, REFUND-6: survived."""
    order = false.bought(buyer)
    false.token.setRefuses(True, {"from": buyer})
    part = false.settlement.refundPart(order, 3_000, {"from": false.platform.operator})
    assert part.events["OrderPartRefunded"]["toAccount"]
    assert false.settlement.availableOf(of_address(buyer)) == PRICE + 3_000


# A block list: survived; whoever is on it holds nobody up


@pytest.fixture
def blocking(shop, BlockingToken, buyer):
    """A network settled in a token with a block list."""
    return shop(BlockingToken.deploy({"from": buyer}))


def test_a_blocked_creator_does_not_hold_up_a_release(blocking, buyer, creators):
    """RELEASE-1: survived; the others are paid, and the blocked one once it is free."""
    first, second = creators
    blocking.bought(buyer)
    blocking.token.setBlocked(first, True, {"from": buyer})
    travel(2 * SHORT_WINDOW)
    blocking.settlement.release([blocking.content.number], {"from": buyer})
    earned = [blocking.settlement.availableOf(of_address(creator)) for creator in creators]
    blocking.settlement.withdraw(earned[1], second, {"from": second})
    assert blocking.token.balanceOf(second) == earned[1] > 0
    with refused("Blocked", first.address):
        blocking.settlement.withdraw(earned[0], first, {"from": first})
    assert blocking.settlement.availableOf(of_address(first)) == earned[0] > 0


def test_a_blocked_owner_withdraws_to_another_address(blocking, buyer, stranger):
    """WITHDRAW-1: survived."""
    blocking.deposit(stranger, of_address(buyer), PRICE)
    blocking.token.setBlocked(buyer, True, {"from": stranger})
    blocking.settlement.withdraw(PRICE, stranger, {"from": buyer})
    assert blocking.token.balanceOf(stranger) == PRICE


def test_a_blocked_owner_does_not_hold_up_the_withdrawals_of_others(
    blocking, buyer, buyer_key, stranger
):
    """SEND-2: survived."""
    blocking.deposit(stranger, of_address(buyer), 2 * PRICE)
    blocking.token.setBlocked(buyer, True, {"from": stranger})
    wanted = [
        Withdrawal(buyer.address, to, PRICE, now() + DAY, nonce).signed(
            buyer_key, blocking.settlement.address
        )
        for nonce, to in enumerate((buyer.address, stranger.address))
    ]
    sent = blocking.settlement.withdrawMany(wanted, {"from": stranger})
    assert [event["nonce"] for event in sent.events["WithdrawalFailed"]] == [0]
    assert blocking.token.balanceOf(stranger) == PRICE
    assert blocking.settlement.availableOf(of_address(buyer)) == PRICE


def test_a_blocked_buyer_is_refunded_to_its_account(blocking, buyer):
    """REFUND-3, REQUEST-2: survived."""
    order = blocking.bought(buyer)
    blocking.settlement.requestRefund(order, {"from": buyer})
    blocking.token.setBlocked(buyer, True, {"from": buyer})
    travel(HALF_WINDOW)
    refunded = blocking.settlement.refundUnanswered(order, {"from": buyer})
    assert refunded.events["OrderRefunded"]["toAccount"]
    assert blocking.settlement.availableOf(of_address(buyer)) == PRICE


def test_if_settlement_is_blocked_the_money_inside_still_moves(blocking, buyer):
    """INV-1, BUY-2, REFUND-3: survived; nothing comes in, what is inside goes on."""
    account, order = of_address(buyer), blocking.order(buyer)
    blocking.deposit(buyer, account, PRICE)
    blocking.token.setBlocked(blocking.settlement, True, {"from": buyer})
    blocking.fund(buyer, PRICE)
    with refused("Blocked", blocking.settlement.address):
        blocking.settlement.deposit(account, PRICE, {"from": buyer})
    blocking.settlement.buyFromBalance(order, {"from": buyer})
    blocking.settlement.refund(order, {"from": blocking.platform.operator})
    blocking.settlement.withdraw(PRICE, buyer, {"from": buyer})
    assert blocking.token.balanceOf(buyer) == 2 * PRICE


# A call back in the middle of a transfer: refused; in a refund, survived


@pytest.fixture
def reentrant(shop, ReentrantToken, buyer):
    """A network settled in a token that calls back, with money on the accounts it may try."""
    market = shop(ReentrantToken.deploy({"from": buyer}))
    for account in (of_address(buyer), of_address(market.token), of_platform(1)):
        market.deposit(buyer, account, PRICE)
    market.fund(buyer, 3 * PRICE)
    return market


def signed_withdrawal(market, buyer, key):
    """Return a withdrawal that the buyer signed."""
    wanted = Withdrawal(buyer.address, buyer.address, PRICE, now() + DAY, 1)
    return wanted.signed(key, market.settlement.address)


WAYS_OUT = {
    "withdraw": lambda market, buyer, _: market.settlement.withdraw(PRICE, buyer, {"from": buyer}),
    "withdrawPlatform": lambda market, *_: market.settlement.withdrawPlatform(
        1, PRICE, {"from": market.platform.owner}
    ),
    "withdrawSigned": lambda market, buyer, key: market.settlement.withdrawSigned(
        signed_withdrawal(market, buyer, key), {"from": buyer}
    ),
}
CALLS = WAYS_OUT | {name: lambda m, b, _, way=way: way(m, b) for name, way in WAYS_IN.items()}
BACK = {
    "withdraw": lambda market: market.settlement.withdraw.encode_input(PRICE, market.token),
    "buyCart": lambda market: market.settlement.buyCart.encode_input([], Payment()),
    "closeDispute": lambda market: market.settlement.closeDispute.encode_input(
        market.order(market.token)
    ),
}


@pytest.mark.parametrize("back", BACK.values(), ids=BACK.keys())
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_call_back_is_refused(reentrant, buyer, buyer_key, call, back):
    """ALL-2, LINK-2: refused, wherever in the three contracts the code of either call stands."""
    reentrant.token.arm(reentrant.settlement, back(reentrant), {"from": buyer})
    with refused("ReentrancyGuardReentrantCall"):
        call(reentrant, buyer, buyer_key)
    assert reentrant.settlement.availableOf(of_address(reentrant.token)) == PRICE


def undo_unanswered(market, order, buyer):
    """Take the refund of an order whose seller did not answer."""
    travel(HALF_WINDOW)
    market.settlement.refundUnanswered(order, {"from": buyer})


def undo_disputed(market, order, buyer):
    """Take the refund of a dispute that nobody decided."""
    market.settlement.openDispute(order, bytes(32), {"from": buyer})
    travel(14 * DAY)
    market.token.arm(market.settlement, BACK["withdraw"](market), {"from": buyer})
    market.settlement.closeDispute(order, {"from": buyer})


REFUNDS = {
    "refund": lambda market, order, _: market.settlement.refund(
        order, {"from": market.platform.operator}
    ),
    "refundUnanswered": undo_unanswered,
    "closeDispute": undo_disputed,
}


@pytest.mark.parametrize("undo", REFUNDS.values(), ids=REFUNDS.keys())
def test_a_refund_that_is_called_back_is_credited_instead(reentrant, buyer, undo):
    """ALL-2, REFUND-3: survived; the call back fails the transfer, and the books have the money."""
    order, account = reentrant.order(buyer), of_address(buyer)
    reentrant.settlement.buy(order, {"from": buyer})
    reentrant.settlement.requestRefund(order, {"from": buyer})
    reentrant.token.arm(reentrant.settlement, BACK["withdraw"](reentrant), {"from": buyer})
    undo(reentrant, order, buyer)
    assert reentrant.settlement.availableOf(account) == 2 * PRICE
    assert reentrant.settlement.availableOf(of_address(reentrant.token)) == PRICE


def test_a_release_in_the_middle_of_a_withdrawal_finds_the_books_in_order(reentrant, buyer):
    """ALL-2, INV-1: survived; what moves no tokens may be called at any time."""
    reentrant.settlement.buy(reentrant.order(buyer), {"from": buyer})
    travel(2 * SHORT_WINDOW)
    release = reentrant.settlement.release.encode_input([reentrant.content.number])
    reentrant.token.arm(reentrant.settlement, release, {"from": buyer})
    sent = reentrant.settlement.withdraw(PRICE, buyer, {"from": buyer})
    revenue = sent.events["Released"]["amount"]
    reentrant.settlement.releaseCommissions([of_platform(1)], 0, {"from": buyer})
    assert revenue > 0
    assert reentrant.settlement.availableOf(of_address(buyer)) == 0
    accounts = [of_address(reentrant.token), of_platform(0), of_platform(1)]
    accounts += [of_address(creator.payee) for creator in reentrant.content.plan.creators]
    credited = sum(reentrant.settlement.availableOf(account) for account in accounts)
    assert credited == reentrant.token.balanceOf(reentrant.settlement)
