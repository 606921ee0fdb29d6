"""What commands share: the context, answers for people and for machines, and refusals in a line."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from punchcard.accounts.audit_service import Act
    from punchcard.context import Context
    from punchcard.kit.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
NewPassword = Annotated[
    str,
    typer.Option(
        prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when left out."
    ),
]


class CommandFailed(Exception):
    """A command could not do what was asked; its text is the line that is shown."""


@contextmanager
def opened_context() -> Iterator["Context"]:
    """Open the database that the settings name; an embedded one is migrated first.

    Raises CommandFailed when a PostgreSQL database is not migrated.
    """
    from punchcard.context import build_context

    context = build_context(ready_settings())
    try:
        yield context
    finally:
        context.close()


def ready_settings() -> "Settings":
    """Return the settings once their database is up to date; an embedded one is migrated first.

    Raises CommandFailed when a PostgreSQL database is not migrated.
    """
    from contextlib import closing

    from punchcard.db.database import open_database
    from punchcard.db.migrate import is_current, upgrade
    from punchcard.kit.settings import load_settings

    settings = load_settings()
    with closing(open_database(settings)) as database:
        is_ready = is_current(database)
    if not is_ready:
        if not settings.is_embedded:
            raise CommandFailed("The database is not up to date. Run: punchcard migrate")
        upgrade(settings.database_url)
    return settings


def by_operator(context: "Context") -> "Act":
    """Return who acts when a command is run: the system, on behalf of its operator."""
    from punchcard.accounts.audit_service import Act
    from punchcard.accounts.subjects import SYSTEM

    return Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)


def say(facts: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Print `facts` as one JSON object, or `text`."""
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else text)


def explain(error: Exception) -> str | None:
    """Return one line about a failure that was to be expected, or None for any other."""
    from sqlalchemy.exc import DBAPIError

    from punchcard.db.failures import first_line, is_storage_failure
    from punchcard.kit.errors import DomainError
    from punchcard.kit.settings import SettingsError

    if is_storage_failure(error):
        return f"The database cannot write: {first_line(error)}"
    if isinstance(error, DomainError):
        return _refusal(error)
    if isinstance(error, CommandFailed | SettingsError):
        return str(error)
    if isinstance(error, DBAPIError):
        return f"The database does not answer: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


def _refusal(error: Any) -> str:
    from punchcard.kit.i18n import SOURCE_LANGUAGE, translate

    said = [error.told(SOURCE_LANGUAGE)]
    for fault in getattr(error, "errors", []):
        params = fault.get("params", {})
        sentence = translate(fault["message"], SOURCE_LANGUAGE, **params)
        said.append(f"{'.'.join(str(part) for part in fault['loc'])}: {sentence}")
    return " ".join(said)
