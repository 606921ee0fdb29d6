"""`punchcard migrate`."""

import typer

from punchcard.cli.support import Json, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate")(migrate)


def migrate(as_json: Json = False) -> None:
    """Bring the database to the newest shape of its tables."""
    from punchcard.db.migrate import head, upgrade
    from punchcard.kit.settings import load_settings

    upgrade(load_settings().database_url)
    revision = head()
    say(
        {"revision": revision},
        as_json=as_json,
        text=f"The database is up to date (revision {revision}).",
    )
