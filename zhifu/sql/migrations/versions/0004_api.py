"""The HTTP API: its keys, the replies it gave, and the order in which it lists orders."""

from zhifu.sql.migrations import scripts

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its tables, indexes and triggers."""
    scripts.run("0004_up.sql")


def downgrade() -> None:
    """Take them away again, with everything in them."""
    scripts.run("0004_down.sql")
