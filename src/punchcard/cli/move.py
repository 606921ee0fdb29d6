"""`punchcard move`."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.db.database import Database

_TABLES_TOLD: Final = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(move)


def move(
    source: Annotated[
        str,
        typer.Option("--from", help="The address of the database there is."),
    ],
    target: Annotated[str, typer.Option("--to", help="The address of an empty one, made before.")],
    as_json: Json = False,
) -> None:
    """Take all of a database into an empty one, SQLite or PostgreSQL, and verify it on both sides.

    Stop the server before, and start it with the new address and the same secrets after. It is all
    or nothing: whatever fails, the target stays empty and the source as it was.
    """
    # Every table is declared by what a context imports.
    import punchcard.context  # noqa: F401
    from punchcard.db.database import Database
    from punchcard.db.migrate import is_current, upgrade

    if source == target:
        raise CommandFailed("Both addresses are the same.")
    with closing(Database(source)) as old:
        if not is_current(old):
            raise CommandFailed("The source is not up to date. Run: punchcard migrate")
        upgrade(target)
        with closing(Database(target)) as new:
            facts = _moved(old, new)
    say(facts, as_json=as_json, text=_text(facts))


def _moved(old: "Database", new: "Database") -> dict[str, Any]:
    from punchcard.connect.archive.database_copy import (
        copy_all,
        digests,
        filled_tables,
        first_unkept,
        unknown_tables,
    )

    with old.snapshot() as source, new.long_write_connection() as target:
        if unknown := unknown_tables(source):
            raise CommandFailed(f"The source has tables of another hand: {', '.join(unknown)}.")
        if filled := filled_tables(target):
            told = ", ".join(filled[:_TABLES_TOLD])
            raise CommandFailed(f"The target is not empty: {told}.")
        entries = _verified(source, "source")
        rows = copy_all(source, target)
        there, here = digests(source), digests(target)
        different = [name for name in there if there[name] != here[name]]
        if different:
            told = first_unkept(source) or f"Not the same on both sides: {', '.join(different)}."
            raise CommandFailed(told)
        _verified(target, "target")
        return {"rows": rows, "tables": len(there), "entries": entries}


def _verified(connection: "Connection", side: str) -> int:
    from punchcard.connect.archive.copied_rows import VALUE_ERRORS
    from punchcard.connect.archive.database_copy import first_unkept
    from punchcard.loyalty.ledger.ledger_verify import verify_ledger

    try:
        verdict = verify_ledger(connection)
    except VALUE_ERRORS as error:
        # It reads what a server wrote, and makes nothing of anything else.
        if told := first_unkept(connection):
            raise CommandFailed(told) from error
        raise
    if not verdict.is_sound:
        first = verdict.damages[0]
        raise CommandFailed(
            f"The ledger of the {side} is damaged: card {first.card_id}: {first.what}."
        )
    return verdict.entries


def _text(facts: dict[str, Any]) -> str:
    return (
        f"Moved {facts['rows']:,} rows of {facts['tables']} tables, the same on both sides."
        f" The ledger is sound: {facts['entries']:,} entries."
    )
