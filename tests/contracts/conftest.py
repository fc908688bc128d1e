"""A small network on a chain of its own: each module deploys it, each test starts from there."""

from __future__ import annotations

import socket

import brownie
import pytest
from brownie import accounts

from tests.contracts import clock, network
from tests.contracts.accounts import ZERO, of_learner
from tests.contracts.batch import FROM_LEARNER, Batch, Group, words_of
from tests.contracts.compilation import recompile_if_stale
from tests.contracts.isolation import isolated
from tests.contracts.network import Market, Platform, leaves_of
from tests.contracts.one_address import answer_for
from tests.contracts.orders import Order
from tests.contracts.patience import wait_for_transactions
from tests.contracts.plans import Plan, Publication, Share, Terms


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


recompile_if_stale()
wait_for_transactions()

# Brownie attaches to whatever listens on the network's port, and so to another run's chain. Its
# compiled modules cannot be imported by name here: Brownie reads what a conftest imports as text.
brownie._config.CONFIG.networks["anvil"]["cmd_settings"]["port"] = _free_port()

BUYER_KEY = "0x" + "b1" * 32
LEARNERS = 40
FUNDS = 10**12
ARBITER, PAUSER = 0, 1
PERPETUAL = Terms()


@pytest.fixture(scope="module", autouse=True)
def _fresh_chain(module_isolation):
    clock.travel_to_noon()


@pytest.fixture(autouse=True)
def _fresh_state():
    yield from isolated()


@pytest.fixture(scope="session")
def network_owner():
    return accounts[0]


@pytest.fixture(scope="session")
def network_treasury():
    return accounts[1]


@pytest.fixture(scope="session")
def creators():
    return accounts[8], accounts[9]


@pytest.fixture(scope="session")
def referrer():
    return accounts[10]


@pytest.fixture(scope="session")
def learner_key():
    return accounts[11]


@pytest.fixture(scope="session")
def stranger():
    return accounts[12]


@pytest.fixture(scope="session")
def buyer_key():
    return BUYER_KEY


@pytest.fixture(scope="session")
def buyer(buyer_key):
    return accounts.add(buyer_key)


@pytest.fixture(scope="module")
def settle_on(ContentLicense, SettlementCourt, SettlementDesk, Settlement, network_owner):
    """Deploys a licence contract and a settlement of a token on a registry."""
    answer_for(Settlement, SettlementDesk, SettlementCourt)
    sender = {"from": network_owner}

    def settle_on(registry, token):
        settlement = network_owner.get_deployment_address(network_owner.nonce + 3)
        licences = ContentLicense.deploy(registry, settlement, sender)
        court = SettlementCourt.deploy(token, registry, licences, sender)
        desk = SettlementDesk.deploy(court, sender)
        return licences, Settlement.deploy(desk, sender)

    return settle_on


@pytest.fixture(scope="module")
def deploy(settle_on, PlatformRegistry, network_owner, network_treasury):
    """Deploys a registry, a licence contract and a settlement for a token."""

    def deploy(token):
        registry = PlatformRegistry.deploy(network_owner, network_treasury, {"from": network_owner})
        return registry, *settle_on(registry, token)

    return deploy


@pytest.fixture(scope="module")
def token(SettlementToken, network_owner, _fresh_chain):
    """The settlement token: six decimals, minted by the network's owner."""
    sender = {"from": network_owner}
    token = SettlementToken.deploy("US Dollar", "USD", 6, network_owner, sender)
    token.setMintAllowance(network_owner, 2**128, sender)
    return token


@pytest.fixture(scope="module")
def contracts(deploy, token, network_owner):
    registry, licences, settlement = deploy(token)
    for window in (clock.SHORT_WINDOW, clock.LONG_WINDOW):
        settlement.addWindow(window, {"from": network_owner})
    return registry, licences, settlement


@pytest.fixture(scope="module")
def registry(contracts):
    return contracts[0]


@pytest.fixture(scope="module")
def licences(contracts):
    return contracts[1]


@pytest.fixture(scope="module")
def settlement(contracts):
    return contracts[2]


@pytest.fixture(scope="module")
def admit(registry, network_owner):
    """Admits a platform that asks 2 % for the network and 5 % for itself as a host."""

    def admit(owner, treasury, operator):
        registry.admit("a platform", owner, treasury, 200, 500, {"from": network_owner})
        platform = Platform(registry.platformCount(), owner, treasury, operator)
        network.appoint(registry, platform.number, owner, operator)
        return platform

    return admit


