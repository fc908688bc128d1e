"""All rows of the gas table, in the order in which they are shown."""

from benchmarks import batches, buying, licensing, refunding, releasing, withdrawing

ROWS = (
    *buying.ROWS,
    *batches.ROWS,
    *releasing.ROWS,
    *withdrawing.ROWS,
    *refunding.ROWS,
    *licensing.ROWS,
)
