"""The database, behind one seam: named statements inside transactions, on SQLite or PostgreSQL."""

from zhifu.store._store import Store
from zhifu.store._survey import Survey, survey
from zhifu.store._transaction import Row, Transaction

__all__ = ["Row", "Store", "Survey", "Transaction", "survey"]
