"""`punchcard serve` as a process of its own, as an operator runs it."""

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx

from tests.support.demo_server import plain_environment
from tests.support.warm_interpreter import WarmProcess, start
from tools.free_ports import free_port

PUNCHCARD = str(Path(sys.executable).with_name("punchcard"))
SECRETS = {
    "PUNCHCARD_SECRET_KEY": "a secret of 32 characters at least",
    "PUNCHCARD_PIN_PEPPER": "a pepper of 32 characters at least",
}
_DEADLINE_SECONDS = 60
_LAST_WORDS_SECONDS = 10
_MEASURED = "COVERAGE_PROCESS_CONFIG"
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Serving:
    """A server that answers at `address`; what it says goes to `log`."""

    process: WarmProcess
    address: str
    log: Path


def environment_for(url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a server with this database."""
    return {
        **plain_environment(),
        **SECRETS,
        "PUNCHCARD_DATABASE_URL": url,
        "PUNCHCARD_DATA_DIR": str(folder),
    }


@contextmanager
def serving(
    environment: Mapping[str, str], folder: Path, *options: str, descriptors: int | None = None
) -> Iterator[Serving]:
    """Run `punchcard serve` and wait until it is ready; it is ended if it runs at the end.

    It may have so many `descriptors` open, by default as many as the test.
    """
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as said:
        words = ["serve", "--port", str(port), *options]
        process = start(
            words, environment, out=said, err=said, folder=folder, descriptors=descriptors
        )
    server = Serving(process, f"http://127.0.0.1:{port}", log)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        _end(process)


def caller(address: str) -> httpx.Client:
    """Return a client of its own; there is no TLS here, whose certificates take long to load."""
    return httpx.Client(base_url=address, timeout=30, verify=_NO_TLS)


def command(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run another of its commands to the end."""
    ran = command_bytes(environment, *arguments)
    said, complained = ran.stdout.decode(), ran.stderr.decode()
    return subprocess.CompletedProcess(arguments, ran.returncode, said, complained)


def command_bytes(
    environment: Mapping[str, str], *arguments: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run another of its commands to the end; what it writes may be in any encoding."""
    with TemporaryFile() as out, TemporaryFile() as err:
        process = start(list(arguments), environment, out=out, err=err)
        try:
            code = process.wait(_DEADLINE_SECONDS)
        finally:
            process.kill()
        said, complained = (_content(file) for file in (out, err))
    return subprocess.CompletedProcess(arguments, code, said, complained)


def _end(process: WarmProcess) -> None:
    """Kill it: nobody waits for its last words, but who counts what ran, which is in them."""
    if _MEASURED in os.environ:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WORDS_SECONDS)
    process.kill()
    process.wait()


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _wait_until_ready(server: Serving) -> None:
    pause = threading.Event()
    with caller(server.address) as client:
        for _ in range(_DEADLINE_SECONDS * 50):
            assert server.process.poll() is None, server.log.read_text(encoding="utf-8")
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pause.wait(0.02)
    raise AssertionError("the server did not get ready")
