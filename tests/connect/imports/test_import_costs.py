"""What an import asks of the database: for a part of its file as a whole, not for each row."""

import pytest
from sqlalchemy import text

from punchcard.db.database import Database
from punchcard.kit.ids import EntryId
from punchcard.loyalty.vocabulary import EntryType
from tests.connect.imports.mover import Mover
from tests.support.drivers.till import TillDriver
from tests.support.statements import statements_of

_PARTS, _ROWS_A_PART = 2, 250
_STATEMENTS_A_PART = 49


def test_a_run_asks_for_a_part_and_not_for_each_row(
    mover: Mover, alice: TillDriver, database: Database
) -> None:
    program = alice.program(type="points")
    rows = range(_PARTS * _ROWS_A_PART)
    lines = "".join(f"p{n}@home.example,+35262{n:07d},{n + 1}\n" for n in rows)
    import_id = mover.brings(program, f"email,phone,points\n{lines}")
    mover.tries(import_id)
    statements: list[str] = []

    with statements_of(database, statements):
        run = mover.runs(import_id)

    assert run.counts["new"] == len(rows)
    assert len(statements) <= _PARTS * _STATEMENTS_A_PART


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_new_shops_first_import_lets_postgresql_know_the_tables_it_fills(
    mover: Mover, alice: TillDriver, database: Database
) -> None:
    lines = "".join(f"p{n}@home.example,{n + 1}\n" for n in range(_ROWS_A_PART))
    known = text("SELECT relname FROM pg_class WHERE reltuples > 0 AND relkind = 'r'")

    mover.moves_in(alice.program(type="points"), f"email,points\n{lines}")

    with database.read() as session:
        assert {"customers", "loyalty_cards"} <= set(session.scalars(known))


def test_an_undo_asks_for_a_part_and_not_for_each_row(
    mover: Mover, alice: TillDriver, database: Database
) -> None:
    program = alice.program(type="points")
    rows = range(_PARTS * _ROWS_A_PART)
    lines = "".join(f"p{n}@home.example,A-{n},{n + 1}\n" for n in rows)
    run = mover.moves_in(program, f"email,card number,points\n{lines}")
    statements: list[str] = []

    with statements_of(database, statements):
        undone = mover.undoes(run.id)

    assert undone.counts["undone"] == len(rows)
    assert len(statements) <= _PARTS * _STATEMENTS_A_PART


def test_a_step_looks_for_its_next_part_behind_the_last_and_counts_no_others(
    mover: Mover, alice: TillDriver, database: Database
) -> None:
    parts = 4
    lines = "".join(f"p{n}@home.example,{n + 1}\n" for n in range(parts * _ROWS_A_PART))
    import_id = mover.brings(alice.program(type="points"), f"email,points\n{lines}")
    statements: list[str] = []

    with statements_of(database, statements):
        mover.tries(import_id)
        mover.runs(import_id)
        mover.undoes(import_id)

    assert not [one for one in statements if "sum(card_import_parts" in one]
    looks = [one for one in statements if "card_import_parts.step !=" in one]
    from_the_first = [one for one in looks if "card_import_parts.number >" not in one]
    # Each of three steps begins with the first, and sees once at its end that none is left.
    assert (len(looks), len(from_the_first)) == (3 * (parts + 2), 3 * 2)


def test_what_is_taken_back_at_the_counter_asks_for_what_its_type_needs_alone(
    alice: TillDriver, database: Database
) -> None:
    card = alice.card(alice.program(type="points"))
    earned = alice.till.submit(alice.earn(card, 900))
    spent = alice.till.submit(alice.redeem_points(card, 2))
    asked: dict[str, list[str]] = {}

    for receipt in (spent, earned):
        statements = asked.setdefault(receipt.entry["type"], [])
        with statements_of(database, statements):
            alice.till.submit(alice.void(EntryId(receipt.entry["id"])))

    # What earlier voids forgave is asked where something is given back, not where it is taken.
    of_earning, of_spending = asked[EntryType.POINTS_EARNED], asked[EntryType.POINTS_REDEEMED]
    assert not [one for one in of_earning if "refund.points_delta" in one]
    assert [one for one in of_spending if "refund.points_delta" in one]
