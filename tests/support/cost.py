"""What a run costs: seconds of processor, of every worker, of what they started, of PostgreSQL."""

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.processes import cpu_seconds
from tests.support import warm_interpreter

_WORKERS_COST = "punchcard_processor_seconds"


class Cost:
    """A plugin that adds up processor time and prints it, with how to repeat the run, at the end.

    Wall time says little where other work runs beside; this is what `make test` must keep low.
    """

    def __init__(self, repeat: str) -> None:
        self._repeat = repeat
        self._seconds = 0.0
        self._servers = 0.0

    def add_server(self, address: str) -> None:
        """Add what a PostgreSQL server has used; it is no child of the process that started it."""
        self._servers += _server_seconds(address)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add this process and, of a worker, report it to the one that prints."""
        warm_interpreter.close()
        times = os.times()
        self._seconds += times.user + times.system + self._servers
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            children = times.children_user + times.children_system
            output[_WORKERS_COST] = self._seconds + children
        elif not session.config.getoption("numprocesses", None):
            # Otherwise the children are the workers, who report themselves.
            self._seconds += times.children_user + times.children_system

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a worker reports; one that crashed reports nothing."""
        self._seconds += getattr(node, "workeroutput", {}).get(_WORKERS_COST, 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the sum, and how this very run can be had again."""
        terminalreporter.write_line(f"{self._seconds:.0f} seconds of processor")
        if self._repeat:
            terminalreporter.write_line(self._repeat)


def _server_seconds(address: str) -> float:
    with psycopg.connect(address) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        pid = (Path(row[0]) / "postmaster.pid").read_text(encoding="utf-8").split()[0]
        return cpu_seconds(int(pid))
