"""Runs a revision's script on the database that is being migrated."""

from alembic import op

from zhifu import sql


def run(name: str) -> None:
    """Run a script of `versions`, in the words of the database."""
    connection = op.get_bind()
    # Without it the driver would look for parameters in the text.
    options = {"no_parameters": True}
    for statement in sql.script(name, connection.dialect.name):
        connection.exec_driver_sql(statement, execution_options=options)
