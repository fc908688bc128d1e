"""``zhifu deposit``: tokens into an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import MONEY, app
from zhifu.cli.session import Session
from zhifu.cli.turn import turn_of

if TYPE_CHECKING:
    from zhifu.accounts import Account
    from zhifu.blocks import Receipt
    from zhifu.signing import Signer

AccountName = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", help="network, platform:NAME, an address, or the name of a key."
    ),
]
Mint = Annotated[
    bool,
    typer.Option(
        "--mint",
        help="First make the tokens of a test network: on a local chain by the admin's key,"
        " elsewhere by the signing key, if it may.",
    ),
]


@command(
    app,
    "deposit",
    "zhifu deposit platform:udemy 1000.00 --mint",
    "zhifu deposit alice 100.00 --key-name alice",
    panel=MONEY,
)
def deposit(
    session: Session,
    account: AccountName,
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="In the network's currency, as 1000.00.")
    ],
    mint: Mint = False,
) -> Answer:
    """Pay tokens of the signing key into an account.

    A platform's account pays for what it sells for fiat. On a local chain its operator signs.
    """
    to = session.account(account)
    units = session.amounts.units(amount)
    signer = _depositor(session, account)
    with turn_of(session, signer):
        receipt = put_in(session, signer, to, units, mint=mint)
    available = session.network.settlement.available_of(to)
    name, left = session.account_name(to), session.amounts.shown(available)
    data = {
        "account": name,
        "deposited_units": units,
        "available_units": available,
        "available": left,
        "transaction": receipt.transaction_hash,
    }
    said = f"{session.amounts.shown(units)} paid into {name}, which now has {left} available."
    return answer(data, said)


def put_in(
    session: Session, signer: Signer, account: Account, units: int, *, mint: bool = False
) -> Receipt:
    """Pay tokens of a key into an account, making them first if asked."""
    network = session.network
    tokens = session.amounts.tokens(units)
    if mint:
        mint_for(session, signer.address, units)
    owned = network.token.balance_of(signer.address)
    if owned < tokens:
        from zhifu.exceptions import InsufficientBalance

        raise InsufficientBalance(owned // session.amounts.tokens(1), units, signer.address)
    network.token.approve(signer, network.settlement.address, tokens)
    return network.settlement.deposit(signer, account, tokens)


def mint_for(session: Session, address: str, units: int) -> None:
    """Make tokens of a test network for an address, out of the minter's allowance."""
    from zhifu.keyring import ADMIN

    minter = session.keyring.signer(ADMIN) if session.is_local else session.signer(ADMIN)
    session.network.token.mint(minter, address, session.amounts.tokens(units))


def _depositor(session: Session, account: str) -> Signer:
    """Who pays if no key is chosen: on a local chain the account's own key."""
    from zhifu import accounts
    from zhifu.keyring import ADMIN, platform_key

    named = session.directory.account(account)
    platform = accounts.platform_of(named) if named is not None else None
    if platform:
        return session.signer(platform_key(session.directory.platform_name(platform)))
    return session.signer(ADMIN if platform == accounts.NETWORK or named else account)
