"""What the doctor sees when a part is broken, and that it sees all else meanwhile (DOCTOR-1, 2)."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.clinic import (
    ADMIN,
    CHAIN_ID,
    OPERATOR,
    PASSWORD,
    STRANGER,
    Clinic,
    clinic_in,
    found_network,
    proxy,
)
from zhifu.anvil import Anvil, dev_key, free_port
from zhifu.chain import Chain
from zhifu.deployment import CONTRACTS, Network, deploy
from zhifu.doctor import Finding, Verdict, database
from zhifu.models import PlatformStatus
from zhifu.operators import appoint
from zhifu.sandbox.keys import Keys
from zhifu.store import Store

KEY = "platform.1.key.operator.json"
HOUR = 3_600


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[Anvil, Network]]:
    with Anvil(chain_id=CHAIN_ID, base_fee_wei=10**9) as anvil, Chain(anvil.rpc_url) as chain:
        yield anvil, found_network(chain)


@pytest.fixture
def clinic(network: tuple[Anvil, Network], tmp_path: Path) -> Iterator[Clinic]:
    anvil, founded = network
    snapshot = anvil.snapshot()
    anvil.mine()
    yield clinic_in(tmp_path, anvil, founded)
    anvil.revert(snapshot)


def unwell(found: dict[str, Finding]) -> dict[str, Verdict]:
    return {name: each.verdict for name, each in found.items() if each.verdict is not Verdict.OK}


def test_a_healthy_gateway_has_nothing_to_do(clinic: Clinic) -> None:
    found = clinic.examine()
    assert unwell(found) == {}
    assert {
        "database.writable",
        "database.schema",
        "database.durability",
        "database.space",
        "chain.reachable",
        "chain.id",
        "chain.head",
        "chain.syncing",
        "chain.confirmations",
        "chain.gas_price",
        "deployment.block",
        "deployment.books",
        "contract.wiring",
        "platform.1",
        "platform.1.balance",
        "platform.1.top_ups",
        KEY,
        f"{KEY}.operator",
        f"{KEY}.gas",
        "provider.local",
        "clock.chain",
        "clock.node",
        *(f"contract.{name}" for name in CONTRACTS),
    } <= found.keys()
    assert found["platform.1.balance"].saw == "1000 USD"


class TestDatabase:
    def file(self, clinic: Clinic) -> Path:
        return clinic.folder / "zhifu.sqlite3"

    def change(self, clinic: Clinic, statement: str) -> None:
        with closing(sqlite3.connect(self.file(clinic), isolation_level=None)) as books:
            books.execute(statement)

    def test_that_is_none(self, clinic: Clinic) -> None:
        self.file(clinic).write_bytes(b"not a database at all" * 100)
        found = clinic.examine()
        assert found["database.reachable"].verdict is Verdict.FAILURE
        assert found["contract.settlement"].verdict is Verdict.OK

    def test_that_is_not_there_yet(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_HOME="", ZHIFU_DATABASE=f"sqlite:///{clinic.folder}/new/z")
        assert "is made at the start" in found["database.writable"].saw
        assert not (clinic.folder / "new").exists()

    def test_that_cannot_be_made(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_DATABASE="sqlite:////dev/null/zhifu.sqlite3")
        assert found["database.writable"].verdict is Verdict.FAILURE

    def test_of_a_newer_zhifu(self, clinic: Clinic) -> None:
        self.change(clinic, "UPDATE alembic_version SET version_num = '9999'")
        finding = clinic.examine()["database.schema"]
        assert finding.verdict is Verdict.FAILURE
        assert "newer zhifu" in finding.saw

    def test_of_an_older_zhifu_is_left_as_it_is(self, clinic: Clinic) -> None:
        url = f"sqlite:///{self.file(clinic)}"
        with Store.open(url) as store:
            store.migrate_to("0001")
        before = self.file(clinic).read_bytes()
        assert clinic.examine()["database.schema"].verdict is Verdict.WARNING
        assert self.file(clinic).read_bytes() == before

    def test_that_another_process_keeps_locked(self, clinic: Clinic) -> None:
        with closing(sqlite3.connect(self.file(clinic), isolation_level=None)) as books:
            books.execute("BEGIN IMMEDIATE")
            finding = clinic.examine()["database.writable"]
        assert finding.verdict is Verdict.FAILURE
        assert "locked" in finding.saw

    def test_without_write_ahead_log(self, clinic: Clinic) -> None:
        self.change(clinic, "PRAGMA journal_mode = DELETE")
        assert unwell(clinic.examine()) == {"database.durability": Verdict.WARNING}

    def test_of_another_network(self, clinic: Clinic) -> None:
        self.change(clinic, "UPDATE deployment SET chain_id = 1")
        assert unwell(clinic.examine()) == {"deployment.books": Verdict.FAILURE}

    @pytest.mark.parametrize(
        ("least", "verdict"), [("_FEW_BYTES", Verdict.WARNING), ("_LEAST_BYTES", Verdict.FAILURE)]
    )
    def test_on_a_disk_that_is_nearly_full(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, least: str, verdict: Verdict
    ) -> None:
        # No disk is this large, so every one counts as nearly full.
        monkeypatch.setattr(database, least, 2**80)
        assert unwell(clinic.examine()) == {"database.space": verdict}

    def test_on_a_server_that_is_not_there(self, clinic: Clinic) -> None:
        url = f"postgresql://zhifu:s3cret@127.0.0.1:{free_port()}/zhifu"
        found = clinic.examine(ZHIFU_DATABASE=url)
        assert unwell(found) == {"database.reachable": Verdict.FAILURE}
        assert "s3cret" not in repr(found)


class TestChain:
    def test_that_does_not_answer(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_RPC=f"http://127.0.0.1:{free_port()}")
        wrong = unwell(found)
        assert wrong.pop("chain.reachable") is Verdict.FAILURE
        assert set(wrong.values()) == {Verdict.SKIPPED}
        assert {"chain.head", "contracts", "platform.1", "clock.node"} <= wrong.keys()
        assert {"database.writable", KEY, "provider.local"} <= found.keys() - wrong.keys()

    def test_that_is_another(self, clinic: Clinic) -> None:
        assert unwell(clinic.examine(ZHIFU_CHAIN__ID="1")) == {"chain.id": Verdict.FAILURE}

    @pytest.mark.parametrize(
        ("ahead", "verdict"), [(HOUR // 10, Verdict.WARNING), (HOUR, Verdict.FAILURE)]
    )
    def test_that_stands_still(self, clinic: Clinic, ahead: int, verdict: Verdict) -> None:
        clinic.ahead_seconds = ahead
        assert clinic.examine()["chain.head"].verdict is verdict

    def test_that_the_node_has_not_caught_up_with(self, clinic: Clinic) -> None:
        syncing = {"result": {"currentBlock": "0x10", "highestBlock": "0x20"}}
        with proxy(clinic.anvil.rpc_url, {"eth_syncing": syncing}) as url:
            found = clinic.examine(ZHIFU_RPC=url)
        assert unwell(found) == {"chain.syncing": Verdict.FAILURE}
        assert found["chain.syncing"].saw == "still catching up, at block 16 of 32"

    def test_whose_node_does_not_say(self, clinic: Clinic) -> None:
        refusal = {"error": {"code": -32601, "message": "method not found"}}
        with proxy(clinic.anvil.rpc_url, {"eth_syncing": refusal}) as url:
            assert unwell(clinic.examine(ZHIFU_RPC=url)) == {"chain.syncing": Verdict.WARNING}

    def test_without_the_block_that_confirms(self, clinic: Clinic) -> None:
        none = {"eth_getBlockByNumber finalized": {"result": None}}
        with proxy(clinic.anvil.rpc_url, none) as url:
            found = clinic.examine(ZHIFU_RPC=url, ZHIFU_CHAIN__CONFIRMATIONS="finalized")
        assert unwell(found) == {"chain.confirmations": Verdict.FAILURE}

    def test_with_the_block_that_confirms(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_CHAIN__CONFIRMATIONS="safe")
        assert "the safe block is " in found["chain.confirmations"].saw

    def test_whose_blocks_count_at_once(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_CHAIN__CONFIRMATIONS="0")
        assert unwell(found) == {"chain.confirmations": Verdict.WARNING}

    def test_whose_gas_costs_more_than_the_cap(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_CHAIN__MAX_FEE_PER_GAS_WEI="1")
        assert unwell(found) == {"chain.gas_price": Verdict.WARNING}


class TestContracts:
    def test_without_a_file(self, clinic: Clinic) -> None:
        clinic.deployment_file.unlink()
        found = clinic.examine()
        assert found["deployment.file"].verdict is Verdict.FAILURE
        skipped = {"contracts", "contract.wiring", "deployment.block", "platform.1"}
        assert {found[each].verdict for each in skipped} == {Verdict.SKIPPED}
        assert found[KEY].verdict is Verdict.OK

    def test_with_a_file_that_is_none(self, clinic: Clinic) -> None:
        clinic.deployment_file.write_text("{}")
        assert clinic.examine()["deployment.file"].verdict is Verdict.FAILURE

    def test_of_another_chain(self, clinic: Clinic) -> None:
        clinic.rewrite_deployment(chain_id=1)
        found = unwell(clinic.examine())
        assert found["deployment.chain"] is Verdict.FAILURE

    def test_of_a_chain_that_was_started_anew(self, clinic: Clinic) -> None:
        clinic.rewrite_deployment(block_hash="0x" + "12" * 32)
        assert unwell(clinic.examine())["deployment.block"] is Verdict.FAILURE

    @pytest.mark.parametrize("name", [each for each in CONTRACTS if each != "token"])
    def test_with_other_code(self, clinic: Clinic, name: str) -> None:
        clinic.set_code(name, lambda code: code[:-1] + bytes([code[-1] ^ 1]))
        assert unwell(clinic.examine()) == {f"contract.{name}": Verdict.FAILURE}

    def test_that_are_gone(self, clinic: Clinic) -> None:
        clinic.set_code("desk", lambda _: b"")
        found = clinic.examine()
        assert found["contract.desk"].verdict is Verdict.FAILURE
        assert found["contract.desk"].saw.startswith("nothing at 0x")
        assert found["contract.court"].verdict is Verdict.OK

    def test_of_two_networks(self, clinic: Clinic) -> None:
        other = deploy(clinic.network.chain, ADMIN)
        clinic.rewrite_deployment(registry=other.registry)
        found = unwell(clinic.examine())
        assert found["contract.wiring"] is Verdict.FAILURE
        assert "contract.registry" not in found


class TestKeys:
    def test_with_another_password(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_PLATFORMS__1__PASSWORD="wrong horse")
        assert unwell(found) == {KEY: Verdict.FAILURE}
        assert "horse" not in repr(found)

    def test_without_a_file(self, clinic: Clinic) -> None:
        (clinic.folder / "operator.json").unlink()
        assert unwell(clinic.examine()) == {KEY: Verdict.FAILURE}

    def test_that_others_may_read(self, clinic: Clinic) -> None:
        (clinic.folder / "operator.json").chmod(0o644)
        assert unwell(clinic.examine()) == {KEY: Verdict.WARNING}

    def test_whose_password_nobody_is_there_to_say(self, clinic: Clinic) -> None:
        clinic.variables["ZHIFU_PLATFORMS__1__PROMPT"] = "true"
        del clinic.variables["ZHIFU_PLATFORMS__1__PASSWORD"]
        found = clinic.examine()
        assert unwell(found) == {KEY: Verdict.WARNING}
        assert found[f"{KEY}.operator"].saw == "active, lane 1"
        assert unwell(clinic.examine(ask=lambda _: PASSWORD)) == {}

    def test_that_were_stopped(self, clinic: Clinic) -> None:
        clinic.network.registry.set_operator(OPERATOR, 1, OPERATOR.address, False)
        assert unwell(clinic.examine()) == {f"{KEY}.operator": Verdict.FAILURE}

    def test_of_another_platform(self, clinic: Clinic) -> None:
        appoint(clinic.network.registry, STRANGER, 2, STRANGER)
        path = clinic.keystore(2, "stranger.json")
        finding = clinic.examine(ZHIFU_PLATFORMS__1__KEYSTORES=str(path))[
            "platform.1.key.stranger.json.operator"
        ]
        assert (finding.verdict, finding.saw) == (Verdict.FAILURE, "it acts for platform 2")

    def test_of_nobody(self, clinic: Clinic) -> None:
        path = clinic.keystore(3, "nobody.json")
        found = clinic.examine(ZHIFU_PLATFORMS__1__KEYSTORES=str(path))
        assert unwell(found) == {"platform.1.key.nobody.json.operator": Verdict.FAILURE}

    def test_that_are_named_and_will_accept(self, clinic: Clinic) -> None:
        clinic.network.registry.set_operator(OPERATOR, 1, STRANGER.address)
        path = clinic.keystore(2, "named.json")
        found = clinic.examine(ZHIFU_PLATFORMS__1__KEYSTORES=str(path))
        assert unwell(found) == {}
        assert "accepts at the start" in found["platform.1.key.named.json.operator"].saw

    @pytest.mark.parametrize(
        ("wei", "verdict"), [(0, Verdict.FAILURE), (5 * 10**15, Verdict.WARNING)]
    )
    def test_without_money_for_gas(self, clinic: Clinic, wei: int, verdict: Verdict) -> None:
        clinic.anvil.set_balance(OPERATOR.address, wei)
        assert unwell(clinic.examine()) == {f"{KEY}.gas": verdict}

    def test_in_the_open(self, clinic: Clinic) -> None:
        found = clinic.examine(ZHIFU_KEY=dev_key(1))
        assert unwell(found) == {"key.ZHIFU_KEY": Verdict.FAILURE}
        assert dev_key(1)[2:] not in repr(found)
        allowed = clinic.examine(ZHIFU_KEY=dev_key(1), ZHIFU_CHAIN__PLAIN_KEYS="true")
        assert unwell(allowed) == {"key.ZHIFU_KEY": Verdict.WARNING}

    def test_that_are_none(self, clinic: Clinic) -> None:
        assert unwell(clinic.examine(ZHIFU_KEY="0x12")) == {"key.ZHIFU_KEY": Verdict.FAILURE}

    def test_of_the_command_line_in_a_file(self, clinic: Clinic) -> None:
        path = str(clinic.keystore(3, "own.json"))
        right = clinic.examine(ZHIFU_KEYSTORE=path, ZHIFU_PASSWORD=PASSWORD)
        assert right["key.keystore"].verdict is Verdict.OK
        wrong = clinic.examine(ZHIFU_KEYSTORE=path, ZHIFU_PASSWORD="wrong horse")
        assert unwell(wrong) == {"key.keystore": Verdict.FAILURE}


class TestPlatforms:
    def test_that_are_suspended(self, clinic: Clinic) -> None:
        clinic.network.registry.set_status(ADMIN, 1, PlatformStatus.SUSPENDED)
        found = clinic.examine()
        assert found["platform.1"].verdict is Verdict.FAILURE
        assert found["platform.1"].saw == "suspended"

    def test_that_there_are_not(self, clinic: Clinic) -> None:
        found = clinic.examine(
            ZHIFU_PLATFORMS__9__KEYSTORES=str(clinic.folder / "operator.json"),
            ZHIFU_PLATFORMS__9__PASSWORD=PASSWORD,
            ZHIFU_PROVIDERS__LOCAL__PLATFORMS="1,9",
        )
        assert found["platform.9"].verdict is Verdict.FAILURE
        assert found["platform.9.key.operator.json.operator"].verdict is Verdict.FAILURE
        assert found["platform.1"].verdict is Verdict.OK

    def test_that_cannot_pay(self, clinic: Clinic) -> None:
        clinic.network.settlement.withdraw_platform(OPERATOR, 1, 10**9)
        assert unwell(clinic.examine()) == {"platform.1.balance": Verdict.WARNING}

    def test_that_topped_up_all_they_may_today(self, clinic: Clinic) -> None:
        registry, settlement = clinic.network.registry, clinic.network.settlement
        registry.register_learners(OPERATOR, 1)
        settlement.set_top_up_limit(OPERATOR, 1, 5_000_000)
        clinic.anvil.increase_time(3 * 86_400)
        settlement.top_up(OPERATOR, [1], [5_000_000])
        finding = clinic.examine()["platform.1.top_ups"]
        assert (finding.verdict, finding.saw) == (Verdict.WARNING, "0 USD of 5 USD are left today")


class TestProviders:
    def test_whose_library_is_not_installed(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "stripe", None)
        found = clinic.examine(
            ZHIFU_PROVIDERS__CARDS__KIND="stripe",
            ZHIFU_PROVIDERS__CARDS__SECRET_KEY="sk_test_s3cret",
            ZHIFU_PROVIDERS__CARDS__WEBHOOK_SECRET="whsec_s3cret",
            ZHIFU_PROVIDERS__CARDS__BASE_URL=f"http://127.0.0.1:{free_port()}",
        )
        assert found["provider.cards"].verdict is Verdict.FAILURE
        assert "pip install 'zhifu[stripe]'" in found["provider.cards"].advice
        assert found["provider.local"].verdict is Verdict.OK

    def test_that_takes_another_currency_than_the_networks(
        self, clinic: Clinic, tmp_path: Path
    ) -> None:
        file = Keys.generate().write_settings(
            tmp_path, f"http://127.0.0.1:{free_port()}", "http://h"
        )
        found = clinic.examine(ZHIFU_CONFIG=str(file))["providers.currency"]
        assert found.verdict is Verdict.WARNING
        assert found.saw == (
            "alipay takes CNY alone, wechatpay takes CNY alone, and the network's prices are in USD"
        )


class TestClock:
    @pytest.mark.parametrize(
        ("ahead", "check", "verdict"),
        [
            (30, "clock.node", Verdict.WARNING),
            (-30, "clock.node", Verdict.WARNING),
            (HOUR, "clock.node", Verdict.FAILURE),
            (-HOUR, "clock.node", Verdict.FAILURE),
            (-HOUR, "clock.chain", Verdict.FAILURE),
        ],
    )
    def test_that_is_wrong(self, clinic: Clinic, ahead: int, check: str, verdict: Verdict) -> None:
        clinic.ahead_seconds = ahead
        assert clinic.examine()[check].verdict is verdict


def test_nothing_is_changed(clinic: Clinic) -> None:
    def state() -> tuple[int, dict[str, bytes]]:
        files = (each for each in clinic.folder.rglob("*") if each.is_file())
        contents = {each.name: each.read_bytes() for each in files}
        return clinic.network.chain.block_number(), contents

    before = state()
    clinic.examine()
    assert state() == before


def test_a_finding_that_is_not_fine_says_what_to_do(clinic: Clinic) -> None:
    clinic.deployment_file.write_text("{}")
    clinic.ahead_seconds = HOUR
    found = clinic.examine(
        ZHIFU_KEY="0x12",
        ZHIFU_PLATFORMS__1__PASSWORD="wrong",
        ZHIFU_DATABASE="sqlite:////dev/null/z",
    )
    wrong = [each for each in found.values() if each.verdict in (Verdict.WARNING, Verdict.FAILURE)]
    assert len(wrong) >= 5
    assert all(each.advice for each in wrong)
    assert all(not each.advice for each in found.values() if each.verdict is Verdict.OK)
    json.dumps([each.to_dict() for each in found.values()])


def test_a_check_that_is_itself_broken_keeps_no_other_from_being_made(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Finding:
        raise RuntimeError("a defect")

    monkeypatch.setattr(database, "_schema", broken)
    found = clinic.examine()
    assert found["database.writable"].verdict is Verdict.OK
    assert found["database"].verdict is Verdict.FAILURE
    assert found["chain.head"].verdict is Verdict.OK
