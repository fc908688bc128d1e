"""Taking back what the index holds of blocks that the chain no longer has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from zhifu.blocks import Log
from zhifu.checkpoints import Checkpoint
from zhifu.contract import EventLog
from zhifu.index import Index
from zhifu.ingest import Ingest, licenses
from zhifu.store import Transaction

Decode = Callable[[Log], EventLog]

_WORD_BYTES = 32

#: What is made of the logs of terms.
_MADE_OF_TERMS = ("terms", "prices", "plans", "contents", "platforms", "windows")

#: Every row of these says in which block it came.
_UNDONE = (
    "undo_batches",
    "undo_refunds",
    "undo_deeds",
    "undo_disputes",
    "undo_resolutions",
    "undo_direct_orders",
    "undo_tokens",
    "undo_checkpoints",
)


def put_windows(transaction: Transaction, windows: Mapping[int, int]) -> None:
    """Write the seconds of the windows that the contracts were deployed with, by class."""
    rows = [{"window_class": each, "seconds": seconds} for each, seconds in windows.items()]
    transaction.run_many("put_window", rows)


def rewind(
    transaction: Transaction,
    index: Index,
    to: Checkpoint,
    windows: Mapping[int, int],
    decode: Decode,
) -> None:
    """Take back all that came after a checkpoint; what remains is as it was then.

    `windows` are the deployment's own, and `decode` reads the logs that were kept.
    """
    for batch, words in transaction.rows("batches_after", block_number=to.block_number):
        transaction.run_many("undo_license", licenses(batch, bytes(words)))
    for statement in _UNDONE:
        transaction.run(statement, block_number=to.block_number)
    if transaction.run("undo_terms", block_number=to.block_number):
        _make_terms_anew(transaction, index, windows, decode)
        index.load(transaction)
    transaction.run("put_cursor", **to._asdict())
    index.cursor, index.learners = to.cursor, to.learners


def _make_terms_anew(
    transaction: Transaction, index: Index, windows: Mapping[int, int], decode: Decode
) -> None:
    kept = [decode(log) for log in _kept(transaction)]
    for table in _MADE_OF_TERMS:
        transaction.run(f"clear_{table}")
    put_windows(transaction, windows)
    Ingest(transaction, index).take(kept)


def _kept(transaction: Transaction) -> Iterator[Log]:
    """The logs of terms, without what only other events are asked for."""
    for address, joined, data, block_number, log_index in transaction.rows("terms"):
        words = bytes(joined)
        topics = [words[at : at + _WORD_BYTES] for at in range(0, len(words), _WORD_BYTES)]
        yield Log(address, tuple(topics), bytes(data), block_number, "", "", 0, log_index)
