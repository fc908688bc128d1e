"""SPECIFICATION.md and the tests speak of the same rules."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
SPECIFICATION = (HERE.parents[1] / "SPECIFICATION.md").read_text(encoding="utf-8")
RULES = re.findall(r"^- \*\*([A-Z]+-\d+)\*\* ", SPECIFICATION, re.MULTILINE)
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in HERE.rglob("test_*.py"))
CITED = set(re.findall(r"\b[A-Z]+-\d+\b", TESTS)) - {"SHA-3", "EIP-3009", "ERC-1155"}
ERRORS = set(re.findall(r"\(?`([A-Z]\w+)`[,);]", SPECIFICATION))


def test_every_rule_has_a_number_of_its_own():
    assert len(RULES) == len(set(RULES))


def test_every_rule_is_tested():
    assert set(RULES) <= CITED


def test_every_cited_rule_exists():
    assert set(RULES) >= CITED


def test_every_error_is_tested():
    named = set(re.findall(r"\b[A-Z]\w+", TESTS))
    assert named >= ERRORS
