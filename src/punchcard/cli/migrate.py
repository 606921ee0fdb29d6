"""`punchcard migrate`."""

import typer

from punchcard.cli.support import Json, check_secrets, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate")(migrate)


def migrate(as_json: Json = False) -> None:
    """Bring the database to the newest shape of its tables."""
    from contextlib import closing

    from punchcard.db.database import open_database
    from punchcard.db.migrate import head, upgrade
    from punchcard.kit.settings import load_settings

    settings = load_settings()
    upgrade(settings.database_url)
    with closing(open_database(settings)) as database:
        check_secrets(database, settings)
    revision = head()
    say(
        {"revision": revision},
        as_json=as_json,
        text=f"The database is up to date (revision {revision}).",
    )
