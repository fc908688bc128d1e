"""The books: payments, orders, batches, refunds, and the history of each."""

from zhifu.sql.migrations import scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its tables, indexes and triggers."""
    scripts.run("0002_up.sql")


def downgrade() -> None:
    """Take them away again, with everything in them."""
    scripts.run("0002_down.sql")
