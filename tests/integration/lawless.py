"""What somebody with the database's own rights can do: change rows behind all their rules."""

from __future__ import annotations

from typing import Any


def lift_rules(connection: Any, url: str) -> None:
    """Let a connection do what triggers and foreign keys forbid."""
    if url.startswith("postgresql"):
        connection.execute("SET session_replication_role = replica")
        return
    connection.execute("PRAGMA foreign_keys = OFF")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (trigger,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
