"""`punchcard serve` bounds what clients send, by its settings."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server_process import environment_for, serving


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
