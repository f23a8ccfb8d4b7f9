"""Read by Alembic: run the steps on the connection that it was given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite too: whoever opens the store has begun a transaction
    transaction_per_migration=False,
)
context.run_migrations()
