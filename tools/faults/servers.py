"""`punchcard serve` as a process of its own, which is killed, stopped and started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from tools.faults import clocked
from tools.free_ports import free_port

_READY_SECONDS: Final = 120
_SECRETS: Final = {
    "PUNCHCARD_SECRET_KEY": "a secret of the soak, 32 or more of them",
    "PUNCHCARD_PIN_PEPPER": "a pepper of the soak, 32 or more of them",
}
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class Use(NamedTuple):
    """What a process takes; zeros while there is none."""

    memory_mib: float
    descriptors: int


class Server:
    """A server of a database; `address` stays the same over all its lives."""

    def __init__(self, name: str, database_url: str, folder: Path) -> None:
        self.name = name
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"server-{name}.log"
        self._clock = folder / "clock"
        self._process: subprocess.Popen[bytes] | None = None
        kept = ("PATH", "LANG", "HOME", "TMPDIR")
        self._environment = {
            **{word: os.environ[word] for word in kept if word in os.environ},
            **_SECRETS,
            "PUNCHCARD_DATABASE_URL": database_url,
            "PUNCHCARD_DATA_DIR": str(folder),
            "PUNCHCARD_BASE_URL": self.address,
            # The load comes from one credential.
            "PUNCHCARD_CREDENTIAL_REQUESTS_PER_MINUTE": "0",
            "PUNCHCARD_READINESS_WRITE_PROBE_SECONDS": "0.5",
            "PUNCHCARD_LOG_LEVEL": "WARNING",
        }
        clocked.make(self._clock)

    @property
    def pid(self) -> int:
        """Return the process that serves."""
        assert self._process is not None
        return self._process.pid

    def command(self, *words: str) -> None:
        """Run another command of the program to its end; raises AssertionError where it fails."""
        process = self._start(words)
        code = process.wait(_READY_SECONDS)
        assert code == 0, f"punchcard {words}: {self.said()}"

    def start(self) -> None:
        """Start, and wait until it is ready."""
        self._process = self._start(("serve", "--port", str(self.port)))
        ends_at = time.monotonic() + _READY_SECONDS
        while not self.is_ready():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < ends_at, f"{self.name} does not get ready: {self.said()}"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until it has ended; returns the exit code."""
        assert self._process is not None
        return self._process.wait(_READY_SECONDS)

    def end(self) -> None:
        """End it, whatever it does."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def move_clock(self, seconds: float) -> None:
        """Let it be so many seconds later for all servers of the folder."""
        clocked.move(self._clock, seconds)

    def use(self) -> Use:
        """Return what it takes now."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
            descriptors = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        except (FileNotFoundError, ProcessLookupError):
            return Use(0.0, 0)
        return Use(int(pages) * _PAGE_BYTES / 1024**2, descriptors)

    def is_ready(self) -> bool:
        """Return whether it says that it can serve."""
        try:
            with httpx.Client(trust_env=False, timeout=5) as client:
                return client.get(f"{self.address}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def said(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def _start(self, words: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tools.faults.clocked", str(self._clock), *words],
                env=self._environment,
                cwd=Path(__file__).parents[2],
                stdout=log,
                stderr=log,
            )
