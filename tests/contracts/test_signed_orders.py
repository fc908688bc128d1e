"""Signed orders: carts sent by their buyer or a relayer, with permits; and consents to batches."""

from __future__ import annotations

import pytest
from eth_account import Account

from tests.contracts.accounts import ZERO, of_address, of_learner
from tests.contracts.batch import Group, words_of
from tests.contracts.carts import Payment, Permit, Source, cart_hash, sign_permit, signed
from tests.contracts.clock import DAY, HOUR, now, set_next, today, travel
from tests.contracts.consents import Consent, sign_consent
from tests.contracts.holds import unpack
from tests.contracts.orders import as_number, sign_authorization
from tests.contracts.plans import capture
from tests.contracts.refusals import refused

OTHER_KEY = "0x" + "c2" * 32
LEARNER_KEY = "0x" + "1e" * 32
ONES = "0x" + "11" * 20


@pytest.fixture
def other(publish):
    """Another content, in the other class."""
    return publish("another", price=20_000, class_=1)


@pytest.fixture
def cart(order, content, other):
    """Two orders of the buyer; any field of both can be changed."""

    def cart(**changes):
        orders = (order(salt=b"1" * 32), order(content=other.number, max_price=20_000))
        return [each._replace(**changes) for each in orders]

    return cart


@pytest.fixture
def total(content, other):
    return content.price + other.price


@pytest.fixture
def wallet(Wallet, buyer, token, settlement, network_owner):
    """A contract that signs what the buyer's key signed, with tokens that Settlement may take."""
    wallet = Wallet.deploy(buyer, {"from": network_owner})
    token.mint(wallet, 10**12, {"from": network_owner})
    approve = token.approve.encode_input(settlement, 10**12)
    wallet.forward(token, approve, {"from": network_owner})
    return wallet


@pytest.fixture
def sign(settlement, buyer_key):
    """Signs a cart as the buyer."""

    def sign(orders, source=Source.TOKENS, key=buyer_key, **domain):
        return signed(key, settlement.address, orders, source, **domain)

    return sign


# Who sends, who signed


def test_the_buyer_sends_its_cart_without_a_signature(
    settlement, licences, cart, buyer, fund, token, total
):
    """CART-1, CART-2, INV-1."""
    fund(buyer)
    orders = cart()
    settlement.buyCart(orders, Payment(), {"from": buyer})
    assert all(licences.verify(order, buyer) for order in orders)
    assert token.balanceOf(settlement) == total


def test_a_relayer_sends_what_the_buyers_key_signed(
    settlement, licences, cart, sign, buyer, fund, stranger
):
    """CART-2: the relayer pays the gas, the buyer the price."""
    fund(buyer)
    orders = cart()
    settlement.buyCart(orders, sign(orders), {"from": stranger})
    assert all(licences.verify(order, buyer) for order in orders)


def test_a_relayer_sends_what_a_wallet_signed(settlement, licences, cart, sign, wallet, stranger):
    """CART-2: the buyer is a contract (ERC-1271)."""
    orders = cart(buyer=wallet.address, receiver=wallet.address)
    settlement.buyCart(orders, sign(orders), {"from": stranger})
    assert all(licences.verify(order, wallet) for order in orders)


def test_a_wallet_sends_its_own_cart(settlement, licences, cart, wallet, stranger):
    """CART-2, CLAIM-1: a contract buys, and claims its licence."""
    orders = cart(buyer=wallet.address, receiver=wallet.address)
    buy = settlement.buyCart.encode_input(orders, Payment())
    wallet.forward(settlement, buy, {"from": stranger})
    wallet.forward(licences, licences.claim.encode_input(orders[0]), {"from": stranger})
    assert licences.holderOf(as_number(orders[0].id(settlement.address))) == wallet


def test_reverts_if_a_relayer_has_no_signature(settlement, cart, buyer, fund, stranger):
    """CART-2, INV-4."""
    fund(buyer)
    with refused("InvalidSignature", buyer.address):
        settlement.buyCart(cart(), Payment(), {"from": stranger})


