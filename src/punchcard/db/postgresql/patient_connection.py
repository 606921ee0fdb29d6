"""Connections to PostgreSQL that wait for an answer only so long, and whose commits are kept by all
servers that must have them. See `docs/decisions/0060-never-down.md`.
"""

import time
from collections.abc import Generator, Mapping
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import Diagnostic

from punchcard.db.limits import WorkKind, current_work
from punchcard.db.postgresql.host_watch import CONNECT_SECONDS_OF_SEVERAL, HostWatch

Waited = TypeVar("Waited")
Patience = Mapping[WorkKind, float | None]
"""How many seconds an answer may take in each kind of work; None: as long as it takes."""

# A wait for the standby that somebody cancels ends with a commit and this function's notice: one
# server alone has it. https://www.postgresql.org/docs/current/warm-standby.html
_WAIT_FOR_STANDBY: Final = "SyncRepWaitForLSN"
_INTERVAL_SECONDS: Final = 0.1
_PING_SECONDS: Final = 3.0
# Of a host that hangs by what others have seen: an answer that comes later than that is rare.
_HANGING_SECONDS: Final = 2.0
_DEFAULT_PORT: Final = "5432"
_PLACE: Final = ("host", "hostaddr", "port")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when an answer takes longer than `patience` allows.

    A server that is frozen keeps its end open and answers nothing, not even that time is up. Of
    several hosts, watched by `hosts`, one to which others cannot connect is given up sooner.
    """

    patience: Patience
    place: str = ""
    hosts: HostWatch | None = None
    _is_kept_here_only = False
    _is_known = False
    _is_pinged = False

    def wait(
        self, gen: PQGen[Waited], interval: float = _INTERVAL_SECONDS, timeout: float | None = None
    ) -> Waited:
        """Wait for an answer. Raises OperationalError, and closes, when it takes too long."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        patience = _PING_SECONDS if self._is_pinged else self.patience.get(current_work())
        watched = gen if self.hosts is None or patience is None else self._watched(gen)
        began = time.monotonic()
        try:
            return super().wait(watched, interval, patience)
        except psycopg.errors._WaitTimeout as error:
            self.close()
            waited = time.monotonic() - began
            message = f"no answer came within {waited:.0f} seconds"
            raise psycopg.OperationalError(message) from error

    def _watched(self, gen: PQGen[Waited]) -> Generator[Any, Any, Waited]:
        """Wait as `gen` does; each interval without an answer asks whether the host hangs."""
        assert self.hosts is not None
        gives_up_at = time.monotonic() + _HANGING_SECONDS
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and self.hosts.hangs(self.place) and time.monotonic() > gives_up_at:
                    raise psycopg.errors._WaitTimeout(f"{self.place} hangs")
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: Waited = end.value
            return answer

    def answers(self) -> bool:
        """Return whether the server is still there: asked before it is used again, not at first."""
        if not self._is_known:
            self._is_known = True
            return True
        if self.hosts is not None and self.hosts.hangs(self.place):
            return False
        is_autocommit = self.autocommit
        self._is_pinged = True
        try:
            self.autocommit = True
            self.execute("SELECT 1").close()
            self.autocommit = is_autocommit
        except psycopg.Error:
            return False
        finally:
            self._is_pinged = False
        return True

    def commit(self) -> None:
        """Commit; only what every server has that must have it counts as done.

        Raises OperationalError for what may be on this server alone: whether it stays is not known.
        """
        super().commit()
        if self._is_kept_here_only:
            self.close()
            raise psycopg.OperationalError("the commit was not waited for by a standby")

    def note(self, notice: Diagnostic) -> None:
        """Take a notice of the server."""
        if notice.source_function == _WAIT_FOR_STANDBY:
            self._is_kept_here_only = True


def connect_patiently(
    patience: Patience, *where: Any, hosts: HostWatch | None = None, **how: Any
) -> PatientConnection:
    """Return a connection, made by libpq's parameters; to which of several hosts, `hosts` says.

    Raises OperationalError.
    """
    named = conninfo_to_dict(*where, **{name: how[name] for name in _PLACE if name in how})
    places = _places(named)
    if hosts is None or len(places) == 1:
        return _connect(patience, *where, **how)
    errors: list[psycopg.OperationalError] = []
    how = {**how, "connect_timeout": CONNECT_SECONDS_OF_SEVERAL}
    for place in hosts.in_order(places):
        host, _, port = place.rpartition(":")
        try:
            connection = _connect(patience, *where, **{**how, "host": host, "port": port})
        except psycopg.errors.ConnectionTimeout as error:
            hosts.note_hung(place)
            errors.append(error)
        except psycopg.OperationalError as error:
            hosts.note_refused(place)
            errors.append(error)
        else:
            hosts.note_connected(place)
            connection.hosts, connection.place = hosts, place
            return connection
    raise errors[-1]


def _connect(patience: Patience, *where: Any, **how: Any) -> PatientConnection:
    connection = PatientConnection.connect(*where, **how)
    connection.patience = patience
    connection.add_notice_handler(connection.note)
    return connection


def _places(named: Mapping[str, Any]) -> list[str]:
    """Return each host with its port; one alone where the address says which, or how, by itself."""
    hosts = str(named.get("host") or "").split(",")
    ports = str(named.get("port") or _DEFAULT_PORT).split(",")
    if "hostaddr" in named or len(ports) not in (1, len(hosts)):
        return [""]
    return [f"{host}:{port}" for host, port in zip(hosts, ports * len(hosts), strict=False)]
