"""All rows of the gas table, in the order in which they are shown."""

from benchmarks import (
    batches,
    buying,
    disputing,
    learning,
    licensing,
    refunding,
    releasing,
    withdrawing,
)

ROWS = (
    *buying.ROWS,
    *batches.ROWS,
    *learning.ROWS,
    *releasing.ROWS,
    *withdrawing.ROWS,
    *refunding.ROWS,
    *disputing.ROWS,
    *licensing.ROWS,
)
