"""Alembic's way in: `anzheng.store.migrate` hands over an open connection."""

from alembic import context

from anzheng.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
