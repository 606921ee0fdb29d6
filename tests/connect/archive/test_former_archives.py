"""A shop that left years ago comes back: its archive is brought up to date on the way in."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.connect.archive.archive_file import opened_archive
from punchcard.connect.archive.contents import travelling_tables
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.renewal import FIRST_REVISION, former_tables
from punchcard.db import migrate
from punchcard.db.base import Base
from punchcard.db.database import Database
from punchcard.db.scratch import scratch_database
from punchcard.kit.secrets import Sealer, hash_token
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.reports import stats_rebuild
from tests.connect.archive.conftest import Home
from tests.connect.archive.forgery import (
    CARDS,
    Files,
    files_of,
    forged,
    manifest_with,
    packed,
    richer,
    with_a_change,
    with_another_balance,
)
from tests.connect.archive.test_archive_refusals import refused
from tests.support.books import audited

FORMER = Path(__file__).parent / "former"
ROLLUP = "tables/loyalty_daily_rollup.jsonl"


def former(revision: str) -> bytes:
    return (FORMER / f"{revision}.zip").read_bytes()


def rows_of(files: Files, table: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in files.get(f"tables/{table}.jsonl", b"").splitlines()]


@pytest.mark.parametrize("revision", ["0046", "0048"])
def test_a_shop_of_former_days_is_all_there_and_can_leave_again(
    elsewhere: Home, database: Database, revision: str
) -> None:
    files = files_of(former(revision))
    told = elsewhere.takes_in(former(revision))
    assert (told.revision, told.cards) == (revision, len(rows_of(files, "loyalty_cards")))

    now = files_of(elsewhere.leaves(told.vendor_id)[0])
    for table in travelling_tables():
        # Whatever was there is as it was; what the years have added stands beside it.
        was, became = rows_of(files, table.name), rows_of(now, table.name)
        became = [row for row in became if row.get("action") != "vendor.moved_in"]
        names = set(was[0]) if was else set()
        assert [{name: row[name] for name in row if name in names} for row in became] == was
    assert {name for name in files if name.startswith("images/")} == {
        name for name in now if name.startswith("images/")
    }
    audited(database)
    with database.snapshot() as connection:
        assert not stats_rebuild.compare(connection, lambda rows: None).differences


def test_links_of_former_days_open_the_same_cards(elsewhere: Home, database: Database) -> None:
    elsewhere.takes_in(former("0046"))

    sealer = Sealer(elsewhere.keys, "card token")
    with database.read() as session:
        cards = session.scalars(select(LoyaltyCard)).all()
        events = select(AuditEvent.new).where(AuditEvent.action == "vendor.moved_in")
        made_at = session.scalars(events).one()["made_at"]
    tokens = [sealer.open(card.token_sealed, card.id) for card in cards]
    assert len(cards) == 40
    assert all(
        token is not None and hash_token(token.decode()) == card.token_hash
        for token, card in zip(tokens, cards, strict=True)
    )
    assert made_at == orjson.loads(files_of(former("0046"))["manifest.json"])["made_at"]


def test_figures_that_are_not_those_of_the_ledger_are_put_right(
    elsewhere: Home, database: Database
) -> None:
    files = files_of(former("0046"))
    elsewhere.takes_in(packed(forged({**files, ROLLUP: b""})))

    with database.snapshot() as connection:
        assert not stats_rebuild.compare(connection, lambda rows: None).differences


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (richer, "ledger is damaged"),
        (with_another_balance, "ledger is damaged"),
        (lambda files: with_a_change("loyalty_cards", files, points=2**63), "cannot be kept"),
        (lambda files: with_a_change("vendors", files, id="no id"), "id: it is no id"),
        (lambda files: {**files, CARDS: b'{"id": 1}\n'}, "has other columns"),
        (lambda files: {**files, "tables/vendors.jsonl": b""}, "belongs to nothing"),
        (lambda files: manifest_with(files, made_at="long ago"), "cannot be brought"),
        (lambda files: manifest_with(files, made_at="1066-10-14T09:00:00"), "cannot be brought"),
        (lambda files: manifest_with(files, entries=7), "says that it has 7 entries"),
        (lambda files: manifest_with(files, revision="0045"), "none that wrote archives"),
        (lambda files: manifest_with(files, revision="0046a"), "none that wrote archives"),
        (lambda files: manifest_with(files, revision="9999"), "made by a newer version"),
    ],
)
def test_what_was_never_written_then_is_refused_whole(
    elsewhere: Home, change: Callable[[Files], Files], why: str
) -> None:
    refused(elsewhere, packed(forged(change(files_of(former("0046"))))), why)


def test_tables_that_came_later_or_are_the_operators_are_no_part_of_it(elsewhere: Home) -> None:
    files = files_of(former("0046"))
    manifest = orjson.loads(files["manifest.json"])
    for name in ("admins", "plans", "integrations", "alembic_version"):
        file: dict[str, Any] = {"name": f"tables/{name}.jsonl", "rows": 0, "digest": "0" * 32}
        told = [*manifest["files"], {**file, "bytes": 0, "sha256": ""}]
        more = {
            **files,
            "manifest.json": orjson.dumps(manifest | {"files": told}),
            file["name"]: b"",
        }
        refused(elsewhere, packed(forged(more)), "tables that archives of its version do not have")


def test_rows_of_another_shop_do_not_come_along(elsewhere: Home) -> None:
    files = files_of(former("0046"))
    name = "tables/vendors.jsonl"
    row = orjson.loads(files[name]) | {"id": str(UUID(int=0)), "slug": "stranger"}
    more = {**files, name: files[name] + orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n"}
    refused(elsewhere, packed(forged(more)), "What arrived of vendors is not what was sent")


def test_a_shop_that_is_here_is_not_taken_in_from_former_days(elsewhere: Home) -> None:
    elsewhere.takes_in(former("0046"))
    with pytest.raises(ArchiveRefused, match="There is a shop “boulangerie-bob” here already"):
        elsewhere.takes_in(former("0046"))


def test_every_column_of_former_days_can_be_read_by_a_type_of_today() -> None:
    """A migration that removes a column says in renewal.py how its values are read."""
    with scratch_database() as connection:
        migrate.upgrade_scratch(connection, FIRST_REVISION)
        with opened_archive(BytesIO(former("0046"))) as archive:
            for table in former_tables(connection, archive):
                assert set(table.c.keys()) <= set(Base.metadata.tables[table.name].c.keys())
                assert len(table.c) > 1
