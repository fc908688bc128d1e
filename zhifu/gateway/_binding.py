"""Which deployment a database belongs to."""

from __future__ import annotations

from zhifu.deployment import Network
from zhifu.exceptions import ForeignDatabase
from zhifu.ingest import forget
from zhifu.store import Store


def bind(store: Store, network: Network) -> None:
    """Tie the books to the deployment, or see that they belong to it.

    Raises ForeignDatabase.
    """
    deployment = network.deployment
    ours = (deployment.chain_id, deployment.settlement, deployment.block_hash)
    with store.writing() as transaction:
        found = transaction.row("deployment")
        if found == ours:
            return
        if found is not None and transaction.row("any_payment") is not None:
            raise ForeignDatabase(_name(*ours), _name(*found))
        transaction.run("put_deployment", chain_id=ours[0], settlement=ours[1], block_hash=ours[2])
        forget(transaction)


def _name(chain_id: int, settlement: str, block_hash: str) -> str:
    return f"{settlement} on chain {chain_id} since {block_hash}"
