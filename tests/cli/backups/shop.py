"""A shop's database that changes its name or its file, and what is in it and beside it."""

from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import make_url, select, text

from punchcard.accounts.models import Vendor
from punchcard.db.database import Database
from tests.support.books import audited
from tests.support.databases import file_of
from tests.support.drivers.till import till_driver_at
from tests.support.server_process import command


def connection_to(url: str, name: str = "postgres") -> "psycopg.Connection":
    address = make_url(url).set(drivername="postgresql", database=name)
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def databases_like(url: str, ending: str) -> list[str]:
    """Return the databases of a server whose names go on from that of the address."""
    with closing(connection_to(url)) as server:
        query = "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY datname"
        rows = server.execute(query, [f"{make_url(url).database}\\_{ending}"]).fetchall()
    return [row[0] for row in rows]


def drop(url: str, name: str) -> None:
    with closing(connection_to(url)) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def earn(url: str, *keys: str) -> None:
    """Open a card of Café Alice and let it earn points under each key."""
    with closing(Database(url)) as database, database.read() as session:
        vendor_id = session.scalar(select(Vendor.id))
    with till_driver_at(url, vendor_id) as alice:
        card = alice.card(alice.program(type="points"))
        for key in keys:
            alice.till.submit(alice.earn(card, 100, idempotency_key=key))


def keys_at(url: str) -> set[str]:
    """Return the keys of all operations, once the books are found right."""
    with closing(Database(url)) as database:
        chains = audited(database)
    return {entry["idempotency_key"] for chain in chains.values() for entry in chain} - {None}


def backed_up(environment: dict[str, str], folder: Path) -> Path:
    """Take a backup, and return its file."""
    ran = command(environment, "backup", "--to", str(folder / "a.backup"))
    assert ran.returncode == 0, ran.stderr
    return folder / "a.backup"


def left_of(url: str) -> list[str]:
    """Return what lies beside the database and is not it."""
    if url.startswith("sqlite"):
        file = file_of(url)
        return sorted(
            {path.name for path in file.parent.iterdir()} - {file.name, "punchcard.db.server"}
        )
    return databases_like(url, "%")


def damage(url: str, statement: str) -> None:
    with closing(Database(url)) as database, database.write() as session:
        session.execute(text(statement))


def kept_url(url: str, kept: str) -> str:
    if url.startswith("sqlite"):
        return f"sqlite:///{kept}"
    return make_url(url).set(database=kept).render_as_string(hide_password=False)
