"""`punchcard`, or a module of the tests, as a process of its own, without waiting for Python to
read the whole program again.

One interpreter has imported everything and forks for each command. What runs then has a process
id, descriptors, an environment, a folder, a umask and limits of its own, and ends by an exit code
or a signal like any other. Only the start of Python itself is left out; `tests/test_readme.py` and
the tests of `docs/` start the installed program from nothing.
"""

import gc
import json
import os
import resource
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Final, NoReturn, TextIO

from tests.support.demo_server import plain_environment

_REQUEST_LIMIT_BYTES: Final = 200_000
_DESCRIPTORS: Final = 4
_HOME: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class _Start:
    """What a process is to run, and in which surroundings."""

    words: list[str]
    module: str | None
    environment: dict[str, str]
    folder: str
    umask: int
    descriptors: int | None


class WarmProcess:
    """A process that runs a command; to be ended and asked for its code as with `Popen`."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._ended], [], [], 0)[0]:
            self._take_code()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, at most so many seconds; return its exit code."""
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._take_code()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            # It may have ended, and how is still to be told.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _take_code(self) -> None:
        told = os.read(self._ended, 32)
        os.close(self._ended)
        assert told, "the interpreter that started it has ended"
        self.returncode = int(told)


def start(
    words: list[str],
    environment: Mapping[str, str],
    *,
    out: IO[bytes],
    err: IO[bytes],
    heard: IO[bytes] | None = None,
    module: str | None = None,
    folder: Path | None = None,
    descriptors: int | None = None,
) -> WarmProcess:
    """Run `punchcard`, or `module` as `python -m` does, with `words`.

    It hears what is `heard`, or nothing, and may have so many `descriptors` open, or as many as
    this process.
    """
    umask = os.umask(0)
    os.umask(umask)
    place = str(folder or Path.cwd())
    wanted = _Start(words, module, dict(environment), place, umask, descriptors)
    if heard is not None:
        return _interpreter().start(wanted, heard, out, err)
    with Path(os.devnull).open("rb") as nothing:
        return _interpreter().start(wanted, nothing, out, err)


class _Interpreter:
    """The one that has imported everything, seen from outside."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.warm_interpreter", str(theirs.fileno())],
                cwd=_HOME,
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(self, wanted: _Start, *streams: IO[bytes]) -> WarmProcess:
        told, telling = os.pipe()
        request = json.dumps(asdict(wanted)).encode()
        with self._lock:
            given = [*(stream.fileno() for stream in streams), telling]
            socket.send_fds(self._line, [request], given)
            os.close(telling)
            return WarmProcess(int(self._line.recv(32)), told)

    def close(self) -> None:
        """End it, and what it has started."""
        self._line.close()
        self._process.wait()


@cache
def _interpreter() -> _Interpreter:
    return _Interpreter()


def close() -> None:
    """End the interpreter if there is one, so that its cost is added to that of the run."""
    if _interpreter.cache_info().currsize:
        _interpreter().close()
        _interpreter.cache_clear()


class _Forking:
    """The same from inside: forks at each request, and tells what became of each child."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._telling: dict[int, int] = {}
        self._bell, ringing = os.pipe()
        os.set_blocking(ringing, False)
        signal.set_wakeup_fd(ringing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def serve(self) -> _Start | None:
        """Fork until nobody asks any more; returns in each child with what it is to run."""
        while True:
            ready, _, _ = select.select([self._line.fileno(), self._bell], [], [])
            if self._bell in ready:
                os.read(self._bell, 512)
                self._tell_who_ended()
            if self._line.fileno() in ready:
                request, given, _, _ = socket.recv_fds(
                    self._line, _REQUEST_LIMIT_BYTES, _DESCRIPTORS
                )
                if not request:
                    return None
                wanted = _Start(**json.loads(request))
                pid = os.fork()
                if pid == 0:
                    self._settle(wanted, *given)
                    return wanted
                self._telling[pid] = given.pop()
                for descriptor in given:
                    os.close(descriptor)
                self._line.send(str(pid).encode())

    def end_all(self) -> None:
        """End those that run still."""
        for pid in self._telling:
            os.kill(pid, signal.SIGKILL)
        while self._telling:
            self._tell(*os.waitpid(-1, 0))

    def _tell_who_ended(self) -> None:
        while self._telling:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._tell(pid, status)

    def _tell(self, pid: int, status: int) -> None:
        telling = self._telling.pop(pid)
        with suppress(BrokenPipeError):
            os.write(telling, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(telling)

    def _settle(self, wanted: _Start, heard: int, out: int, err: int, telling: int) -> None:
        """Let go of all that is the parent's, and be as the caller is."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(heard, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for descriptor in (heard, out, err, telling, self._bell, *self._telling.values()):
            os.close(descriptor)
        self._line.close()
        os.chdir(wanted.folder)
        os.umask(wanted.umask)
        os.environ.clear()
        os.environ.update(wanted.environment)
        encoding = wanted.environment.get("PYTHONIOENCODING")
        if encoding:
            # Python itself reads it at its start.
            _write_as(sys.stdout, encoding, "strict")
            _write_as(sys.stderr, encoding, "backslashreplace")
        if wanted.descriptors is not None:
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted.descriptors, most))


def _write_as(stream: TextIO, encoding: str, errors: str) -> None:
    assert isinstance(stream, TextIOWrapper)
    stream.reconfigure(encoding=encoding, errors=errors)


def _main() -> None:
    # What commands import once they run.
    import alembic.command
    import rich.progress
    import rich.table
    import uvicorn.config
    from sqlalchemy.orm import configure_mappers

    import punchcard.main
    from punchcard.cli import main

    assert all((alembic.command, rich.progress, rich.table, uvicorn.config, punchcard.main))
    configure_mappers()
    # What is here now stays, so that no child copies it only to look for what can go.
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as line:
        forking = _Forking(line)
        wanted = forking.serve()
        if wanted is None:
            forking.end_all()
            return
    sys.argv = [wanted.module or "punchcard", *wanted.words]
    try:
        if wanted.module is None:
            main()
        else:
            runpy.run_module(wanted.module, run_name="__main__", alter_sys=True)
            _end(None)
    except SystemExit as ended:
        _end(ended.code)


def _end(code: object) -> NoReturn:
    """End as Python does, but without taking apart what the other process shares."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    _main()
