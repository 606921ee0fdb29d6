"""`serve`, `worker` and `demo` refuse what would let strangers in, and say what to do."""

from pathlib import Path

import pytest

from tests.support.server_process import command, environment_for

WEAK = ["a", "x" * 31, "x" * 40, "  " + "k3y-" * 7 + "  ", "0" * 16 + "1" * 16]
GOOD = "a secret of 32 characters at least"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path)


@pytest.mark.parametrize("name", ["SECRET_KEY", "PIN_PEPPER"])
@pytest.mark.parametrize("weak", WEAK)
def test_a_secret_that_can_be_guessed_is_refused_and_named(
    environment: dict[str, str], name: str, weak: str, tmp_path: Path
) -> None:
    told = command({**environment, f"PUNCHCARD_{name}": weak}, "serve", "--port", "1")
    assert told.returncode == 1
    assert f"PUNCHCARD_{name}" in told.stderr
    assert "punchcard keys new" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "punchcard.db").exists()


def test_a_public_name_over_http_is_refused_unless_it_is_meant(
    environment: dict[str, str],
) -> None:
    public = {**environment, "PUNCHCARD_BASE_URL": "http://cards.example.com"}
    told = command(public, "serve", "--port", "1")
    assert (told.returncode, "PUNCHCARD_ALLOW_HTTP=yes" in told.stderr) == (1, True)
    meant = command({**public, "PUNCHCARD_ALLOW_HTTP": "maybe"}, "serve", "--port", "1")
    assert "neither yes nor no" in meant.stderr


def test_the_demonstration_keeps_to_this_machine(environment: dict[str, str]) -> None:
    told = command(environment, "demo", "--host", "192.0.2.7", "--port", "1")
    assert told.returncode == 1
    assert "--public-passwords" in told.stderr