def test_reverts_if_another_key_signed(settlement, cart, sign, buyer, fund, stranger):
    """CART-2, INV-4."""
    fund(buyer)
    orders = cart()
    with refused("InvalidSignature", buyer.address):
        settlement.buyCart(orders, sign(orders, key=OTHER_KEY), {"from": stranger})


def test_reverts_if_a_wallet_does_not_know_the_key(settlement, cart, sign, wallet, stranger):
    """CART-2: what the wallet says counts, even if it reverts."""
    orders = cart(buyer=wallet.address)
    with refused("InvalidSignature", wallet.address):
        settlement.buyCart(orders, sign(orders, key=OTHER_KEY), {"from": stranger})


CHANGES = {
    "receiver": {"receiver": ONES},
    "referrer": {"referrer": ONES},
    "seller": {"seller": 1},
    "maximum": {"max_price": 2 * 49_990_003},
    "deadline": {"deadline": 2**40},
    "salt": {"salt": b"\1" * 32},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_reverts_if_an_order_was_changed(settlement, cart, sign, buyer, fund, stranger, change):
    """CART-2, INV-4."""
    fund(buyer)
    first, second = cart()
    payment = sign([first, second])
    with refused("InvalidSignature", buyer.address):
        settlement.buyCart([first, second._replace(**change)], payment, {"from": stranger})


def test_reverts_if_orders_were_left_out_or_changed_places(
    settlement, cart, sign, buyer, fund, stranger
):
    """CART-2."""
    fund(buyer)
    orders = cart()
    payment = sign(orders)
    for other in (orders[:1], orders[1:], orders[::-1]):
        with refused("InvalidSignature", buyer.address):
            settlement.buyCart(other, payment, {"from": stranger})


def test_reverts_if_another_source_was_signed(
    settlement, cart, sign, buyer, fund, deposit, stranger
):
    """CART-2, CART-3: a relayer does not choose whose money it takes."""
    fund(buyer)
    deposit(of_address(buyer))
    orders = cart()
    for asked, meant in ((Source.BALANCE, Source.TOKENS), (Source.TOKENS, Source.BALANCE)):
        payment = sign(orders, meant)._replace(source=asked)
        with refused("InvalidSignature", buyer.address):
            settlement.buyCart(orders, payment, {"from": stranger})


def test_a_signed_cart_is_placed_once(settlement, cart, sign, buyer, fund, stranger):
    """ORDER-1, CART-2, INV-7."""
    fund(buyer)
    orders = cart()
    settlement.buyCart(orders, sign(orders), {"from": stranger})
    with refused("OrderExists", orders[0].id(settlement.address)):
        settlement.buyCart(orders, sign(orders), {"from": stranger})


# What a cart is


def test_reverts_if_the_cart_is_empty(settlement, buyer):
    """CART-1."""
    with refused("EmptyCart"):
        settlement.buyCart([], Payment(), {"from": buyer})


def test_reverts_if_the_orders_have_two_buyers(settlement, cart, buyer, fund, stranger):
    """CART-1, INV-4."""
    fund(buyer)
    first, second = cart()
    with refused("BuyerMismatch", stranger.address, buyer.address):
        strangers = second._replace(buyer=stranger.address)
        settlement.buyCart([first, strangers], Payment(), {"from": buyer})


def test_reverts_if_an_order_stands_twice(settlement, cart, buyer, fund):
    """ORDER-1."""
    fund(buyer)
    first, _ = cart()
    with refused("OrderExists", first.id(settlement.address)):
        settlement.buyCart([first, first], Payment(), {"from": buyer})


def test_buys_nothing_if_one_order_is_refused(settlement, token, cart, buyer, fund, content):
    """CART-1, ALL-1."""
    fund(buyer)
    first, second = cart()
    with refused("UnknownContent", 99):
        settlement.buyCart([first, second._replace(content=99)], Payment(), {"from": buyer})
    assert unpack(settlement.holdOf(content.number, 1)).total == 0
    assert token.balanceOf(settlement) == 0


def test_each_order_is_held_and_refunded_alone(
    settlement, licences, token, cart, buyer, fund, content, other, seller
):
    """CART-1, REFUND-2, INV-2."""
    fund(buyer)
    first, second = cart()
    settlement.buyCart([first, second], Payment(), {"from": buyer})
    revenue = [capture(each.price, 2_000, 0).revenue for each in (content, other)]
    held = [unpack(settlement.holdOf(each.number, 1)).captured for each in (content, other)]
    assert held == revenue
    settlement.refund(first, {"from": seller.operator})
    assert not licences.verify(first, buyer)
    assert licences.verify(second, buyer)
    assert token.balanceOf(settlement) == other.price


def test_tells_every_order_and_what_was_taken(settlement, cart, buyer, fund, content, other):
    """INV-8, CART-3."""
    fund(buyer)
    orders = cart(max_price=2 * content.price)
    events = settlement.buyCart(orders, Payment(), {"from": buyer}).events["OrderPlaced"]
    ids = [bytes(event["orderId"]) for event in events]
    assert ids == [order.id(settlement.address) for order in orders]
    assert [event["paid"] for event in events] == [content.price, other.price]


# Where the money comes from


def test_pays_from_the_buyers_account(
    settlement, token, cart, sign, buyer, deposit, stranger, total, seller
):
    """CART-3, REFUND-3."""
    account, orders = of_address(buyer), cart()
    deposit(account, total + 7)
    settlement.buyCart(orders, sign(orders, Source.BALANCE), {"from": stranger})
    assert settlement.availableOf(account) == 7
    settlement.refund(orders[0], {"from": seller.operator})
    assert settlement.availableOf(account) == 7 + orders[0].max_price
    assert token.balanceOf(buyer) == 0


def test_reverts_if_the_account_holds_too_little(settlement, cart, buyer, deposit, total):
    """CART-3, ALL-1."""
    deposit(of_address(buyer), total - 1)
    with refused("InsufficientBalance", of_address(buyer), total - 1, total):
        settlement.buyCart(cart(), Payment(Source.BALANCE), {"from": buyer})


@pytest.fixture
def authorize(settlement, token, buyer_key):
    """Signs the authorization of a cart; any part of its message can be made wrong."""

    def authorize(orders, **wrong):
        message = {"to": settlement.address, "validBefore": orders[0].deadline}
        message["value"] = sum(order.max_price for order in orders)
        nonce = cart_hash(settlement.address, Source.AUTHORIZATION, orders)
        signature = sign_authorization(buyer_key, token, nonce, **message | wrong)
        return Payment(Source.AUTHORIZATION, signature.packed())

    return authorize


@pytest.fixture
def rich(token, buyer, network_owner):
    """The buyer, with tokens and no allowance."""
    token.mint(buyer, 10**12, {"from": network_owner})
    return buyer


def test_pays_by_authorization_and_keeps_the_excess(
    settlement, token, cart, authorize, rich, stranger, total
):
    """CART-3, AUTH-2, INV-1."""
    orders = [order._replace(max_price=order.max_price + 50) for order in cart()]
    settlement.buyCart(orders, authorize(orders), {"from": stranger})
    assert token.balanceOf(settlement) == total + 100
    assert settlement.availableOf(of_address(rich)) == 100


@pytest.mark.parametrize(
    "wrong", [{"value": 1}, {"to": ONES}, {"validAfter": 1}, {"validBefore": 2**40}], ids=str
)
def test_reverts_if_something_else_was_authorized(
    settlement, cart, authorize, rich, stranger, wrong
):
    """CART-3, AUTH-1."""
    orders = cart()
    with refused("ERC3009InvalidSignature"):
        settlement.buyCart(orders, authorize(orders, **wrong), {"from": stranger})


def test_reverts_if_the_authorization_is_no_signature(settlement, cart, authorize, rich, stranger):
    """CART-3."""
    orders = cart()
    payment = authorize(orders)
    for signature in (b"", payment.signature[:64], payment.signature + b"\0"):
        with refused("InvalidSignature", rich.address):
            settlement.buyCart(orders, payment._replace(signature=signature), {"from": stranger})


def test_the_chain_and_the_tests_agree_on_a_carts_hash(settlement, cart):
    """CART-2."""
    for source in Source:
        expected = cart_hash(settlement.address, source, cart())
        assert bytes(settlement.cartHashOf(source, cart())) == expected


# Permits


@pytest.fixture
def permit(settlement, token, buyer_key):
    """Signs a permit of the buyer for Settlement."""

    def permit(value, deadline=2**40, key=buyer_key):
        return sign_permit(key, token, settlement.address, value, deadline)

    return permit


def test_a_permit_comes_with_the_cart(
    settlement, token, licences, cart, sign, permit, rich, stranger, total
):
    """CART-4: nobody sends two transactions."""
    orders = cart()
    payment = sign(orders)._replace(permit=permit(total))
    settlement.buyCart(orders, payment, {"from": stranger})
    assert token.allowance(rich, settlement) == 0
    assert all(licences.verify(order, rich) for order in orders)


def test_a_permit_that_somebody_showed_before_does_no_harm(
    settlement, token, licences, cart, sign, permit, rich, stranger, total
):
    """CART-4: who takes the permit out of the pending cart gains nothing and stops nothing."""
    orders, shown = cart(), permit(total)
    value, deadline, v, r, s = shown
    token.permit(rich, settlement, value, deadline, v, r, s, {"from": stranger})
    settlement.buyCart(orders, sign(orders)._replace(permit=shown), {"from": stranger})
    assert all(licences.verify(order, rich) for order in orders)


def test_reverts_if_the_permit_is_for_too_little(
    settlement, cart, sign, permit, rich, stranger, total
):
    """CART-4, ALL-1."""
    orders = cart()
    payment = sign(orders)._replace(permit=permit(total - 1))
    with refused("ERC20InsufficientAllowance", settlement.address, total - 1, total):
        settlement.buyCart(orders, payment, {"from": stranger})


WRONG_PERMITS = {
    "another key": lambda permit: permit(10**12, key=OTHER_KEY),
    "too late": lambda permit: permit(10**12, deadline=1),
    "no signature": lambda permit: Permit(10**12, 2**40),
}


@pytest.mark.parametrize("wrong", WRONG_PERMITS.values(), ids=WRONG_PERMITS.keys())
def test_a_permit_the_token_refuses_leaves_it_to_the_allowance(
    settlement, token, licences, cart, sign, permit, rich, stranger, total, wrong
):
    """CART-4, ALL-1."""
    orders = cart()
    payment = sign(orders)._replace(permit=wrong(permit))
    with refused("ERC20InsufficientAllowance", settlement.address, 0, total):
        settlement.buyCart(orders, payment, {"from": stranger})
    token.approve(settlement, total, {"from": rich})
    settlement.buyCart(orders, payment, {"from": stranger})
    assert all(licences.verify(order, rich) for order in orders)


# Consents


@pytest.fixture
def learner(registry, learners, seller):
    """A learner of the seller with a key of its own."""
    key = Account.from_key(LEARNER_KEY).address
    registry.bindKey(learners[0], key, {"from": seller.operator})
    return learners[0]


@pytest.fixture
def consent(settlement, content, seller, learner):
    """Signs a learner's consent to an order of the content; any field can be changed."""

    def consent(key=LEARNER_KEY, **changes):
        terms = (content.number, seller.number, learner, ZERO, 0, True, content.price)
        agreed = Consent(*terms, now() + DAY, 7)._replace(**changes)
        return sign_consent(key, settlement.address, agreed)

    return consent


@pytest.fixture
def batch(content, learner):
    return [Group(content.number, [learner])]


def test_a_learners_key_agrees_to_an_order(
    settlement, licences, settled_by_learners, batch, consent, learner, seller
):
    """CONSENT-1, BATCH-10."""
    (order,) = settled_by_learners(batch, consents=[consent()]).orders()
    assert licences.verifyBatch(order, learner)
    assert settlement.availableOf(of_learner(seller.number, learner)) == 0


def test_a_learners_wallet_agrees_to_an_order(
    registry, licences, settled_by_learners, content, learners, consent, wallet, seller, buyer_key
):
    """CONSENT-1: the learner's key is a contract (ERC-1271)."""
    learner = learners[1]
    registry.bindKey(learner, wallet, {"from": seller.operator})
    agreed = consent(buyer_key, learner=learner)
    (order,) = settled_by_learners([Group(content.number, [learner])], consents=[agreed]).orders()
    assert licences.verifyBatch(order, learner)


WRONG_CONSENTS = {
    "content": {"content": 99},
    "seller": {"seller": 1},
    "learner": {"learner": 2},
    "referrer": {"referrer": ONES},
    "start": {"starts_at": 1},
    "who pays": {"from_learner": False},
    "key": {"key": OTHER_KEY},
}


@pytest.mark.parametrize("wrong", WRONG_CONSENTS.values(), ids=WRONG_CONSENTS.keys())
def test_reverts_if_the_learner_agreed_to_something_else(
    settled_by_learners, batch, consent, wrong
):
    """CONSENT-1, INV-4."""
    with refused("InvalidSignature", Account.from_key(LEARNER_KEY).address):
        settled_by_learners(batch, consents=[consent(**wrong)])


@pytest.mark.parametrize("from_learner", [True, False])
def test_a_consent_says_who_pays(
    settlement, batch, consent, deposit, learner, seller, content, from_learner
):
    """CONSENT-1, INV-4: a consent to fiat cannot debit the learner's account, nor the reverse."""
    accounts = {True: of_learner(seller.number, learner), False: seller.account}
    for account in accounts.values():
        deposit(account, content.price)
    agreed, sender = consent(from_learner=from_learner), {"from": seller.operator}
    order = (1, today(), content.price)
    with refused("InvalidSignature", Account.from_key(LEARNER_KEY).address):
        settlement.settleLearners(*order, not from_learner, words_of(batch), [agreed], sender)
    settlement.settleLearners(*order, from_learner, words_of(batch), [agreed], sender)
    assert settlement.availableOf(accounts[from_learner]) == 0
    assert settlement.availableOf(accounts[not from_learner]) == content.price


def test_reverts_if_the_price_is_higher_than_agreed(settled_by_learners, batch, consent, content):
    """CONSENT-1."""
    with refused("PriceAboveMaximum", content.price, content.price - 1):
        settled_by_learners(batch, consents=[consent(max_price=content.price - 1)])


def test_reverts_if_the_agreement_is_over(settlement, batch, consent, seller):
    """CONSENT-1."""
    agreed = consent(deadline=now() + HOUR)
    arguments = (1, today(), 10**12, False, words_of(batch), [agreed])
    set_next(agreed.deadline)
    with refused("DeadlinePassed", agreed.deadline, agreed.deadline):
        settlement.settleLearners(*arguments, {"from": seller.operator})


def test_a_consent_is_used_once(settled_by_learners, batch, consent):
    """CONSENT-1, INV-7."""
    agreed = consent()
    settled_by_learners(batch, consents=[agreed])
    with refused("NonceUsed", Account.from_key(LEARNER_KEY).address, 7):
        settled_by_learners(batch, consents=[agreed])


@pytest.mark.parametrize("count", [1, 3])
def test_reverts_if_there_are_not_as_many_consents_as_orders(
    settled_by_learners, content, learner, consent, count
):
    """CONSENT-1."""
    agreed = [consent(nonce=nonce) for nonce in range(count)]
    with refused("ConsentCountMismatch", count, 2):
        settled_by_learners([Group(content.number, [learner, learner])], consents=agreed)


def test_reverts_if_a_learner_without_a_key_agrees(settled_by_learners, content, learners, consent):
    """CONSENT-1."""
    agreed = consent(learner=learners[1])
    with refused("InvalidSignature", ZERO):
        settled_by_learners([Group(content.number, [learners[1]])], consents=[agreed])


def test_an_account_that_was_taken_over_pays_only_with_its_keys_consent(
    settlement, settled_by_learners, content, learners, seller, buyer, buyer_key, consent
):
    """CONSENT-2, TOPUP-3: the money is on the key's own account."""
    learner = learners[2]
    settlement.offerAccount(seller.number, learner, buyer, {"from": seller.operator})
    travel(2 * DAY)
    settlement.takeOver(seller.number, learner, {"from": buyer})
    group, account = [Group(content.number, [learner])], of_learner(seller.number, learner)
    with refused("InsufficientBalance", account, 0, content.price):
        settled_by_learners(group)
    settled_by_learners(group, consents=[consent(buyer_key, learner=learner)])
    assert settlement.availableOf(account) == 0
