"""Gives Brownie's tests a chain of their own, whatever else runs on the machine."""

from __future__ import annotations

import socket

import brownie


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Brownie attaches to whatever listens on the network's port, and so to another run's chain. Its
# compiled modules cannot be imported by name here: Brownie reads what a conftest imports as text.
brownie._config.CONFIG.networks["anvil"]["cmd_settings"]["port"] = _free_port()
