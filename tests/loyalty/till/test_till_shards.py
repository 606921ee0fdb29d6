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

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

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
"""What statements of the till name that name neither a vendor nor a card."""

_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE) (\w+)")
_INSERTED = re.compile(r"^INSERT INTO \w+ \(([^)]*)\)")
_ASKED = re.compile(r'(\w+)"? (?:=|IN) \(?\?')
_NARROWING = {"type", "status", "form", "actor_kind", "stamps_delta"}
"""Columns that only narrow down what others have named."""
_CARD_KEYS = {"id", "number", "token_hash"}


def named_by(statement: str) -> str:
    """Return "vendor" or "card", or else by which column of which table rows are named."""
    flat = " ".join(statement.split())
    found = _TABLE.search(flat)
    assert found, flat
    table = found[1]
    if inserted := _INSERTED.match(flat):
        columns = inserted[1].split(", ")
    else:
        asked = _ASKED.findall(flat.partition(" WHERE ")[2])
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
    told = {one.statement for one in sent}
    return {one for one in told if not one.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE"))}


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
    named = {named_by(one) for one in statements if "1!=1" not in one.partition("UNION")[0]}
    assert {"vendor", "card"} <= named
    assert named - {"vendor", "card"} == OTHER_KEYS


def test_what_names_neither_is_told_to_operators(database: Database) -> None:
    told = set(re.findall(r"^\| `(\w+\.\w+)` \|", DOCS.read_text("utf-8"), flags=re.MULTILINE))
    assert told == OTHER_KEYS


def test_a_statement_that_names_nothing_is_seen(database: Database) -> None:
    assert named_by("SELECT * FROM loyalty_cards") == "loyalty_cards: all"
    assert named_by("SELECT a FROM rewards WHERE rewards.id IN (?)") == "rewards.id"
    assert named_by("UPDATE loyalty_cards SET stamps = ? WHERE id = ?") == "card"
    assert named_by("SELECT a FROM t WHERE t.vendor_id IN (?) AND t.key IN (?)") == "vendor"
