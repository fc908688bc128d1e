from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from zhifu.anvil import Anvil, free_port
from zhifu.blocks import checksum_address
from zhifu.chain import TRANSACTION_GAS_LIMIT, Chain
from zhifu.exceptions import (
    ChainUnreachable,
    ContractReverted,
    InvalidInput,
    NodeRefused,
    TransactionFailed,
    TransactionPending,
    TransactionTooLarge,
    WrongChain,
)
from zhifu.reverts import Reverts
from zhifu.rpc import JsonRpc
from zhifu.signing import LocalSigner

COPY_CALLDATA = "365f5f37"
REVERT_WITH_CALLDATA = COPY_CALLDATA + "365ffd"
RETURN_CALLDATA = COPY_CALLDATA + "365ff3"
LOG_CALLDATA_UNDER_ITS_FIRST_WORD = COPY_CALLDATA + "5f51365fa100"
BURN_ALL_GAS = "fe"

PRICE_CHANGED = {
    "type": "error",
    "name": "PriceChanged",
    "inputs": [{"name": "expected", "type": "uint256"}, {"name": "actual", "type": "uint256"}],
}
NESTED = {
    "type": "error",
    "name": "WrongItem",
    "inputs": [
        {
            "name": "item",
            "type": "tuple",
            "components": [{"name": "id", "type": "uint32"}, {"name": "who", "type": "address"}],
        }
    ],
}


def creation(runtime: str) -> bytes:
    """The code that installs a short ``runtime``."""
    return bytes.fromhex(f"60{len(runtime) // 2:02x}8060095f395ff3{runtime}")


def selector_of(error: dict[str, Any], signature: str) -> bytes:
    assert signature.startswith(error["name"])
    return keccak(text=signature)[:4]


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil() as anvil:
        yield anvil


@pytest.fixture(scope="module")
def chain(anvil: Anvil) -> Iterator[Chain]:
    with Chain(anvil.rpc_url, anvil.chain_id, abis=[[PRICE_CHANGED, NESTED]]) as chain:
        yield chain


@pytest.fixture
def signer() -> LocalSigner:
    return LocalSigner.create()


@pytest.fixture
def install(chain: Chain, signer: LocalSigner) -> Callable[[str], str]:
    """Put a contract of the given code on the chain and tell its address."""

    def install(runtime: str) -> str:
        address = chain.send(signer, None, creation(runtime)).contract_address
        assert address is not None
        return address

    return install


