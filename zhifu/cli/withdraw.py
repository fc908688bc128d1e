"""``zhifu withdraw``: out of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.deposit import AccountName
from zhifu.cli.root import MONEY, app
from zhifu.cli.session import Session
from zhifu.cli.turn import turn_of
from zhifu.exceptions import InsufficientBalance, InvalidInput

if TYPE_CHECKING:
    from zhifu.accounts import Account
    from zhifu.blocks import Receipt


@command(
    app,
    "withdraw",
    "zhifu withdraw platform:edx",
    "zhifu withdraw creator:edx 10.00 --to 0x7099...",
    panel=MONEY,
)
def withdraw(
    session: Session,
    account: AccountName,
    amount: Annotated[
        str | None,
        typer.Argument(metavar="AMOUNT", help="In the network's currency; all of it by default."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Where to, for an address's own account; itself by default."
        ),
    ] = None,
) -> Answer:
    """Pay out of an account: a platform's to its treasury, a creator's to their address.

    Signed by the account's own key, or by an operator or the owner of the platform.
    """
    from zhifu.accounts import learner_of

    source = session.account(account)
    if learner_of(source):
        rule = "must not be a learner's, which the gateway pays out: POST /v1/payouts"
        raise InvalidInput("account", rule, account)
    available = session.network.settlement.available_of(source)
    units = session.amounts.units(amount) if amount else available
    if not 0 < units <= available:
        raise InsufficientBalance(available, max(units, 1), session.account_name(source))
    receipt, receiver = _pay_out(session, account, source, units, to)
    data = {
        "account": session.account_name(source),
        "withdrawn_units": units,
        "withdrawn": session.amounts.shown(units),
        "to": receiver,
        "available_units": available - units,
        "transaction": receipt.transaction_hash,
    }
    return answer(data, f"{data['withdrawn']} paid from {data['account']} to {receiver}.")


def _pay_out(
    session: Session, name: str, account: Account, units: int, to: str | None
) -> tuple[Receipt, str]:
    from zhifu import accounts
    from zhifu.keyring import ADMIN, platform_key

    platform = accounts.platform_of(account)
    if platform is None:
        return _pay_out_of_address(session, name, account, units, to)
    if to is not None:
        raise InvalidInput("to", "must not be given: a platform is paid to its treasury", to)
    role = platform_key(session.directory.platform_name(platform)) if platform else ADMIN
    signer = session.signer(role)
    with turn_of(session, signer):
        receipt = session.network.settlement.withdraw_platform(signer, platform, units)
    return receipt, session.network.registry.platform_of(platform).treasury


def _pay_out_of_address(
    session: Session, name: str, account: Account, units: int, to: str | None
) -> tuple[Receipt, str]:
    from zhifu import accounts

    owner = accounts.name_of(account)
    named = {address: key for key, address in session.keyring.addresses().items()}
    signer = session.signer(named.get(owner, name))
    if signer.address != owner:
        raise InvalidInput("key", f"must be the key of {owner}", signer.address)
    receiver = session.address(to, "to") if to else owner
    return session.network.settlement.withdraw(signer, units, receiver), receiver
