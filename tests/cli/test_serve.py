"""`punchcard serve` bounds what clients send, by its settings."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from uvicorn import Config

from punchcard.cli.serve import server_options
from punchcard.kit.settings import Settings
from tests.support.server_process import environment_for, serving
from tests.support.waiting import wait_until


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_bounds_of_requests_are_those_of_the_settings(
    database_url: str, tmp_path: Path
) -> None:
    environment = environment_for(database_url, tmp_path)
    environment["PUNCHCARD_REQUEST_HEAD_LIMIT_BYTES"] = "2000"
    with serving(environment, tmp_path) as server:
        host, _, port = server.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 5000)
            assert client.recv(65_536).startswith(b"HTTP/1.1 431 ")


def test_without_httptools_the_server_does_not_start_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    program = (
        "import sys; sys.modules['httptools'] = None;"
        " from punchcard.cli import main; main(['serve', '--port', '1'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "pip install httptools" in ran.stderr


def test_a_child_has_a_minute_to_answer_before_it_is_replaced(settings: Settings) -> None:
    config = Config("punchcard.cli.serve:make_app", **server_options(settings))

    # On a busy machine five seconds, as uvicorn has it, end children before they have begun.
    assert config.timeout_worker_healthcheck == 60


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_children_end_with_the_process_that_started_them(database_url: str, tmp_path: Path) -> None:
    with serving(environment_for(database_url, tmp_path), tmp_path, "--workers", "2") as server:
        assert not is_free(server.address)
        server.process.kill()
        server.process.wait()

        wait_until(lambda: is_free(server.address))


def is_free(address: str) -> bool:
    """Return whether a server could begin at the address."""
    host, _, port = address.removeprefix("http://").partition(":")
    try:
        socket.create_server((host, int(port))).close()
    except OSError:
        return False
    return True
