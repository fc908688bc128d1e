"""What each command promises, on one network."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil, dev_key, dev_signer
from zhifu.chain import Chain

CATALOGUE = Path(__file__).parents[2] / "zhifu" / "data" / "catalogue.csv"
#: Development accounts whose names the keyring does not know.
GATEWAY, EAGER = 38, 39

DAY = 86_400
PERPETUAL = {"duration_seconds": 0, "renewable": False, "bound": False, "royalty_bps": 0}


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with Anvil() as chain:
        yield chain


@pytest.fixture(scope="module")
def zhifu(chain: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Zhifu:
    zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
    zhifu("deploy")
    zhifu("platform", "add", "udemy")
    zhifu("platform", "add", "edx")
    zhifu("learner", "register", "10", "-p", "udemy")
    zhifu("content", "publish", "-p", "edx", "--ref", "cs50", "--price", "49.00")
    zhifu("deposit", "platform:udemy", "1000.00", "--mint")
    zhifu("key", "new", "alice")
    return zhifu


def address_of(zhifu: Zhifu, key: str) -> str:
    keys = {each["name"]: each["address"] for each in zhifu.json("key", "list")}
    return str(keys[key])


def block_time(chain: Anvil) -> int:
    with Chain(chain.rpc_url) as client:
        return client.timestamp()


def available(zhifu: Zhifu, account: str) -> int:
    return int(zhifu.json("balance", account)[0]["available_units"])


def test_a_catalogue_is_published_once_however_often_it_is_asked_for(zhifu: Zhifu) -> None:
    words = ("content", "publish", "-p", "udemy", "--file", str(CATALOGUE), "--limit", "60")
    assert len(zhifu.json(*words)["published"]) == 60
    again = zhifu.json(*words)
    assert (again["published"], again["passed_over"]) == ([], 60)
    assert zhifu.json("content", "list", "-p", "udemy", "--limit", "1")[0] == {
        "content": 2,
        "name": "udemy/1070968",
        "price_units": 200_000_000,
        "price": "200.00 USD",
        "on_sale": True,
        "terms": PERPETUAL,
    }


def test_contents_come_from_json_too(zhifu: Zhifu, tmp_path: Path) -> None:
    file = tmp_path / "contents.json"
    file.write_text(json.dumps([{"ref": "a/b", "price": "1.50"}, {"ref": "c", "price": "2"}]))
    published = zhifu.json("content", "publish", "-p", "edx", "--file", str(file))["published"]
    assert [each["ref"] for each in published] == ["a/b", "c"]
    named = zhifu.json("content", "list", "-p", "edx", "--limit", "2")[1]
    assert (named["name"], named["price"]) == ("edx/a/b", "1.50 USD")


def test_owners_and_admin_set_a_platforms_terms(zhifu: Zhifu, chain: Anvil) -> None:
    zhifu("platform", "add", "brief")
    zhifu("platform", "treasury", "brief", "alice")
    zhifu("platform", "fee", "brief", "--host-bps", "2500", "--network-bps", "100")
    zhifu("platform", "operator", "brief", "alice")
    zhifu("platform", "status", "brief", "suspended")
    shown = zhifu.json("platform", "show", "brief")
    alice = address_of(zhifu, "alice")
    assert shown["treasury"] == shown["owner"]
    assert (shown["host_bps"], shown["network_bps"]) == (1000, 100)
    later = {name: each["value"] for name, each in shown["announced"].items()}
    assert later == {"treasury": alice, "host_bps": 2500}
    assert alice in shown["operators"]
    assert shown["status"] == "suspended"
    zhifu("platform", "operator", "brief", "alice", "--stop")
    assert alice not in zhifu.json("platform", "show", "brief")["operators"]
    chain.increase_time(2 * 86_400)
    shown = zhifu.json("platform", "show", "brief")
    assert (shown["treasury"], shown["host_bps"], shown["announced"]) == (alice, 2500, {})


def test_a_key_accepts_before_it_acts(zhifu: Zhifu) -> None:
    key = dev_signer(GATEWAY).address
    zhifu("platform", "add", "named")
    zhifu("platform", "operator", "named", key)
    shown = zhifu.json("platform", "show", "named")
    assert (key in shown["operators"], shown["named"]) == (False, [key])
    shown = zhifu.json("platform", "accept", "named", ZHIFU_KEY=dev_key(GATEWAY))
    assert (key in shown["operators"], shown["named"]) == (True, [])
    zhifu("platform", "add", "envious")
    refused = zhifu.refused("platform", "operator", "envious", key)
    assert refused.startswith("operator: must act for one platform only")


def test_a_named_key_accepts_with_what_it_does_first(zhifu: Zhifu) -> None:
    key = dev_signer(EAGER).address
    zhifu("platform", "add", "eager")
    zhifu("platform", "operator", "eager", key)
    zhifu("learner", "add", "-p", "eager", ZHIFU_KEY=dev_key(EAGER))
    assert key in zhifu.json("platform", "show", "eager")["operators"]


def test_a_platform_passes_to_another_owner(zhifu: Zhifu, chain: Anvil) -> None:
    zhifu("platform", "add", "passed")
    zhifu("platform", "transfer", "passed", "alice")
    assert zhifu.refused("platform", "accept", "passed", "--key-name", "alice").startswith("time:")
    zhifu("platform", "transfer", "passed", "--cancel")
    assert zhifu.json("platform", "show", "passed")["announced"] == {}
    zhifu("platform", "transfer", "passed", "alice")
    chain.increase_time(2 * 86_400)
    shown = zhifu.json("platform", "accept", "passed", "--key-name", "alice")
    assert shown["owner"] == address_of(zhifu, "alice")
    zhifu("platform", "fee", "passed", "--host-bps", "0", "--key-name", "alice")


def test_roles_are_nominated_and_accepted(zhifu: Zhifu, chain: Anvil) -> None:
    alice = address_of(zhifu, "alice")
    zhifu("role", "nominate", "pauser", "alice")
    assert zhifu.json("role", "accept", "pauser", "--key-name", "alice")["holder"] == alice
    assert zhifu.json("role", "nominate", "arbiter", "alice")["nominee"] == alice
    accept = ("role", "accept", "arbiter", "--key-name", "alice")
    assert zhifu.refused(*accept).startswith("time: must have come")
    chain.increase_time(2 * 86_400)
    zhifu(*accept)
    assert [each["holder"] for each in zhifu.json("role", "list")] == [alice, alice]
    zhifu("role", "dismiss", "arbiter")
    assert [each["holder"] for each in zhifu.json("role", "list")] == [None, alice]
    zhifu("role", "nominate", "arbiter", "alice")
    assert zhifu.json("role", "nominate", "arbiter", "--cancel")["nominee"] is None


def test_a_cart_is_one_payment_with_an_order_for_each_content(zhifu: Zhifu) -> None:
    zhifu("content", "publish", "-p", "udemy", "--ref", "own", "--price", "10.00")
    paid = zhifu.json("purchase", "edx/cs50", "udemy/own", "-l", "3", "-p", "udemy")
    assert paid["amount"] == "59.00 USD"
    assert [each["name"] for each in paid["orders"]] == ["edx/cs50", "udemy/own"]
    before = available(zhifu, "platform:udemy")
    zhifu("settle", "udemy")
    assert before - available(zhifu, "platform:udemy") == 59_000_000
    for content in ("edx/cs50", "udemy/own"):
        assert zhifu.json("verify", content, "-l", "3")["may_use"]


def test_an_order_that_no_batch_can_carry_is_shown_and_refunded(zhifu: Zhifu) -> None:
    zhifu("content", "publish", "-p", "udemy", "--ref", "gone", "--price", "10.00")
    order = zhifu.json("purchase", "udemy/gone", "-l", "7", "-p", "udemy")["orders"][0]["order"]
    zhifu("content", "close", "udemy/gone")
    left_out = zhifu.json("settle")["left_out"]
    assert [(each["order"], each["problem"]) for each in left_out] == [(order, "content_inactive")]
    assert zhifu.json("refund", order)["state"] == "refunded"
    assert zhifu.json("settle") == {"batches": [], "left_out": []}


def test_the_same_key_and_cart_pay_once(zhifu: Zhifu) -> None:
    words = ("purchase", "edx/cs50", "-l", "4", "-p", "udemy", "--idempotency-key", "k-1")
    first, second = zhifu.json(*words), zhifu.json(*words)
    assert first["payment"] == second["payment"]
    assert first["provider_payment_id"] == second["provider_payment_id"]


def test_an_order_is_refunded_through_the_provider_and_on_chain(zhifu: Zhifu) -> None:
    order = zhifu.json("purchase", "edx/cs50", "-l", "5", "-p", "udemy")["orders"][0]["order"]
    zhifu("settle")
    before = available(zhifu, "platform:udemy")
    assert zhifu.json("verify", "edx/cs50", "-l", "5")["may_use"]
    assert zhifu.json("refund", order)["state"] == "refunded"
    assert available(zhifu, "platform:udemy") - before == 49_000_000
    assert zhifu.run("verify", "edx/cs50", "-l", "5").returncode == 3


def test_parts_of_an_order_are_refunded_before_the_rest(zhifu: Zhifu) -> None:
    """REFUND-7, REFUND-8: signed by the host, each once under its key."""
    order = zhifu.json("purchase", "edx/cs50", "-l", "7", "-p", "udemy")["orders"][0]["order"]
    zhifu("settle")
    before = available(zhifu, "platform:udemy")
    part = ("refund", order, "--amount", "9.00", "--key", "late")
    first = zhifu.json(*part)
    assert (first["refunded"], first["refund_state"]) == ("9.00 USD", "refunded")
    assert zhifu.json(*part)["refund"] == first["refund"]
    assert available(zhifu, "platform:udemy") - before == 9_000_000
    assert zhifu.json("verify", "edx/cs50", "-l", "7")["may_use"]
    rest = zhifu.json("refund", order)
    assert (rest["refunded"], rest["state"]) == ("40.00 USD", "refunded")
    assert available(zhifu, "platform:udemy") - before == 49_000_000


def test_a_part_of_a_direct_order_goes_back_to_its_buyer(zhifu: Zhifu) -> None:
    """REFUND-6"""
    zhifu("key", "new", "partial")
    words = ("purchase", "edx/cs50", "-p", "udemy", "--with", "tokens", "--key-name", "partial")
    (bought,) = zhifu.json(*words, "--mint")
    part = zhifu.json("refund", bought["order"], "--amount", "9.00")
    assert (part["state"], part["amount_units"]) == ("part_refunded", 9_000_000)
    assert zhifu.json("verify", "edx/cs50", "--holder", "partial")["may_use"]


def test_a_learner_claims_a_licence_with_a_key_of_their_own(zhifu: Zhifu) -> None:
    order = zhifu.json("purchase", "edx/cs50", "-l", "6", "-p", "udemy")["orders"][0]["order"]
    zhifu("settle")
    key = zhifu.json("learner", "key", "6")["key"]
    assert zhifu.json("claim", order)["holder"] == key
    assert zhifu.json("verify", "edx/cs50", "-l", "6")["may_use"]
    assert zhifu.json("verify", "edx/cs50", "--holder", key)["may_use"]


@pytest.mark.parametrize("way", ["tokens", "balance", "authorization"])
def test_a_buyer_with_tokens_buys_and_is_refunded(zhifu: Zhifu, way: str) -> None:
    buyer = f"buyer-{way}"
    zhifu("key", "new", buyer)
    words = ("purchase", "edx/cs50", "-p", "udemy", "--with", way, "--key-name", buyer, "--mint")
    (bought,) = zhifu.json(*words)
    assert zhifu.json("verify", "edx/cs50", "--holder", buyer)["may_use"]
    refunded = zhifu.json("refund", bought["order"])
    assert refunded["amount_units"] == 49_000_000
    assert zhifu.run("verify", "edx/cs50", "--holder", buyer).returncode == 3
    (left,) = zhifu.json("balance", buyer)
    assert left["available_units" if way == "balance" else "token_units"] == 49_000_000


def test_a_signed_purchase_costs_its_buyer_no_transaction(zhifu: Zhifu) -> None:
    from zhifu.chain import Chain

    buyer = zhifu.json("key", "new", "gasless")["address"]
    words = ("purchase", "edx/cs50", "-p", "udemy", "--with", "authorization", "--mint")
    (bought,) = zhifu.json(*words, "--key-name", "gasless")
    with Chain(zhifu.rpc_url) as chain:
        assert chain.nonce(buyer) == 0
    assert zhifu.json("claim", bought["order"])["holder"] == buyer


def test_a_key_file_needs_its_password(zhifu: Zhifu) -> None:
    key, password = "0x" + "5a" * 32, "correct horse"
    kept = zhifu.json("key", "import", "kept", ZHIFU_KEY=key, ZHIFU_PASSWORD=password)
    file = zhifu.home / "keys" / "kept.json"
    assert key[2:] not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    words = ("deposit", "kept", "5.00", "--mint", "--key-name", "kept")
    assert "ZHIFU_PASSWORD: must be set" in zhifu.refused(*words)
    assert "must be the keystore's password" in zhifu.refused(*words, ZHIFU_PASSWORD="wrong")
    zhifu(*words, ZHIFU_PASSWORD=password)
    assert zhifu.json("balance", kept["address"])[0]["available_units"] == 5_000_000


def test_a_price_changes_from_tomorrow(zhifu: Zhifu) -> None:
    zhifu("content", "publish", "-p", "edx", "--ref", "later", "--price", "10.00")
    zhifu("content", "price", "edx/later", "20.00")
    listed = {each["name"]: each["price"] for each in zhifu.json("content", "list", "-p", "edx")}
    assert listed["edx/later"] == "10.00 USD"


def test_prices_are_set_for_days_to_come(zhifu: Zhifu, chain: Anvil) -> None:
    zhifu("content", "publish", "-p", "edx", "--ref", "sale", "--price", "10.00")
    today = date(1970, 1, 1) + timedelta(block_time(chain) // DAY)
    days = [today + timedelta(2), today + timedelta(3)]
    prices = [f"{days[0]}=5.00", f"{days[1]}=10.00"]
    assert zhifu.json("content", "prices", "edx/sale", *prices)["prices"] == [
        {"from_day": str(days[0]), "price_units": 5_000_000},
        {"from_day": str(days[1]), "price_units": 10_000_000},
    ]
    listed = {each["name"]: each["price"] for each in zhifu.json("content", "list", "-p", "edx")}
    assert listed["edx/sale"] == "10.00 USD"


def test_a_plan_changes_from_the_next_epoch(zhifu: Zhifu, chain: Anvil) -> None:
    zhifu("content", "publish", "-p", "edx", "--ref", "split", "--price", "10.00")
    changed = zhifu.json("content", "plan", "edx/split", "--seller-bps", "1000")
    assert changed["version"] == 2
    assert changed["since"] % (14 * DAY) == 0
    assert 0 < changed["since"] - block_time(chain) <= 14 * DAY


def test_a_content_is_published_with_its_terms(zhifu: Zhifu) -> None:
    words = ("content", "publish", "-p", "edx", "--ref", "weekly", "--price", "9.00")
    terms = ("--duration", "30d", "--renewable", "--bound", "--royalty-bps", "250")
    published = zhifu.json(*words, *terms)
    kept = {"duration_seconds": 30 * DAY, "renewable": True, "bound": True, "royalty_bps": 250}
    assert published["terms"] == kept
    listed = {each["name"]: each["terms"] for each in zhifu.json("content", "list", "-p", "edx")}
    assert listed["edx/weekly"] == kept
    assert listed["edx/cs50"] == PERPETUAL


def test_books_from_an_older_back_up_adopt_what_was_settled_since(zhifu: Zhifu) -> None:
    """RESTORE-1 to RESTORE-3."""
    zhifu("settle", "udemy")
    books, back_up = zhifu.home / "zhifu.sqlite3", zhifu.home / "back-up.sqlite3"
    order = zhifu.json("purchase", "edx/cs50", "-l", "8", "-p", "udemy")["orders"][0]["order"]
    with closing(sqlite3.connect(books)) as connection:
        connection.execute("VACUUM INTO ?", (str(back_up),))
    zhifu("purchase", "edx/cs50", "-l", "9", "-p", "udemy")
    settled = zhifu.json("settle", "udemy")["batches"][-1]["number"]

    restored = f"sqlite:///{back_up}"
    assert (
        "unrecorded_batch" in zhifu.run("settle", "udemy", "--json", ZHIFU_DATABASE=restored).stderr
    )
    assert "adopt" in zhifu.refused("adopt", "udemy", ZHIFU_DATABASE=restored)
    (adopted,) = zhifu.json("adopt", "udemy", "--unmatched", ZHIFU_DATABASE=restored)
    assert (adopted["batch"], adopted["orders"], adopted["matched"]) == (settled, 2, 1)
    (stranger,) = adopted["unmatched"]
    assert (stranger["name"], stranger["learner"]) == ("edx/cs50", 9)
    assert zhifu.json("adopt", "udemy", ZHIFU_DATABASE=restored) == []
    assert zhifu.json("settle", "udemy", ZHIFU_DATABASE=restored)["batches"] == []
    assert zhifu.json("refund", order, ZHIFU_DATABASE=restored)["state"] == "refunded"
