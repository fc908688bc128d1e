"""Bad input: one clear line, a status that is not zero, and nothing changed."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import EXECUTABLE, Zhifu, ZhifuHere, interruptible, run
from zhifu.anvil import Anvil, dev_key, dev_signer, free_port
from zhifu.chain import Chain

STRANGER = dev_key(19)
ELSEWHERE = dev_signer(19).address


def _named(case: object) -> str:
    return " ".join(case) if isinstance(case, tuple) else ""


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with Anvil() as chain:
        yield chain


@pytest.fixture(scope="module")
def zhifu(chain: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Zhifu:
    zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
    zhifu("deploy")
    zhifu("platform", "add", "udemy")
    zhifu("learner", "add", "-p", "udemy")
    zhifu("content", "publish", "-p", "udemy", "--ref", "a", "--price", "49.00")
    zhifu("content", "publish", "-p", "udemy", "--ref", "closed", "--price", "49.00")
    zhifu("content", "close", "udemy/closed")
    zhifu("key", "new", "alice")
    zhifu(*BUY)
    return zhifu


@pytest.fixture
def unchanged(zhifu: Zhifu, chain: Anvil) -> Iterator[None]:
    """Nothing that is refused leaves a trace: on the chain, in the books, or at the provider."""
    before = traces(zhifu, chain)
    yield
    assert traces(zhifu, chain) == before


def traces(zhifu: Zhifu, chain: Anvil) -> dict[str, object]:
    """What could change: the latest block, the home's files, and how many rows the books have.

    What the books know of the chain is a copy that any command may bring up to date.
    """
    files = {str(each): each.read_bytes() for each in zhifu.home.rglob("*.json*")}
    with closing(sqlite3.connect(zhifu.home / "zhifu.sqlite3")) as books:
        names = books.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in names if not name.startswith("chain_")]
        rows = {each: books.execute(f'SELECT count(*) FROM "{each}"').fetchone() for each in tables}
    assert {"payments", "orders"} <= set(rows)
    return {"block": chain.rpc.call("eth_blockNumber"), "rows": rows, **files}


BUY = ("purchase", "udemy/a", "-p", "udemy", "-l", "1")
PUBLISH = ("content", "publish", "-p", "udemy", "--ref", "b", "--price")
BAD = [
    (("deploy", "--currency", "EUR"), "currency: must be the same throughout (expected USD"),
    (("deploy", "--token", ELSEWHERE), "token: must be that of the deployment"),
    (("deploy", "--treasury", ELSEWHERE), "treasury: must be the network's"),
    (("platform", "show", "nowhere"), "platform: must be admitted"),
    (("platform", "show", "9"), "platform: must be admitted"),
    (("platform", "add", "udemy"), "name: must not be a platform's already"),
    (("platform", "add", "7"), "name: must be text"),
    (("learner", "show", "2"), "learner: must be registered"),
    (("purchase", "udemy/a", "-p", "udemy", "-l", "2"), "learner: must be registered"),
    (("purchase", "udemy/z", "-p", "udemy", "-l", "1"), "content: must be published"),
    (("purchase", "77", "-p", "udemy", "-l", "1"), "content: must be published"),
    (("purchase", "udemy/closed", "-p", "udemy", "-l", "1"), "content: must be on sale"),
    (("verify", "udemy/z", "-l", "1"), "content: must be published"),
    (("purchase", "udemy/a", "udemy/a", "-p", "udemy", "-l", "1"), "contents: must name each"),
    ((*BUY, "--referrer", "0x" + "0" * 40), "referrer: must not be the zero address"),
    ((*BUY, "--amount", "48.00"), "amount: must equal the price"),
    ((*BUY, "--amount", "49.001"), "amount: must not have more decimals"),
    ((*BUY, "--amount", "4,9"), "amount: must be a plain decimal"),
    ((*BUY, "--amount", "-49.00"), "amount: must be above zero"),
    (("deposit", "platform:udemy", "1.005", "--mint"), "amount: must not have more decimals"),
    (("deposit", "platform:udemy", "1.00"), "balance: must cover the amount"),
    (("deposit", "bob", "1.00", "--mint"), "account: must be network, platform:NAME"),
    (("withdraw", "platform:udemy", "1.00"), "balance: must cover the amount"),
    (("withdraw", "platform:udemy"), "balance: must cover the amount"),
    (("withdraw", "learner:1@udemy"), "account: must not be a learner's"),
    ((*PUBLISH, "9.999"), "price: must not have more decimals"),
    ((*PUBLISH, "abc"), "price: must be a plain decimal"),
    ((*PUBLISH, "0"), "price: must be above zero"),
    ((*PUBLISH, "9.99", "--creator", "0x12"), "creator: must be a 20-byte 0x address"),
    ((*PUBLISH, "9.99", "--creator", "nobody"), "creator: must be the name of a key"),
    ((*BUY, "--referrer", "0x12"), "referrer: must be a 20-byte 0x address"),
    (("verify", "udemy/a", "--holder", "0x12"), "holder: must be a 20-byte 0x address"),
    ((*PUBLISH, "9.99", "--creator", "alice:6000"), "split_plan: must add up to 10000"),
    ((*PUBLISH, "9.99", "--host-bps", "10"), "split_plan: must give host and network at least"),
    ((*PUBLISH, "9.99", "--seller-bps", "9000"), "split_plan: must give every creator"),
    ((*PUBLISH, "9.99", "--window-class", "5"), "window_class: must be a class"),
    ((*PUBLISH, "9.99", "--duration", "2w"), "duration: must be hours or days"),
    ((*PUBLISH, "9.99", "--duration", "9999d"), "duration_seconds: must be 0, or from 3600"),
    ((*PUBLISH, "9.99", "--renewable"), "renewable: must be false without a duration"),
    ((*PUBLISH, "9.99", "--royalty-bps", "1001"), "royalty_bps: must be at most 1000"),
    (("content", "prices", "udemy/a", "5.00"), "prices: must be DAY=AMOUNT"),
    (("content", "prices", "udemy/a", "20260101=5.00"), "prices: must be DAY=AMOUNT"),
    (("content", "prices", "udemy/a", "1969-12-31=5.00"), "prices: must be DAY=AMOUNT"),
    (("content", "prices", "udemy/a", "2020-01-01=5.00"), "from_day: must be after today"),
    (("content", "prices", "udemy/a", "2099-01-01=0.001"), "prices: must not have more decimals"),
    (("content", "plan", "udemy/a", "--host-bps", "10"), "split_plan: must give host and network"),
    (("content", "publish", "-p", "udemy", "--ref", "a", "--price", "1"), "ref: must be new"),
    (("platform", "treasury", "udemy", "0x" + "0" * 40), "treasury: must not be the zero address"),
    (("platform", "transfer", "udemy"), "owner: must be given as an address, or --cancel"),
    (("platform", "accept", "udemy"), "operator: must act for one platform only"),
    (("role", "nominate", "pauser"), "nominee: must be given as an address, or --cancel"),
    (("role", "accept", "pauser", "--key-name", "alice"), "key: must be the key of"),
    (("refund", "ord_0000000000000000"), "order: must exist"),
    (("refund", "0x12"), "order: must exist"),
    (("refund", "0x" + "12" * 32), "order: must exist"),
    (("claim", "0x" + "12" * 32), "order: must exist"),
    (("learner", "register", "0", "-p", "udemy"), "count: must be from 1"),
    (("balance", "0x1234"), "address: must be"),
    (("key", "new", "alice"), "name: must not be taken"),
    (("balance", "--rpc", "not-an-address"), "ZHIFU_RPC: must be an http"),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("arguments", "said"), BAD, ids=_named)
def test_bad_input_is_refused(zhifu: Zhifu, arguments: tuple[str, ...], said: str) -> None:
    assert zhifu.refused(*arguments).startswith(said)


WRONG_KEY = [
    (("content", "publish", "-p", "udemy", "--ref", "b", "--price", "1"), "operator: must be"),
    (("content", "price", "udemy/a", "1.00"), "operator: must be an operator of the platform"),
    (("content", "plan", "udemy/a", "--creator", "alice"), "operator: must be an operator of the"),
    (("learner", "add", "-p", "udemy"), "operator: must be an operator of the platform"),
    (BUY, "operator: must be an operator of the platform"),
    (("platform", "add", "other", "--owner", "alice"), "key: must be the network's admin"),
    (("platform", "treasury", "udemy", "alice"), "key: must be the key of"),
    (("role", "nominate", "arbiter", "alice"), "key: must be the network's admin"),
    (("role", "dismiss", "arbiter"), "key: must be the network's admin"),
    (("platform", "accept", "udemy"), "key: must be named by the owner of platform 1"),
    (("platform", "transfer", "udemy", "alice"), "key: must be the key of"),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("arguments", "said"), WRONG_KEY, ids=_named)
def test_the_wrong_key_is_refused(zhifu: Zhifu, arguments: tuple[str, ...], said: str) -> None:
    assert zhifu.refused(*arguments, ZHIFU_KEY=STRANGER).startswith(said)


HEADER = "platform,ref,title,subject,creator,currency,price_minor,learners,published\n"
FILES = {
    "empty.csv": ("", "file: must not be empty"),
    "cut.csv": (
        HEADER + "ud",
        "file: must end with a line break",
    ),
    "columns.csv": ("platform,ref\nudemy,a\n", "title: must be a column of the header"),
    "none.csv": (
        HEADER + "edx,a,A,,,USD,100,1,\n",
        "file: must hold contents of udemy",
    ),
    "euro.csv": (
        HEADER + "udemy,a,A,,,EUR,100,1,\n",
        "currency: must be the same throughout",
    ),
    "object.json": ("{}", "file: must be a JSON array"),
    "float.json": ('[{"ref": "b", "price": 9.99}]', "price: must be a decimal string"),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_publishes_nothing(zhifu: Zhifu, tmp_path: Path, name: str) -> None:
    text, said = FILES[name]
    file = tmp_path / name
    file.write_text(text)
    assert zhifu.refused("content", "publish", "-p", "udemy", "--file", str(file)).startswith(said)


def test_a_missing_file_is_named(zhifu: Zhifu) -> None:
    said = zhifu.refused("content", "publish", "-p", "udemy", "--file", "no.csv")
    assert said == "file: must exist (file no.csv)"


def test_the_options_of_the_deployment_itself_are_no_others(zhifu: Zhifu) -> None:
    found = zhifu.json("deploy")
    assert not zhifu.json("deploy", "--currency", "USD", "--token", found["token"])["new"]
    assert not zhifu.json("deploy", "--treasury", dev_signer(0).address)["new"]


def test_an_idempotency_key_is_for_one_cart(zhifu: Zhifu) -> None:
    zhifu(*BUY, "--idempotency-key", "once")
    zhifu("learner", "add", "-p", "udemy")
    other = ("purchase", "udemy/a", "-p", "udemy", "-l", "2", "--idempotency-key", "once")
    assert zhifu.refused(*other).startswith("idempotency_key: must not be reused")


def test_orders_wait_while_their_platform_cannot_pay(zhifu: Zhifu) -> None:
    zhifu("learner", "add", "-p", "udemy")
    zhifu(*BUY)
    assert zhifu.refused("settle").startswith("balance: must cover the amount")
    assert zhifu.run("verify", "udemy/a", "-l", "1").returncode == 3
    zhifu("deposit", "platform:udemy", "1000.00", "--mint")
    zhifu("settle")
    assert zhifu.json("verify", "udemy/a", "-l", "1")["may_use"]


def test_every_platform_that_cannot_pay_is_told(zhifu: Zhifu) -> None:
    numbers = [zhifu.json("platform", "add", name)["platform"] for name in ("broke", "bare")]
    for name in ("broke", "bare"):
        zhifu("purchase", "udemy/a", "-p", name, "-l", "1")
    lines = zhifu.run("settle", "broke", "bare").stderr.splitlines()
    assert len(lines) == 2
    for number, line in zip(numbers, lines, strict=True):
        assert line.startswith("zhifu: balance: must cover the amount")
        assert f"account platform {number})" in line
    errors = zhifu.run("settle", "broke", "bare", "--json").stderr.splitlines()
    assert [json.loads(each)["code"] for each in errors] == ["insufficient_balance"] * 2


def test_a_platform_that_can_pay_is_settled_beside_one_that_cannot(zhifu: Zhifu) -> None:
    zhifu("platform", "add", "poor")
    zhifu("purchase", "udemy/a", "-p", "poor", "-l", "1")
    zhifu("purchase", "udemy/a", "-p", "udemy", "-l", "1")
    found = zhifu.run("settle", "poor", "udemy", "--json")
    assert found.returncode == 1
    assert [each["name"] for each in json.loads(found.stdout)["batches"]] == ["udemy"]
    assert json.loads(found.stderr)["code"] == "insufficient_balance"


REPLAY = [
    ("orders", ("--orders", "0"), "orders: must be at least 1"),
    ("batch", ("--batch-size", "0"), "batch_size: must be at least 1"),
    ("empty", ("--catalogue", "empty.csv"), "file: must not be empty"),
    ("cut", ("--catalogue", "cut.csv"), "file: must end with a line break"),
    ("columns", ("--demand", "columns.csv"), "date: must be a column of the header"),
    ("missing", ("--demand", "no.csv.gz"), "file: must exist"),
    ("rpc", ("--rpc", "http://127.0.0.1:1"), "rpc: must be the address of a running node"),
]


@pytest.mark.parametrize(("name", "arguments", "said"), REPLAY, ids=[each[0] for each in REPLAY])
def test_a_replay_of_bad_input_starts_nothing(
    zhifu: Zhifu, tmp_path: Path, name: str, arguments: tuple[str, str], said: str
) -> None:
    option, value = arguments
    if value.endswith(".csv"):
        (tmp_path / value).write_text(FILES[value][0])
        value = str(tmp_path / value)
    assert zhifu.refused("replay", option, value).startswith(said)


def test_no_chain_at_the_address(zhifu: Zhifu) -> None:
    said = zhifu.refused("balance", ZHIFU_RPC=f"http://127.0.0.1:{free_port()}")
    assert said.startswith(
        "rpc: must be the address of a running node (`zhifu up` starts one on this machine)"
    )


def test_no_contracts_on_the_chain(zhifu: Zhifu, tmp_path: Path) -> None:
    said = zhifu.refused("balance", ZHIFU_HOME=str(tmp_path))
    assert said.startswith("deployment: must exist: run `zhifu deploy`")


def test_another_chain_than_the_deployment_file_says(zhifu: Zhifu, tmp_path: Path) -> None:
    (tmp_path / "deployments").mkdir()
    deployment = json.loads((zhifu.home / "deployments" / "31337.json").read_text())
    moved = json.dumps({**deployment, "chain_id": 1})
    (tmp_path / "deployments" / "31337.json").write_text(moved)
    said = zhifu.refused("balance", ZHIFU_HOME=str(tmp_path))
    assert said.startswith("chain_id: must be the expected chain (expected 1, actual 31337)")


def test_a_broken_deployment_file(zhifu: Zhifu, tmp_path: Path) -> None:
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments" / "31337.json").write_text('{"chain_id": 31337}')
    said = zhifu.refused("balance", ZHIFU_HOME=str(tmp_path))
    assert said.startswith("deployment: must be a deployment file")


def test_a_chain_started_anew_is_deployed_to_anew(zhifu: Zhifu) -> None:
    with Anvil() as fresh:
        said = zhifu.refused("balance", ZHIFU_RPC=fresh.rpc_url)
        assert said.startswith("deployment: must exist")


def test_an_error_for_programs_is_json_on_standard_error(zhifu: Zhifu) -> None:
    found = zhifu.run("platform", "show", "nowhere", "--json")
    assert (found.returncode, found.stdout) == (1, "")
    error = json.loads(found.stderr)
    assert error["code"] == "unknown_platform"
    assert error["field"] == "platform"
    assert error["values"] == {"platform": "nowhere"}


def test_a_home_that_cannot_be_written_is_a_line_too(zhifu: Zhifu) -> None:
    found = zhifu.run("key", "new", "x", ZHIFU_HOME="/proc/nowhere")
    assert found.returncode == 1
    assert found.stderr.startswith("zhifu: /proc/nowhere")
    assert len(found.stderr.splitlines()) == 1


def test_a_reader_that_leaves_is_no_error(zhifu: Zhifu) -> None:
    shell = f"{EXECUTABLE} --help | head -1; exit ${{PIPESTATUS[0]}}"
    found = run(["bash", "-c", shell], zhifu.environment())
    assert found.stderr == ""


def test_an_interruption_ends_with_130_and_no_traceback(zhifu: Zhifu) -> None:
    with Anvil() as anvil:
        process = subprocess.Popen(
            [str(EXECUTABLE), "replay", "--orders", "200000", "--rpc", anvil.rpc_url],
            env=zhifu.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=interruptible,
        )
        while Chain(anvil.rpc_url).block_number() < 5 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err
