"""Secrets are made once, and never beside what was made with others."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.settings import load_settings


def shop(folder: Path, *tables: str) -> dict[str, str]:
    """Put a database with one row in each of `tables` into the folder."""
    with closing(sqlite3.connect(folder / "punchcard.db")) as database:
        database.execute("CREATE TABLE vendors (id TEXT)")
        for table in tables:
            database.execute(f"CREATE TABLE {table} (id TEXT)")
            database.execute(f"INSERT INTO {table} VALUES ('1')")  # noqa: S608 a test's own name
        database.commit()
    return {"PUNCHCARD_DATA_DIR": str(folder)}


def test_secrets_are_made_once(tmp_path: Path) -> None:
    environment = {"PUNCHCARD_DATA_DIR": str(tmp_path)}
    made = load_settings(environment)
    assert len(made.secret_key) >= 32
    assert load_settings(environment) == made


@pytest.mark.parametrize("table", ["loyalty_cards", "staff_pins"])
def test_no_secrets_are_made_beside_cards_or_pins(tmp_path: Path, table: str) -> None:
    environment = shop(tmp_path, table)
    with pytest.raises(SettingsError, match="secrets of this database are missing"):
        load_settings(environment)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["punchcard.db"]


def test_one_secret_of_two_is_not_enough(tmp_path: Path) -> None:
    environment = shop(tmp_path, "loyalty_cards")
    (tmp_path / "secret_key").write_text("k" * 40)
    with pytest.raises(SettingsError, match="pin_pepper"):
        load_settings(environment)


def test_a_database_of_no_cards_gets_its_secrets(tmp_path: Path) -> None:
    assert load_settings(shop(tmp_path)).secret_key


def test_who_has_lost_them_may_ask_for_new_ones(tmp_path: Path) -> None:
    assert load_settings(shop(tmp_path, "loyalty_cards"), renews_secrets=True).secret_key


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("\n")
    with pytest.raises(SettingsError, match="secret_key is empty"):
        load_settings({"PUNCHCARD_DATA_DIR": str(tmp_path)})
