"""Attacks that were thought of: what an attacker tries, and what comes of it."""

from __future__ import annotations

import pytest
from brownie import accounts, web3

from tests.contracts.accounts import ZERO, of_address, of_learner, of_platform
from tests.contracts.batch import words_of
from tests.contracts.carts import Payment, Source, cart_hash, signed
from tests.contracts.clock import DAY, SHORT_WINDOW, now, request, today, travel
from tests.contracts.network import appoint, publish
from tests.contracts.orders import as_number, sign_authorization
from tests.contracts.plans import Publication
from tests.contracts.refusals import refused
from tests.contracts.signatures import CHAIN_ID
from tests.contracts.withdrawals import Withdrawal

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SAVINGS = 1_000_000


@pytest.fixture
def attacker():
    return accounts[19]


@pytest.fixture
def saver(deposit, buyer):
    """The buyer, with savings on its account."""
    deposit(of_address(buyer), SAVINGS)
    return buyer


@pytest.fixture
def withdrawal(settlement, saver, buyer_key):
    """Signs a withdrawal of the savings; any field can be changed."""

    def withdrawal(**changes):
        wanted = Withdrawal(saver.address, saver.address, SAVINGS, now() + DAY, 3)
        return wanted._replace(**changes).signed(buyer_key, settlement.address)

    return withdrawal


# Replay


@pytest.fixture
def twin(settle_on, registry, token, network_owner, host, content, buyer):
    """A second deployment on the same registry that sells the same content to the same buyer."""
    licences, settlement = settle_on(registry, token)
    settlement.addWindow(SHORT_WINDOW, {"from": network_owner})
    offer = Publication("intro-to-finance", content.price, 0, content.plan)
    (same,) = publish(licences, host, offer)
    assert same.number == content.number
    token.mint(buyer, 10**12, {"from": network_owner})
    token.approve(settlement, 10**12, {"from": buyer})
    return settlement


def test_a_cart_for_one_deployment_is_worth_nothing_at_another(
    settlement, twin, order, buyer, buyer_key, attacker
):
    """CART-2: replay across deployments."""
    orders = [order()]
    payment = signed(buyer_key, settlement.address, orders)
    with refused("InvalidSignature", buyer.address):
        twin.buyCart(orders, payment, {"from": attacker})


def test_an_authorization_for_one_deployment_is_worth_nothing_at_another(
    settlement, twin, token, order, buyer_key, attacker
):
    """AUTH-1: replay across deployments."""
    placed, home = order(), settlement.address
    message = {"to": home, "value": placed.max_price, "validBefore": placed.deadline}
    signature = sign_authorization(buyer_key, token, placed.id(home), **message)
    with refused("ERC3009InvalidSignature"):
        twin.buyWithAuthorization(placed, *signature, {"from": attacker})


def test_a_withdrawal_from_one_deployment_is_none_from_another(
    twin, withdrawal, token, buyer, attacker
):
    """SEND-1: replay across deployments."""
    wanted = withdrawal()
    twin.deposit(of_address(buyer), SAVINGS, {"from": buyer})
    with refused("InvalidSignature", buyer.address):
        twin.withdrawSigned(wanted, {"from": attacker})


@pytest.fixture
def forked():
    """The chain as it would be on the other side of a fork: the same, under another number."""
    request("anvil_setChainId", CHAIN_ID + 1)
    yield CHAIN_ID + 1
    request("anvil_setChainId", CHAIN_ID)


def test_what_was_signed_for_one_chain_is_worth_nothing_on_another(
    settlement, order, withdrawal, saver, buyer_key, attacker, fund, forked
):
    """CART-2, SEND-1, ORDER-1: replay across chains."""
    orders, sender = [order()], {"from": attacker}
    payment = signed(buyer_key, settlement.address, orders)
    with refused("InvalidSignature", saver.address):
        settlement.buyCart.call(orders, payment, sender)
    with refused("InvalidSignature", saver.address):
        settlement.withdrawSigned.call(withdrawal(), sender)
    assert bytes(settlement.orderIdOf(orders[0])) != orders[0].id(settlement.address)
    there = signed(buyer_key, settlement.address, orders, Source.BALANCE, forked)
    with refused("InsufficientBalance", of_address(saver), SAVINGS, orders[0].max_price):
        settlement.buyCart.call(orders, there, sender)


