"""The contracts: are they where the deployment says, and are they those that zhifu ships?"""

from __future__ import annotations

from collections.abc import Iterator

from zhifu.deployment import CONTRACTS, require_block, require_code, require_wired
from zhifu.doctor.case import Case
from zhifu.doctor.finding import Finding, failure, fine
from zhifu.exceptions import (
    DatabaseRefused,
    DatabaseUnreachable,
    InvalidInput,
    NodeRefused,
    NotDeployed,
    WrongContractCode,
)


def check_deployment(case: Case) -> Iterator[Finding]:
    """The file that says where the contracts are, and whether it is of this chain."""
    chain = case.need_chain()
    path = case.settings.deployment_file(chain.chain_id)
    advice = f"bring the network's deployment file to {path}; for a network of your own: deploy"
    try:
        deployment = case.deployment
    except (NotDeployed, InvalidInput) as error:
        yield failure("deployment.file", str(error), advice)
        return
    yield fine("deployment.file", str(path))
    if deployment.chain_id != chain.chain_id:
        saw = f"the file is of chain {deployment.chain_id}, the node of chain {chain.chain_id}"
        yield failure("deployment.chain", saw, advice)
    else:
        yield fine("deployment.chain", f"{chain.chain_id}, in {deployment.currency}")


def check_block(case: Case) -> Iterator[Finding]:
    """Whether this is the chain that the contracts were deployed on, not one started anew."""
    deployment = case.need_deployment()
    try:
        require_block(case.chain, deployment)
    except (NotDeployed, NodeRefused, InvalidInput):
        saw = f"block {deployment.block} is not {deployment.block_hash[:10]}…"
        advice = "the chain was started anew, or lacks blocks: deploy again, or wait for the node"
        yield failure("deployment.block", saw, advice)
    else:
        saw = f"block {deployment.block} is {deployment.block_hash[:10]}…"
        yield fine("deployment.block", saw)


def check_code(case: Case) -> Iterator[Finding]:
    """Whether the code at each address is what zhifu ships, its immutable values apart."""
    deployment = case.need_deployment()
    for name in CONTRACTS:
        address = str(getattr(deployment, name))
        try:
            require_code(case.chain, deployment, name)
        except NotDeployed:
            advice = "use the deployment file of this network"
            yield failure(f"contract.{name}", f"nothing at {address}", advice)
        except WrongContractCode:
            advice = "use the zhifu that deployed it, or the deployment file of this network"
            yield failure(f"contract.{name}", f"other code at {address}", advice)
        else:
            yield fine(f"contract.{name}", address)


def check_wiring(case: Case) -> Iterator[Finding]:
    """Whether the contracts name each other."""
    deployment = case.need_deployment()
    try:
        require_wired(case.chain, deployment)
    except NotDeployed as error:
        advice = "use one network's deployment file, unchanged"
        yield failure("contract.wiring", f"not {error.missing}", advice)
    else:
        yield fine("contract.wiring", "each names the others")


def check_books(case: Case) -> Iterator[Finding]:
    """Whether the books are of this deployment."""
    deployment = case.need_deployment()
    try:
        books = case.books.deployment
    except (DatabaseRefused, DatabaseUnreachable, InvalidInput):
        return
    ours = (deployment.chain_id, deployment.settlement, deployment.block_hash)
    if books is None:
        yield fine("deployment.books", "the books belong to no deployment yet")
    elif books == ours:
        yield fine("deployment.books", "the books belong to it")
    else:
        saw = f"the books belong to {books[1]} on chain {books[0]}"
        yield failure("deployment.books", saw, "let database.url name the books of this network")
