"""The steps of ``scripts/``: deploy, register, purchase, settle.

Each does what the ones before it should have done, if they have not, and can be run again: what is
there already is left as it is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zhifu.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zhifu.directory import PublishedContent

PLATFORMS = ("udemy", "edx", "coursera")
CONTENTS_EACH = 20
LEARNERS_EACH = 100
BUYER = "buyer"


def deploy(session: Session) -> None:
    """Put the contracts on the chain, or find them."""
    from zhifu.cli.deploy import described, ensure, set_aside_foreign_books
    from zhifu.keyring import ADMIN

    admin = session.signer(ADMIN).address
    before = session.chain.balance(admin)
    deployment, is_new = ensure(session)
    aside = set_aside_foreign_books(session)
    if aside:
        _say(f"The books of another deployment are now {aside}")
    where = session.deployment_file
    _say(f"Deployed; written to {where}" if is_new else f"Deployed already, says {where}")
    _show(described(deployment))
    if is_new:
        hashes = _sent(session, admin, range(deployment.first_block, deployment.block + 1))
        _list(("Transaction",), ([each] for each in hashes))
    _say(f"Balance of {admin}: {before} wei before, {session.chain.balance(admin)} wei after")


def register(
    session: Session, contents: int = CONTENTS_EACH, learners: int = LEARNERS_EACH
) -> None:
    """Admit three platforms, and give each learners and real contents of the shipped catalogue."""
    _require_deployed(session)
    signers = _signers(session)
    last, before = session.chain.block_number(), _ether(session, signers)
    rows = []
    for name in PLATFORMS:
        number, admitted = _ensure_platform(session, name)
        registered = _ensure_learners(session, number, learners)
        published = _ensure_contents(session, number, contents)
        operator = session.operator(number).address
        rows.append((number, name, "yes" if admitted else "no", operator, registered, published))
    columns = (">Number", "Platform", "New", "Operator", ">New learners", ">New contents")
    _list(columns, rows)
    _list_signed(session, signers, range(last + 1, session.chain.block_number() + 1))
    after = _ether(session, signers)
    _list(("Key", ">Wei before", ">After"), ((each, before[each], after[each]) for each in signers))
    found = list(session.directory.contents.values())
    _say(f"{session.network.registry.learner_count()} learners, {len(found)} contents in all:")
    _list(("Content", ">Price"), _priced(session, [each for each in found if each.number <= 5]))


def purchase(session: Session) -> None:
    """Buy twice: in fiat, a content another platform hosts; and by a signature, without gas."""
    _require_registered(session)
    seller, host = (session.directory.platform(name) for name in PLATFORMS[:2])
    own, others = (_first_content(session, platform) for platform in (seller, host))
    _purchase_in_fiat(session, seller, others)
    _purchase_by_signature(session, seller, own)


def settle(session: Session) -> None:
    """Settle what waits, and release what has matured."""
    from zhifu.cli.release import release_matured
    from zhifu.cli.settle import batch_table, known_sellers, require_paid, settle_waiting

    _require_purchased(session)
    before = _balances(session)
    settled = settle_waiting(session, known_sellers(session))
    require_paid(session, settled)
    if settled.batches:
        _show(batch_table(session, settled.batches))
    else:
        _say("Nothing waits to be settled.")
    ripe, hashes = release_matured(session)
    shown = session.amounts.shown
    _say(f"Released {shown(ripe.total)} that had outlived its refund window.")
    _list(("Transaction",), ([each] for each in hashes))
    after = _balances(session)
    rows = ((name, shown(before[name]), shown(after[name])) for name in after)
    _list(("Account", ">Before", ">After"), rows)


def _purchase_in_fiat(session: Session, seller: int, content: int) -> None:
    from zhifu.cli import fiat
    from zhifu.payments import OrderState

    learner = _first_learner(session, seller)
    payment = fiat.pay(
        session,
        seller,
        learner,
        [content],
        idempotency_key=f"scripts/purchase.py learner {learner} content {content}",
    )
    name = session.directory.content_name(content)
    _say(f"Learner {learner} pays {session.directory.platform_name(seller)} for {name}:")
    orders = (fiat.order_data(session, order) for order in payment.orders)
    rows = ((payment.id, each["order"], each["price"], each["state"]) for each in orders)
    _list(("Payment", "Order", ">Price", "State"), rows)
    if any(order.state is OrderState.PAID for order in payment.orders):
        decimals = session.network.deployment.ledger_decimals
        _fund(session, seller, payment.request.amount.to_ledger_units(decimals))


def _purchase_by_signature(session: Session, seller: int, content: int) -> None:
    from zhifu.cli.deposit import mint_for
    from zhifu.cli.verify import may_use
    from zhifu.direct import new_order, place_with_authorization

    network = session.network
    buyer = session.keyring.ensure(BUYER)
    name = session.directory.content_name(content)
    if may_use(session, content, buyer.address):
        _say(f"{buyer.address} has {name} already.")
        return
    order = new_order(network, content, seller, buyer.address, now=session.now)
    mint_for(session, buyer.address, order.max_price)
    before = network.token.balance_of(buyer.address)
    receipt = place_with_authorization(network, buyer, order, session.operator(seller))
    after = network.token.balance_of(buyer.address)
    _say(f"{buyer.address} buys {name} by an EIP-3009 signature and sends no transaction:")
    _list(("Transaction", ">Gas"), [(receipt.transaction_hash, receipt.gas_used)])
    tokens = (session.amounts.shown(each // session.amounts.tokens(1)) for each in (before, after))
    _list(("Account", ">Tokens before", ">After"), [(BUYER, *tokens)])


def _fund(session: Session, platform: int, units: int) -> None:
    """See to it that a platform can pay for a sale, with tokens made for it."""
    from zhifu import accounts
    from zhifu.cli.deposit import put_in

    account = accounts.of_platform(platform)
    before = session.network.settlement.available_of(account)
    if before >= units:
        return
    receipt = put_in(session, session.operator(platform), account, units, mint=True)
    shown = session.amounts.shown
    name = session.directory.account_name(account)
    _list(
        ("Deposit to", ">Before", ">After", "Transaction"),
        [(name, shown(before), shown(before + units), receipt.transaction_hash)],
    )


def _require_deployed(session: Session) -> None:
    from zhifu.exceptions import NotDeployed

    try:
        _ = session.network
    except NotDeployed:
        deploy(session)


def _require_registered(session: Session) -> None:
    _require_deployed(session)
    if not set(PLATFORMS) <= set(session.directory.platforms.values()):
        register(session)


def _require_purchased(session: Session) -> None:
    _require_registered(session)
    settlement = session.network.settlement
    first = session.network.deployment.first_block
    if not any(settlement.events("BatchSettled", "OrderPlaced", from_block=first)):
        purchase(session)


def _signers(session: Session) -> dict[str, str]:
    """The addresses that sign a registration by name: one chosen key, or each role's own."""
    from zhifu.keyring import ADMIN, platform_key

    found = {ADMIN: session.signer(ADMIN).address}
    if session.chosen_signer is None:
        keys = {name: session.keyring.ensure(platform_key(name)) for name in PLATFORMS}
        found.update((name, key.address) for name, key in keys.items())
    return found


