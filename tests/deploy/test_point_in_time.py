"""Back to a moment by PostgreSQL's own means, by the very lines of docs/backups.md."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from punchcard.db.migrate import upgrade
from tests.cli.backups.shop import earn, keys_at
from tests.support.server_process import command, environment_for
from tools.postgresql import PROGRAMS, postgresql_in, postgresql_server

PAGE = (Path(__file__).parents[2] / "docs" / "backups.md").read_text(encoding="utf-8")
PLACE = "/var/backups/pg"
DEADLINE_SECONDS = 60


@pytest.fixture
def archive() -> Iterator[Path]:
    """Give a folder that the server's user may write to, whoever that is: not a test's own."""
    with TemporaryDirectory(prefix="punchcard-archive-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "wal").mkdir()
        (folder / "wal").chmod(0o777)
        yield folder


def lines_of(number: int, archive: Path) -> dict[str, str]:
    """Return the settings of one of the page's blocks, for a folder of the test's."""
    blocks = re.findall(r"```ini\n(.*?)```", PAGE, re.S)
    pairs = (line.split(" = ", 1) for line in blocks[number].splitlines())
    return {name: value.replace(PLACE, str(archive)) for name, value in pairs}


def copied(url: str, archive: Path) -> Path:
    """Do what the page says each week, and return the copy."""
    [block] = (one for one in re.findall(r"```sh\n(.*?)```", PAGE, re.S) if "pg_base" in one)
    copying, verifying = block.replace(PLACE, str(archive)).splitlines()
    program, *words = copying.split()
    ran = subprocess.run(
        [PROGRAMS / program, *words, f"--dbname={url}"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    # The pg_verifybackup that tests have ends by a fault of its own: its sizes are looked at here.
    assert verifying.split() == ["pg_verifybackup", str(archive / "base")]
    manifest = json.loads((archive / "base" / "backup_manifest").read_text(encoding="utf-8"))
    assert len(manifest["Files"]) > 900
    for file in manifest["Files"]:
        assert (archive / "base" / file["Path"]).stat().st_size == file["Size"]
    return archive / "base"


def wait_until_archived(url: str) -> None:
    """Let the server archive all that it has written, and wait for that."""
    pause = threading.Event()
    with closing(psycopg.connect(url, autocommit=True)) as server:
        name = server.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        for _ in range(DEADLINE_SECONDS * 20):
            last = server.execute("SELECT last_archived_wal, failed_count FROM pg_stat_archiver")
            archived, failed = last.fetchone() or (None, 0)
            assert failed == 0
            if name is not None and archived is not None and archived >= name[0]:
                return
            pause.wait(0.05)
    raise AssertionError("the log was not archived")


def wait_until_promoted(url: str) -> None:
    pause = threading.Event()
    for _ in range(DEADLINE_SECONDS * 20):
        with closing(psycopg.connect(url)) as server:
            if server.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                return
        pause.wait(0.05)
    raise AssertionError("the server did not come to its moment")


def test_the_shop_is_there_as_it_was_at_a_moment(archive: Path, tmp_path: Path) -> None:
    with postgresql_server(lines_of(0, archive)) as url:
        upgrade(url)
        earn(url, "before the copy")
        base = copied(url, archive)
        earn(url, "after the copy")
        with closing(psycopg.connect(url)) as server:
            moment = server.execute("SELECT clock_timestamp()::text").fetchone()
        assert moment is not None
        earn(url, "the mistake")
        wait_until_archived(url)
        settings = {**lines_of(1, archive), "recovery_target_time": f"'{moment[0]}'"}
        data = Path(url.rpartition("host=")[2])
        owner, again = data.stat(), data.with_name("again")
        # The tests' server keeps its socket among its files; usual ones do not.
        shutil.copytree(base, again, ignore=shutil.ignore_patterns(".s.PGSQL.*", "log"))
        with (again / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        (again / "recovery.signal").touch()
        for path in (again, *again.rglob("*")):
            shutil.chown(path, owner.st_uid, owner.st_gid)
        again.chmod(0o700)
        with postgresql_in(again) as recovered:
            wait_until_promoted(recovered)
            assert keys_at(recovered) == {"before the copy", "after the copy"}
            ran = command(environment_for(recovered, tmp_path), "ledger", "verify")
            assert ran.returncode == 0, ran.stderr
