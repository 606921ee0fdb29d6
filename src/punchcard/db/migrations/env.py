"""What alembic runs around every revision.

The connection, in a transaction already, is handed in by `punchcard.db.migrate`; the models and
how their types are written only by the tools that draft and check revisions.
"""

from alembic import context

handed_in = context.config.attributes

context.configure(
    connection=handed_in["connection"],
    target_metadata=handed_in.get("target_metadata"),
    render_item=handed_in.get("render_item"),
)
context.run_migrations()