def _list_signed(session: Session, signers: Mapping[str, str], blocks: range) -> None:
    sent = ((each, name) for name in signers for each in _sent(session, signers[name], blocks))
    _list(("Transaction", "Signed by"), sent)


def _ether(session: Session, signers: Mapping[str, str]) -> dict[str, int]:
    return {name: session.chain.balance(address) for name, address in signers.items()}


def _ensure_platform(session: Session, name: str) -> tuple[int, bool]:
    from zhifu.cli.platform import admit

    if name in session.directory.platforms.values():
        return session.directory.platform(name), False
    return admit(session, name), True


def _ensure_learners(session: Session, platform: int, count: int) -> int:
    """Register what a platform lacks of so many learners; how many that were."""
    from zhifu.cli.learner import register_many

    missing = max(0, count - sum(int(each["count"]) for each in _ranges(session, platform)))
    if missing:
        register_many(session, platform, missing)
    return missing


def _ensure_contents(session: Session, platform: int, count: int) -> int:
    from zhifu.catalogue import shipped_catalogue
    from zhifu.cli.content import publish_file
    from zhifu.cli.plan import split_plan

    plan = split_plan(session, platform, [])
    numbers, _ = publish_file(session, platform, shipped_catalogue(), plan, limit=count)
    return len(numbers)


def _ranges(session: Session, platform: int) -> list[dict[str, Any]]:
    registry = session.network.registry
    first = session.network.deployment.first_block
    registered = registry.events("LearnersRegistered", from_block=first)
    return [each.arguments for each in registered if each.arguments["platform"] == platform]


def _first_learner(session: Session, platform: int) -> int:
    return int(_ranges(session, platform)[0]["first"])


def _first_content(session: Session, host: int) -> int:
    contents = session.directory.contents.values()
    return next(each.number for each in contents if each.host == host)


def _priced(session: Session, contents: list[PublishedContent]) -> Iterable[tuple[str, str]]:
    from zhifu.cli.fiat import prices

    for each in contents:
        yield session.directory.content_name(each.number), str(prices(session, [each.number]))


def _balances(session: Session) -> dict[str, int]:
    from zhifu.cli.balance import read

    return {str(each["account"]): int(each["available_units"]) for each in read(session)}


def _sent(session: Session, sender: str, blocks: range) -> Iterable[str]:
    for number in blocks:
        block = session.chain.rpc.call("eth_getBlockByNumber", hex(number), True)
        own = (each for each in block["transactions"] if each["from"] == sender.lower())
        yield from (each["hash"] for each in own)


def _say(text: str) -> None:
    print(text, flush=True)


def _list(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    from zhifu.cli.answer import table

    found = [list(row) for row in rows]
    if found:
        _show(table(columns, found))


def _show(part: Any) -> None:
    from zhifu.cli.answer import answer

    answer(None, part).show(as_json=False)
    sys.stdout.flush()
