"""Notifications: events, webhook endpoints and deliveries, learners' contacts and notices."""

from zhifu.sql.migrations import scripts

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its tables, indexes and triggers."""
    scripts.run("0003_up.sql")


def downgrade() -> None:
    """Take them away again, with everything in them."""
    scripts.run("0003_down.sql")
