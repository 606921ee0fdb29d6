"""Notifications between server processes, by LISTEN and NOTIFY: what one publishes, all receive.

Word is told after the commit it is about, over a connection of its own: PostgreSQL lets only one
transaction with a NOTIFY commit at a time, which would make the tills of all processes queue.
See `docs/decisions/0012-live-updates.md`.
"""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from punchcard.db.database import Database
from punchcard.db.limits import WorkKind

if TYPE_CHECKING:
    from psycopg import Connection, Notify

WORDS_PER_MESSAGE: Final = 200
"""A notice holds less than 8000 bytes; a word is an id of 36."""
WORDS_LIMIT: Final = 20_000
"""How many words may wait while the database is away; beyond it the newest are dropped."""

_PACE_SECONDS: Final = 0.05
_LOOK_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 5.0
_BACKOFF_SECONDS: Final = 0.2
_BACKOFF_LIMIT_SECONDS: Final = 10.0
_CONNECT: Final = {
    "connect_timeout": 5,
    "application_name": "punchcard notices",
    "options": "-c timezone=UTC -c synchronous_commit=off",
    # A server that vanished without a word is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}

_log = logging.getLogger(__name__)


class PgNotifier:
    """Publishes and receives words on one channel; its thread and connection begin with first use.

    `on_message` gets the words of other processes, `on_reconnect` is called whenever some may have
    been lost; both in the thread of this object. `is_listening` is set while others are received.
    On SQLite there are no other processes, and nothing happens.
    """

    def __init__(
        self,
        database: Database,
        channel: str,
        *,
        on_message: Callable[[list[str]], None],
        on_reconnect: Callable[[], None],
    ) -> None:
        self._database = database
        self._channel = channel
        self._on_message = on_message
        self._on_reconnect = on_reconnect
        self._lock = threading.Lock()
        self._words: set[str] = set()
        self.is_listening = threading.Event()
        self._stop = threading.Event()
        # Made with the thread: who never publishes or receives has nothing to close.
        self._wake_in: socket.socket
        self._wake_out: socket.socket
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to hear, unless that was done before; does not wait for the connection."""
        if self._database.is_sqlite or self._thread is not None:
            return
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._wake_in, self._wake_out = _pair()
                self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
                self._thread.start()

    def publish(self, words: Iterable[str]) -> None:
        """Let the other processes hear `words` soon, each once; never blocks, never raises."""
        if self._database.is_sqlite:
            return
        self.start()
        with self._lock:
            was_empty = not self._words
            if len(self._words) < WORDS_LIMIT:
                self._words.update(words)
        if was_empty and self._thread is not None:
            self._wake()

    def close(self) -> None:
        """Tell what still waits if the database is there, then stop."""
        with self._lock:
            self._stop.set()
        if self._thread is None:
            return
        self._wake()
        self._thread.join()
        self._wake_in.close()
        self._wake_out.close()

    def _wake(self) -> None:
        try:
            self._wake_out.send(b"!")
        except OSError:
            # Full of wake-ups that wait, or closed: either way there is nothing to add.
            return

    def _run(self) -> None:
        pause = _BACKOFF_SECONDS
        while not self._stop.is_set():
            import psycopg

            from punchcard.db.postgresql.patient_connection import connect_patiently

            try:
                with connect_patiently(
                    dict.fromkeys(WorkKind, _PATIENCE_SECONDS),
                    self._database.address,
                    hosts=self._database.hosts,
                    autocommit=True,
                    **_CONNECT,
                ) as connection:
                    connection.add_notify_handler(self._received_while_sending(connection))
                    connection.execute(f"LISTEN {self._channel}")
                    pause = _BACKOFF_SECONDS
                    self._on_reconnect()
                    self.is_listening.set()
                    self._serve(connection)
            except psycopg.Error as error:
                self.is_listening.clear()
                _log.warning("word from other processes is cut off: %s", type(error).__name__)
                self._stop.wait(pause)
                pause = min(pause * 2, _BACKOFF_LIMIT_SECONDS)

    def _serve(self, connection: "Connection") -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            selector.register(self._wake_in, selectors.EVENT_READ)
            told_at = 0.0
            while True:
                pace = told_at + _PACE_SECONDS - time.monotonic()
                if self._words and (pace <= 0 or self._stop.is_set()):
                    self._send(connection)
                    told_at = time.monotonic()
                    # Perhaps these were the last words before the end, whose wake-up is used up.
                    continue
                if self._stop.is_set():
                    return
                # While words wait for their turn another wake-up would only spin this loop.
                is_quiet = not selector.select(pace if self._words else _LOOK_SECONDS)
                _empty(self._wake_in)
                if is_quiet and not self._words:
                    # A server that hangs, or is no longer the primary, says nothing of it.
                    connection.execute("SELECT 1")
                self._receive(connection)

    def _send(self, connection: "Connection") -> None:
        with self._lock:
            words, self._words = sorted(self._words), set()
        try:
            for start in range(0, len(words), WORDS_PER_MESSAGE):
                payload = " ".join(words[start : start + WORDS_PER_MESSAGE])
                connection.execute("SELECT pg_notify(%s, %s)", (self._channel, payload))
        except Exception:
            with self._lock:
                self._words.update(words)
            raise

    def _receive(self, connection: "Connection") -> None:
        connection.pgconn.consume_input()
        while (notice := connection.pgconn.notifies()) is not None:
            self._take(connection, notice.be_pid, notice.extra)

    def _received_while_sending(self, connection: "Connection") -> "Callable[[Notify], None]":
        return lambda notice: self._take(connection, notice.pid, notice.payload.encode())

    def _take(self, connection: "Connection", pid: int, payload: bytes) -> None:
        if pid != connection.info.backend_pid:
            self._on_message(payload.decode().split())


def _pair() -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair()
    one.setblocking(False)
    other.setblocking(False)
    return one, other


def _empty(end: socket.socket) -> None:
    try:
        while end.recv(4096):
            pass
    except BlockingIOError:
        return
