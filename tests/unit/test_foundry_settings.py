"""Forge compiles as Brownie does, so what it proves is true of the contracts that are shipped."""

from __future__ import annotations

import re

import yaml

from tools import solc

_COMPILER = yaml.safe_load((solc.ROOT / "brownie-config.yaml").read_text())["compiler"]
_FOUNDRY = (solc.ROOT / "foundry.toml").read_text()


def _setting(key: str) -> str:
    found = re.search(rf"^{key} = (.+)$", _FOUNDRY, re.MULTILINE)
    assert found, f"foundry.toml does not set {key}"
    return found[1].strip('"')


def test_forge_has_the_project_s_compiler() -> None:
    assert _setting("solc") == f".cache/solc/solc-v{_COMPILER['solc']['version']}"


def test_forge_compiles_for_the_same_chain() -> None:
    assert _setting("evm_version") == _COMPILER["evm_version"]


def test_forge_optimizes_alike() -> None:
    optimizer = _COMPILER["solc"]["optimizer"]
    assert _setting("optimizer") == str(optimizer["enabled"]).lower()
    assert _setting("optimizer_runs") == str(optimizer["runs"])