def test_a_signature_for_one_purpose_serves_no_other(
    settlement, order, withdrawal, saver, attacker, fund
):
    """CART-2, SEND-1."""
    fund(saver)
    wanted = withdrawal()
    with refused("InvalidSignature", saver.address):
        payment = Payment(Source.TOKENS, wanted.signature)
        settlement.buyCart([order()], payment, {"from": attacker})


def test_a_withdrawal_is_sent_once(settlement, withdrawal, saver, deposit, attacker):
    """SEND-1, INV-7."""
    wanted = withdrawal()
    settlement.withdrawSigned(wanted, {"from": attacker})
    deposit(of_address(saver), SAVINGS)
    with refused("NonceUsed", saver.address, 3):
        settlement.withdrawSigned(wanted, {"from": attacker})
    assert settlement.availableOf(of_address(saver)) == SAVINGS


# Signatures bent


def bend(signature: bytes) -> bytes:
    """Return the other signature that the same numbers make: (r, n - s) with the other v."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    return r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - v])


def short(signature: bytes) -> bytes:
    """Return the signature in the 64 bytes of EIP-2098."""
    s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + s.to_bytes(32, "big")


@pytest.mark.parametrize("change", [bend, short, lambda signature: signature + b"\0"])
def test_a_signature_has_one_form(settlement, withdrawal, saver, attacker, change):
    """SEND-1: malleable signatures."""
    wanted = withdrawal()
    with refused("InvalidSignature", saver.address):
        bent = wanted._replace(signature=change(wanted.signature))
        settlement.withdrawSigned(bent, {"from": attacker})


def test_a_bent_signature_places_no_second_order(
    settlement, order, buyer, buyer_key, fund, attacker
):
    """CART-2, ORDER-1: malleable signatures."""
    fund(buyer)
    orders = [order()]
    payment = signed(buyer_key, settlement.address, orders)
    with refused("InvalidSignature", buyer.address):
        bent = payment._replace(signature=bend(payment.signature))
        settlement.buyCart(orders, bent, {"from": attacker})


def test_a_bent_authorization_is_refused_by_the_token(
    settlement, token, order, buyer_key, fund, buyer, attacker
):
    """AUTH-1: malleable signatures."""
    fund(buyer)
    placed, home = order(), settlement.address
    message = {"to": home, "value": placed.max_price, "validBefore": placed.deadline}
    signature = sign_authorization(buyer_key, token, placed.id(home), **message)
    bent = bend(signature.packed())
    with refused("ECDSAInvalidSignatureS", bent[32:64]):
        settlement.buyWithAuthorization(
            placed, bent[64], bent[:32], bent[32:64], {"from": attacker}
        )


# Getting in before somebody


def test_a_host_that_sees_an_order_coming_cannot_raise_its_price(
    settlement, licences, token, order, content, buyer, fund, host
):
    """PRICE-2, ORDER-3: front-run prices; they change for tomorrow, and orders have a maximum."""
    fund(buyer)
    licences.setPrice(content.number, 2 * content.price, {"from": host.operator})
    settlement.buy(order(max_price=3 * content.price), {"from": buyer})
    assert token.balanceOf(settlement) == content.price
    travel(DAY)
    with refused("PriceAboveMaximum", 2 * content.price, content.price):
        settlement.buy(order(salt=b"1" * 32), {"from": buyer})


def test_a_host_that_sees_an_order_coming_cannot_change_its_plan(
    settlement, licences, bought, content, plan, host, creators
):
    """SPLIT-5: a plan holds from the next epoch on."""
    alone = plan.creators[0]._replace(bps=700)
    mine = plan._replace(host_bps=plan.host_bps + 5_000, creators=(alone,))
    licences.setPlan(content.number, mine, {"from": host.operator})
    bought()
    travel(2 * SHORT_WINDOW)
    settlement.release([content.number], {"from": host.operator})
    assert settlement.availableOf(of_address(creators[1])) > 0


def test_an_order_id_cannot_be_taken_by_another(settlement, order, buyer, fund, attacker, token):
    """ORDER-1, BUY-1: squatted order ids; the id binds the buyer, who alone places it."""
    fund(buyer)
    fund(attacker)
    wanted = order()
    with refused("WrongCaller", attacker.address, buyer.address):
        settlement.buy(wanted, {"from": attacker})
    mine = wanted._replace(buyer=attacker.address)
    settlement.buy(mine, {"from": attacker})
    settlement.buy(wanted, {"from": buyer})
    assert mine.id(settlement.address) != wanted.id(settlement.address)


def test_a_permit_taken_from_a_pending_purchase_buys_nothing_else(
    settlement, order, buyer, fund, attacker
):
    """BUY-1, INV-4: an allowance serves the buyer's own orders only."""
    fund(buyer)
    stolen = order(receiver=attacker.address)
    with refused("WrongCaller", attacker.address, buyer.address):
        settlement.buy(stolen, {"from": attacker})
    with refused("InvalidSignature", buyer.address):
        settlement.buyCart([stolen], Payment(), {"from": attacker})


