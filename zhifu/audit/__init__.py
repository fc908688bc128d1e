"""The proof that the money is right: the chain's state against its own history.

`audit` computes a network anew from its events and compares it with what its contracts store;
`audit_books` holds a gateway's database against the chain besides. `recomputation` and what it
is made of share no code with the gateway's books.
"""

from __future__ import annotations

from zhifu.audit.auditor import Audit, Listener, Progress, Reading, audit
from zhifu.audit.books import AuditedBooks, audit_books
from zhifu.audit.invariants import Line
from zhifu.audit.recomputation import Recomputation, Witness

__all__ = [
    "Audit",
    "AuditedBooks",
    "Line",
    "Listener",
    "Progress",
    "Reading",
    "Recomputation",
    "Witness",
    "audit",
    "audit_books",
]
