"""`punchcard demo` at a terminal: found again, stopped cleanly, careful with ports and data."""

import re
import socket
from pathlib import Path

from tests.cli.conftest import Punchcard, punchcard
from tests.support.demo_server import running_demo

__all__ = ["punchcard"]


def test_the_second_start_finds_shops_and_keys_again(tmp_path: Path) -> None:
    shown = []
    for _ in range(2):
        with running_demo(tmp_path, "--days", "1") as demo:
            demo.stop()
        assert demo.process.returncode == 0
        assert "/demo/shop" in demo.out
        assert "Mails are not sent" in demo.out
        shown.append(re.findall(r"pk_\S+|/c/\S+", demo.out))
    assert len(shown[0]) > 3  # of three shops, one of which rests on this or that day
    assert shown[0] == shown[1]
    assert [path.name for path in (tmp_path / "punchcard-data").iterdir()] == ["demo"]


def test_a_taken_port_is_told_before_anything_is_built_or_removed(
    punchcard: Punchcard, tmp_path: Path
) -> None:
    kept = tmp_path / "data" / "demo" / "punchcard.db"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = punchcard("demo", "--fresh", "--port", str(port))
    assert ran.exit_code == 1
    assert f"port {port}" in ran.err
    assert kept.exists()


def test_a_number_of_days_has_bounds(punchcard: Punchcard) -> None:
    assert punchcard("demo", "--days", "0").exit_code == 2
