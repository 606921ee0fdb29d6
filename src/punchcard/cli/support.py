"""What commands share: the context, answers for people and for machines, and refusals in a line."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from punchcard.kit.environment.variables import NEW_PASSWORD_VARIABLE

if TYPE_CHECKING:
    from punchcard.accounts.audit_service import Act
    from punchcard.context import Context
    from punchcard.db.database import Database
    from punchcard.kit.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
GivenPassword = Annotated[
    str | None,
    typer.Option(
        "--password",
        envvar=NEW_PASSWORD_VARIABLE,
        help="Asked for when left out. Others on this machine can read it while the command runs:"
        " better leave it out, or use one of the two options below.",
    ),
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password's line from standard input.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="Read the password from the first line of this file."),
]


_NOT_MIGRATED: Final = "The database is not up to date. Run: punchcard migrate"


def new_password(given: str | None, *, is_piped: bool, file: Path | None) -> str:
    """Return a new password from where it is to come, or ask for it twice.

    Raises CommandFailed when it is to come from several places, or there is none.
    """
    if sum((given is not None, is_piped, file is not None)) > 1:
        raise CommandFailed("Give the password in one way: --password, --password-stdin or a file.")
    if given is not None:
        return given
    if is_piped:
        return _first_line(typer.get_text_stream("stdin").readline(), "standard input")
    if file is not None:
        return _first_line(file.read_text("utf-8").partition("\n")[0], str(file))
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _first_line(line: str, source: str) -> str:
    password = line.rstrip("\r\n")
    if not password:
        raise CommandFailed(f"There is no password in {source}.")
    return password


class CommandFailed(Exception):
    """A command could not do what was asked; its text is the line that is shown."""


@contextmanager
def opened_context() -> Iterator["Context"]:
    """Open the database that the settings name; an embedded one is migrated first.

    Raises CommandFailed when a PostgreSQL database is not migrated, DatabaseIsNewer.
    """
    from punchcard.context import build_context

    context = build_context(ready_settings())
    try:
        yield context
    finally:
        context.close()


def ready_settings() -> "Settings":
    """Return the settings once their database is up to date; an embedded one is migrated first.

    Raises CommandFailed when a PostgreSQL database is not migrated, DatabaseIsNewer, and
    ForeignSecrets when the secrets are not those that it was filled with.
    """
    from contextlib import closing

    from punchcard.db.database import open_database
    from punchcard.db.migrate import is_current, upgrade
    from punchcard.kit.settings import load_settings

    settings = load_settings()
    with closing(open_database(settings)) as database:
        if not is_current(database):
            if not settings.is_embedded:
                raise CommandFailed(_NOT_MIGRATED)
            upgrade(settings.database_url)
        check_secrets(database, settings)
    return settings


def check_secrets(database: "Database", settings: "Settings") -> None:
    """Let a database that was never told its secrets know them; raise ForeignSecrets for others.

    One that was filled before databases knew them is asked whether its cards can be opened.
    """
    from punchcard.db.secret_checks import (
        ForeignSecrets,
        are_known,
        foreign_secrets,
        remember_secrets,
    )
    from punchcard.kit.clock import SystemClock

    with database.read_connection() as connection:
        foreign = foreign_secrets(connection, settings)
        is_told = are_known(connection)
    if not is_told and not _opens_its_cards(database, settings):
        foreign = ["secret_key"]
    if foreign:
        raise ForeignSecrets(foreign)
    if not is_told:
        with database.write_connection() as connection:
            remember_secrets(connection, settings, SystemClock().now())


def _opens_its_cards(database: "Database", settings: "Settings") -> bool:
    from sqlalchemy import select

    from punchcard.loyalty.cards.links import card_sealer
    from punchcard.loyalty.models import LoyaltyCard

    with database.read_connection() as connection:
        newest = select(LoyaltyCard.id, LoyaltyCard.token_sealed)
        row = connection.execute(newest.order_by(LoyaltyCard.id.desc()).limit(1)).one_or_none()
    return row is None or card_sealer(settings).open(row.token_sealed, row.id) is not None


@contextmanager
def opened_to_read() -> Iterator["Database"]:
    """Open the database for a command that changes nothing, not even its tables.

    Raises CommandFailed when it is not migrated, DatabaseIsNewer.
    """
    from contextlib import closing

    from punchcard.db.database import open_database
    from punchcard.db.migrate import is_current
    from punchcard.kit.settings import load_settings

    with closing(open_database(load_settings())) as database:
        if not is_current(database):
            raise CommandFailed(_NOT_MIGRATED)
        yield database


def by_operator(context: "Context") -> "Act":
    """Return who acts when a command is run: the system, on behalf of its operator."""
    from punchcard.accounts.audit_service import Act
    from punchcard.accounts.subjects import SYSTEM

    return Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)


def say(facts: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Print `facts` as one JSON object, or `text`."""
    typer.echo(as_line(facts) if as_json else text)


def as_line(facts: Any) -> str:
    """Return `facts` as JSON in one line, in ASCII: whatever the terminal can show, nothing is
    lost on the way to another program.
    """
    return json.dumps(facts)


def explain(error: Exception) -> str | None:
    """Return one line about a failure that was to be expected, or None for any other."""
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from punchcard.connect.archive.errors import ArchiveRefused, ValueNotKept
    from punchcard.db.migrate import DatabaseIsNewer
    from punchcard.db.secret_checks import ForeignSecrets
    from punchcard.kit.environment.reading import SettingsError
    from punchcard.kit.errors import DomainError

    if isinstance(error, DomainError):
        return _refusal(error)
    told = (
        CommandFailed
        | SettingsError
        | DatabaseIsNewer
        | ForeignSecrets
        | ArchiveRefused
        | ValueNotKept
    )
    if isinstance(error, told):
        return str(error)
    if isinstance(error, DBAPIError | ArgumentError):
        return _database_failure(error)
    if isinstance(error, UnicodeEncodeError):
        return "What was typed is no text in the encoding of this terminal."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return None


def _database_failure(error: Exception) -> str:
    from sqlalchemy.exc import ArgumentError

    from punchcard.db.dialects import is_lock_timeout
    from punchcard.db.failures import first_line, is_storage_failure

    if isinstance(error, ArgumentError):
        # It would quote the address, which holds a password.
        return "PUNCHCARD_DATABASE_URL is no address of a database that can be read."
    if is_storage_failure(error):
        return f"The database cannot write: {first_line(error)}"
    if is_lock_timeout(error):
        # PostgreSQL ends what a killed command had begun once the statement under way is over.
        return (
            "Somebody else is writing the same at this moment, or a command that was killed has"
            " not ended at the database yet. Nothing was changed: try again in a minute."
        )
    return f"The database does not answer: {first_line(error)}"


def _refusal(error: Any) -> str:
    from punchcard.kit.i18n import SOURCE_LANGUAGE, translate

    said = [error.told(SOURCE_LANGUAGE)]
    for fault in getattr(error, "errors", []):
        params = fault.get("params", {})
        sentence = translate(fault["message"], SOURCE_LANGUAGE, **params)
        said.append(f"{'.'.join(str(part) for part in fault['loc'])}: {sentence}")
    return " ".join(said)
