"""Buy twice: one content in fiat through the gateway, one by a signed authorization."""

from zhifu.cli import script, walkthrough


def main() -> None:
    """`brownie run scripts/purchase.py --network anvil`, or `python scripts/purchase.py`."""
    script.run(walkthrough.purchase, __doc__)


if __name__ == "__main__":
    main()
