"""Roles: each tries every function of every contract, and the table says who may."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.stage import Stage

# Who there is, by role: the key that has it and no other.
ROLES = [
    "network owner",
    "arbiter",
    "pauser",
    "owner",
    "operator",
    "host owner",
    "host operator",
    "learner",
    "buyer",
    "creator",
    "nominee",
    "stranger",
]
ANYONE = set(ROLES)
NOBODY: set[str] = set()
NETWORK, OWNER, OPERATOR, HOST = {"network owner"}, {"owner"}, {"operator"}, {"host operator"}
OPERATORS = OPERATOR | HOST
LEARNER, BUYER, NOMINEE = {"learner"}, {"buyer"}, {"nominee"}

# What is said to whom may not.
UNAUTHORIZED = {
    "ERC1155MissingApprovalForAll",
    "InvalidSignature",
    "NotHome",
    "NotHost",
    "NotLicensee",
    "NotNamed",
    "NotOperator",
    "NotOperatorOf",
    "NotParty",
    "NotSettlement",
    "OwnableUnauthorizedAccount",
    "WrongCaller",
}

REGISTRY = {
    "acceptOperator": NOMINEE,
    "acceptOwnership": NOMINEE,
    "acceptPlatform": NOMINEE,
    "acceptRole": NOMINEE,
    "admit": NETWORK,
    "bindKey": OPERATOR,
    "bindLearner": OPERATORS,
    "dismiss": NETWORK,
    "nominate": NETWORK,
    "registerLearner": OPERATORS,
    "registerLearners": OPERATORS,
    "renounceOwnership": NOBODY,
    "setHostFee": OWNER,
    "setNetworkFee": NETWORK,
    "setOperator": OWNER,
    "setStatus": NETWORK,
    "setTreasury": OWNER,
    "transferOwnership": NETWORK,
    "transferPlatform": OWNER,
}
LICENCES = {
    "burn": NOBODY,
    "claim": BUYER,
    "claimBatch": LEARNER,
    "publish": OPERATORS,
    "safeBatchTransferFrom": BUYER,
    "safeTransferFrom": BUYER,
    "setActive": HOST,
    "setApprovalForAll": ANYONE,
    "setLock": NOBODY,
    "setPlan": HOST,
    "setPrice": HOST,
    "setPrices": HOST,
}
SETTLEMENT = {
    "addWindow": NETWORK,
    "buy": BUYER,
    "buyCart": BUYER,
    "buyFromBalance": BUYER,
    "buyWithAuthorization": ANYONE,
    "closeBatchDispute": ANYONE,
    "closeDispute": ANYONE,
    "deposit": ANYONE,
    "list": NOBODY,
    "markBatchClaimed": NOBODY,
    "markClaimed": NOBODY,
    "offerAccount": OPERATOR,
    "openBatchDispute": OPERATORS | LEARNER,
    "openDispute": HOST | BUYER,
    "pause": NETWORK | {"pauser"},
    "payOut": OPERATOR,
    "refund": OPERATOR,
    "refundBatch": OPERATOR,
    "refundBatchPart": HOST,
    "refundBatchUnanswered": LEARNER,
    "refundPart": HOST,
    "refundUnanswered": BUYER,
    "refuseBatchRefund": OPERATOR,
    "refuseRefund": OPERATOR,
    "release": ANYONE,
    "releaseCommissions": ANYONE,
    "releaseVersion": ANYONE,
    "requestBatchRefund": LEARNER,
    "requestRefund": BUYER,
    "resolveBatchDispute": {"arbiter"},
    "resolveDispute": {"arbiter"},
    "setActive": NOBODY,
    "setPlan": NOBODY,
    "setPrices": NOBODY,
    "setTopUpLimit": OWNER,
    "settle": OPERATORS,
    "settleLearners": OPERATORS,
    "takeOver": NOMINEE,
    "topUp": OPERATORS,
    "unpause": NETWORK,
    "withdraw": ANYONE,
    "withdrawMany": ANYONE,
    "withdrawPlatform": OWNER | OPERATOR,
    "withdrawSigned": ANYONE,
}


# What a suspended platform cannot do (ALL-3), nor anyone on its behalf.
SELLING = {"registerLearner", "registerLearners", "bindLearner", "settle", "settleLearners"}
SELLING |= {"topUp", "publish"}
DIRECT = {"buy", "buyCart", "buyFromBalance"}
SUSPENDED = {
    "seller": {
        "operator": SELLING | {"bindKey"},
        "buyer": DIRECT | {"buyWithAuthorization"},
        **{role: {"buyWithAuthorization"} for role in ANYONE - {"operator", "buyer"}},
    },
    "host": {"host operator": SELLING | {"setActive", "setPlan", "setPrice", "setPrices"}},
}
SUSPENDED["seller"]["operator"].add("buyWithAuthorization")
VIEWS = {"view", "pure"}
# They change nothing, yet ask who calls.
ASK_THE_OWNER = {"renounceOwnership"}

TABLE = {"registry": REGISTRY, "licences": LICENCES, "settlement": SETTLEMENT}
FUNCTIONS = [(contract, function) for contract, table in TABLE.items() for function in table]


# What else is said: a key acts for one platform, and nobody leaves the network without an owner.
BESIDE = {"acceptOperator": {"OperatorTaken"}, "renounceOwnership": {"ZeroAddress"}}


@pytest.fixture(scope="module")
def people(network_owner, arbiter, pauser, seller, host, buyer, creators, learner_key, stranger):
    """Who has each role."""
    keys = [network_owner, arbiter, pauser, seller.owner, seller.operator, host.owner]
    keys += [host.operator, learner_key, buyer, creators[0], accounts[13], stranger]
    return dict(zip(ROLES, keys, strict=True))


@pytest.fixture(scope="module")
def stage(
    registry, licences, settlement, token, people, seller, host, content, learners, buyer_key
):
    contracts = {"registry": registry, "licences": licences}
    contracts |= {"settlement": settlement, "token": token}
    return Stage(contracts, people, seller, host, content, learners, buyer_key)


def test_the_table_has_every_function(stage):
    """LINK-2: what is in the ABI of a contract is in its table."""
    for name, table in TABLE.items():
        abi = (entry for entry in stage.contracts[name].abi if entry["type"] == "function")
        changing = {entry["name"] for entry in abi if entry["stateMutability"] not in VIEWS}
        assert set(table) == changing | ASK_THE_OWNER & set(table), name


@pytest.mark.parametrize(("contract", "function"), FUNCTIONS)
def test_only_who_may_can(stage, contract, function):
    """INV-4, ALL-1: a role that is not in the table's row is told so, and every other may."""
    may = TABLE[contract][function]
    told = {role: stage.refusal(contract, function, role) for role in ROLES}
    assert {role for role, error in told.items() if error is None} == may
    errors = {error for error in told.values() if error is not None}
    assert errors <= UNAUTHORIZED | BESIDE.get(function, set())


