"""The demonstration as a process of its own, as someone starts it at a terminal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.free_ports import free_port

READY = "Uvicorn running on"


@dataclass
class Demo:
    """A running demonstration; `out` is what it printed, once it has been stopped."""

    process: subprocess.Popen[str]
    port: int
    out: str = ""

    def stop(self) -> None:
        """Press Ctrl-C and wait."""
        self.process.send_signal(signal.SIGINT)
        self.out, _ = self.process.communicate(timeout=60)


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[Demo]:
    """Run `.venv/bin/punchcard demo` in `folder`, on a free port, and wait until it serves."""
    venv = folder / ".venv"
    if not venv.exists():
        venv.symlink_to(sys.prefix)
    port = free_port()
    process = subprocess.Popen(
        [".venv/bin/punchcard", "demo", "--port", str(port), *options],
        cwd=folder,
        env=plain_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        said = []
        while READY not in (line := process.stderr.readline()):
            said.append(line)
            assert line, "".join(said)
        yield Demo(process, port)
    finally:
        process.kill()
        process.communicate()


def plain_environment() -> dict[str, str]:
    """Return this process's environment without settings of Punchcard."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PUNCHCARD_")}
