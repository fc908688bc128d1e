"""One chain, behind one typed client: what a node says, and what it is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import ge
from typing import TYPE_CHECKING, Any, TypeVar, cast

from eth_utils.crypto import keccak

from zhifu.blocks import (
    Block,
    BlockId,
    Log,
    Receipt,
    Transaction,
    block_from_json,
    checksum_address,
    log_from_json,
    receipt_from_json,
    transaction_from_json,
)
from zhifu.exceptions import (
    ContractReverted,
    FeeCapReached,
    InconsistentNode,
    InvalidInput,
    NodeRefused,
    TransactionFailed,
    TransactionPending,
    TransactionTooLarge,
    WrongChain,
)
from zhifu.reverts import Reverts
from zhifu.rpc import Call, JsonRpc, public_url
from zhifu.signing import SignedTransaction, Signer, fields_of, signed_from_json

if TYPE_CHECKING:
    from web3 import Web3
    from web3.types import RPCEndpoint, RPCResponse

T = TypeVar("T")

#: The most gas one transaction may use (EIP-7825).
TRANSACTION_GAS_LIMIT = 16_777_216

#: Blocks per ``eth_getLogs`` request, halved whenever a node finds it too many.
LOG_CHUNK_BLOCKS = 5_000

_GAS_MARGIN_PERCENT = 20
#: How many times what a node suggests a replacement may offer per gas, where no cap is set.
_FEE_CAP = 10
_PLAIN_GAS = 21_000
_FIRST_POLL_SECONDS = 0.002
_SLOWEST_POLL_SECONDS = 0.25
_ALREADY_SENT = ("already known", "already imported", "known transaction")


class Chain:
    """A chain at ``rpc_url``, seen through JSON-RPC; safe to share between threads.

    Connects at once: raises ChainUnreachable when nothing answers, and WrongChain when
    ``expected_chain_id`` is given and the node serves another. ``abis`` teach it the contracts'
    custom errors. ``tip_wei`` is the priority fee per gas; by default the node's own suggestion,
    and nothing on a chain whose base fee is zero, where accounts need not own any ether.
    ``max_fee_wei`` is the most that a transaction may offer per gas, if anything is.
    """

    def __init__(
        self,
        rpc_url: str,
        expected_chain_id: int | None = None,
        *,
        abis: Iterable[Sequence[Mapping[str, Any]]] = (),
        tip_wei: int | None = None,
        max_fee_wei: int | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self._reverts = Reverts(*abis)
        self.rpc = JsonRpc(rpc_url, timeout_seconds=timeout_seconds, reverted=self._reverts.decode)
        self._tip_wei = tip_wei
        self.max_fee_wei = max_fee_wei
        self._sending: dict[str, threading.Lock] = {}
        self.chain_id = self._number(self.rpc.call("eth_chainId"))
        if expected_chain_id is not None and self.chain_id != expected_chain_id:
            self.close()
            raise WrongChain(expected_chain_id, self.chain_id)

    def require_id(self, answer: Any) -> None:
        """Raise WrongChain unless a node's answer to ``eth_chainId`` is still the same."""
        found = self._number(answer)
        if found != self.chain_id:
            raise WrongChain(self.chain_id, found)

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.rpc.close()

    @cached_property
    def web3(self) -> Web3:
        """web3.py on the same connections; its calls raise zhifu's errors too."""
        return _web3(self.rpc)

    def learn_errors(self, abi: Iterable[Mapping[str, Any]]) -> None:
        """Decode the custom errors of ``abi`` from now on."""
        self._reverts.learn(abi)

    # Reading

    def block_number(self) -> int:
        """The latest block's number."""
        return self._number(self.rpc.call("eth_blockNumber"))

    def block(self, block: BlockId = "latest") -> Block:
        """A block's header; raises InvalidInput when there is no such block."""
        found = self.rpc.call("eth_getBlockByNumber", _block_id(block), False)
        if found is None:
            raise InvalidInput("block", "must exist", block)
        return self.header(found)

    def header(self, answer: Any) -> Block:
        """What a node's answer to ``eth_getBlockByNumber`` says; raises InconsistentNode."""
        return self.parsed(block_from_json, answer)

    def blocks(self, numbers: Iterable[int]) -> list[Block | None]:
        """Many blocks' headers in few round trips, in the order asked; None for no such block."""
        asked = list(numbers)
        calls = [("eth_getBlockByNumber", (hex(number), False)) for number in asked]
        answers = self.rpc.batch(calls)
        blocks = [self.header(each) if each else None for each in answers]
        for number, block in zip(asked, blocks, strict=True):
            if block is not None and block.number != number:
                raise self.inconsistent(f"block {block.number} in the place of {number}")
        return blocks

    def timestamp(self, block: BlockId = "latest") -> int:
        """A block's time in seconds since 1970."""
        return self.block(block).timestamp

    def balance(self, address: str, block: BlockId = "latest") -> int:
        """The native coin of ``address``, in wei."""
        found = self.rpc.call("eth_getBalance", checksum_address(address), _block_id(block))
        return self._number(found)

    def code(self, address: str, block: BlockId = "latest") -> bytes:
        """The contract code at ``address``; empty when there is none."""
        found = self.rpc.call("eth_getCode", checksum_address(address), _block_id(block))
        return self.parsed(_bytes, found)

    def nonce(self, address: str, block: BlockId = "pending") -> int:
        """The nonce of the next transaction of ``address``, those in the node's pool counted."""
        found = self.rpc.call(
            "eth_getTransactionCount", checksum_address(address), _block_id(block)
        )
        return self._number(found)

    def sent_with(self, address: str, nonce: int, first: int, last: int) -> str | None:
        """The hash of the transaction of ``address`` that has used a nonce, in these blocks.

        None if none has. Looks back from the last block in ever longer steps, for few nodes keep
        the state of old ones: it raises NodeRefused if that of a block before is gone.
        """
        if self.nonce(address, last) <= nonce:
            return None
        first, last = self._stretch_that_used(address, nonce, first, last)
        while first < last:
            middle = (first + last) // 2
            if self.nonce(address, middle) > nonce:
                last = middle
            else:
                first = middle + 1
        block = self.rpc.call("eth_getBlockByNumber", hex(first), True)
        for sent in self.parsed(_transactions_of, block):
            if sent.sender == checksum_address(address) and sent.nonce == nonce:
                return sent.hash
        raise self.inconsistent(f"nonce {nonce} is used in block {first} by nothing in it")

    def _stretch_that_used(
        self, address: str, nonce: int, first: int, last: int
    ) -> tuple[int, int]:
        """The latest blocks among these, no older than needed, in which a nonce was used."""
        step = 1
        while first < last:
            earlier = max(first, last - step)
            if self.nonce(address, earlier) <= nonce:
                return earlier + 1, last
            last, step = earlier, 2 * step
        return first, last

    def call(
        self,
        to: str,
        data: bytes,
        *,
        sender: str | None = None,
        value: int = 0,
        block: BlockId = "latest",
    ) -> bytes:
        """What a contract answers to ``data``, changing nothing; raises ContractReverted."""
        message = _message(sender, to, data, value)
        return self.parsed(_bytes, self.rpc.call("eth_call", message, _block_id(block)))

    def call_many(
        self, calls: Iterable[tuple[str, bytes]], *, block: BlockId = "latest"
    ) -> list[bytes]:
        """What contracts answer to many ``(to, data)``, in few round trips; raises as ``call``."""
        at = _block_id(block)
        requests = [("eth_call", (_message(None, to, data, 0), at)) for to, data in calls]
        return [self.parsed(_bytes, answer) for answer in self.rpc.batch(requests)]

    def timestamps(self, numbers: Iterable[int]) -> list[int]:
        """The times of many blocks in seconds since 1970, in few round trips."""
        found = self.blocks(numbers)
        if None in found:
            raise self.inconsistent("a block that it has told of is missing")
        return [block.timestamp for block in found if block is not None]

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """A transaction's receipt; None while it is not included."""
        return self.receipts([transaction_hash])[0]

    def receipts(self, transaction_hashes: Iterable[str]) -> list[Receipt | None]:
        """Many receipts in few round trips, in the order asked."""
        asked = list(transaction_hashes)
        found = self.rpc.batch([("eth_getTransactionReceipt", (each,)) for each in asked])
        receipts = [self.parsed(receipt_from_json, each) if each else None for each in found]
        self._require_asked(asked, [each and each.transaction_hash for each in receipts])
        return receipts

    def transaction(self, transaction_hash: str) -> Transaction | None:
        """A transaction, pending or included; None when the node does not know it."""
        return self.transactions([transaction_hash])[0]

    def transactions(self, transaction_hashes: Iterable[str]) -> list[Transaction | None]:
        """Many transactions in few round trips, in the order asked."""
        asked = list(transaction_hashes)
        found = self.rpc.batch([("eth_getTransactionByHash", (each,)) for each in asked])
        sent = [self.parsed(transaction_from_json, each) if each else None for each in found]
        self._require_asked(asked, [each and each.hash for each in sent])
        return sent

    def signed(self, transaction_hash: str) -> SignedTransaction | None:
        """A transaction as it was signed, to be sent again.

        None when the node does not know it, or it is of a type that is not signed here.
        """
        found = self.rpc.call("eth_getTransactionByHash", transaction_hash)
        signed = self.parsed(signed_from_json, found) if found else None
        self._require_asked([transaction_hash], [signed and signed.hash])
        return signed

    def logs(
        self,
        address: str | Sequence[str],
        topics: Sequence[bytes | Sequence[bytes] | None] = (),
        from_block: int = 0,
        to_block: int | None = None,
        *,
        chunk_blocks: int = LOG_CHUNK_BLOCKS,
    ) -> Iterator[Log]:
        """The logs of one or several contracts in block order.

        Both ends are included; ``to_block`` None means the latest block now. A topic is bytes, a
        choice of several, or None for any. Asks chunk by chunk, with smaller chunks where a node
        refuses a large one.
        """
        last = self.block_number() if to_block is None else to_block
        wanted = {"address": _addresses(address), "topics": [_topic(each) for each in topics]}
        start, chunk = from_block, chunk_blocks
        while start <= last:
            end = min(start + chunk - 1, last)
            try:
                found = self.rpc.call(
                    "eth_getLogs", {**wanted, "fromBlock": hex(start), "toBlock": hex(end)}
                )
            except NodeRefused:
                if chunk == 1:
                    raise
                chunk = max(1, chunk // 2)
                continue
            logs = self.parsed(_logs_from_json, found)
            self._require_ordered(logs, start, end)
            yield from logs
            start = end + 1

    # Sending

    def send(
        self,
        signer: Signer,
        to: str | None,
        data: bytes,
        value: int = 0,
        gas: int | None = None,
        *,
        timeout_seconds: float = 60.0,
    ) -> Receipt:
        """Sign, send and wait until it is included; ``to`` None creates a contract from ``data``.

        Transactions of one address are signed one after another, whichever threads send them.
        Raises ContractReverted when a contract refuses (before anything is sent, if ``gas`` is
        None), TransactionTooLarge, NodeRefused (no ether for gas, say), TransactionFailed, and
        TransactionPending when it is not included in time.
        """
        with self._sending.setdefault(signer.address, threading.Lock()):
            signed = self.sign(signer, to, data, value, gas)
            self.send_raw(signed.raw)
        receipt = self.wait_for_receipt(signed.hash, timeout_seconds=timeout_seconds)
        if not receipt.succeeded:
            raise self._failure(receipt)
        return receipt

    def sign(
        self,
        signer: Signer,
        to: str | None,
        data: bytes,
        value: int = 0,
        gas: int | None = None,
        *,
        nonce: int | None = None,
    ) -> SignedTransaction:
        """Sign without sending, for callers that store a transaction before they send it.

        ``gas`` None asks the node and adds a fifth; ``nonce`` None takes the next pending one,
        and a caller that leaves it out must not sign for the same address from two threads.
        Raises ContractReverted, TransactionTooLarge, FeeCapReached and NodeRefused.
        """
        message = _message(signer.address, to, data, value)
        calls: list[Call] = [
            ("eth_getBlockByNumber", ("latest", False)),
            ("eth_maxPriorityFeePerGas", ()),
            ("eth_getTransactionCount", (signer.address, "pending")),
        ]
        if gas is None:
            calls.append(("eth_estimateGas", (message,)))
        block, tip, pending, *estimate = self.rpc.batch(calls)
        return signer.sign_transaction(
            {
                **self._fees(block, tip),
                "type": 2,
                "chainId": self.chain_id,
                "nonce": self._number(pending) if nonce is None else nonce,
                "gas": _gas_limit(gas, [self._number(each) for each in estimate]),
                "value": value,
                "data": data,
                **({} if to is None else {"to": checksum_address(to)}),
            }
        )

    def sign_replacement(self, signer: Signer, raw: bytes) -> SignedTransaction | None:
        """Sign a transaction that waits in vain once more, with the same nonce and higher fees.

        They are what the node suggests now, and a tenth above its own at least, as nodes ask for.
        None if that is above the cap, or without one more than ten times what the node suggests:
        then it is not for its fees that it waits.
        """
        fields = fields_of(raw)
        block, tip = self.rpc.batch(
            [("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())]
        )
        asked = self._asked_fees(block, tip)
        fees = {name: max(fee, fields[name] * 11 // 10 + 1) for name, fee in asked.items()}
        cap = self.max_fee_wei
        if fees["maxFeePerGas"] > (_FEE_CAP * asked["maxFeePerGas"] if cap is None else cap):
            return None
        return signer.sign_transaction({**fields, **fees})

    def fill(self, signer: Signer, nonce: int, waiting: bytes) -> None:
        """Use up a nonce that nothing has, so that what is `waiting` after it can be included.

        It offers no less than that does, and so more than before once that was replaced.
        """
        fields = fields_of(waiting)
        block, tip = self.rpc.batch(
            [("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())]
        )
        asked = self._fees(block, tip)
        fees = {name: max(fee, fields[name]) for name, fee in asked.items()}
        empty = {"nonce": nonce, "gas": _PLAIN_GAS, "to": signer.address, "value": 0, "data": b""}
        self.send_raw(signer.sign_transaction({**fields, **fees, **empty}).raw)

    def send_raw(self, raw: bytes) -> str:
        """Hand a signed transaction to the node, return its hash; sending it again is no error."""
        try:
            return str(self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex()))
        except NodeRefused as error:
            if any(known in error.reason.lower() for known in _ALREADY_SENT):
                return "0x" + keccak(raw).hex()
            raise

    def wait_for_receipt(self, transaction_hash: str, *, timeout_seconds: float = 60.0) -> Receipt:
        """The receipt as soon as the transaction is included, whether or not it succeeded.

        Raises TransactionPending after ``timeout_seconds``.
        """
        deadline, pause = time.monotonic() + timeout_seconds, _FIRST_POLL_SECONDS
        while True:
            receipt = self.receipt(transaction_hash)
            if receipt is not None:
                return receipt
            if time.monotonic() >= deadline:
                raise TransactionPending(transaction_hash, int(timeout_seconds))
            time.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST_POLL_SECONDS)

    def _fees(self, block: Any, suggested_tip: Any) -> dict[str, int]:
        """What the node suggests, or as much of it as is allowed if that will do now."""
        asked, cap = self._asked_fees(block, suggested_tip), self.max_fee_wei
        if cap is None or asked["maxFeePerGas"] <= cap:
            return asked
        needed = self.header(block).base_fee + asked["maxPriorityFeePerGas"]
        if needed > cap:
            raise FeeCapReached(cap)
        return {**asked, "maxFeePerGas": cap}

    def _asked_fees(self, block: Any, suggested_tip: Any) -> dict[str, int]:
        base_fee, tip = self.header(block).base_fee, self._tip_wei
        if tip is None:
            tip = self._number(suggested_tip) if base_fee else 0
        # Twice the base fee outlasts six full blocks, each of which raises it by an eighth.
        return {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * base_fee + tip}

    def _number(self, found: Any) -> int:
        return self.parsed(lambda text: int(text, 16), found)

    def parsed(self, parse: Callable[[Any], T], found: Any) -> T:
        """What an answer says; raises InconsistentNode for one of another shape."""
        try:
            return parse(found)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
            raise self.inconsistent(f"{type(error).__name__}: {error}") from error

    def _require_asked(self, asked: Sequence[str], found: Sequence[str | None]) -> None:
        for one, other in zip(asked, found, strict=True):
            if other is not None and other.lower() != one.lower():
                raise self.inconsistent(f"transaction {other} in the place of {one}")

    def _require_ordered(self, logs: Sequence[Log], first: int, last: int) -> None:
        """Raise InconsistentNode for logs that are told twice, out of order or out of range."""
        places = [(log.block_number, log.log_index) for log in logs]
        if any(map(ge, places, places[1:])):
            raise self.inconsistent("logs that are told twice or out of order")
        if places and not first <= places[0][0] <= places[-1][0] <= last:
            raise self.inconsistent("logs of other blocks than were asked for")

    def inconsistent(self, reason: str) -> InconsistentNode:
        """The error to raise for something the node said that cannot be true."""
        return InconsistentNode(public_url(self.rpc.url), reason)

    def _failure(self, receipt: Receipt) -> ContractReverted | TransactionFailed:
        """Why an included transaction failed, found by running it on the state before its block."""
        failed = TransactionFailed(receipt.transaction_hash, receipt.block_number, receipt.gas_used)
        sent = self.transaction(receipt.transaction_hash)
        if sent is None:
            return failed
        message = _message(sent.sender, sent.to, sent.input, sent.value) | {"gas": hex(sent.gas)}
        try:
            self.rpc.call("eth_call", message, hex(receipt.block_number - 1))
        except ContractReverted as reverted:
            return reverted
        except NodeRefused:
            return failed
        return failed


def _web3(rpc: JsonRpc) -> Web3:
    # Half of what starting a command would take is importing web3.py, and few need it.
    from web3 import Web3
    from web3.providers.base import JSONBaseProvider

    class Provider(JSONBaseProvider):
        """Lets web3.py speak through our connections, and so through our errors."""

        def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
            result = rpc.call(method, *params)
            return cast("RPCResponse", {"jsonrpc": "2.0", "id": 1, "result": result})

    return Web3(Provider())


def _message(sender: str | None, to: str | None, data: bytes, value: int) -> dict[str, str]:
    message = {"data": "0x" + data.hex(), "value": hex(value)}
    if sender is not None:
        message["from"] = checksum_address(sender)
    if to is not None:
        message["to"] = checksum_address(to)
    return message


def _gas_limit(asked: int | None, estimates: Sequence[int]) -> int:
    needed = estimates[0] if asked is None else asked
    if needed > TRANSACTION_GAS_LIMIT:
        raise TransactionTooLarge(needed, TRANSACTION_GAS_LIMIT)
    if asked is not None:
        return asked
    return min(needed + needed * _GAS_MARGIN_PERCENT // 100, TRANSACTION_GAS_LIMIT)


def _transactions_of(block: Any) -> list[Transaction]:
    return [transaction_from_json(each) for each in block["transactions"]]


def _logs_from_json(logs: Any) -> list[Log]:
    return [log_from_json(log) for log in logs]


def _block_id(block: BlockId) -> str:
    return hex(block) if isinstance(block, int) else block


def _addresses(address: str | Sequence[str]) -> str | list[str]:
    if isinstance(address, str):
        return checksum_address(address)
    return [checksum_address(each) for each in address]


def _topic(topic: bytes | Sequence[bytes] | None) -> str | list[str] | None:
    if topic is None:
        return None
    if isinstance(topic, bytes):
        return "0x" + topic.hex()
    return ["0x" + each.hex() for each in topic]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
