"""Several HTTP server processes that sleep at rest, and the one that watches over them."""

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from socket import socket
from typing import Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from punchcard.cli.quiet_server import QuietServer

# A child that ends is seen at once. One that hangs is asked less often: each question wakes it.
_ASK_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class QuietProcess(Process):
    """A child whose server wakes once a second, not ten times."""

    @cached_property
    def server(self) -> QuietServer:
        """Return the child's own server."""
        return QuietServer(self.config)


def start_child(config: uvicorn.Config, sockets: list[socket]) -> QuietProcess:
    """Start another child that serves at the sockets."""
    child = QuietProcess(config, sockets)
    child.start()
    return child


class QuietGroup(Multiprocess):
    """Watches over such children as uvicorn does, and asks them less often whether they are well.

    uvicorn makes its own kind of child in four places; those are told here.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[socket],
        *,
        start: Callable[[uvicorn.Config, list[socket]], Process] = start_child,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(config, sockets)
        self._start = start
        self._monotonic = monotonic
        self._ask_at = monotonic()
        self._cannot_start = False

    def run(self) -> None:
        """Serve until stopped. Raises SystemExit when children cannot start."""
        super().run()
        if self._cannot_start:
            sys.exit(STARTUP_FAILURE)

    def init_processes(self) -> None:
        """Start the children."""
        self.processes = [self._started() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        """Replace each child that has ended, or no longer answers."""
        is_due = self._monotonic() >= self._ask_at
        # Those that have ended first: one that hangs is waited for, up to a minute.
        for place, child in sorted(enumerate(self.processes), key=_is_there):
            if self.should_exit.is_set():
                return
            if child.process.is_alive() and not (is_due and self._hangs(child)):
                continue
            child.kill()
            child.join()
            if child.exitcode == STARTUP_FAILURE:
                # Another one would fail alike.
                _log.error("Child process [%s] failed to start; stopping.", child.pid)
                self._cannot_start = True
                self.should_exit.set()
                return
            _log.error("Child process [%s] is gone; starting another.", child.pid)
            self.processes[place] = self._started()
        if is_due:
            self._ask_at = self._monotonic() + _ASK_SECONDS

    def restart_all(self) -> None:
        """Replace each child by one that serves already."""
        for place, child in enumerate(self.processes):
            new = self._started()
            if not new.wait_until_ready(self.config.timeout_worker_healthcheck, self.should_exit):
                new.kill()
                new.join()
                _log.error("Child process [%s] was not ready in time; no more restarts.", new.pid)
                return
            child.terminate()
            child.join()
            self.processes[place] = new

    def handle_ttin(self) -> None:
        """Start one child more."""
        self.processes_num += 1
        self.processes.append(self._started())

    def _started(self) -> Process:
        return self._start(self.config, self.sockets)

    def _hangs(self, child: Process) -> bool:
        return not child.ping(self.config.timeout_worker_healthcheck)


def _is_there(placed: tuple[int, Process]) -> bool:
    return placed[1].process.is_alive()


def run_group_quietly(config: uvicorn.Config) -> None:
    """Serve in so many processes as `config` says until stopped, as `uvicorn.run` does.

    Raises SystemExit when they cannot start, as `run_quietly` does.
    """
    with suppress(KeyboardInterrupt):
        QuietGroup(config, sockets=[config.bind_socket()]).run()