@contextmanager
def server(
    answer: Callable[[Any], bytes], asked: list[tuple[str, str | None]] | None = None
) -> Iterator[str]:
    """A node of our own making: ``answer`` turns the JSON that was sent into the body to reply.

    Keeps in ``asked`` the target and the credentials of every request.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if asked is not None:
                asked.append((self.path, self.headers["authorization"]))
            body = self.rfile.read(int(self.headers["content-length"]))
            reply = answer(json.loads(body))
            self.send_response(200)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        listener.server_close()


def _chain_one(request: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": "0x1"}).encode()


class TestConnecting:
    def test_nothing_at_the_address(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        with pytest.raises(ChainUnreachable) as refused:
            Chain(url)
        assert refused.value.url == url

    def test_an_address_that_is_none(self) -> None:
        for url in ("", "localhost:8545", "ftp://127.0.0.1", "http://"):
            with pytest.raises(InvalidInput) as refused:
                Chain(url)
            assert refused.value.field == "rpc"

    def test_another_chain(self, anvil: Anvil) -> None:
        with pytest.raises(WrongChain) as refused:
            Chain(anvil.rpc_url, expected_chain_id=1)
        assert (refused.value.expected, refused.value.actual) == (1, anvil.chain_id)

    @pytest.mark.parametrize("reply", [b"", b"<html>", b"[]", b"7", b"{}", b'{"id": 1}'])
    def test_something_else_than_a_node(self, reply: bytes) -> None:
        with server(lambda _: reply) as url, pytest.raises(ChainUnreachable):
            Chain(url)

    def test_a_node_that_does_not_answer_in_time(self) -> None:
        wait = threading.Event()

        def too_late(_: Any) -> bytes:
            wait.wait(5)
            return b"{}"

        with server(too_late) as url:
            with pytest.raises(ChainUnreachable) as refused:
                Chain(url, timeout_seconds=0.2)
            wait.set()
        assert "Timeout" in str(refused.value.reason)

    def test_an_error_does_not_tell_the_secrets_in_an_address(self) -> None:
        port = free_port()
        with pytest.raises(ChainUnreachable) as refused:
            Chain(f"http://user:s3cret@127.0.0.1:{port}/v3/s3cret?key=s3cret")
        assert refused.value.url == f"http://127.0.0.1:{port}"
        assert "s3cret" not in str(refused.value)

    def test_credentials_in_an_address_are_shown_to_the_node(self) -> None:
        asked: list[tuple[str, str | None]] = []
        with server(_chain_one, asked) as url, Chain(url.replace("//", "//ann:p%40ss@")) as chain:
            assert chain.chain_id == 1
        assert asked == [("/", "Basic " + base64.b64encode(b"ann:p@ss").decode())]

    def test_the_environments_proxy_is_used_unless_the_node_is_here(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[str, str | None]] = []
        with server(_chain_one, asked) as url:
            monkeypatch.setenv("http_proxy", url)
            for address in ("http://node.invalid/v3", url):
                with Chain(address):
                    pass
        assert [path for path, _ in asked] == ["http://node.invalid/v3", "/"]


class TestReading:
    def test_blocks(self, chain: Chain) -> None:
        genesis, latest = chain.block(0), chain.block()
        assert genesis.number == 0
        assert latest.number == chain.block_number()
        assert chain.timestamp() == latest.timestamp >= genesis.timestamp

    def test_a_block_that_is_not_there(self, chain: Chain) -> None:
        with pytest.raises(InvalidInput):
            chain.block(10**9)

    def test_balances_codes_and_nonces_at_a_block(
        self, chain: Chain, anvil: Anvil, signer: LocalSigner, install: Callable[[str], str]
    ) -> None:
        before = chain.block_number()
        address = install(RETURN_CALLDATA)
        assert chain.code(address) == bytes.fromhex(RETURN_CALLDATA)
        assert chain.code(address, before) == b""
        assert (chain.nonce(signer.address), chain.nonce(signer.address, before)) == (1, 0)
        chain.send(anvil.signer(0), signer.address, b"", value=7)
        assert (chain.balance(signer.address), chain.balance(signer.address, before)) == (7, 0)

    def test_calls(self, chain: Chain, install: Callable[[str], str]) -> None:
        echo = install(RETURN_CALLDATA)
        assert chain.call(echo, b"zhifu") == b"zhifu"
        questions = [(echo, bytes([number % 256])) for number in range(450)]
        assert chain.call_many(questions) == [data for _, data in questions]

    def test_receipts_and_transactions_in_the_order_asked(
        self, chain: Chain, signer: LocalSigner
    ) -> None:
        sent = [chain.send(signer, signer.address, bytes([number])) for number in range(5)]
        hashes = [receipt.transaction_hash for receipt in reversed(sent)]
        unknown = "0x" + "00" * 32
        assert chain.receipts([*hashes, unknown]) == [*reversed(sent), None]
        *known, missing = chain.transactions([*hashes, unknown])
        assert missing is None
        assert [each.input for each in known if each] == [b"\4", b"\3", b"\2", b"\1", b"\0"]
        assert chain.transaction(unknown) is None
        assert chain.receipt(unknown) is None

    @pytest.mark.parametrize(
        "address",
        ["", "0x12", "zhifu.eth", "0x" + "g" * 40, "70997970C51812dc3A010C7d01b50e0d17dc79C8"],
    )
    def test_what_is_no_address(self, chain: Chain, address: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            chain.balance(address)
        assert refused.value.field == "address"

    def test_an_address_with_a_typing_error(self) -> None:
        right = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
        assert checksum_address(right.lower()) == checksum_address(right) == right
        with pytest.raises(InvalidInput):
            checksum_address(right.replace("dc79C8", "dc79c8"))


class TestLogs:
    def test_by_address_topic_and_block(
        self, chain: Chain, signer: LocalSigner, install: Callable[[str], str]
    ) -> None:
        one, other = (install(LOG_CALLDATA_UNDER_ITS_FIRST_WORD) for _ in range(2))
        a, b = (bytes([letter]) * 32 for letter in (1, 2))
        receipts = [
            chain.send(signer, to, data) for to, data in [(one, a), (other, a), (one, b + b"more")]
        ]
        assert [log.data for log in chain.logs(one)] == [a, b + b"more"]
        assert [log.address for log in chain.logs([one, other])] == [one, other, one]
        assert [log.topics for log in chain.logs(one, [b])] == [(b,)]
        assert len(list(chain.logs([one, other], [[a, b]]))) == 3
        assert len(list(chain.logs([one, other], [None]))) == 3
        middle = receipts[1].block_number
        assert [log.address for log in chain.logs([one, other], (), middle, middle)] == [other]
        assert [log for receipt in receipts for log in receipt.logs] == list(
            chain.logs([one, other])
        )

    def test_across_chunks(
        self, chain: Chain, anvil: Anvil, signer: LocalSigner, install: Callable[[str], str]
    ) -> None:
        address = install(LOG_CALLDATA_UNDER_ITS_FIRST_WORD)
        chain.send(signer, address, b"\1" * 32)
        anvil.mine(25)
        chain.send(signer, address, b"\2" * 32)
        assert [log.data[0] for log in chain.logs(address, chunk_blocks=10)] == [1, 2]

    def test_a_node_that_refuses_wide_ranges_is_asked_for_narrow_ones(self, anvil: Anvil) -> None:
        widths: list[int] = []
        real = JsonRpc(anvil.rpc_url)

        def narrow(request: Any) -> bytes:
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
            if request["method"] == "eth_getLogs":
                asked = request["params"][0]
                widths.append(int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1)
                if widths[-1] > 1_000:
                    return json.dumps(
                        reply | {"error": {"code": -32005, "message": "too many blocks"}}
                    ).encode()
                return json.dumps(reply | {"result": []}).encode()
            result = real.call(request["method"], *request["params"])
            return json.dumps(reply | {"result": result}).encode()

        with server(narrow) as url:
            address = anvil.signer(0).address
            assert list(Chain(url).logs(address, (), 0, 2_999)) == []
        assert sum(width for width in widths if width <= 1_000) == 3_000


class TestSending:
    def test_an_account_without_ether_transacts_where_the_base_fee_is_zero(
        self, chain: Chain, signer: LocalSigner
    ) -> None:
        receipt = chain.send(signer, signer.address, b"")
        assert receipt.succeeded
        assert receipt.effective_gas_price == 0

    def test_fees_follow_the_base_fee(self) -> None:
        with Anvil(base_fee_wei=10**9) as anvil:
            chain = Chain(anvil.rpc_url, tip_wei=3)
            base_fee = chain.block().base_fee
            assert base_fee > 0
            rich, poor = anvil.signer(0), LocalSigner.create()
            receipt = chain.send(rich, poor.address, b"")
            assert receipt.effective_gas_price == chain.block(receipt.block_number).base_fee + 3
            with pytest.raises(NodeRefused) as refused:
                chain.send(poor, rich.address, b"")
            assert "funds" in refused.value.reason.lower()

    def test_threads_that_share_a_signer_never_share_a_nonce(
        self, chain: Chain, signer: LocalSigner
    ) -> None:
        with ThreadPoolExecutor(8) as threads:
            receipts = list(
                threads.map(lambda _: chain.send(signer, signer.address, b""), range(40))
            )
        assert all(receipt.succeeded for receipt in receipts)
        assert chain.nonce(signer.address) == 40

    def test_a_transaction_can_be_stored_before_it_is_sent_and_sent_again(
        self, chain: Chain, signer: LocalSigner
    ) -> None:
        first = chain.sign(signer, signer.address, b"1")
        second = chain.sign(signer, signer.address, b"2", nonce=first.nonce + 1)
        assert chain.receipt(first.hash) is None
        assert chain.send_raw(first.raw) == first.hash
        assert chain.send_raw(second.raw) == second.hash
        assert chain.wait_for_receipt(second.hash).succeeded

    def test_sending_what_already_waits_is_no_error(
        self, chain: Chain, anvil: Anvil, signer: LocalSigner
    ) -> None:
        signed = chain.sign(signer, signer.address, b"")
        anvil.set_automine(False)
        try:
            assert chain.send_raw(signed.raw) == chain.send_raw(signed.raw) == signed.hash
        finally:
            anvil.set_automine(True)
        assert chain.wait_for_receipt(signed.hash).succeeded

    def test_a_transaction_that_is_not_included_in_time_is_pending(
        self, chain: Chain, anvil: Anvil, signer: LocalSigner
    ) -> None:
        anvil.set_automine(False)
        try:
            with pytest.raises(TransactionPending) as pending:
                chain.send(signer, signer.address, b"", timeout_seconds=0.1)
            transaction = chain.transaction(pending.value.transaction_hash)
            assert transaction is not None
            assert transaction.block_number is None
        finally:
            anvil.set_automine(True)
        assert chain.wait_for_receipt(pending.value.transaction_hash).succeeded

    def test_no_transaction_may_use_more_gas_than_the_protocol_allows(
        self, chain: Chain, signer: LocalSigner
    ) -> None:
        with pytest.raises(TransactionTooLarge) as refused:
            chain.send(signer, signer.address, b"", gas=TRANSACTION_GAS_LIMIT + 1)
        assert refused.value.limit == 16_777_216
        assert chain.nonce(signer.address) == 0

    def test_an_estimate_above_the_limit_is_refused_before_anything_is_sent(
        self, chain: Chain, signer: LocalSigner
    ) -> None:
        # A megabyte of non-zero calldata costs at least 40 gas a byte (EIP-7623).
        with pytest.raises((TransactionTooLarge, NodeRefused)):
            chain.send(signer, signer.address, b"\1" * 500_000)
        assert chain.nonce(signer.address) == 0


class TestReverts:
    DATA = selector_of(PRICE_CHANGED, "PriceChanged(uint256,uint256)") + encode(
        ["uint256", "uint256"], [1, 2]
    )

    @pytest.fixture
    def refuser(self, install: Callable[[str], str]) -> str:
        return install(REVERT_WITH_CALLDATA)

    def test_a_refused_call_names_the_contract_error_and_its_values(
        self, chain: Chain, refuser: str
    ) -> None:
        with pytest.raises(ContractReverted) as refused:
            chain.call(refuser, self.DATA)
        assert refused.value.error == "PriceChanged"
        assert refused.value.arguments == {"expected": 1, "actual": 2}
        assert refused.value.data == self.DATA

    def test_a_refused_transaction_is_not_sent(
        self, chain: Chain, signer: LocalSigner, refuser: str
    ) -> None:
        before = chain.nonce(signer.address)
        with pytest.raises(ContractReverted) as refused:
            chain.send(signer, refuser, self.DATA)
        assert refused.value.error == "PriceChanged"
        assert chain.nonce(signer.address) == before

    def test_a_transaction_that_failed_on_chain_tells_why(
        self, chain: Chain, signer: LocalSigner, refuser: str
    ) -> None:
        before = chain.nonce(signer.address)
        with pytest.raises(ContractReverted) as refused:
            chain.send(signer, refuser, self.DATA, gas=100_000)
        assert refused.value.arguments == {"expected": 1, "actual": 2}
        assert chain.nonce(signer.address) == before + 1

    def test_a_transaction_that_ran_out_of_gas_has_failed(
        self, chain: Chain, signer: LocalSigner, install: Callable[[str], str]
    ) -> None:
        with pytest.raises(TransactionFailed) as failed:
            chain.send(signer, install(BURN_ALL_GAS), b"", gas=50_000)
        assert failed.value.gas_used == 50_000

    def test_calls_made_through_web3_raise_the_same_errors(
        self, chain: Chain, refuser: str
    ) -> None:
        with pytest.raises(ContractReverted) as refused:
            chain.web3.eth.call({"to": to_checksum_address(refuser), "data": self.DATA})
        assert refused.value.error == "PriceChanged"
        contract = chain.web3.eth.contract(
            to_checksum_address(refuser),
            abi=[{"type": "function", "name": "f", "inputs": [], "outputs": []}],
        )
        with pytest.raises(ContractReverted):
            contract.functions.f().call()

    @pytest.mark.parametrize(
        ("data", "error", "arguments"),
        [
            (bytes.fromhex("08c379a0") + encode(["string"], ["no"]), "Error", {"reason": "no"}),
            (bytes.fromhex("4e487b71") + encode(["uint256"], [17]), "Panic", {"panic_code": 17}),
            (
                selector_of(NESTED, "WrongItem((uint32,address))")
                + encode(["(uint32,address)"], [(7, "0x" + "11" * 20)]),
                "WrongItem",
                {"item": (7, "0x" + "11" * 20)},
            ),
            (b"", "", {}),
            (b"\x01\x02\x03\x04\x05", "", {}),
            (DATA[:20], "", {}),
        ],
    )
    def test_every_kind_of_revert(
        self,
        chain: Chain,
        refuser: str,
        data: bytes,
        error: str,
        arguments: dict[str, object],
    ) -> None:
        with pytest.raises(ContractReverted) as refused:
            chain.call(refuser, data)
        assert (refused.value.error, refused.value.arguments) == (error, arguments)
        assert refused.value.data == data

    def test_errors_can_be_learned_later(self) -> None:
        reverts = Reverts()
        assert reverts.decode(self.DATA).error == ""
        reverts.learn([PRICE_CHANGED])
        assert reverts.decode(self.DATA).error == "PriceChanged"


def test_an_error_of_the_node_keeps_its_words(chain: Chain) -> None:
    with pytest.raises(NodeRefused) as refused:
        chain.rpc.call("zhifu_nothing")
    assert (refused.value.method, refused.value.error_code) == ("zhifu_nothing", -32601)


def test_a_batch_answered_out_of_order_is_put_in_order() -> None:
    def reversed_batch(requests: Any) -> bytes:
        return json.dumps(
            [{"id": each["id"], "result": each["params"][0]} for each in reversed(requests)]
        ).encode()

    with server(reversed_batch) as url:
        answers = JsonRpc(url).batch([("echo", (number,)) for number in range(450)])
    assert answers == list(range(450))


def test_a_batch_with_a_missing_answer_is_no_answer() -> None:
    with server(lambda requests: json.dumps([]).encode()) as url, pytest.raises(ChainUnreachable):
        JsonRpc(url).batch([("echo", (1,))])


def test_a_batch_refused_as_a_whole_is_an_error() -> None:
    refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "too many"}}
    with server(lambda _: json.dumps(refusal).encode()) as url, pytest.raises(NodeRefused):
        JsonRpc(url).batch([("echo", (1,)), ("echo", (2,))])
