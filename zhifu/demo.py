"""The story `make demo` tells: real contents and real demand, and five people's ways through it.

Everything happens on an Anvil of the demo's own and in databases that end with it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.anvil import Anvil, dev_signer
from zhifu.audit import audit
from zhifu.catalogue import CatalogueRow, read_catalogue, shipped_catalogue, shipped_demand
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.direct import new_order, place_with_authorization
from zhifu.directory import Directory
from zhifu.gateway import Gateway
from zhifu.languages import Language
from zhifu.market import Market, Member, Offering, creator_of, open_market
from zhifu.maturity import latest_maturity, matured, release
from zhifu.money import Money
from zhifu.payments import Payment, PaymentRequest
from zhifu.providers.sandbox import SandboxProvider
from zhifu.replay import Clock, Options, Till, draw, noon, survey
from zhifu.report import Period
from zhifu.report import read as read_report
from zhifu.report.writing import write
from zhifu.signing import LocalSigner, Signer

DEMAND_ORDERS = 2_000
BATCH_SIZE = 500
LEARNERS = 600

_BOOKS = "sellers.sqlite3"

Progress = Callable[[str, int, int], object]


@dataclass
class Stage:
    """Where the story plays: the market, one gateway for all sellers, its provider and clock."""

    market: Market
    gateway: Gateway
    provider: SandboxProvider
    clock: Clock
    node: Anvil
    folder: Path
    console: Console

    def amount(self, units: int) -> str:
        """Ledger units as money for people."""
        deployment = self.market.network.deployment
        sign = "−" if units < 0 else ""
        cents, rest = divmod(abs(units), 10 ** (deployment.ledger_decimals - 2))
        exact = f"{cents // 100:,}.{cents % 100:02d}"
        return sign + (f"{exact}{rest:0{deployment.ledger_decimals - 2}d}" if rest else exact)

    def available(self, account: Account) -> int:
        """What an account can withdraw, in ledger units."""
        return self.market.network.settlement.available_of(account)

    def heading(self, text: str) -> None:
        """Start a part of the story."""
        self.console.print()
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        """Tell one thing."""
        self.console.print(text, highlight=False)


def run(
    console: Console, *, page: Path | None = None, progress: Progress = lambda *_: None
) -> bool:
    """Tell the story; whether every unit was where it belongs at the end.

    A report about it is written to `page`, which asks for the extra `report`.
    """
    options = Options(shipped_catalogue(), shipped_demand(), DEMAND_ORDERS, batch_size=BATCH_SIZE)
    rows = list(read_catalogue(options.catalogue))
    known = {row.key for row in rows}
    opening = noon(survey(options.demand, rows).first)
    with ExitStack() as stack:
        node = stack.enter_context(Anvil(genesis_timestamp=opening - DAY_SECONDS))
        chain = stack.enter_context(Chain(node.rpc_url))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhifu-demo-")))
        network = Network(chain, deploy(chain, dev_signer(0)))
        market = open_market(
            network, dev_signer(0), rows, LEARNERS, published=_counted(progress, len(rows))
        )
        provider, clock = SandboxProvider(), Clock(chain, node)
        gateway = stack.enter_context(_gateway(market, provider, clock, folder / _BOOKS))
        stage = Stage(market, gateway, provider, clock, node, folder, console)
        _tell_market(stage)
        _tell_demand(
            stage, Till(market, gateway, provider, clock, options), options, known, progress
        )
        _tell_cart(stage)
        _tell_elsewhere(stage)
        _tell_authorization(stage)
        _tell_refund(stage)
        _tell_withdrawals(stage)
        conserved = _tell_conservation(stage)
        if page is not None:
            _write_report(stage, rows, page)
        return conserved


def _tell_market(stage: Stage) -> None:
    market = stage.market
    stage.say(
        "zhifu: a learner pays once, on any platform, and uses what they bought on every platform. "
        "Everything below happens now, on a local chain."
    )
    stage.heading("The network")
    table = Table("platform", "number", "contents for sale", "operator")
    for member in market.members.values():
        own = sum(offering.host == member.number for offering in market.offerings.values())
        table.add_row(member.name, str(member.number), f"{own:,}", member.operator.address)
    stage.console.print(table)
    stage.say(
        f"Real catalogues, published on a chain of their own: Settlement is at "
        f"{market.network.settlement.address}. {market.learners} learners are registered."
    )


def _tell_demand(
    stage: Stage, till: Till, options: Options, known: set[tuple[str, str]], progress: Progress
) -> None:
    stage.heading(f"{options.orders:,} real orders, paid in fiat")
    till.take(draw(stage.market, options, known), progress)
    settled = list(stage.market.network.settlement.events("BatchSettled"))
    table = Table("batch", "seller", "orders", "debited USD", "gas", "gas per order")
    receipts = stage.market.network.chain.receipts([e.log.transaction_hash for e in settled])
    for event, receipt in zip(settled, receipts, strict=True):
        batch, gas = event.arguments, receipt.gas_used if receipt else 0
        table.add_row(
            str(batch["number"]),
            stage.market.names[batch["platform"]],
            f"{batch['orders']:,}",
            stage.amount(batch["debit"]),
            f"{gas:,}",
            f"{gas // batch['orders']:,}",
        )
    stage.console.print(table)
    stage.say(
        f"{till.accepted.total():,} payments were confirmed by the provider, recorded, and settled "
        f"in {len(settled)} transactions; {till.rejected.total()} were refused."
    )


def _tell_cart(stage: Stage) -> None:
    stage.heading("One payment, three platforms")
    members = list(stage.market.members.values())
    cart = [_cheapest(stage.market, member) for member in members]
    learner = 1
    payment = _pay(stage, members[0], learner, cart)
    amount, seller = payment.request.amount, members[0].name
    stage.say(f"Learner {learner} pays {amount} once, on {seller}, for {len(cart)} contents.")
    _settle(stage, members[0])
    table = Table("content", "hosted by", "price", "opens on its host")
    for offering, host in zip(cart, members, strict=True):
        opened = _opens(stage, host, learner, offering)
        table.add_row(offering.row.title, host.name, str(offering.price), _yes(opened))
    stage.console.print(table)
    stage.say("Each host looked at the chain alone: its own gateway never saw the payment.")


def _tell_elsewhere(stage: Stage) -> None:
    stage.heading("Bought on one platform, learned on another")
    seller, host, *_ = stage.market.members.values()
    offering, learner = _dearest(stage.market, host), 2
    _pay(stage, seller, learner, [offering])
    stage.say(
        f"Learner {learner} pays {offering.price} on {seller.name} for “{offering.row.title}”, "
        f"which {host.name} hosts."
    )
    before = _opens(stage, host, learner, offering)
    _settle(stage, seller)
    stage.say(f"Before the batch is settled it opens on {host.name}: {_yes(before)}.")
    after = _opens(stage, host, learner, offering)
    stage.say(
        f"Once it is settled: {_yes(after)}. For learner 3, who paid nothing: "
        f"{_yes(_opens(stage, host, 3, offering))}."
    )


def _tell_authorization(stage: Stage) -> None:
    stage.heading("A stablecoin signature, and no gas")
    network = stage.market.network
    host, *_ = stage.market.members.values()
    offering = _cheapest(stage.market, host)
    buyer = LocalSigner.create()
    price = offering.price.to_ledger_units(network.deployment.ledger_decimals)
    tokens = 2 * price * network.settlement.tokens_per_unit()
    network.token.mint(stage.market.admin, buyer.address, tokens)
    order = new_order(
        network, offering.number, host.number, buyer.address, now=network.chain.timestamp()
    )
    receipt = place_with_authorization(network, buyer, order, host.operator)
    table = Table("what", "value", show_header=False)
    table.add_row("buyer", buyer.address)
    table.add_row("bought", f"{offering.row.title} ({offering.price})")
    table.add_row("transactions the buyer ever sent", str(network.chain.nonce(buyer.address)))
    table.add_row("ether the buyer has", str(network.chain.balance(buyer.address)))
    table.add_row("sent by", f"{host.name}, {receipt.gas_used:,} gas")
    table.add_row("may use it", _yes(network.license.verify(order, buyer.address)))
    stage.console.print(table)


def _tell_refund(stage: Stage) -> None:
    stage.heading("A refund inside the window")
    seller, *_ = stage.market.members.values()
    offering, learner = _dearest(stage.market, seller), 4
    account = accounts.of_platform(seller.number)
    stage.say(f"Learner {learner} buys “{offering.row.title}” on {seller.name}…")
    payment = _pay(stage, seller, learner, [offering])
    _settle(stage, seller)
    before = (_opens(stage, seller, learner, offering), stage.available(account))
    stage.gateway.refund(payment.orders[0].id)
    after = (_opens(stage, seller, learner, offering), stage.available(account))
    table = Table("", "may use it", f"{seller.name} has, USD", "refunded by the provider")
    paid_back = stage.provider.refunded(payment.request.provider_payment_id)
    table.add_row("paid", _yes(before[0]), stage.amount(before[1]), "0.00 USD")
    table.add_row("refunded", _yes(after[0]), stage.amount(after[1]), str(paid_back))
    stage.say("… and changes their mind:")
    stage.console.print(table)


def _tell_withdrawals(stage: Stage) -> None:
    stage.heading("The window passes; creators and platforms withdraw")
    network = stage.market.network
    later = latest_maturity(network, network.chain.timestamp())
    stage.node.set_next_block_timestamp(later)
    stage.node.mine()
    ripe = matured(network, Directory(network), later)
    held = ripe.total
    release(network, stage.market.admin, ripe)
    stage.say(f"All refund windows are over: {stage.amount(held)} USD are split by the plans.")
    table = Table("who", "wallet before, USD", "withdraws, USD", "wallet after, USD")
    for name, signer in _best_creators(stage, 3):
        earned, before = (
            stage.available(accounts.of_address(signer.address)),
            _wallet(stage, signer),
        )
        network.settlement.withdraw(signer, earned, signer.address)
        table.add_row(name, *map(stage.amount, (before, earned, _wallet(stage, signer))))
    for member in stage.market.members.values():
        treasury = member.operator
        earned, before = (
            stage.available(accounts.of_platform(member.number)),
            _wallet(stage, treasury),
        )
        network.settlement.withdraw_platform(treasury, member.number, earned)
        table.add_row(member.name, *map(stage.amount, (before, earned, _wallet(stage, treasury))))
    stage.console.print(table)


def _tell_conservation(stage: Stage) -> bool:
    stage.heading("Does it add up?")
    found = audit(stage.market.network)
    state = found.state
    table = Table("recomputed from the chain alone", "USD")
    table.add_row("came in", stage.amount(state.balances.tokens_in))
    table.add_row("went out", stage.amount(state.balances.tokens_out))
    table.add_row("available on accounts", stage.amount(found.available))
    table.add_row("held for refunds", stage.amount(found.held))
    table.add_row("in dispute", stage.amount(found.in_dispute))
    stage.console.print(table)
    for finding in found.findings:
        stage.say(f"[red]{finding}")
    verdict = "[green]true[/]" if found.conserved else "[red]false[/]"
    stage.say(
        f"conservation: {verdict} — in − out = available + held + in dispute for "
        f"{state.sold:,} orders, {len(state.balances.available):,} accounts and "
        f"{len(state.contents.offers):,} contents, to the last unit"
    )
    return found.conserved


def _write_report(stage: Stage, rows: Sequence[CatalogueRow], page: Path) -> None:
    found = read_report(
        stage.market.network, Period(), rows, database=f"sqlite:///{stage.folder / _BOOKS}"
    )
    write(found, Language.ENGLISH, page)
    stage.heading("The report")
    stage.say(f"All of it on one page, with pictures: {page}")


def _pay(stage: Stage, seller: Member, learner: int, cart: Sequence[Offering]) -> Payment:
    amount = sum((offering.price for offering in cart), Money.zero(cart[0].price.currency))
    payment = stage.provider.pay(amount)
    decimals = stage.market.network.deployment.ledger_decimals
    stage.market.deposit(seller, amount.to_ledger_units(decimals))
    return stage.gateway.pay(
        PaymentRequest(
            platform=seller.number,
            learner=learner,
            contents=tuple(offering.number for offering in cart),
            amount=amount,
            provider=stage.provider.name,
            provider_payment_id=payment,
            idempotency_key=payment,
        )
    )


def _settle(stage: Stage, seller: Member) -> None:
    stage.clock.move_chain()
    batch = stage.gateway.settle(seller.number)
    if batch is not None:
        stage.say(f"{seller.name} settles batch {batch.number}: {batch.transaction_hash}")


def _opens(stage: Stage, host: Member, learner: int, offering: Offering) -> bool:
    """Ask a gateway that only the host has, which knows nothing but the chain."""
    own = stage.folder / f"{host.name}.sqlite3"
    network, clock = stage.market.network, stage.clock
    operators = {host.number: host.operator}
    with Gateway.open(f"sqlite:///{own}", network, operators, {}, clock=clock.now) as gateway:
        gateway.sync()
        return gateway.may_use(learner, offering.number)


def _gateway(market: Market, provider: SandboxProvider, clock: Clock, file: Path) -> Gateway:
    gateway = Gateway.open(
        f"sqlite:///{file}",
        market.network,
        market.operators,
        {provider.name: provider},
        batch_size=BATCH_SIZE,
        clock=clock.now,
    )
    gateway.sync()
    return gateway


def _hosted(market: Market, member: Member) -> list[Offering]:
    own = [each for each in market.offerings.values() if each.host == member.number]
    return sorted(own, key=lambda each: (each.price, each.number))


def _cheapest(market: Market, member: Member) -> Offering:
    return _hosted(market, member)[0]


def _dearest(market: Market, member: Member) -> Offering:
    return _hosted(market, member)[-1]


def _best_creators(stage: Stage, count: int) -> list[tuple[str, LocalSigner]]:
    """The named creators with the most to withdraw."""
    named = {each.row.creator: each.row for each in stage.market.offerings.values()}
    named.pop("", None)
    signers = [(name, creator_of(row)) for name, row in named.items()]
    keys = [(accounts.of_address(signer.address),) for _, signer in signers]
    earned = stage.market.network.settlement.read_many("availableOf", keys)
    ranked = sorted(zip(earned, signers, strict=True), key=lambda pair: -pair[0])
    return [signer for _, signer in ranked[:count]]


def _wallet(stage: Stage, owner: Signer) -> int:
    """The tokens of an address, in ledger units."""
    network = stage.market.network
    return network.token.balance_of(owner.address) // network.settlement.tokens_per_unit()


def _counted(progress: Progress, total: int) -> Callable[[int], None]:
    done = 0

    def counted(count: int) -> None:
        nonlocal done
        done += count
        progress("contents", done, total)

    return counted


def _yes(value: bool) -> str:
    return "[green]yes[/]" if value else "[red]no[/]"
