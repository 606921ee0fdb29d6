"""`python -m tools.migrations check`: do models and migrations say the same, on both databases?

`python -m tools.migrations draft "add tiers"` writes the next revision from what differs, to be
read and finished by hand.
"""

import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import TypeDecorator
from sqlalchemy.engine import make_url

import punchcard.accounts.access.factor_models
import punchcard.accounts.access.provider.identity_models
import punchcard.accounts.domains.models
import punchcard.accounts.models
import punchcard.accounts.plans.models
import punchcard.connect.archive.models
import punchcard.connect.claims.models
import punchcard.connect.imports.models
import punchcard.connect.integrations.models
import punchcard.connect.models
import punchcard.db.outbox
import punchcard.db.secret_checks
import punchcard.engage.models
import punchcard.loyalty.cards.contacts.models
import punchcard.loyalty.cards.merges.models
import punchcard.loyalty.cards.models
import punchcard.loyalty.grant_models
import punchcard.loyalty.import_models
import punchcard.loyalty.jobs.models
import punchcard.loyalty.models
import punchcard.loyalty.promotion_models
import punchcard.loyalty.referral_models
import punchcard.loyalty.transparency.models
import punchcard.wallets.google.models
import punchcard.wallets.models  # noqa: F401 - each import adds its tables to the metadata
from punchcard.db import migrate, types
from punchcard.db.base import Base
from punchcard.db.database import Database
from tools.postgresql import THROWAWAY, postgresql_server

# What alembic does not compare: checks, the WHERE of an index, storage options.
_DETAILS = """
SELECT format('%s: %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT format('%s: %s', relname, reloptions) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""


def check() -> int:
    """Print what differs between models and migrations; return 1 if anything does."""
    differences: list[str] = []
    with tempfile.TemporaryDirectory() as folder, postgresql_server(THROWAWAY) as server:
        differences += _compared(f"sqlite:///{folder}/migrated.db")
        differences += _compared(_scratch(server, "migrated"))
        differences += _details_compared(server)
    for difference in differences:
        print(difference)
    print(f"Models and migrations: {len(differences) or 'no'} differences.")
    return 1 if differences else 0


def draft(message: str) -> None:
    """Write the next revision into the migrations folder."""
    scripts = ScriptDirectory.from_config(migrate.config())
    # Not how many there are: numbers may have gaps.
    number = int(scripts.get_current_head() or 0) + 1
    with postgresql_server(THROWAWAY) as server:
        url = _scratch(server, "draft")
        if number > 1:
            migrate.upgrade(url)
        with _opened(url) as database, database.write_connection() as connection:
            config = migrate.config(
                connection=connection, target_metadata=Base.metadata, render_item=_render
            )
            today = datetime.now(UTC).strftime("%Y_%m_%d")
            config.set_main_option("file_template", f"{today}_%%(rev)s_%%(slug)s")
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


def _compared(url: str) -> list[str]:
    migrate.upgrade(url)
    with _opened(url) as database, database.read_connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        with warnings.catch_warnings():
            # An index of an expression cannot be read back from SQLite: PostgreSQL's words tell.
            warnings.filterwarnings("ignore", message=".*expression-based index")
            found = compare_metadata(context, Base.metadata)
        return [f"{connection.dialect.name}: {difference}" for difference in found]


def _details_compared(server: str) -> list[str]:
    """Compare PostgreSQL's own words for migrated tables and for tables made from the models."""
    modelled = _scratch(server, "modelled")
    with _opened(modelled) as database, database.write_connection() as connection:
        Base.metadata.create_all(connection)
    wanted, got = _details(modelled), _details(_named(server, "migrated"))
    return [f"only in the models: {line}" for line in sorted(wanted - got)] + [
        f"only in the migrations: {line}" for line in sorted(got - wanted)
    ]


def _details(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(_DETAILS).fetchall()
    return {line for (line,) in rows if "alembic_version" not in line}


def _scratch(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return _named(server, name)


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def _render(kind: str, item: Any, _context: Any) -> str | bool:
    """Write the house's own column types by their names in `punchcard.db.types`."""
    if kind == "type":
        if isinstance(item, TypeDecorator):
            return f"{type(item).__name__}()"
        for name in ("Id", "BigInt", "Json"):
            if repr(item) == repr(getattr(types, name)):
                return name
    return False


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check"]:
            sys.exit(check())
        case ["draft", message]:
            draft(message)
        case _:
            sys.exit(__doc__)
