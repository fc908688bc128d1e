"""A market to audit, and random verbs on it; what the contracts refuse is part of the walk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from random import Random

from eth_utils.crypto import keccak

from tests.integration.settling import settle
from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.authorization import authorize, authorize_cart, sign_consent, sign_withdrawal
from zhifu.batch import BatchItem
from zhifu.catalogue import CatalogueRow
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.direct import new_order, token_of, venue_of
from zhifu.exceptions import ContractReverted, ZhifuError
from zhifu.market import Market, Member, creator_of, open_market
from zhifu.models import (
    DELAY_SECONDS,
    NO_ADDRESS,
    NO_SELLER,
    BatchOrder,
    CartPayment,
    DirectOrder,
    PriceStep,
    Publication,
    Role,
    Share,
    Source,
    SplitPlan,
    Terms,
)
from zhifu.signing import LocalSigner

WINDOW_SECONDS = 14 * DAY_SECONDS
MONTH_SECONDS = 30 * DAY_SECONDS
ARBITER = dev_signer(6)
LEARNER_KEY = dev_signer(7)
BUYER = dev_signer(8)
REFERRER = dev_signer(9)
EVIDENCE = keccak(text="what was shown")
CONTENTS = 4
LEARNERS = 50


def row(platform: str, ref: str, price_minor: int) -> CatalogueRow:
    return CatalogueRow(platform, ref, ref, "Physics", "", "USD", price_minor, 0, None)


def opened_market(network: Network, anvil: Anvil) -> Market:
    """Two hosts with contents 1 to 3 for ever and 4 by the month, and everybody with money."""
    rows = [row("north", "optics", 4999), row("north", "tides", 1), row("south", "stars", 12_345)]
    market = open_market(network, dev_signer(0), rows, LEARNERS)
    north = market.members["north"]
    monthly = Publication("monthly", 990_000, 0, plan_of(1_300), Terms(MONTH_SECONDS, True))
    network.license.publish(north.operator, [monthly])
    network.registry.nominate(market.admin, Role.ARBITER, ARBITER.address)
    for member in market.members.values():
        network.settlement.set_top_up_limit(member.operator, member.number, 10**10)
    anvil.increase_time(DELAY_SECONDS)
    network.registry.accept_role(ARBITER, Role.ARBITER)
    for member in market.members.values():
        market.deposit(member, 10**11)
    for holder in (BUYER, LEARNER_KEY):
        network.token.mint(market.admin, holder.address, 10**12)
        network.token.approve(holder, network.settlement.address, 2**256 - 1)
        network.settlement.deposit(holder, accounts.of_address(holder.address), 10**11)
    for learner in range(1, 6):
        network.registry.bind_key(north.operator, learner, LEARNER_KEY.address)
    return market


def plan_of(seller_bps: int) -> SplitPlan:
    """A plan of the market's hosts with three creators, who share what the seller leaves."""
    rest = 10_000 - 500 - 1_800 - 200 - seller_bps
    payees = (BUYER, REFERRER, LEARNER_KEY)
    shares = [Share(each.address, rest // 3) for each in payees]
    shares[0] = shares[0]._replace(bps=rest - 2 * (rest // 3))
    return SplitPlan(seller_bps, 500, 1_800, 200, tuple(shares))


class Walk:
    """Draws verbs and their arguments by seed; `done` counts what the contracts accepted."""

    def __init__(self, market: Market, anvil: Anvil, seed: int) -> None:
        self.market, self.anvil, self.random = market, anvil, Random(seed)
        self.network = market.network
        self.settlement = market.network.settlement
        self.venue = venue_of(market.network)
        self.token = token_of(market.network)
        self.nonces = count(1)
        self.batched: list[BatchOrder] = []
        self.direct: list[DirectOrder] = []
        self.requested: list[DirectOrder] = []
        self.requested_in_batches: list[BatchOrder] = []
        self.done: Counter[str] = Counter()
        self.verbs: list[Callable[[], object]] = [
            getattr(self, name) for name in vars(Walk) if name.startswith("do_")
        ]

    def step(self) -> bool:
        """Do one verb; whether the contracts accepted it."""
        verb = self.random.choice(self.verbs)
        try:
            verb()
        except IndexError:
            return False
        except ZhifuError as error:
            if not isinstance(error.__cause__ or error, ContractReverted):
                raise
            return False
        self.done[verb.__name__.removeprefix("do_")] += 1
        return True

    # What is drawn

    @property
    def seller(self) -> Member:
        return self.random.choice(list(self.market.members.values()))

    @property
    def content(self) -> int:
        return self.random.randrange(1, CONTENTS + 1)

    @property
    def learner(self) -> int:
        return self.random.randrange(1, LEARNERS + 1)

    @property
    def starts_at(self) -> int:
        now = self.network.chain.timestamp()
        return self.random.choice([0, 0, now - 5, now + self.random.randrange(MONTH_SECONDS)])

    def order(self) -> DirectOrder:
        content = self.content
        seller = self.random.choice([self.seller.number, NO_SELLER])
        referred = {"referrer": REFERRER.address} if seller and self.random.random() < 0.5 else {}
        return new_order(
            self.network,
            content,
            seller,
            BUYER.address,
            now=self.network.chain.timestamp(),
            starts_at=self.starts_at if content == CONTENTS else 0,
            **referred,
        )

    def refunder_of(self, order: DirectOrder) -> LocalSigner:
        host = self.network.license.host_of(order.content)
        return self.operator_of(order.seller or host)

    def operator_of(self, platform: int) -> LocalSigner:
        return next(
            each.operator for each in self.market.members.values() if each.number == platform
        )

    def a_direct(self) -> DirectOrder:
        return self.random.choice(self.direct)

    def a_batched(self) -> BatchOrder:
        return self.random.choice(self.batched)

    def an_amount(self) -> int:
        return self.random.randrange(1, 10**7)

    # Selling

    def do_settle(self) -> None:
        referrer = self.random.choice([None, REFERRER.address])
        items = [BatchItem(self.content, self.learner) for _ in range(self.random.randrange(1, 30))]
        items += [
            BatchItem(self.content, 7, referrer),
            BatchItem(CONTENTS, 8, None, self.starts_at),
        ]
        seller = self.seller
        self.batched += settle(self.network, seller.number, seller.operator, items)

    def do_settle_from_learners(self) -> None:
        seller = self.seller
        items = [BatchItem(self.content, self.random.randrange(6, 12)) for _ in range(3)]
        self.batched += settle(
            self.network, seller.number, seller.operator, items, from_learners=True
        )

    def do_settle_with_consent(self) -> None:
        seller, content, learner = self.seller, self.content, self.random.randrange(1, 6)
        from_learner = self.random.random() < 0.7
        consent = sign_consent(
            LEARNER_KEY,
            self.venue,
            content=content,
            seller=seller.number,
            learner=learner,
            from_learner=from_learner,
            max_price=10**10,
            deadline=2**40,
            nonce=next(self.nonces),
        )
        self.batched += settle(
            self.network,
            seller.number,
            seller.operator,
            [BatchItem(content, learner)],
            from_learners=from_learner,
            consents=[consent],
        )

    def do_buy(self) -> None:
        order = self.order()
        self.settlement.buy(BUYER, order)
        self.direct.append(order)

    def do_buy_from_balance(self) -> None:
        order = self.order()
        self.settlement.buy_from_balance(BUYER, order)
        self.direct.append(order)

    def do_buy_with_authorization(self) -> None:
        order = self.order()
        signature = authorize(BUYER, order, self.venue, self.token)
        self.settlement.buy_with_authorization(self.seller.operator, order, signature)
        self.direct.append(order)

    def do_buy_cart(self) -> None:
        orders = [self.order(), self.order()]
        source = self.random.choice(list(Source))
        signature = b""
        if source is Source.AUTHORIZATION:
            signature = authorize_cart(BUYER, orders, self.venue, self.token)
        self.settlement.buy_cart(BUYER, orders, CartPayment(source, signature))
        self.direct += orders

    # After the sale

    def do_refund(self) -> None:
        order = self.a_direct()
        self.settlement.refund(self.refunder_of(order), order)

    def do_refund_batch(self) -> None:
        order = self.a_batched()
        self.settlement.refund_batch(self.operator_of(order.platform), order)

    def do_refund_part(self) -> None:
        order = self.a_direct()
        self.settlement.refund_part(self.host_of(order.content), order, self.an_amount())

    def do_refund_batch_part(self) -> None:
        order = self.a_batched()
        self.settlement.refund_batch_part(self.host_of(order.content), order, self.an_amount())

    def do_request(self) -> None:
        order = self.random.choice(self.direct[-5:])
        self.settlement.request_refund(BUYER, order)
        self.requested.append(order)

    def do_request_batch(self) -> None:
        paid = [each for each in self.batched if each.facts.state and each.learner < 4]
        order = self.random.choice(paid[-3:])
        self.settlement.request_batch_refund(LEARNER_KEY, order)
        self.requested_in_batches.append(order)

    def do_refuse(self) -> None:
        order = self.random.choice(self.requested[-3:])
        self.settlement.refuse_refund(self.refunder_of(order), order)

    def do_refuse_batch(self) -> None:
        order = self.random.choice(self.requested_in_batches[-3:])
        self.settlement.refuse_batch_refund(self.operator_of(order.platform), order)

    def do_refund_unanswered(self) -> None:
        self.settlement.refund_unanswered(BUYER, self.random.choice(self.requested[-3:]))

    def do_refund_batch_unanswered(self) -> None:
        order = self.random.choice(self.requested_in_batches[-3:])
        self.settlement.refund_batch_unanswered(LEARNER_KEY, order)

    def do_open_dispute(self) -> None:
        order = self.a_direct()
        host = self.operator_of(self.network.license.host_of(order.content))
        self.settlement.open_dispute(self.random.choice([BUYER, host]), order, EVIDENCE)

    def do_open_batch_dispute(self) -> None:
        order = self.a_batched()
        host = self.network.license.host_of(order.content)
        platform = self.random.choice([order.platform, host])
        self.settlement.open_batch_dispute(self.operator_of(platform), order, EVIDENCE)

    def do_resolve(self) -> None:
        to_refund = self.random.random() < 0.5
        for order in reversed(self.direct):
            if self.disputed(self.order_id_of(order)):
                self.settlement.resolve_dispute(
                    ARBITER, order, to_refund=to_refund, evidence=EVIDENCE
                )
                return
        raise IndexError

    def do_resolve_batch(self) -> None:
        to_refund = self.random.random() < 0.5
        for order in reversed(self.batched):
            if self.disputed(order.order_id):
                self.settlement.resolve_batch_dispute(
                    ARBITER, order, to_refund=to_refund, evidence=EVIDENCE
                )
                return
        raise IndexError

    def do_close(self) -> None:
        for order in self.direct:
            if self.disputed(self.order_id_of(order)):
                self.settlement.close_dispute(REFERRER, order)
                return
        raise IndexError

    def disputed(self, order_id: int) -> bool:
        return self.settlement.dispute_of(order_id) is not None

    def order_id_of(self, order: DirectOrder) -> int:
        return int.from_bytes(self.settlement.order_id_of(order), "big")

    def do_claim(self) -> None:
        self.network.license.claim(BUYER, self.a_direct())

    def do_claim_batch(self) -> None:
        self.network.license.claim_batch(LEARNER_KEY, self.a_batched())

    def do_release(self) -> None:
        self.settlement.release(BUYER, [self.content, self.content])

    def do_release_version(self) -> None:
        self.settlement.release_version(BUYER, self.content, self.random.randrange(1, 4))

    def do_release_commissions(self) -> None:
        payees = [accounts.of_address(REFERRER.address), accounts.of_platform(self.seller.number)]
        self.settlement.release_commissions(BUYER, payees, 0)

    # Accounts

    def do_withdraw(self) -> None:
        offering = self.random.choice(list(self.market.offerings.values()))
        signer = self.random.choice([creator_of(offering.row), BUYER, REFERRER])
        self.settlement.withdraw(signer, self.random.randrange(1, 10**8), signer.address)

    def do_withdraw_signed(self) -> None:
        drafts = [
            sign_withdrawal(
                signer,
                self.venue,
                to=signer.address,
                amount=self.random.randrange(1, 10**8),
                deadline=2**40,
                nonce=next(self.nonces),
            )
            for signer in (BUYER, REFERRER, LEARNER_KEY)
        ]
        self.settlement.withdraw_many(BUYER, drafts)

    def do_top_up(self) -> None:
        learners = [self.random.randrange(1, 12) for _ in range(2)]
        self.settlement.top_up(self.seller.operator, learners, [10**9, 10**9])

    def do_pay_out(self) -> None:
        seller, learner = self.seller, self.random.randrange(1, 12)
        self.settlement.pay_out(seller.operator, seller.number, [learner], [self.an_amount()])

    def do_offer_account(self) -> None:
        seller, learner = self.seller, self.random.randrange(1, 4)
        key = self.random.choice([LEARNER_KEY.address, LEARNER_KEY.address, NO_ADDRESS])
        self.settlement.offer_account(seller.operator, seller.number, learner, key)

    def do_take_over(self) -> None:
        self.settlement.take_over(LEARNER_KEY, self.seller.number, self.random.randrange(1, 4))

    def do_set_top_up_limit(self) -> None:
        seller = self.seller
        limit = self.random.randrange(10**9, 10**10)
        self.settlement.set_top_up_limit(seller.operator, seller.number, limit)

    def do_deposit_for_a_learner(self) -> None:
        account = accounts.of_learner(self.seller.number, self.random.randrange(1, 12))
        self.settlement.deposit(BUYER, account, 10**9)

    # The offer

    def host_of(self, content: int) -> LocalSigner:
        return self.operator_of(self.network.license.host_of(content))

    def do_reprice(self) -> None:
        content = self.content
        self.network.license.set_price(
            self.host_of(content), content, self.random.randrange(1, 10**9)
        )

    def do_set_prices(self) -> None:
        content, today = self.content, self.network.chain.timestamp() // DAY_SECONDS
        days = sorted(self.random.sample(range(1, 30), 2))
        steps = [PriceStep(today + day, self.random.randrange(1, 10**9)) for day in days]
        self.network.license.set_prices(self.host_of(content), content, steps)

    def do_replan(self) -> None:
        content = self.content
        plan = plan_of(self.random.randrange(0, 3_000))
        self.network.license.set_plan(self.host_of(content), content, plan)

    def do_close_and_open(self) -> None:
        content = self.content
        for active in (False, True):
            self.network.license.set_active(self.host_of(content), content, active)

    def do_pause_for_a_while(self) -> None:
        self.settlement.pause(self.market.admin)
        self.settlement.unpause(self.market.admin)

    def do_wait_days(self) -> None:
        self.anvil.increase_time(self.random.randrange(1, 4) * DAY_SECONDS)
        self.anvil.mine()

    def do_wait(self) -> None:
        self.anvil.increase_time(self.random.choice([3_600, WINDOW_SECONDS // 2, WINDOW_SECONDS]))
        self.anvil.mine()
