"""Settle what was paid in fiat, and release what has outlived its refund window."""

from zhifu.cli import script, walkthrough


def main() -> None:
    """`brownie run scripts/settle.py --network anvil`, or `python scripts/settle.py`."""
    script.run(walkthrough.settle, __doc__)


if __name__ == "__main__":
    main()
