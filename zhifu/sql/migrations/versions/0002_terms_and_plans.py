"""Terms, plan versions, learners' batches and delayed changes in the index of the chain."""

from alembic import op

from zhifu import sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the index that changed anew."""
    for statement in sql.parse(sql.read("migrations/versions/0002_up.sql")).values():
        op.execute(statement)


def downgrade() -> None:
    """Make them as they were."""
    for statement in sql.parse(sql.read("migrations/versions/0002_down.sql")).values():
        op.execute(statement)