def test_an_operators_key_cannot_be_taken_by_naming_it_first(registry, seller, attacker, stranger):
    """OPER-2: squatted operator keys."""
    sender = {"from": registry.owner()}
    registry.admit("a squatter", attacker, attacker, 0, 0, sender)
    squatter = registry.platformCount()
    registry.setOperator(squatter, stranger, True, {"from": attacker})
    appoint(registry, seller.number, seller.owner, stranger)
    assert registry.operatorOf(stranger)[0] == seller.number


def test_a_batch_sent_again_by_another_is_paid_by_the_other(
    settlement, seller, host, groups, deposit, content
):
    """BATCH-2, INV-6: who copies a batch buys for its own money, in its own lane."""
    deposit(seller.account)
    deposit(host.account)
    for platform in (host, seller):
        arguments = (1, today(), 10**12, words_of(groups))
        settlement.settle(*arguments, {"from": platform.operator})
        assert settlement.availableOf(platform.account) == 10**12 - 3 * content.price


def test_an_account_is_taken_over_by_the_offered_key_alone(
    settlement, seller, learners, learner_key, attacker
):
    """TOPUP-3."""
    settlement.offerAccount(seller.number, learners[0], learner_key, {"from": seller.operator})
    travel(2 * DAY)
    with refused("WrongCaller", attacker.address, learner_key.address):
        settlement.takeOver(seller.number, learners[0], {"from": attacker})
    with refused("WrongCaller", attacker.address, ZERO):
        settlement.takeOver(seller.number, learners[1], {"from": attacker})


# Selling below the price


def test_a_seller_cannot_sell_a_licence_for_one_unit(
    settlement, bought, settled, seller, host, content
):
    """REFUND-6: nor give a part back at all; who sets the price alone may lower it afterwards."""
    direct, batch, held = bought(), settled().order(), settlement.holdOf(content.number, 1)
    for amount in (content.price - 1, 1):
        with refused("NotOperatorOf", seller.operator.address, host.number):
            settlement.refundPart(direct, amount, {"from": seller.operator})
        with refused("NotOperatorOf", seller.operator.address, host.number):
            settlement.refundBatchPart(batch, amount, {"from": seller.operator})
    assert settlement.holdOf(content.number, 1) == held


# Money as a nuisance


