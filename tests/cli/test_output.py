"""No command fails because of what a terminal can show; JSON loses nothing on the way."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.server_process import PUNCHCARD, command_bytes, environment_for

SHOP = (
    *("vendor", "create", "--name", "Café Łódź 東京", "--slug", "cafe", "--email", "a@b.example"),
    *("--password", "coffee and cake", "--currency", "EUR", "--timezone", "Europe/Luxembourg"),
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Name a data folder with what paths may hold."""
    folder = tmp_path / "Łódź & 100% ? #1"
    environment = environment_for("", folder)
    environment["PUNCHCARD_PASSWORD_BCRYPT_COST"] = "4"
    return environment


def run(
    environment: dict[str, str], encoding: str, *arguments: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command whose output is read as `encoding`."""
    return command_bytes({**environment, "PYTHONIOENCODING": encoding}, *arguments)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_names_of_any_letters_can_be_told_on_any_terminal(
    environment: dict[str, str], encoding: str
) -> None:
    made = run(environment, encoding, *SHOP, "--json")
    assert (made.returncode, made.stderr) == (0, b"")
    assert json.loads(made.stdout)["name"] == "Café Łódź 東京"

    listed = run(environment, encoding, "vendor", "list", "--json")
    assert [shop["name"] for shop in json.loads(listed.stdout)] == ["Café Łódź 東京"]

    refused = run(environment, encoding, *SHOP)
    assert (refused.returncode, b"already taken" in refused.stderr) == (1, True)


def test_no_command_fails_on_a_terminal_that_shows_ascii_alone(
    environment: dict[str, str],
) -> None:
    run(environment, "ascii", *SHOP)
    for words in (
        ["vendor", "list"],
        ["doctor"],
        ["doctor", "--json"],
        ["ledger", "verify"],
        ["stats", "rebuild", "--check"],
        ["wallet", "status"],
        ["backup", "--json"],
        ["migrate", "--json"],
    ):
        told = run(environment, "ascii", *words)
        assert (told.returncode, b"Traceback" in told.stderr) == (0, False), (words, told.stderr)
        if "--json" in words:
            json.loads(told.stdout)


def test_the_data_lies_in_the_folder_that_is_named(environment: dict[str, str]) -> None:
    run(environment, "utf-8", *SHOP)
    folder = Path(environment["PUNCHCARD_DATA_DIR"])
    assert run(environment, "utf-8", "backup").returncode == 0
    assert (folder / "punchcard.db").stat().st_size > 0
    assert len(list((folder / "backups").glob("*.db"))) == 1
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_cannot_be_written_is_one_line(environment: dict[str, str]) -> None:
    run(environment, "utf-8", *SHOP)
    with Path("/dev/full").open("wb") as full:
        failed = subprocess.run(
            [PUNCHCARD, "vendor", "list"],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert (failed.returncode, failed.stderr.count(b"\n")) == (1, 1)


def test_bytes_that_are_no_text_are_refused_in_one_line(environment: dict[str, str]) -> None:
    words = ["Bar\udce9" if word.startswith("Café") else word for word in SHOP]
    assert b"name: Must be valid Unicode" in run(environment, "utf-8", *words).stderr
    words = ["coffee \udce9" if word.startswith("coffee") else word for word in SHOP]
    refused = run(environment, "utf-8", *words)
    assert (refused.returncode, refused.stderr.count(b"\n")) == (1, 1)
