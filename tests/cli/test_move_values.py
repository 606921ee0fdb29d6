"""Values that one database holds and the other refuses: `punchcard move` names them, and stops."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.cli import main
from punchcard.connect.archive.database_copy import filled_tables
from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.loyalty.operations import Actor, NewCustomer, OpenCard
from punchcard.loyalty.vocabulary import ActorKind
from tests.contract.conftest import settings_for
from tests.loyalty import shelf
from tests.support import cast
from tests.support.databases import PostgresqlTemplate, SqliteTemplate


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, sqlite_template: SqliteTemplate) -> Path:
    """Let Café Alice live in a file, with a customer who has a card."""
    folder = tmp_path_factory.mktemp("filled")
    path = folder / "source.db"
    here = settings_for(sqlite_template.copy_to(path), folder)
    with closing(build_context(here)) as context:
        alice = cast.open_cafe_alice(context)
        program = shelf.program(alice, status="active", pin_policy="off")
        anna = NewCustomer(name="Anna", email="anna@home.example")
        by = Actor(ActorKind.SYSTEM, None)
        context.loyalty.till.submit(
            OpenCard(vendor_id=alice.id, actor=by, program_id=program.id, customer=anna)
        )
    return path


@pytest.fixture
def file(filled: Path, tmp_path: Path) -> Path:
    """Return a copy of the file, to be spoiled."""
    return shutil.copyfile(filled, tmp_path / "source.db")


@pytest.fixture
def spoiled(file: Path, told: tuple[str, str, str]) -> Path:
    """Return the file once another hand has written a value into it."""
    table, field, value = told
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute(f"UPDATE {table} SET {field} = {value}")  # noqa: S608 the test's own words
    return file


def is_moved(source: Path, target: str) -> bool:
    with pytest.raises(SystemExit) as end:
        main(["move", "--from", f"sqlite:///{source}", "--to", target])
    return not end.value.code


REFUSED = {
    "NUL": ("customers", "name", "'a' || char(0)", "it has a NUL character"),
    "not UTF-8": ("customers", "name", "CAST(x'61ff' AS TEXT)", "it is no text in UTF-8"),
    "bytes": ("customers", "name", "x'6162'", "it is no text in UTF-8"),
    "long": ("vendors", "currency", "'EURO'", "it has more than 3 characters"),
    "spaces": ("vendors", "currency", "'EUR '", "it has more than 3 characters"),
    "large": ("loyalty_programs", "version", 2**40, "it is too large a number"),
    "larger": ("loyalty_programs", "version", 2**70, "it is no whole number"),
    "fraction": ("loyalty_programs", "version", 1.5, "it is no whole number"),
    "words": ("loyalty_programs", "version", "'many'", "it is no whole number"),
    "zone": ("vendors", "created_at", "'2026-01-01 00:00:00+02:00'", "it is no moment of"),
    "word": ("customers", "created_at", "'yesterday'", "it is no moment of"),
    "day": ("loyalty_cards", "stamps_day", "'2026-02-30'", "it is no day of"),
    "JSON": ("loyalty_programs", "branding", "'{'", "it is no document"),
    "NaN": ("loyalty_programs", "branding", "'{\"a\": [NaN]}'", "it is too large a number"),
    "half": ("loyalty_programs", "branding", "'{\"\\ud800\": 1}'", "it is no text in UTF-8"),
    "NUL inside": ("loyalty_programs", "branding", "'[\"\\u0000\"]'", "it has a NUL character"),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("told", "why"), [(one[:3], one[3]) for one in REFUSED.values()], ids=REFUSED
)
def test_a_value_that_is_not_kept_there_is_named_and_nothing_is_moved(
    spoiled: Path,
    told: tuple[str, str, str],
    why: str,
    postgresql_template: PostgresqlTemplate,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table, field, _ = told
    with postgresql_template.lend() as target:
        assert not is_moved(spoiled, target)
        with closing(Database(target)) as there, there.read_connection() as connection:
            assert filled_tables(connection) == []

    line = capsys.readouterr().err
    assert line.startswith(f"punchcard: A row of {table} cannot be kept as it is: id ")
    assert f": {field}: {why}" in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("told", [("customers", "id", "'nonsense'")])
def test_a_row_whose_id_is_none_is_named_by_that(
    spoiled: Path, postgresql_template: PostgresqlTemplate, capsys: pytest.CaptureFixture[str]
) -> None:
    with postgresql_template.lend() as target:
        assert not is_moved(spoiled, target)

    assert "A row of customers cannot be kept as it is: id nonsense" in capsys.readouterr().err


@pytest.mark.parametrize("told", [("loyalty_cards", "customer_id", "'" + "0" * 32 + "'")])
def test_a_row_that_belongs_to_nothing_is_named(
    spoiled: Path, postgresql_template: PostgresqlTemplate, capsys: pytest.CaptureFixture[str]
) -> None:
    with postgresql_template.lend() as target:
        assert not is_moved(spoiled, target)

    line = capsys.readouterr().err
    assert line.startswith("punchcard: A row of loyalty_cards cannot be kept as it is: id ")
    assert line.endswith(": customer_id: it belongs to nothing that is there.\n")
