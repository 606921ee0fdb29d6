"""A PostgreSQL that follows the primary: figures, lists and exports are read there while it keeps
up. See `docs/decisions/0069-reads-from-a-replica.md`.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from punchcard.db.failures import first_line
from punchcard.db.limits import WorkKind
from punchcard.db.postgresql.replica_age import ReplicaAge

if TYPE_CHECKING:
    import psycopg

LOOKS_PER_LIMIT: Final = 5
"""So many looks are taken in the time that the replica may be behind, and one each 2 s at least."""

_LOOK_LIMIT_SECONDS: Final = 2.0
_TOLD_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 5.0
# By bytes since the beginning, which compare as numbers do.
_WRITTEN: Final = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
_REPLAYED: Final = (
    "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint"
)
_CLUSTER: Final = "SELECT system_identifier FROM pg_control_system()"

_log = logging.getLogger(__name__)


class ReplicaUnfit(Exception):
    """The replica is not one to read from now; the text says why, for operators."""


class Replica:
    """Lends connections to the replica while what it shows is at most `lag_limit_seconds` old.

    They are those of `engine`. A thread of its own looks at both servers, from the first question
    on. `addresses` are those of the primary and of the replica, for libpq; `monotonic` tells
    seconds.
    """

    def __init__(
        self,
        engine: Engine,
        addresses: tuple[str, str],
        parameters: dict[str, Any],
        *,
        lag_limit_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self._addresses = addresses
        self._parameters = parameters
        self.lag_limit_seconds = lag_limit_seconds
        self.look_seconds = min(_LOOK_LIMIT_SECONDS, lag_limit_seconds / LOOKS_PER_LIMIT)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._age = ReplicaAge()
        self._as_of: float | None = None
        self._fault: str | None = "it has not been looked at yet"
        self._shunned_until = 0.0
        self._told_at: float | None = None
        self._is_told_away = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def lag_seconds(self) -> float | None:
        """Return how old what the replica shows may be; None while that is not known."""
        self.start()
        as_of = self._as_of
        return None if as_of is None else self._monotonic() - as_of

    def start(self) -> None:
        """Begin to look, unless that was done before; does not wait."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._stop = threading.Event()
                run = threading.Thread(
                    target=self._run, args=(self._stop,), name="replica", daemon=True
                )
                run.start()
                self._thread = run

    def lend(self) -> tuple[Connection, float] | None:
        """Return a connection, to be closed, and how many seconds old what it shows may be.

        None, with a line in the log once a minute, while the primary must be read.
        """
        age = self.lag_seconds
        try:
            return self._checked(age)
        except ReplicaUnfit as unfit:
            self._tell(f"Figures, lists and exports are read from the primary: {unfit}.")
            return None

    def note_error(self, error: Exception) -> None:
        """Leave the replica alone for a while: what failed there is tried again soon."""
        self._shunned_until = self._monotonic() + self.lag_limit_seconds
        self._fault = f"reading there failed ({first_line(error)})"

    def look(self) -> float | None:
        """Look at both servers until the age is known; return it, None if it is above the limit.

        Raises ReplicaUnfit.
        """
        pause = threading.Event()
        with closing(_Pair(self._addresses, self._parameters)) as pair:
            for _ in range(LOOKS_PER_LIMIT):
                self._look(pair)
                if self._as_of is not None:
                    return self._monotonic() - self._as_of
                pause.wait(self.look_seconds)
        return None

    def close(self) -> None:
        """End the looks and every connection."""
        self._stop.set()
        # A look may be waiting for a server that hangs: its thread ends after it.
        self._thread = None
        self.engine.dispose()

    def _checked(self, age: float | None) -> tuple[Connection, float]:
        if self._fault is not None:
            raise ReplicaUnfit(self._fault)
        if age is None or age > self.lag_limit_seconds:
            told = "an unknown time" if age is None else f"{age:.0f} seconds"
            raise ReplicaUnfit(f"the replica is {told} behind")
        try:
            connection = self.engine.connect()
        except SQLAlchemyError as error:
            self.note_error(error)
            raise ReplicaUnfit(str(self._fault)) from error
        if self._is_told_away:
            self._is_told_away = False
            self._told_at = None
            _log.info("Figures, lists and exports are read from the replica again.")
        return connection, age

    def _tell(self, text: str) -> None:
        now = self._monotonic()
        if self._told_at is None or now - self._told_at >= _TOLD_SECONDS:
            self._told_at = now
            self._is_told_away = True
            _log.warning("%s", text)

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with closing(_Pair(self._addresses, self._parameters)) as pair:
                    while not stop.is_set():
                        self._look(pair)
                        stop.wait(self.look_seconds)
            except ReplicaUnfit as unfit:
                self._fault = str(unfit)
            stop.wait(self.look_seconds)

    def _look(self, pair: "_Pair") -> None:
        at = self._monotonic()
        written = pair.ask_primary(_WRITTEN)
        is_of_one_history = written is None or self._age.note_primary(written[0], at)
        found = pair.ask_replica(_REPLAYED)
        if not found[0]:
            raise ReplicaUnfit("the replica follows nobody (it is a primary itself)")
        if found[1] is not None:
            self._age.note_replica(found[1])
        self._as_of = self._age.as_of
        if not is_of_one_history:
            raise ReplicaUnfit("the replica has what the primary has not")
        if self._monotonic() >= self._shunned_until:
            self._fault = None


class _Pair:
    """A connection to each of the two, kept from look to look; the primary may be away."""

    def __init__(self, addresses: tuple[str, str], parameters: dict[str, Any]) -> None:
        self._addresses = addresses
        self._parameters = parameters
        self._primary: psycopg.Connection[Any] | None = None
        self._replica: psycopg.Connection[Any] | None = None
        self._is_of_one_cluster = False

    def ask_primary(self, query: str) -> tuple[Any, ...] | None:
        """Return the row of a query; None while the primary does not answer."""
        import psycopg

        try:
            if self._primary is None:
                self._primary = self._connect(self._addresses[0])
            return self._primary.execute(query.encode()).fetchone()
        except psycopg.Error:
            if self._primary is not None:
                self._primary.close()
            self._primary = None
            return None

    def ask_replica(self, query: str) -> tuple[Any, ...]:
        """Return the row of a query. Raises ReplicaUnfit."""
        import psycopg

        try:
            if self._replica is None:
                self._replica = self._connect(self._addresses[1])
            self._compare_clusters()
            row: tuple[Any, ...] | None = self._replica.execute(query.encode()).fetchone()
        except psycopg.Error as error:
            raise ReplicaUnfit(f"the replica does not answer ({first_line(error)})") from error
        assert row is not None
        return row

    def close(self) -> None:
        """Close both."""
        for connection in (self._primary, self._replica):
            if connection is not None:
                connection.close()

    def _compare_clusters(self) -> None:
        if self._is_of_one_cluster or self._primary is None or self._replica is None:
            return
        told = [one.execute(_CLUSTER).fetchone() for one in (self._primary, self._replica)]
        if told[0] != told[1]:
            raise ReplicaUnfit("the replica is one of another database server")
        self._is_of_one_cluster = True

    def _connect(self, address: str) -> "psycopg.Connection[Any]":
        from punchcard.db.postgresql.patient_connection import connect_patiently

        return connect_patiently(
            dict.fromkeys(WorkKind, _PATIENCE_SECONDS),
            address,
            autocommit=True,
            application_name="punchcard replica",
            **self._parameters,
        )
