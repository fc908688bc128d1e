"""The books (payments, orders, batches, refunds, history) and the index of the chain."""

from alembic import op

from zhifu import sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table, index and trigger."""
    for statement in sql.parse(sql.read("migrations/versions/0001_up.sql")).values():
        op.execute(statement)


def downgrade() -> None:
    """Take them away again, with everything in them."""
    for statement in sql.parse(sql.read("migrations/versions/0001_down.sql")).values():
        op.execute(statement)