def test_paused_selling_stops_three_things_and_nothing_else(stage):
    """ALL-4, PAUSE-1: the pauser's key stops new sales, and no way out."""
    stage.contracts["settlement"].pause({"from": stage.people["pauser"]})
    stopped = set()
    for contract, function in FUNCTIONS:
        for role in TABLE[contract][function]:
            if error := stage.refusal(contract, function, role):
                assert error == "Paused", (function, role, error)
                stopped.add(function)
    buying = {"buy", "buyCart", "buyFromBalance", "buyWithAuthorization"}
    assert stopped == buying | {"settle", "settleLearners", "topUp"}


@pytest.mark.parametrize("platform", ["seller", "host"])
def test_a_suspended_platform_only_ends_what_it_began(stage, registry, request, platform):
    """ALL-3: its operator can do less, and nobody else less than before."""
    number = request.getfixturevalue(platform).number
    registry.setStatus(number, 2, {"from": stage.people["network owner"]})
    stopped: dict[str, set[str]] = {}
    for contract, function in FUNCTIONS:
        for role in TABLE[contract][function]:
            if error := stage.refusal(contract, function, role):
                stopped.setdefault(role, set()).add(function)
                assert error == "PlatformNotActive", (function, role, error)
    assert stopped == SUSPENDED[platform]
