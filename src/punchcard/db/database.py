"""The only place where transactions begin and end."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from punchcard.db.dialects import prepare_sqlite
from punchcard.db.events import EventType, Subscriptions, collect_announced
from punchcard.db.limits import (
    DEFAULT_LIMITS,
    DatabaseLimits,
    WorkKind,
    current_work,
    database_limits,
)
from punchcard.db.postgresql.addresses import libpq_address
from punchcard.db.postgresql.data_age import data_age
from punchcard.db.postgresql.engines import engine_of_requests, engine_of_the_till, replica_of
from punchcard.db.postgresql.host_watch import HostWatch
from punchcard.db.sets.kept_connection import KeptConnection
from punchcard.db.watch.database_metrics import DatabaseMetrics
from punchcard.db.write_health import WriteHealth
from punchcard.kit.environment.paths import sqlite_file
from punchcard.kit.settings import Settings
from punchcard.kit.tracing.spans import TracedSpan, child_of_current

# Of each connection that reads; there are up to twelve, a statement takes 10 to 50 kB, and a page
# asks for a dozen of them.
_READERS_STATEMENTS: Final = 16


class Database:
    """Hands out sessions and connections; each `with` block is one transaction.

    SQLite: one writing connection, taken in turn, so that "database is locked" cannot happen within
    the process; readers have connections of their own and never wait. PostgreSQL: two pools, of
    the till and of all else; `limits` say how long each kind of work may take there. `read_url`
    names a replica for what `read_replica` reads, while it is `lag_limit_seconds` behind at most.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 8,
        busy_seconds: int = 30,
        limits: DatabaseLimits = DEFAULT_LIMITS,
        read_url: str = "",
        lag_limit_seconds: float = 10.0,
    ) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._limits = limits
        self.writes = WriteHealth()
        self.hosts = HostWatch()
        if self.is_sqlite:
            self._reader = _sqlite_engine(url, pool_size, busy_seconds, read_only=True)
            self._writer = _sqlite_engine(url, pool_size, busy_seconds, read_only=False)
            self._till = self._writer
        else:
            self._reader = self._writer = engine_of_requests(url, pool_size, limits, self.hosts)
            self._till = engine_of_the_till(url, pool_size, limits, self.hosts)
        self._kept = KeptConnection(self._till)
        self.replica = (
            replica_of(self.address, read_url, pool_size, limits, lag_limit_seconds)
            if read_url
            else None
        )
        engines = {"reader": self._reader, "writer": self._writer, "till": self._till}
        self.metrics = DatabaseMetrics(
            engines if self.is_sqlite else {"requests": self._writer, "till": self._till},
            None if self.replica is None else self.replica.engine,
        )
        # SQLite begins and ends a transaction within the process, for next to nothing.
        self._autocommitter = (
            self._reader
            if self.is_sqlite
            else self._reader.execution_options(isolation_level="AUTOCOMMIT")
        )
        # One writer after another, and on PostgreSQL all at once.
        self._turn: AbstractContextManager[None] = FifoLock() if self.is_sqlite else nullcontext()
        self._subscriptions = Subscriptions()

    @property
    def address(self) -> str:
        """Return the address, as PostgreSQL's own library takes it; it may hold a password."""
        return libpq_address(self._writer.url)

    def subscribe(
        self, event_type: type[EventType], subscriber: Callable[[EventType], None]
    ) -> None:
        """Call `subscriber` for each event of this type that a committed transaction announced.

        It runs in the thread that committed, so it must be quick. Other processes are not told.
        """
        self._subscriptions.subscribe(event_type, subscriber)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session to read with; nothing written in it is kept."""
        try:
            with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
                self._limit_session(session)
                yield session
        except PoolTimeoutError:
            self.metrics.note_exhausted()
            raise

    @contextmanager
    def read_replica(self) -> Iterator[Session]:
        """Open a session to read what may be some seconds old: figures, lists, exports.

        It is one of the replica while that keeps up, and its age is noted for the request in hand
        (`db/postgresql/data_age.py`); else one of the primary, as for who must see the newest.
        """
        age = data_age.get()
        must_be_newest = age is not None and age.must_be_newest
        lent = None if self.replica is None or must_be_newest else self.replica.lend()
        if lent is None:
            with self.read() as session:
                yield session
            return
        assert self.replica is not None
        connection, seconds = lent
        if age is not None:
            age.note(seconds)
        try:
            with (
                connection,
                Session(connection, expire_on_commit=False, autoflush=False) as session,
            ):
                self._limit_session(session)
                yield session
        except SQLAlchemyError as error:
            self.replica.note_error(error)
            raise

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session whose changes are kept when the block ends and undone if it raises.

        What was announced in it is published after the commit.
        """
        try:
            with (
                self._turn,
                Session(self._writer, expire_on_commit=False) as session,
                session.begin(),
            ):
                announced = collect_announced(session)
                self._limit_session(session)
                yield session
        except SQLAlchemyError as error:
            self._note_error(error)
            raise
        self._subscriptions.publish(announced)

    @contextmanager
    def write_connection(self) -> Iterator[Connection]:
        """Open a Core connection in one writing transaction: the till's way in.

        What was announced in it is published after the commit.
        """
        commit: TracedSpan | None = None
        try:
            with self._turn, self._till_transaction() as connection:
                announced = collect_announced(connection)
                yield connection
                began = time.perf_counter()
                commit = child_of_current("commit")
        except SQLAlchemyError as error:
            if commit is not None:
                commit.end(is_failed=True)
            self._note_error(error)
            raise
        self.metrics.commits.note(time.perf_counter() - began)
        if commit is not None:
            commit.end()
        if announced:
            self.writes.note_success()
            self._subscriptions.publish(announced)

    def _till_transaction(self) -> AbstractContextManager[Connection]:
        return self._kept if self.is_sqlite else self._till.begin()

    @contextmanager
    def long_write_connection(self) -> Iterator[Connection]:
        """Open a Core connection in one writing transaction that may take long: a migration."""
        with self._turn, self._writer.begin() as connection:
            self._limit(connection, WorkKind.LONG)
            yield connection

    @contextmanager
    def read_connection(self) -> Iterator[Connection]:
        """Open a Core connection to read with."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a Core connection that sees one moment of the database, however long it reads."""
        with self._reader.connect() as connection:
            # SQLite's readers see one moment anyway.
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
                self._limit(connection, WorkKind.LONG)
            yield connection

    @contextmanager
    def autocommit_connection(self) -> Iterator[Connection]:
        """Open a Core connection for statements that need nothing of one another: each sees the
        newest state, and none pays for beginning and ending a transaction.
        """
        with self._autocommitter.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection and forget subscribers; used again, it begins anew."""
        self._kept.let_go()
        self._reader.dispose()
        self._writer.dispose()
        self._till.dispose()
        if self.replica is not None:
            self.replica.close()
        self._subscriptions = Subscriptions()
        self.writes.forget()

    def _note_error(self, error: SQLAlchemyError) -> None:
        self.writes.note_error(error)
        # Nobody else hears of it: there was no connection that it could have happened on.
        if isinstance(error, PoolTimeoutError):
            self.metrics.note_exhausted()

    def _limit_session(self, session: Session) -> None:
        if not self.is_sqlite and current_work() is not WorkKind.REQUEST:
            self._limit(session.connection(), current_work())

    def _limit(self, connection: Connection, work: WorkKind) -> None:
        """Give the transaction the limits of `work`; each connection begins with its pool's."""
        if not self.is_sqlite:
            connection.exec_driver_sql(self._limits.by_work[work].as_statement())


class FifoLock:
    """A lock that lets waiting threads through in the order they came.

    A plain lock may be taken again and again by a busy till while a console page waits.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


def open_database(settings: Settings) -> Database:
    """Return the database that the settings name, with their limits."""
    return Database(
        settings.database_url,
        pool_size=settings.database_pool_size,
        busy_seconds=settings.database_busy_seconds,
        limits=database_limits(settings),
        read_url=settings.database_read_url,
        lag_limit_seconds=settings.database_read_lag_limit_seconds,
    )


def _sqlite_engine(address: str, pool_size: int, busy_seconds: int, *, read_only: bool) -> Engine:
    path = sqlite_file(address)
    # Put together rather than parsed: a name may hold what parts an address.
    url = URL.create("sqlite", database=None if path is None else str(path))
    if read_only:
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=10,
            hide_parameters=True,
            # The one that was used last has what is asked for in its cache.
            pool_use_lifo=True,
            connect_args={"cached_statements": _READERS_STATEMENTS},
        )
    else:
        engine = create_engine(
            url,
            poolclass=StaticPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )
    prepare_sqlite(engine, busy_seconds=busy_seconds, read_only=read_only)
    return engine
