"""All commands, in the order their help lists them."""

from __future__ import annotations

from importlib import import_module

from zhifu.cli.root import app

_IN_ORDER = (
    *("up", "down", "deploy", "doctor", "config", "vault", "sandbox"),
    *("platform", "role", "learner", "content", "key", "api_key"),
    *("purchase", "settle", "adopt", "verify", "claim", "refund", "receipt", "serve"),
    *("webhook", "listen", "trigger"),
    *("deposit", "release", "withdraw", "balance", "top_up"),
    *("audit", "ledger", "reconcile", "netting", "statement", "report"),
    *("demo", "replay"),
)

for _module in _IN_ORDER:
    import_module(f"zhifu.cli.{_module}")

__all__ = ["app"]
