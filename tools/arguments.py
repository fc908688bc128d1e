"""Kinds of values that the tools' command lines take; what is none of them is refused by name."""

from __future__ import annotations

import argparse
from pathlib import Path


def count(text: str) -> int:
    """Read a number of things, from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more: {text}")
    return number


def index(text: str) -> int:
    """Read a number that counts from 0 on."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more: {text}")
    return number


def word(text: str) -> int:
    """Read a word of the chain: 0 to 2^256 - 1, in decimal, or in hex after 0x."""
    number = int(text, 0)
    if not 0 <= number < 1 << 256:
        raise argparse.ArgumentTypeError(f"must be a number of 256 bits: {text}")
    return number


def folder(text: str) -> Path:
    """Read the path of a folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"must be a folder: {text}")
    return path