def test_gifts_stop_nobody(settlement, token, fund, attacker, saver, seller, groups, content):
    """DEP-1, INV-1: griefing deposits; a deposit only ever adds to what its owner has."""
    fund(attacker)
    for account in (of_address(saver), seller.account, of_platform(0), of_platform(99)):
        settlement.deposit(account, 1, {"from": attacker})
    token.transfer(settlement, 12_345, {"from": attacker})
    with refused("InvalidAccount", of_address(settlement)):
        settlement.deposit(of_address(settlement), 1, {"from": attacker})
    settlement.withdraw(SAVINGS + 1, saver, {"from": saver})
    assert token.balanceOf(settlement) == 3 + 12_345
    assert settlement.availableOf(of_address(saver)) == 0


def test_gifts_to_an_account_that_was_taken_over_reach_its_key(
    settlement, fund, attacker, seller, learners, learner_key
):
    """TOPUP-3, DEP-1: griefing deposits; nothing is left where nobody can get it."""
    settlement.offerAccount(seller.number, learners[0], learner_key, {"from": seller.operator})
    travel(2 * DAY)
    settlement.takeOver(seller.number, learners[0], {"from": learner_key})
    fund(attacker)
    settlement.deposit(of_learner(seller.number, learners[0]), 5, {"from": attacker})
    assert settlement.availableOf(of_address(learner_key)) == 5


def test_a_dispute_costs_a_tenth_of_the_price_if_it_is_lost(
    settlement, bought, buyer, arbiter, deposit, seller, content
):
    """DISPUTE-1, DISPUTE-3: griefing with disputes costs who opens them; the accused gets it."""
    order, account = bought(), of_address(buyer)
    bond = (content.price + 9) // 10
    deposit(account, bond)
    settlement.openDispute(order, bytes(32), {"from": buyer})
    before = settlement.availableOf(seller.account)
    settlement.resolveDispute(order, False, bytes(32), {"from": arbiter})
    commission = content.price * content.plan.commission_bps // 10_000
    assert settlement.availableOf(seller.account) - before == bond + commission
    assert settlement.availableOf(account) == 0


def test_an_order_is_disputed_once_after_the_arbiter_paid(
    settlement, bought, buyer, arbiter, deposit
):
    """DISPUTE-3: nobody holds up the same money twice."""
    order = bought()
    order_id = as_number(order.id(settlement.address))
    deposit(of_address(buyer))
    settlement.openDispute(order, bytes(32), {"from": buyer})
    settlement.resolveDispute(order, False, bytes(32), {"from": arbiter})
    with refused("AlreadyPaidOut", order_id):
        settlement.openDispute(order, bytes(32), {"from": buyer})


def test_no_order_is_too_small_for_a_bond(settlement, publish, bought, buyer, deposit):
    """DISPUTE-1: a tenth is rounded up, so a thousand small disputes cost a thousand bonds."""
    tiny = publish("tiny", price=1)
    order = bought(content=tiny.number)
    with refused("InsufficientBalance", of_address(buyer), 0, 1):
        settlement.openDispute(order, bytes(32), {"from": buyer})
    deposit(of_address(buyer), 1)
    settlement.openDispute(order, bytes(32), {"from": buyer})
    assert settlement.availableOf(of_address(buyer)) == 0


def test_a_stranger_opens_no_dispute(settlement, bought, attacker, deposit):
    """DISPUTE-1: only who has a part in an order can hold it up."""
    deposit(of_address(attacker))
    with refused("NotParty", attacker.address):
        settlement.openDispute(bought(), bytes(32), {"from": attacker})


def test_a_seller_that_disputes_its_own_sales_pays_the_host(
    settlement, settled, seller, host, arbiter, content
):
    """DISPUTE-3: the bond never goes to who gave it."""
    order = settled().order()
    settlement.openBatchDispute(order, bytes(32), {"from": seller.operator})
    resolved = settlement.resolveBatchDispute(order, False, bytes(32), {"from": arbiter}).events
    assert resolved["DisputeResolved"]["bondTo"] == host.account


def test_a_host_that_disputes_its_own_direct_sale_pays_the_network(
    settlement, bought, host, arbiter, deposit
):
    """DISPUTE-3."""
    order = bought(seller=0)
    deposit(host.account)
    settlement.openDispute(order, bytes(32), {"from": host.operator})
    resolved = settlement.resolveDispute(order, False, bytes(32), {"from": arbiter}).events
    assert resolved["DisputeResolved"]["bondTo"] == of_platform(0)


