"""Put the contracts on a chain, or find them, and say where they are."""

from zhifu.cli import script, walkthrough


def main() -> None:
    """`brownie run scripts/deploy.py --network anvil`, or `python scripts/deploy.py`."""
    script.run(walkthrough.deploy, __doc__)


if __name__ == "__main__":
    main()
