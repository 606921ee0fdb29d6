"""What is counted of the database: errors by kind, commits of the till, connections in use."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from punchcard.db.dialects import is_away, is_conflict, is_lock_timeout
from punchcard.db.failures import is_storage_failure
from punchcard.kit.metrics.instruments import Measure, Tally


class DatabaseErrorKind(StrEnum):
    """What went wrong with a statement, or on the way to one."""

    STORAGE = "storage"
    LOCK_TIMEOUT = "lock_timeout"
    CONFLICT = "conflict"
    POOL = "pool"
    AWAY = "away"
    OTHER = "other"


class PoolState(NamedTuple):
    """The connections of a pool: how many are in use, are open, and may be."""

    in_use: int
    open: int
    limit: int


class DatabaseMetrics:
    """The errors and commits of one process, and its pools.

    What goes wrong at the `replica` is no error here: the primary is read instead.
    """

    def __init__(self, engines: Mapping[str, Engine], replica: Engine | None = None) -> None:
        self.errors: Final = Tally("kind", known=[(kind.value,) for kind in DatabaseErrorKind])
        self.commits: Final = Measure()
        self._engines = engines if replica is None else {**engines, "replica": replica}
        for engine in set(engines.values()):
            event.listen(engine, "handle_error", self._count)

    def pools(self) -> Iterator[tuple[str, PoolState]]:
        """Give the state of each pool, by its name; SQLite's one writing connection has none."""
        for name, engine in self._engines.items():
            pool = engine.pool
            if isinstance(pool, QueuePool):
                in_use = pool.checkedout()
                limit = pool.size() + pool._max_overflow
                yield name, PoolState(in_use, in_use + pool.checkedin(), limit)

    def note_exhausted(self) -> None:
        """Count a caller who found every connection of a pool in use."""
        self.errors.add((DatabaseErrorKind.POOL.value,))

    def _count(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception or context.original_exception
        self.errors.add((_kind_of(error).value,))


def _kind_of(error: BaseException) -> DatabaseErrorKind:
    if not isinstance(error, Exception):
        return DatabaseErrorKind.OTHER
    if is_storage_failure(error):
        return DatabaseErrorKind.STORAGE
    if isinstance(error, PoolTimeoutError):
        return DatabaseErrorKind.POOL
    if is_lock_timeout(error):
        return DatabaseErrorKind.LOCK_TIMEOUT
    if is_conflict(error):
        return DatabaseErrorKind.CONFLICT
    return DatabaseErrorKind.AWAY if is_away(error) else DatabaseErrorKind.OTHER