@pytest.fixture(scope="module")
def shop(deploy, network_owner, plan):
    """Opens a network of one platform and one content, settled in any token."""

    def shop(token):
        registry, licences, settlement = deploy(token)
        owner, treasury, operator = accounts[13:16]
        settlement.addWindow(clock.SHORT_WINDOW, {"from": network_owner})
        registry.admit("a shop", owner, treasury, 0, 0, {"from": network_owner})
        network.appoint(registry, 1, owner, operator)
        platform = Platform(1, owner, treasury, operator)
        (content,) = network.publish(licences, platform, Publication("a-course", 10_000, 0, plan))
        return Market(token, settlement, licences, platform, content)

    return shop


@pytest.fixture(scope="module")
def host(admit):
    return admit(accounts[2], accounts[3], accounts[4])


@pytest.fixture(scope="module")
def seller(admit, host):
    return admit(accounts[5], accounts[6], accounts[7])


@pytest.fixture(scope="module")
def plan(creators):
    first, second = creators
    shares = (Share(first.address, 3_333), Share(second.address, 2_367))
    return Plan(1_500, 500, 2_000, 300, shares)


@pytest.fixture(scope="module")
def publish(licences, host, plan):
    """Publishes a content of the host and returns it."""

    def publish(ref, price=49_990_003, class_=0, plan=plan, terms=PERPETUAL):
        return network.publish(licences, host, Publication(ref, price, class_, plan, terms))[0]

    return publish


@pytest.fixture(scope="module")
def content(publish):
    return publish("intro-to-finance")


@pytest.fixture(scope="module")
def learners(registry, seller):
    """The numbers of the learners that the seller registered."""
    first = registry.learnerCount() + 1
    registry.registerLearners(LEARNERS, bytes(32), {"from": seller.operator})
    return range(first, first + LEARNERS)


@pytest.fixture(scope="module")
def fund(token, settlement, network_owner):
    """Gives an address tokens that Settlement may take."""

    def fund(address, amount=FUNDS):
        token.mint(address, amount, {"from": network_owner})
        token.approve(settlement, amount, {"from": address})

    return fund


@pytest.fixture(scope="module")
def deposit(settlement, fund, network_owner):
    """Deposits for an account."""

    def deposit(account, amount=FUNDS):
        fund(network_owner, amount)
        settlement.deposit(account, amount, {"from": network_owner})

    return deposit


@pytest.fixture
def order(content, seller, buyer):
    """Makes a direct order; any field can be changed."""

    def order(**changes):
        deadline = clock.now() + clock.HOUR
        parties = (content.number, seller.number, buyer.address, buyer.address, ZERO)
        return Order(*parties, content.price, 0, deadline, bytes(32))._replace(**changes)

    return order


@pytest.fixture
def bought(settlement, order, buyer, fund):
    """Buys under allowance and returns the order; any field can be changed."""

    def bought(**changes):
        placed = order(**changes)
        fund(buyer)
        settlement.buy(placed, {"from": buyer})
        return placed

    return bought


@pytest.fixture
def groups(content, learners):
    """The orders of an ordinary batch: three of one content."""
    return [Group(content.number, learners[:3])]


@pytest.fixture
def settled(settlement, registry, seller, content, groups, deposit):
    """Settles a batch of the seller and returns it with its proofs."""

    def settled(groups=groups, contents=(content,)):
        deposit(seller.account)
        lane = registry.operatorOf(seller.operator)[1]
        number = settlement.nextBatch(seller.number, lane)
        arguments = (number, clock.today(), FUNDS, words_of(groups))
        transaction = settlement.settle(*arguments, {"from": seller.operator})
        leaves = leaves_of(groups, contents, transaction.timestamp)
        return Batch(seller.number, lane, number, tuple(leaves))

    return settled


@pytest.fixture
def settled_by_learners(settlement, registry, seller, content, groups, deposit):
    """Settles a batch from the accounts of learners, after deposits for them."""

    def settled_by_learners(groups=groups, contents=(content,), consents=()):
        prices = {each.number: each.price for each in contents}
        for group in groups:
            for learner in group.learners:
                deposit(of_learner(seller.number, learner), prices[group.content])
        number = settlement.nextBatch(seller.number, 1)
        arguments = (number, clock.today(), FUNDS, True, words_of(groups), consents)
        transaction = settlement.settleLearners(*arguments, {"from": seller.operator})
        leaves = leaves_of(groups, contents, transaction.timestamp, FROM_LEARNER)
        return Batch(seller.number, 1, number, tuple(leaves))

    return settled_by_learners


@pytest.fixture(scope="module")
def arbiter(registry, network_owner):
    """The key that decides disputes, since two days."""
    return _holder(registry, network_owner, ARBITER, accounts[17])


@pytest.fixture(scope="module")
def pauser(registry, network_owner):
    """The key that stops selling."""
    return _holder(registry, network_owner, PAUSER, accounts[18])


def _holder(registry, network_owner, role, account):
    registry.nominate(role, account, {"from": network_owner})
    clock.travel(registry.DELAY())
    registry.acceptRole(role, {"from": account})
    clock.travel_to_noon()
    return account
