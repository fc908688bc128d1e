"""Admit the catalogue's platforms, register learners and publish real contents."""

from zhifu.cli import script, walkthrough


def main() -> None:
    """`brownie run scripts/register.py --network anvil`, or `python scripts/register.py`."""
    script.run(walkthrough.register, __doc__)


if __name__ == "__main__":
    main()
