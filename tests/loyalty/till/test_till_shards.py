"""Whoever would spread shops over machines: each statement of the till names a shop or a card.

What names neither is listed here with what it names instead, and in docs/scale.md: there a router
would have to know first whose it is.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from punchcard.accounts.models import Vendor
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ProgramId, SystemIds
from tests.loyalty.till.test_till_plans import work_through_everything, work_through_growth
from tests.support.drivers.till import TillDriver, open_till, open_till_driver
from tests.support.plans import engines_of, recorded

DOCS = Path(__file__).parents[3] / "docs" / "scale.md"
OTHER_KEYS = {
    "card_merges.id",
    "card_merges.in_entry_id",
    "customers.id",
    "grants.id",
    "locations.id",
    "loyalty_cards.external_code",
    "loyalty_cards.program_id",
    "loyalty_daily_rollup.program_id",
    "loyalty_programs.id",
    "loyalty_transactions.id",
    "outbox.topic",
    "promotions.id",
    "promotions.program_id",
    "reference_claims.program_id",
    "reservations.id",
    "retired_card_codes.token_hash",
    "rewards.id",
    "rewards.program_id",
    "transaction_origins.transaction_id",
}
"""What statements of the till name that name neither a vendor nor a card, on either database."""

_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE) (\w+)")
_INSERTED = re.compile(r"^INSERT INTO \w+ \(([^)]*)\)")
_ASKED = re.compile(r'(\w+)"? (?:=|IN) (?:ANY )?\(*(?:CAST\()?[?%]')
"""SQLite's places are question marks, PostgreSQL's begin with a percent sign."""
_JOINED = re.compile(r"\bt\.(\w+) = r\.\w+")
"""How PostgreSQL's sets of rows find those that they write: `t` by the values `r`."""
_WRITES_BEFORE = re.compile(r"(?:^WITH |\), )w\d+ AS \(")
"""One statement of PostgreSQL that writes several sets: each but the last is such a part."""
_LAST_WRITE = re.compile(r"\) (?=INSERT INTO |UPDATE |DELETE FROM )")
_NARROWING = {"type", "status", "form", "actor_kind", "stamps_delta"}
"""Columns that only narrow down what others have named."""
_CARD_KEYS = {"id", "number", "token_hash"}
_NO_ROWS = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "SELECT set_config(", "SELECT pg_notify(")


def parts_of(statement: str) -> list[str]:
    """Return what a statement does, one part for each set that it writes."""
    flat = " ".join(statement.split())
    parts = [part for part in _WRITES_BEFORE.split(flat) if part]
    if flat.startswith("WITH w0 AS "):
        parts[-1:] = _LAST_WRITE.split(parts[-1], maxsplit=1)
    return parts


def named_by(statement: str) -> str:
    """Return "vendor" or "card", or else by which column of which table rows are named."""
    flat = " ".join(statement.split())
    found = _TABLE.search(flat)
    assert found, flat
    table = found[1]
    if inserted := _INSERTED.match(flat):
        columns = inserted[1].split(", ")
    else:
        where = flat.partition(" WHERE ")[2]
        asked = _JOINED.findall(where) or _ASKED.findall(where)
        columns = [column for column in asked if column not in _NARROWING]
    if "vendor_id" in columns:
        return "vendor"
    if "card_id" in columns or (table == "loyalty_cards" and _CARD_KEYS & set(columns)):
        return "card"
    return f"{table}.{columns[0]}" if columns else f"{table}: all"


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter."""
    with open_till(database, clock=clock, ids=ids) as till:
        yield open_till_driver(database, till, clock=clock, ids=ids)


def asked_while(
    database: Database, work: Callable[[TillDriver, ProgramId, ManualClock], None], *given: object
) -> set[str]:
    with recorded(*engines_of(database)) as sent:
        work(*given)  # type: ignore[arg-type]
    told = {part for one in sent for part in parts_of(one.statement)}
    return {one for one in told if not one.startswith(_NO_ROWS)}


def test_each_statement_of_the_till_names_a_shop_or_a_card_or_is_known(
    alice: TillDriver, database: Database, clock: ManualClock
) -> None:
    with database.write_connection() as connection:
        connection.execute(update(Vendor).values(keeps_origins=True))
    statements: set[str] = set()
    for work in (work_through_everything, work_through_growth):
        program = alice.program(type="hybrid", cooldown_minutes=0, max_daily_stamps=50)
        statements |= asked_while(database, work, alice, program, clock)
    # A list that came out empty is asked for nothing.
    of_none = re.compile(r"1 ?!= ?1")
    named = {named_by(one) for one in statements if not of_none.search(one.partition("UNION")[0])}
    assert {"vendor", "card"} <= named
    assert named - {"vendor", "card"} == OTHER_KEYS


def test_what_names_neither_is_told_to_operators() -> None:
    told = set(re.findall(r"^\| `(\w+\.\w+)` \|", DOCS.read_text("utf-8"), flags=re.MULTILINE))
    assert told == OTHER_KEYS


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("SELECT * FROM loyalty_cards", "loyalty_cards: all"),
        ("SELECT a FROM rewards WHERE rewards.id IN (?)", "rewards.id"),
        ("SELECT a FROM rewards WHERE rewards.id IN (%(id_1_1)s::UUID)", "rewards.id"),
        ("UPDATE loyalty_cards SET stamps = ? WHERE id = ?", "card"),
        ("SELECT a FROM t WHERE t.vendor_id IN (?) AND t.key IN (?)", "vendor"),
        ("SELECT a FROM t WHERE t.vendor_id = ANY (CAST(%(v)s::VARCHAR AS UUID[]))", "vendor"),
        ("SELECT a FROM t WHERE t.day = ANY (CAST(%(d)s::VARCHAR AS DATE[]))", "t.day"),
        ("UPDATE loyalty_cards AS t SET a = r.a FROM f(%s) AS r(a INT) WHERE t.id = r.id", "card"),
        ("DELETE FROM claims AS t USING f(%s) AS r(a INT) WHERE t.day = r.day", "claims.day"),
        ("INSERT INTO t (day, card_id) SELECT day, card_id FROM f(%s)", "card"),
    ],
)
def test_what_a_statement_names_is_seen_on_either_database(statement: str, names: str) -> None:
    assert named_by(statement) == names


def test_each_set_of_a_statement_that_writes_several_is_seen() -> None:
    first = "UPDATE loyalty_cards AS t SET a = r.a FROM f(%s) AS r(a INT) WHERE t.id = r.id"
    second, last = "INSERT INTO t (vendor_id) SELECT a FROM f(%s)", "INSERT INTO u (day) SELECT b"
    assert parts_of(f"WITH w0 AS ({first}),\nw1 AS ({second}) {last}") == [first, second, last]
    assert parts_of(last) == [last]
    assert parts_of(f"WITH w0 AS ({first})\n{last}") == [first, last]
