"""`punchcard serve` on hosts of its own, as two machines of an operator run it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx

from tools.ha.hosts import Host

PORT: Final = 8000
_READY_SECONDS: Final = 120
_PUNCHCARD: Final = str(Path(sys.executable).with_name("punchcard"))
_SECRETS: Final = {
    "PUNCHCARD_SECRET_KEY": "a secret of the cluster, 32 or more",
    "PUNCHCARD_PIN_PEPPER": "a pepper of the cluster, 32 or more",
}


class Server:
    """A server process on a host; `address` is where clients reach it."""

    def __init__(self, host: Host, database_url: str, folder: Path) -> None:
        self.host = host
        self.address = f"http://{host.address}:{PORT}"
        self.log = folder / f"server-{host.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ},
            **_SECRETS,
            "PUNCHCARD_DATABASE_URL": database_url,
            "PUNCHCARD_DATA_DIR": str(folder / f"data-{host.name}"),
            "PUNCHCARD_BASE_URL": self.address,
            # Shorter than a failover takes: who hangs on to a frozen primary lets go before.
            "PUNCHCARD_TILL_STATEMENT_TIMEOUT_SECONDS": "5",
            # The load comes from one credential.
            "PUNCHCARD_CREDENTIAL_REQUESTS_PER_MINUTE": "0",
            "PUNCHCARD_LOG_LEVEL": "WARNING",
        }

    def command(self, *words: str) -> None:
        """Run another command of the program here, to its end."""
        process = self.host.start([_PUNCHCARD, *words], log=self.log, environment=self._environment)
        code = process.wait(_READY_SECONDS)
        assert code == 0, self.log.read_text(errors="replace")[-2000:]

    def start(self) -> None:
        """Start, and wait until it is ready."""
        words = ["serve", "--host", self.host.address, "--port", str(PORT)]
        self._process = self.host.start(
            [_PUNCHCARD, *words], log=self.log, environment=self._environment
        )
        ends_at = time.monotonic() + _READY_SECONDS
        while not self.is_ready():
            assert self._process.poll() is None, self.log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < ends_at, f"{self.host.name} does not get ready"
            time.sleep(0.1)

    def stop(self) -> int:
        """Stop as an operator does; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_READY_SECONDS)

    def is_ready(self) -> bool:
        """Return whether it says that it can serve."""
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