# Gas and calls back as a nuisance


def test_a_wallet_that_burns_all_gas_holds_up_nobody(
    settlement, token, HungryWallet, withdrawal, saver, attacker
):
    """SEND-2: every withdrawal of a list has an even share of the gas."""
    hungry = HungryWallet.deploy({"from": attacker})
    traps = [withdrawal(owner=hungry.address, nonce=nonce) for nonce in range(3)]
    wanted = [*traps, withdrawal(nonce=9)]
    sent = settlement.withdrawMany(wanted, {"from": attacker, "gas_limit": 4_000_000})
    assert len(sent.events["WithdrawalFailed"]) == len(traps)
    assert token.balanceOf(saver) == SAVINGS


def test_a_receiver_that_calls_back_gets_one_token(
    settlement, licences, token, ReentrantReceiver, order, attacker, network_owner
):
    """CLAIM-1, CLAIM-2: when the token comes, the claim is on record already."""
    receiver = ReentrantReceiver.deploy({"from": attacker})
    placed = order(buyer=receiver.address, receiver=receiver.address)
    token.mint(receiver, placed.max_price, {"from": network_owner})
    for target, call in (
        (token, token.approve.encode_input(settlement, placed.max_price)),
        (settlement, settlement.buy.encode_input(placed)),
    ):
        receiver.forward(target, call, {"from": attacker})
    claim = licences.claim.encode_input(placed)
    receiver.arm(licences, claim, {"from": attacker})
    token_id = as_number(placed.id(settlement.address))
    with refused("AlreadyClaimed", token_id, receiver.address):
        receiver.forward(licences, claim, {"from": attacker})
    receiver.arm(settlement, settlement.requestRefund.encode_input(placed), {"from": attacker})
    receiver.forward(licences, claim, {"from": attacker})
    assert licences.balanceOf(receiver, token_id) == 1


# The code behind the address


@pytest.fixture
def behind(settlement, SettlementDesk, SettlementCourt):
    """The desk and the court themselves, by their own addresses."""
    desk = SettlementDesk.at(settlement.DESK())
    return desk, SettlementCourt.at(desk.COURT())


def test_the_desk_and_the_court_have_nothing_to_take(
    settlement, behind, bought, order, buyer, seller, attacker, network_owner, licences
):
    """LINK-2: called directly they know no contents, no orders and no money."""
    desk, court = behind
    placed = bought()
    with refused("UnknownContent", placed.content):
        desk.buyCart([order(salt=b"2" * 32)], Payment(), {"from": buyer})
    with refused("UnknownOrder", placed.id(court.address)):
        court.refundPart(placed, 1, {"from": seller.operator})
    with refused("WrongCaller", attacker.address, licences.address):
        desk.list(1, [], {"from": attacker})
    desk.pause({"from": network_owner})
    assert not settlement.paused()


@pytest.mark.parametrize("data", ["0x", "0xdeadbeef", "0x00000000"])
def test_calls_that_mean_nothing_are_refused(settlement, attacker, data):
    """LINK-2."""
    with pytest.raises(ValueError, match="revert"):
        web3.eth.call({"from": attacker.address, "to": settlement.address, "data": data})


def test_settlement_takes_no_ether(settlement, attacker):
    """LINK-2, ALL-1: there would be no way out for it."""
    data = settlement.release.encode_input([])
    for call in ("0x", data):
        sent = {"from": attacker.address, "to": settlement.address, "data": call, "value": 1}
        with pytest.raises(ValueError, match="revert"):
            web3.eth.call(sent)


def test_what_a_cart_signs_is_not_what_its_first_order_signs(settlement, order):
    """CART-3, AUTH-1: the nonce of a cart's authorization is no order's."""
    placed = order()
    assert cart_hash(settlement.address, Source.AUTHORIZATION, [placed]) != placed.id(
        settlement.address
    )
