"""The command line against a fresh data directory or a fresh PostgreSQL database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from punchcard.cli import main
from punchcard.kit.private_files import make_private_folder
from punchcard.kit.settings import Settings
from tests.support.databases import SqliteTemplate


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return what it printed for machines."""
        return json.loads(self.out)


Punchcard = Callable[..., Ran]


@pytest.fixture
def known_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Let the command line find the test's database, folder and secrets."""
    for name in ("database_url", "secret_key", "pin_pepper", "data_dir"):
        monkeypatch.setenv(f"PUNCHCARD_{name.upper()}", str(getattr(settings, name)))
    return settings


@pytest.fixture
def migrated(tmp_path: Path, sqlite_template: SqliteTemplate) -> None:
    """Let the data directory hold a migrated database, as after the first command."""
    folder = tmp_path / "data"
    make_private_folder(folder)
    sqlite_template.copy_to(folder / "punchcard.db")


@pytest.fixture
def punchcard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Punchcard:
    """Run `punchcard` with arguments in an empty data directory; more settings as keywords."""
    monkeypatch.setenv("PUNCHCARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PUNCHCARD_PASSWORD_BCRYPT_COST", "4")

    def run(*arguments: str, **settings: str) -> Ran:
        for name, value in settings.items():
            monkeypatch.setenv(f"PUNCHCARD_{name.upper()}", value)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        printed = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run
