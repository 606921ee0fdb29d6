"""How long PostgreSQL lets a statement, a lock and a silent transaction take, by kind of work.

A process that is frozen in mid-transaction keeps its locks for as long as PostgreSQL keeps its
connection, and with them everybody who needs the same rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Final

from punchcard.kit.settings import Settings


class WorkKind(Enum):
    """What a transaction is for: it says how long it may take."""

    TILL = "till"
    REQUEST = "request"
    WORKER = "worker"
    LONG = "long"


_PATIENCE_SECONDS: Final = 2.0

_current: ContextVar[WorkKind] = ContextVar("work", default=WorkKind.REQUEST)


@contextmanager
def working_as(work: WorkKind) -> Iterator[None]:
    """Let the transactions of this thread have the limits of `work` while inside."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)


def current_work() -> WorkKind:
    """Return the kind of work of this thread."""
    return _current.get()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """Limits of one kind of work, in seconds; 0 is none.

    They are PostgreSQL's `statement_timeout`, `lock_timeout` and
    `idle_in_transaction_session_timeout`.
    """

    statement_seconds: float
    lock_seconds: float
    idle_seconds: float

    def parameters(self) -> dict[str, int]:
        """Return PostgreSQL's parameters, in milliseconds."""
        return {
            "statement_timeout": _milliseconds(self.statement_seconds),
            "lock_timeout": _milliseconds(self.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(self.idle_seconds),
        }

    def as_options(self) -> str:
        """Return the limits as options of a connection."""
        return " ".join(f"-c {name}={value}" for name, value in self.parameters().items())

    def as_statement(self) -> str:
        """Return the statement that sets the limits until the end of a transaction."""
        # Names and numbers of our own.
        calls = [f"set_config('{n}', '{v}', true)" for n, v in self.parameters().items()]
        return f"SELECT {', '.join(calls)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLimits:
    """The limits of each kind of work, and when a peer that vanished is given up, in seconds."""

    by_work: dict[WorkKind, WorkLimits]
    keepalive_idle_seconds: int
    keepalive_interval_seconds: int
    keepalive_count: int
    tcp_user_timeout_seconds: float

    def patience(self) -> dict[WorkKind, float | None]:
        """Return how many seconds a client waits for an answer to a statement of each kind.

        Longer than PostgreSQL takes to end it: only a server that hangs makes one wait for longer.
        """
        return {
            work: limits.statement_seconds + _PATIENCE_SECONDS if limits.statement_seconds else None
            for work, limits in self.by_work.items()
        }

    def for_client(self) -> dict[str, int]:
        """Return the parameters by which libpq notices a server that vanished."""
        return {
            "keepalives_idle": self.keepalive_idle_seconds,
            "keepalives_interval": self.keepalive_interval_seconds,
            "keepalives_count": self.keepalive_count,
            "tcp_user_timeout": _milliseconds(self.tcp_user_timeout_seconds),
        }

    def for_server(self) -> str:
        """Return the options by which the server notices that this process's machine vanished."""
        return (
            f"-c tcp_keepalives_idle={self.keepalive_idle_seconds}"
            f" -c tcp_keepalives_interval={self.keepalive_interval_seconds}"
            f" -c tcp_keepalives_count={self.keepalive_count}"
            f" -c tcp_user_timeout={_milliseconds(self.tcp_user_timeout_seconds)}"
        )


def database_limits(settings: Settings) -> DatabaseLimits:
    """Return the limits that the settings set."""
    by_work = {
        work: WorkLimits(
            statement_seconds=getattr(settings, f"{work.value}_statement_timeout_seconds"),
            lock_seconds=getattr(settings, f"{work.value}_lock_timeout_seconds"),
            idle_seconds=getattr(settings, f"{work.value}_idle_transaction_timeout_seconds"),
        )
        for work in WorkKind
    }
    return DatabaseLimits(
        by_work=by_work,
        keepalive_idle_seconds=settings.database_keepalive_idle_seconds,
        keepalive_interval_seconds=settings.database_keepalive_interval_seconds,
        keepalive_count=settings.database_keepalive_count,
        tcp_user_timeout_seconds=settings.database_tcp_user_timeout_seconds,
    )


DEFAULT_LIMITS: Final = database_limits(Settings())
"""The limits while no setting says otherwise."""


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
