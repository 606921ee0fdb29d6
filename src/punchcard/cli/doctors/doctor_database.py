"""What `punchcard doctor` asks the database: that it is whole, ours, written to and worked off."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from punchcard.cli.doctors.doctor_backups import look_at_backups
from punchcard.cli.doctors.doctor_integrations import look_at_integrations
from punchcard.cli.doctors.doctor_phones import look_at_pushes, look_at_reach
from punchcard.cli.doctors.doctor_webhooks import look_at_webhooks
from punchcard.cli.doctors.findings import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.db.database import Database
    from punchcard.kit.settings import Settings

_FAULTS_TOLD: Final = 3
APPEND_ONLY: Final = (
    *("loyalty_transactions", "audit_events", "log_leaves", "log_nodes", "log_checkpoints"),
)
_OVERDUE: Final = timedelta(minutes=30)
_SKEW: Final = timedelta(minutes=2)
_SHOPS_LOOKED_AT: Final = 20
# While one of them is off, a commit that was answered may be gone after a power cut.
_DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


def look_at_database(settings: "Settings") -> list[Finding]:
    """Return what is found about the database, first whether it can be used at all."""
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from punchcard.db.database import open_database
    from punchcard.db.failures import first_line, is_storage_failure
    from punchcard.db.migrate import DatabaseIsNewer

    try:
        with closing(open_database(settings)) as database:
            first = _usable(database)
            rest = list(_whole(database, settings)) if first.state == "ok" else []
    except DatabaseIsNewer as error:
        return [Finding("database", "error", str(error))]
    except ArgumentError:
        message = "PUNCHCARD_DATABASE_URL is no address of a database that can be read."
        return [Finding("database", "error", message)]
    except SQLAlchemyError as error:
        problem = "Nothing can be written" if is_storage_failure(error) else "It does not answer"
        return [Finding("database", "error", f"{problem}: {first_line(error)}")]
    return [first, *rest]


def _usable(database: "Database") -> Finding:
    from punchcard.db.migrate import head, is_current
    from punchcard.db.readiness import probe_write
    from punchcard.kit.clock import SystemClock

    if not is_current(database):
        return Finding("database", "error", "It is not up to date. Run: punchcard migrate")
    with database.read_connection() as connection:
        missing = missing_parts(connection)
    if missing:
        message = f"Not all of it is there: {missing}. Restore the whole backup."
        return Finding("database", "error", message)
    probe_write(database, SystemClock())
    message = f"It answers, keeps what is written, and is up to date (revision {head()})."
    return Finding("database", "ok", message)


def missing_parts(connection: "Connection") -> str:
    """Return which tables and triggers are not there, as a half-restored backup lacks them."""
    from sqlalchemy import inspect, text

    import punchcard.context  # noqa: F401 - every table is declared by what it imports
    from punchcard.db.base import Base
    from punchcard.db.dialects import is_sqlite

    tables = sorted(set(Base.metadata.tables) - set(inspect(connection).get_table_names()))
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        if is_sqlite(connection)
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    triggers = " ".join(connection.scalars(text(query)))
    unguarded = [
        f"the trigger that keeps {table} append-only"
        for table in APPEND_ONLY
        if f"{table}_append_only" not in triggers
    ]
    return ", ".join([*tables, *unguarded])


def _whole(database: "Database", settings: "Settings") -> Iterator[Finding]:
    looks: list[Callable[[Connection, Settings], Finding]] = [
        _durability,
        _secrets,
        _clock,
        _work,
        look_at_backups,
        _log,
        _contacts,
        _api_keys,
        look_at_reach,
        look_at_pushes,
        look_at_webhooks,
        look_at_integrations,
    ]
    with database.read_connection() as connection:
        for look in looks:
            yield look(connection, settings)


def _api_keys(connection: "Connection", settings: "Settings") -> Finding:
    from sqlalchemy.orm import Session

    from punchcard.accounts.api_key_service import ending_api_keys
    from punchcard.kit.clock import SystemClock

    days = settings.api_key_warning_days
    with Session(connection) as session:
        ending = ending_api_keys(
            session, None, now=SystemClock().now(), within=timedelta(days=days)
        )
        told = [f"{key.name} ({key.prefix}…) on {key.expires_at:%Y-%m-%d}" for key in ending[:3]]
    if told:
        more = f" and {len(ending) - 3} more" if len(ending) > 3 else ""
        message = f"API keys in use end soon: {', '.join(told)}{more}. Their owners make others."
        return Finding("api keys", "warning", message)
    return Finding("api keys", "ok", f"No API key in use ends in the next {days} days.")


def _durability(connection: "Connection", _settings: "Settings") -> Finding:
    from punchcard.db.dialects import is_sqlite

    if is_sqlite(connection):
        check = connection.exec_driver_sql(f"PRAGMA quick_check({_FAULTS_TOLD})")
        faults = [" ".join(str(row[0]).split()) for row in check]
        if faults != ["ok"]:
            message = f"The file is damaged, restore a backup: {'; '.join(faults)}"
            return Finding("durability", "error", message)
        return Finding("durability", "ok", "The file is sound, and synced before each answer.")
    found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in _DURABLE}
    weak = [f"{name} is {value}" for name, value in found.items() if value == "off"]
    if weak:
        message = f"After a power cut stamps may be gone that were answered: {', '.join(weak)}."
        return Finding("durability", "error", message)
    return Finding("durability", "ok", "What was answered outlives a power cut.")


def _secrets(connection: "Connection", settings: "Settings") -> Finding:
    from punchcard.db.secret_checks import (
        ForeignSecrets,
        are_known,
        foreign_secrets,
        is_behind,
    )
    from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE

    if foreign := foreign_secrets(connection, settings):
        return Finding("secrets of the database", "error", str(ForeignSecrets(foreign)))
    if not are_known(connection):
        message = "It was never told which are its own: the next start does so."
        return Finding("secrets of the database", "warning", message)
    if any(is_behind(connection, name, settings) for name in SECRETS_OF_DATABASE):
        message = "A change of keys is not finished. Run: punchcard keys rotate"
        return Finding("secrets of the database", "warning", message)
    if settings.keys.old or settings.peppers.old:
        message = "Old keys are still accepted. Once nothing depends on them: punchcard keys retire"
        return Finding("secrets of the database", "ok", message)
    return Finding("secrets of the database", "ok", "It was filled with the secrets that are set.")


def _clock(connection: "Connection", _settings: "Settings") -> Finding:
    from sqlalchemy import select

    from punchcard.db.dialects import is_sqlite
    from punchcard.loyalty.tables import ENTRIES

    now = datetime.now(UTC)
    if not is_sqlite(connection):
        theirs = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        if abs(theirs - now) > _SKEW:
            message = f"It is {_told(now)} here and {_told(theirs)} at PostgreSQL. Set both by NTP."
            return Finding("clock", "error", message)
    # Ids begin with their moment: the greatest is that of the latest, whatever came after it.
    ahead = connection.scalar(select(ENTRIES.c.created_at).order_by(ENTRIES.c.id.desc()).limit(1))
    if ahead is not None and ahead > now + _SKEW:
        message = (
            f"It is {_told(now)} here, and the ledger has an entry of {_told(ahead)}: either this"
            " clock is behind, or it ran ahead then. Set it by NTP. The books are right either way;"
            " waiting times and dates shown of that time are not."
        )
        return Finding("clock", "warning", message)
    return Finding("clock", "ok", f"It is {_told(now)}, later than all that was written.")


def _work(connection: "Connection", _settings: "Settings") -> Finding:
    from sqlalchemy import func, select

    from punchcard.db.base import table_of
    from punchcard.db.outbox import OutboxRow, WorkStatus

    rows = table_of(OutboxRow)
    overdue = (rows.c.status == WorkStatus.WAITING) & (
        rows.c.available_at < datetime.now(UTC) - _OVERDUE
    )
    waiting = connection.scalar(select(func.count()).where(overdue)) or 0
    parked = connection.scalar(select(func.count()).where(rows.c.status == WorkStatus.PARKED)) or 0
    told = []
    if waiting:
        told.append(
            f"{waiting:,} pieces of work have been due for more than {_OVERDUE.seconds // 60}"
            " minutes: does a server run, with its worker?"
        )
    if parked:
        told.append(
            f"{parked:,} were given up. `punchcard wallet status` says why; once the reason is"
            " gone: punchcard wallet retry"
        )
    if told:
        return Finding("work", "warning", " ".join(told))
    return Finding("work", "ok", "What changes leave to be done is done.")


def _log(connection: "Connection", settings: "Settings") -> Finding:
    from punchcard.loyalty.transparency.log_status import log_finding

    state, message = log_finding(connection, settings, datetime.now(UTC))
    return Finding("proof of the ledger", state, message)


def _contacts(connection: "Connection", _settings: "Settings") -> Finding:
    """Look through the oldest customers of the oldest shops: a few seconds at most."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from punchcard.loyalty.cards.contact_faults import look_for_faults
    from punchcard.loyalty.tables import VENDORS

    columns = (VENDORS.c.id, VENDORS.c.slug, VENDORS.c.country)
    shops = connection.execute(select(*columns).order_by(VENDORS.c.id).limit(_SHOPS_LOOKED_AT))
    with Session(connection) as session:
        found = [
            shop.slug
            for shop in shops.all()
            if look_for_faults(session, shop.id, shop.country).faults
        ]
    if found:
        message = (
            f"Mails and calls may not reach some customers of {', '.join(found)}. Managers see"
            " whom, and put it right, at /console/contacts."
        )
        return Finding("contacts", "warning", message)
    return Finding("contacts", "ok", "Addresses and numbers are kept as they would be today.")


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
