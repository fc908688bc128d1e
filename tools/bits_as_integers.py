"""Decides an SMT-LIB file with cvc5, which takes bit vectors for integers, and prints the answer.

Products and quotients of amounts and shares are hopeless bit by bit and easy as integers. Runs in
the environment of ``tools.halmos``, which has cvc5's Python package and makes this its ``cvc5``.
"""

from __future__ import annotations

import sys
from typing import Any

import cvc5  # type: ignore[import-not-found, unused-ignore]

_OPTIONS = {"produce-models": "true", "solve-bv-as-int": "sum"}


def decide(path: str) -> None:
    """Run the commands of a file, one after the other."""
    terms: Any = cvc5.TermManager()
    solver: Any = cvc5.Solver(terms)
    for option, value in _OPTIONS.items():
        solver.setOption(option, value)
    parser: Any = cvc5.InputParser(solver)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, path)
    while not (command := parser.nextCommand()).isNull():
        print(command.invoke(solver, parser.getSymbolManager()), end="")


if __name__ == "__main__":
    decide(sys.argv[1])
