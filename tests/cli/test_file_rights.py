"""What Punchcard writes is its owner's alone under the usual umask; `doctor` mends what is not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo_server import plain_environment, running_demo
from tests.support.file_rights import mode, usual_umask
from tests.support.server_process import PUNCHCARD, command, serving
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    with usual_umask():
        yield


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """Set nothing but the data directory, as a first start does."""
    return {**plain_environment(), "PUNCHCARD_DATA_DIR": str(folder)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a data directory that is not there yet."""
    return tmp_path / "data"


def modes(folder: Path) -> dict[str, str]:
    """Return the rights of a folder, called `.`, and of everything in it."""
    found = {path.relative_to(folder).as_posix(): mode(path) for path in folder.rglob("*")}
    return {".": mode(folder), **found}


def open_files(folder: Path) -> dict[str, str]:
    """Return what others have any right to, folders that keep them out notwithstanding."""
    return {name: rights for name, rights in modes(folder).items() if not rights.endswith("00")}


def test_a_server_makes_everything_for_its_owner_alone(
    environment: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    with serving(environment, tmp_path) as server:
        wait_until((folder / "log_key").exists)
        assert modes(folder) == {
            ".": "700",
            "log_key": "600",
            "secret_key": "600",
            "pin_pepper": "600",
            "punchcard.db": "600",
            "punchcard.db-wal": "600",
            "punchcard.db.server": "600",
            "punchcard.db-shm": "600",
        }
        status = Path(f"/proc/{server.process.pid}/status")
        if status.exists():
            assert "Umask:\t0077" in status.read_text(encoding="ascii")
        assert command(environment, "backup").returncode == 0
        assert open_files(folder) == {}


def test_commands_do_so_before_any_server(environment: dict[str, str], folder: Path) -> None:
    assert command(environment, "migrate").returncode == 0
    assert open_files(folder) == {}
    assert mode(folder / "punchcard.db") == "600"


def test_a_database_elsewhere_is_its_owners_too(
    environment: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    url = f"sqlite:///{elsewhere / 'shop.db'}"
    assert command({**environment, "PUNCHCARD_DATABASE_URL": url}, "migrate").returncode == 0
    assert mode(elsewhere / "shop.db") == "600"
    assert mode(elsewhere) == "755"


def test_no_umask_of_the_command_is_needed(environment: dict[str, str], folder: Path) -> None:
    """A server may be started without the command line, by another program's own loader."""
    code = "from punchcard.cli.support import ready_settings; ready_settings()"
    subprocess.run([Path(PUNCHCARD).with_name("python"), "-c", code], env=environment, check=True)
    assert mode(folder / "punchcard.db") == "600"
    assert open_files(folder) == {}


def test_the_demonstration_is_its_owners_alone(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--days", "1"):
        assert open_files(tmp_path / "punchcard-data") == {}


def test_a_group_that_was_given_access_keeps_it_and_doctor_warns(
    environment: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    assert command(environment, "migrate").returncode == 0
    folder.chmod(0o770)
    (folder / "punchcard.db").chmod(0o660)
    with serving(environment, tmp_path):
        assert mode(folder) == "770"
        assert mode(folder / "punchcard.db-wal") == "660"
        warned = command(environment, "doctor", "--json")
    assert warned.returncode == 0
    assert '"subject": "files", "state": "warning"' in warned.stdout
    assert f"chmod go= {folder} {folder / 'punchcard.db'}" in warned.stdout


def test_doctor_mends_what_older_versions_left_open(
    environment: dict[str, str], folder: Path
) -> None:
    assert command(environment, "backup").returncode == 1
    assert command(environment, "migrate").returncode == 0
    assert command(environment, "backup").returncode == 0
    assert '"files", "state": "ok"' in command(environment, "doctor", "--json").stdout
    old = {".": 0o755, "punchcard.db": 0o644, "secret_key": 0o640, "backups": 0o755}
    for name, rights in old.items():
        (folder / name).chmod(rights)
    (backup,) = (folder / "backups").glob("*.db")
    backup.chmod(0o604)
    mended = command(environment, "doctor", "--fix", "--json")
    assert mended.returncode == 0
    assert "Now readable by their owner only" in mended.stdout
    assert open_files(folder) == {}
    assert mode(folder) == "700"
