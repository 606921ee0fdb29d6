"""A dump put back into PostgreSQL: into a new database that takes the old one's name once proven,
or into an empty one that an operator has made.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from punchcard.cli.backups.backup_postgresql import address_for_programs, run_program
from punchcard.cli.backups.progress import bar
from punchcard.cli.backups.proof import RestoredState, prove
from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    import psycopg

    from punchcard.kit.settings import Settings

# PostgreSQL cuts longer names off, in silence.
_NAME_LIMIT: Final = 63
_RESTORING: Final = "_restoring"
# Says of an empty database that it is being filled, so that one that was killed is begun again.
_UNPROVEN: Final = "restore_unproven"


def restore_postgresql(
    settings: "Settings", file: Path, stamp: str, *, is_silent: bool
) -> tuple[RestoredState, str | None]:
    """Put the dump in the place of the database that the settings name; return the old one's name.

    The dump goes into a database beside it, which is proven; then both change their names in one
    transaction, so that a kill leaves either the old one or the new one at its place. Needs a role
    that may create databases. Raises CommandFailed.
    """
    name = _database_name(settings)
    beside = _with_ending(name, _RESTORING)
    kept = _with_ending(name, f"_before_{stamp.lower()}")
    with _maintaining(settings, name) as server:
        is_there = _is_there(server, name)
        _refuse_in_use(server, name)
        if _is_there(server, beside):
            _run(server, "DROP DATABASE {} WITH (FORCE)", beside)
            typer.echo(f"Removed {beside}: a restore was killed while it filled it.", err=True)
        with _new_database(server, beside, like=name if is_there else None):
            proof = _filled_and_proven(settings, file, beside, is_silent=is_silent)
            _exchange(server, name, beside, kept if is_there else None)
    return proof, kept if is_there else None


def restore_into_empty(settings: "Settings", file: Path, *, is_silent: bool) -> RestoredState:
    """Put the dump into the empty database that the settings name. Raises CommandFailed."""
    name = _database_name(settings)
    with _connected(settings, name) as database:
        tables = _tables(database)
        if _UNPROVEN in tables:
            _empty(database)
            typer.echo(f"Emptied {name}: a restore was killed while it filled it.", err=True)
        elif tables:
            raise CommandFailed(
                f"{name} is not empty: {', '.join(tables[:5])}. Restore into an empty database."
            )
        database.execute(f"CREATE TABLE {_UNPROVEN} ()".encode())
        try:
            proof = _filled_and_proven(settings, file, name, is_silent=is_silent)
        except BaseException:
            _empty(database)
            raise
        database.execute(f"DROP TABLE {_UNPROVEN}".encode())
    return proof


def drill_postgresql(
    settings: "Settings", file: Path, stamp: str, *, is_silent: bool
) -> RestoredState:
    """Put the dump into a database beside the one in use, prove it, and drop it again."""
    name = _database_name(settings)
    trial = _with_ending(name, f"_drill_{stamp.lower()}")
    with (
        _maintaining(settings, trial) as server,
        _new_database(server, trial, like=name if _is_there(server, name) else None),
    ):
        return _filled_and_proven(settings, file, trial, is_silent=is_silent)


def _filled_and_proven(
    settings: "Settings", file: Path, name: str, *, is_silent: bool
) -> RestoredState:
    from punchcard.cli.ledger_log import CHECKPOINT_SUFFIX

    address = _address_of(settings, name)
    with tempfile.TemporaryDirectory() as folder, bar("Restoring", is_silent=is_silent):
        run_program(
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            # Roles of another machine may not be there; rights are given anew, as docs say.
            "--no-owner",
            "--no-privileges",
            f"--dbname={address_for_programs(address, Path(folder) / 'passfile')}",
            str(file),
        )
    beside = file.with_name(file.name + CHECKPOINT_SUFFIX)
    proof = prove(address, settings, beside, is_silent=is_silent)
    with _connected(settings, name) as database:
        # A dump brings no statistics: without them the first plans would be guesses.
        database.execute(b"ANALYZE")
    return proof


def _database_name(settings: "Settings") -> str:
    from punchcard.db.postgresql.addresses import engine_address

    name = engine_address(settings.database_url).database
    if not name:
        raise CommandFailed("PUNCHCARD_DATABASE_URL names no database.")
    return name


def _address_of(settings: "Settings", name: str) -> str:
    """Return the address of another database of the server that the settings name."""
    from punchcard.db.postgresql.addresses import engine_address, libpq_address

    return libpq_address(engine_address(settings.database_url).set(database=name))


def _with_ending(name: str, ending: str) -> str:
    return name[: _NAME_LIMIT - len(ending)] + ending


@contextmanager
def _connected(settings: "Settings", name: str) -> "Iterator[psycopg.Connection[Any]]":
    """Connect to a database of the server, each statement a transaction of its own."""
    import psycopg

    try:
        opened = psycopg.connect(_address_of(settings, name), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        told = " ".join(str(error).split())
        raise CommandFailed(f"The database {name} does not answer: {told}") from error
    with closing(opened):
        yield opened


@contextmanager
def _maintaining(settings: "Settings", name: str) -> "Iterator[psycopg.Connection[Any]]":
    """Connect to the database `postgres`, alone in making and renaming `name`."""
    with _connected(settings, "postgres") as server:
        may_create = server.execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        if not (may_create and may_create[0]):
            raise CommandFailed(
                "This role may not create databases. Let one that may make an empty database that"
                " belongs to it, and name that: punchcard restore FILE --to ADDRESS"
            )
        key = f"punchcard restore {name}"
        lock = server.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        if (row := lock.fetchone()) is None or not row[0]:
            raise CommandFailed(f"Another restore of {name} is at work.")
        yield server


@contextmanager
def _new_database(
    server: "psycopg.Connection[Any]", name: str, *, like: str | None
) -> Iterator[None]:
    """Make a database, of the encoding and order of another one; drop it if the block raises.

    And when it ends, unless it has another name by then.
    """
    from psycopg import sql

    made = sql.SQL("CREATE DATABASE {} TEMPLATE template0{}")
    server.execute(made.format(sql.Identifier(name), _form_of(server, like)))
    try:
        yield
    finally:
        _run(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _form_of(server: "psycopg.Connection[Any]", name: str | None) -> Any:
    """Return how another database encodes and sorts text, as CREATE DATABASE takes it."""
    from psycopg import sql

    if name is None:
        return sql.SQL("")
    # As JSON, because the columns' names differ from version to version.
    query = (
        "SELECT pg_encoding_to_char(encoding), to_jsonb(d) FROM pg_database d WHERE datname = %s"
    )
    row = server.execute(query, [name]).fetchone()
    encoding, form = row if row is not None else ("UTF8", {})
    words = {"ENCODING": encoding, "LC_COLLATE": form["datcollate"], "LC_CTYPE": form["datctype"]}
    provider = form.get("datlocprovider", "c")
    locale = form.get("datlocale") or form.get("daticulocale")
    if provider in ("i", "b") and locale:
        words["LOCALE_PROVIDER"] = "icu" if provider == "i" else "builtin"
        words["ICU_LOCALE" if provider == "i" else "BUILTIN_LOCALE"] = locale
    parts = [
        sql.SQL(" {} ").format(sql.SQL(key)) + sql.Literal(value) for key, value in words.items()
    ]
    return sql.Composed(parts)


def _exchange(server: "psycopg.Connection[Any]", name: str, beside: str, kept: str | None) -> None:
    """Give `beside` the name `name`, and the database of that name the name `kept`, at once."""
    import psycopg
    from psycopg import sql

    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with server.transaction():
            if kept is not None:
                server.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
            server.execute(rename.format(sql.Identifier(beside), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse as error:
        raise CommandFailed(_in_use(name, "others")) from error


def _is_there(server: "psycopg.Connection[Any]", name: str) -> bool:
    found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


def _refuse_in_use(server: "psycopg.Connection[Any]", name: str) -> None:
    others = server.execute(
        "SELECT DISTINCT coalesce(nullif(application_name, ''), usename, 'somebody')"
        " FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'",
        [name],
    ).fetchall()
    if others:
        raise CommandFailed(_in_use(name, ", ".join(str(row[0]) for row in others[:5])))


def _in_use(name: str, by: str) -> str:
    return (
        f"The database {name} is in use by {by}: stop every server and every command that works on"
        " it. Nothing was changed."
    )


def _tables(database: "psycopg.Connection[Any]") -> list[str]:
    query = (
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname <> 'information_schema'"
        " AND nspname NOT LIKE 'pg\\_%' ORDER BY relname"
    )
    return [row[0] for row in database.execute(query.encode()).fetchall()]


def _empty(database: "psycopg.Connection[Any]") -> None:
    database.execute(b"DROP SCHEMA public CASCADE")
    database.execute(b"CREATE SCHEMA public")


def _run(server: "psycopg.Connection[Any]", statement: str, name: str) -> None:
    from psycopg import sql

    server.execute(sql.SQL(statement).format(sql.Identifier(name)))
