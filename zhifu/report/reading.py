"""A report's figures, read from one state of a network's chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from zhifu.audit import Audit, Progress, Reading
from zhifu.audit.records import DAY_SECONDS
from zhifu.blocks import Block
from zhifu.catalogue import CatalogueRow
from zhifu.deployment import Network
from zhifu.exceptions import InconsistentNode
from zhifu.report.fiat import Fiat, read_fiat
from zhifu.report.gas import Gas
from zhifu.report.labels import Labels
from zhifu.report.period import Period
from zhifu.report.takings import Takings

_ATTEMPTS = 3


class Report(NamedTuple):
    """What there is to tell of a period, as of the block `head`.

    `audit` is of the whole history, whatever the period is; so is `takings.days`. `period` has both
    its days. `fiat` is None without a gateway's books.
    """

    network: Network
    head: Block
    period: Period
    takings: Takings
    audit: Audit
    labels: Labels
    fiat: Fiat | None


def read(
    network: Network,
    period: Period,
    catalogue: Iterable[CatalogueRow] = (),
    *,
    database: str | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """Read all of it; amounts are ledger units.

    Everything of the chain is of one state: should it reorganise meanwhile it is read again. Raises
    InconsistentNode, what asking the chain does, and what `read_fiat` does.
    """
    fiat = read_fiat(network, database, period) if database else None
    rows = list(catalogue)
    for _ in range(_ATTEMPTS):
        try:
            found = _read(network, period, rows, fiat, progress)
        except InconsistentNode:
            continue
        if network.chain.block(found.head.number).hash == found.head.hash:
            return found
    raise network.chain.inconsistent("it reorganises faster than it can be read")


def _read(
    network: Network,
    period: Period,
    rows: list[CatalogueRow],
    fiat: Fiat | None,
    progress: Progress,
) -> Report:
    reading = Reading(network, progress)
    head = network.chain.block(reading.last)
    takings = Takings(reading.state, period, Gas(network.chain))
    reading.state.witness, reading.listener = takings.witness, takings.hear
    reading.to(reading.last)
    takings.gas.conclude()
    audit = reading.conclude()
    shown = _shown(takings, period, head)
    labels = Labels(reading.state, rows)
    return Report(network, head, shown, takings, audit, labels, fiat)


def _shown(takings: Takings, period: Period, head: Block) -> Period:
    """The period with both its days, from the first on which any money moved to that of `head`."""
    last = head.timestamp // DAY_SECONDS
    return period.within(min(takings.days, default=last), last)
