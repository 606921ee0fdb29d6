"""Backups in a bucket: put there sealed, listed, fetched, restored from, and removed in time."""

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from punchcard.cli.backups.backup_bucket import BackupBucket
from punchcard.cli.backups.kept_backups import prune
from punchcard.cli.backups.retention import Keeping
from punchcard.cli.support import CommandFailed
from punchcard.kit.environment.backup_names import BackupName, name_of
from punchcard.kit.settings import load_settings
from tests.cli.backups.shop import earn, keys_at, left_of
from tests.support.server_process import command
from tests.support.waiting import PATIENCE_SECONDS

KEY = "a key of backups with 32 characters"

on_sqlite = pytest.mark.parametrize("own_database_url", ["sqlite"], indirect=True)


def _put(address: str, content: bytes = b"") -> None:
    assert httpx.put(address, content=content, timeout=PATIENCE_SECONDS).status_code == 200


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Run a server of the protocol, which is not ours, and give its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> str:
    """Give the address of an empty bucket."""
    address = f"{s3}/{tmp_path.name.replace('_', '-').lower()[:60].strip('-')}"
    _put(address)
    return address


@pytest.fixture
def environment(environment: dict[str, str], bucket: str) -> dict[str, str]:
    """Let backups go to the bucket, too."""
    endpoint, _, name = bucket.rpartition("/")
    return {
        **environment,
        "PUNCHCARD_BACKUP_S3_ENDPOINT": endpoint,
        "PUNCHCARD_BACKUP_S3_BUCKET": name,
        "PUNCHCARD_BACKUP_S3_PREFIX": "shop/",
        "PUNCHCARD_BACKUP_S3_ACCESS_KEY_ID": "id",
        "PUNCHCARD_BACKUP_S3_SECRET_ACCESS_KEY": "secret",
        "PUNCHCARD_BACKUP_S3_TIMEOUT_SECONDS": "20",
        "PUNCHCARD_BACKUP_KEY": KEY,
    }


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Use a database that is the test's own: it is replaced."""
    return own_database_url


def contents(bucket: str, name: str) -> bytes:
    """Return what lies in the bucket; the server gives it to whoever has any key."""
    endpoint, _, of = bucket.rpartition("/")
    options: Any = {"allow_http": True}
    store = S3Store(
        of, endpoint=endpoint, access_key_id="id", secret_access_key="s", client_options=options
    )
    return bytes(obstore.get(store, f"shop/{name}").bytes())


def made(environment: dict[str, str]) -> Any:
    ran = command(environment, "backup", "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_machine_is_lost_and_another_goes_on(
    environment: dict[str, str], database_url: str, folder: Path, tmp_path: Path, bucket: str
) -> None:
    earn(database_url, "first")
    told = made(environment)
    name = Path(told["file"]).name
    there = contents(bucket, f"{name}.sealed")
    assert told["removed"] == []
    plain = Path(told["file"]).read_bytes()
    assert plain[:5] not in there[:100]
    assert b"loyalty_cards" in plain
    assert b"loyalty_cards" not in there
    if told["checkpoint"]:
        assert contents(bucket, f"{name}.checkpoint") == Path(told["checkpoint"]).read_bytes()
    earn(database_url, "second")
    elsewhere = {**environment, "PUNCHCARD_DATA_DIR": str(tmp_path / "elsewhere")}
    fetched = command(elsewhere, "backup", "fetch", "--json")
    assert fetched.returncode == 0, fetched.stderr
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["backups"]
    file = Path(json.loads(fetched.stdout)["file"])
    assert file.read_bytes() == plain
    ran = command(environment, "restore", str(file))
    assert ran.returncode == 0, ran.stderr
    assert keys_at(database_url) == {"first"}


