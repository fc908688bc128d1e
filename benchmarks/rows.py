"""All rows of the gas table, in the order in which they are shown."""

from benchmarks import batches, buying

ROWS = (*buying.ROWS, *batches.ROWS)
