"""The command line ``zhifu``: thin commands over the package, one module per noun or verb."""

from zhifu.cli.entry import main

__all__ = ["main"]
