"""All rows of the gas table, in the order in which they are shown."""

from benchmarks import (
    batches,
    buying,
    carts,
    disputing,
    learning,
    licensing,
    refunding,
    releasing,
    withdrawing,
)

ROWS = (
    *buying.ROWS,
    *carts.ROWS,
    *batches.ROWS,
    *learning.ROWS,
    *releasing.ROWS,
    *withdrawing.ROWS,
    *refunding.ROWS,
    *disputing.ROWS,
    *licensing.ROWS,
)
