"""How the processes of one server find one another, so that any of them can tell all figures.

The folder is the parent's: each process takes the lowest free number in it, by a lock that ends
with the process, and answers at a socket of that name with its figures. Nothing is asked while
nobody looks, and a replaced process goes on under the number of the one before, so that Prometheus
sees its counters begin anew instead of a server of another sum.
"""

import logging
import os
import shutil
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MOST_PROCESSES: Final = 128
_ALONE: Final = "0"
_WAITING: Final = 16
_ANSWER_SECONDS: Final = 2.0
_CHUNK_BYTES: Final = 65_536

_log = logging.getLogger(__name__)


def is_possible() -> bool:
    """Return whether this system has what is needed: locks of files, and sockets in folders."""
    return hasattr(socket, "AF_UNIX") and hasattr(os, "getuid")


def folder_of(parent: int) -> Path:
    """Return where the processes that `parent` started find one another."""
    return Path(tempfile.gettempdir()) / f"punchcard-{os.getuid()}-{parent}"


@contextmanager
def group_folder() -> Iterator[None]:
    """Keep the folder of the processes that this one starts, until the block ends."""
    if not is_possible():
        yield
        return
    folder = folder_of(os.getpid())
    # Of a process of ours that had this number before and was killed.
    if folder.exists() and is_ours(folder):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        _log.warning("each process tells its own figures only: %s", error)
        yield
        return
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_ours(folder: Path) -> bool:
    """Return whether a folder is this user's own and closed to others: its name is no secret."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    is_closed = stat.S_IMODE(found.st_mode) & 0o077 == 0
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and is_closed


class ProcessGroup:
    """This process among those of its server: under which number it is known, and the others.

    Alone, it is number 0 and asks nobody.
    """

    def __init__(self) -> None:
        self.number = _ALONE
        self._folder: Path | None = None
        self._lock = -1
        self._socket: socket.socket | None = None

    def join(self, folder: Path, figures: Callable[[], bytes]) -> None:
        """Take a number in `folder`, and answer there with `figures` from a thread of its own."""
        if not is_possible() or not is_ours(folder):
            return
        for number in range(MOST_PROCESSES):
            if self._take(folder / str(number)):
                self.number, self._folder = str(number), folder
                self._listen(folder / str(number), figures)
                return

    def others(self, timeout_seconds: float) -> Mapping[str, bytes | None]:
        """Return the figures of the other processes by their numbers, asked one after the other.

        None for one that does not answer; all together have `timeout_seconds`.
        """
        if self._folder is None:
            return {}
        until = time.monotonic() + timeout_seconds
        found: dict[str, bytes | None] = {}
        for path in sorted(self._folder.iterdir()):
            if path.name.isdigit() and path.name != self.number and _is_taken(path):
                found[path.name] = _ask(path, until)
        return found

    def close(self) -> None:
        """Answer no longer, and give the number back."""
        if self._socket is not None and self._folder is not None:
            with suppress(OSError):
                (self._folder / self.number).unlink()
            # Wakes the thread that waits for callers.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        self._folder = None

    def _take(self, path: Path) -> bool:
        handle = _locked(path)
        if handle is None:
            return False
        self._lock = handle
        return True

    def _listen(self, path: Path, figures: Callable[[], bytes]) -> None:
        with suppress(FileNotFoundError):
            path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen(_WAITING)
        self._socket = listener
        threading.Thread(
            target=_answer_all, args=(listener, figures), name="figures", daemon=True
        ).start()


def _locked(path: Path) -> int | None:
    """Return the lock of a number, None if another process has it."""
    import fcntl

    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _is_taken(path: Path) -> bool:
    """Return whether a living process has this number: a killed one leaves its socket behind."""
    handle = _locked(path)
    if handle is not None:
        os.close(handle)
    return handle is None


def _answer_all(listener: socket.socket, figures: Callable[[], bytes]) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller:
            caller.settimeout(_ANSWER_SECONDS)
            with suppress(OSError):
                caller.sendall(figures())


def _ask(path: Path, until: float) -> bytes | None:
    parts: list[bytes] = []
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(max(0.001, until - time.monotonic()))
            line.connect(str(path))
            while part := line.recv(_CHUNK_BYTES):
                parts.append(part)
                line.settimeout(max(0.001, until - time.monotonic()))
    except OSError:
        return None
    return b"".join(parts) or None
