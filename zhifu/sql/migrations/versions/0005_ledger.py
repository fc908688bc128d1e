"""The ledger: accounts, and what moved between them."""

from zhifu.sql.migrations import scripts

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its tables, indexes and triggers."""
    scripts.run("0005_up.sql")


def downgrade() -> None:
    """Take them away again, with everything in them."""
    scripts.run("0005_down.sql")
