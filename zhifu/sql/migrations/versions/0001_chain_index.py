"""An index of the chain: what the contracts hold and did, recomputable from the chain alone."""

from zhifu.sql.migrations import scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its tables, indexes and triggers."""
    scripts.run("0001_up.sql")


def downgrade() -> None:
    """Take them away again, with everything in them."""
    scripts.run("0001_down.sql")