@on_sqlite
def test_the_drill_takes_the_newest_from_the_bucket(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    made(environment)
    shutil.rmtree(folder / "backups")
    ran = command(environment, "backup", "drill", "--from-bucket")
    assert ran.returncode == 0, ran.stderr
    assert "The ledger is sound: 2 entries of 1 cards." in ran.stdout
    others = {**environment, "PUNCHCARD_BACKUP_KEY": KEY[::-1]}
    refused = command(others, "backup", "drill", "--from-bucket")
    assert refused.returncode == 1
    assert "it was sealed with another PUNCHCARD_BACKUP_KEY" in refused.stderr
    assert left_of(database_url) == []


@on_sqlite
def test_what_need_not_be_kept_goes_here_and_there(
    environment: dict[str, str], database_url: str, folder: Path, bucket: str
) -> None:
    now = datetime.now(UTC)
    old = [name_of(now - timedelta(days=days), is_embedded=True) for days in (400, 401)]
    (folder / "backups").mkdir(parents=True)
    for name in old:
        for suffix in ("", ".checkpoint"):
            (folder / "backups" / f"{name}{suffix}").touch()
        _put(f"{bucket}/shop/{name}.sealed", b"old")
    (folder / "backups" / "of-mine.db").touch()
    ran = command(environment, "backup", "--keep-days", "2", "--json")
    assert ran.returncode == 0, ran.stderr
    last = Path(json.loads(ran.stdout)["file"]).name
    listed = json.loads(command(environment, "backup", "list", "--json").stdout)["backups"]
    # Of today the newest, and of the one day before that has any; the same in both places.
    assert [one["name"] for one in listed] == 2 * [old[0], last]
    assert [one["where"][:5] for one in listed] == 2 * [str(folder)[:5]] + 2 * ["s3://"]
    assert (folder / "backups" / "of-mine.db").exists()
    assert not (folder / "backups" / f"{old[1]}.checkpoint").exists()


def test_a_key_that_may_not_remove_is_told_and_no_failure(
    environment: dict[str, str],
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_bucket: BackupBucket, _backup: BackupName) -> None:
        raise CommandFailed("Could not remove from the bucket b: AccessDenied.")

    monkeypatch.setattr(BackupBucket, "remove", refuse)
    for days in (1, 2, 3):
        name = name_of(datetime.now(UTC) - timedelta(days=days), is_embedded=True)
        _put(f"{bucket}/shop/{name}.sealed", b"old")
    settings = load_settings({**environment, "PUNCHCARD_DATA_DIR": str(tmp_path)})
    assert prune(settings, Keeping(days=1, weeks=0, months=0)) == []
    said = capsys.readouterr().err
    assert said == "Could not remove from the bucket b: AccessDenied. What is old stays there.\n"


@on_sqlite
@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        (
            "BACKUP_S3_BUCKET",
            "nobodys",
            "Could not write the bucket nobodys: the store knows no such bucket.",
        ),
        ("BACKUP_KEY", "", "PUNCHCARD_BACKUP_KEY must be set"),
        ("BACKUP_KEY", "short", "PUNCHCARD_BACKUP_KEY has 5 characters"),
    ],
)
def test_a_backup_that_cannot_leave_stays_here_and_fails(
    environment: dict[str, str],
    database_url: str,
    folder: Path,
    setting: str,
    value: str,
    told: str,
) -> None:
    ran = command({**environment, f"PUNCHCARD_{setting}": value}, "backup", "--keep-days", "1")
    assert ran.returncode == 1
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1
    [file] = (folder / "backups").glob("punchcard-*.db")
    assert file.stat().st_size > 0


@on_sqlite
def test_a_store_that_is_away_is_told(environment: dict[str, str], database_url: str) -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{silent.getsockname()[1]}"
        given = {**environment, "PUNCHCARD_BACKUP_S3_ENDPOINT": away}
        ran = command(given, "backup", "list")
        doctor = command(given, "doctor", "--json")
    assert ran.returncode == 1
    assert "Could not list the bucket" in ran.stderr
    assert "Look at PUNCHCARD_BACKUP_S3_ENDPOINT" in ran.stderr
    findings = json.loads(doctor.stdout)["findings"]
    assert [one["state"] for one in findings if one["subject"] == "backups"] == ["ok"]


@on_sqlite
def test_doctor_knows_the_newest_there(environment: dict[str, str], database_url: str) -> None:
    earn(database_url, "first")
    told = made(environment)
    findings = json.loads(command(environment, "doctor", "--json").stdout)["findings"]
    [found] = (one for one in findings if one["subject"] == "backups")
    assert found["state"] == "ok"
    assert "The newest in the bucket" in found["message"]
    assert Path(told["file"]).name[10:14] in found["message"]
