"""Moving in: what is in the file comes onto cards once, and can be taken back as one."""

import pytest
from sqlalchemy import select

from punchcard.accounts.models import Customer
from punchcard.connect.imports.errors import (
    ImportBusy,
    ImportNotPreviewed,
    ImportSpent,
    ImportUndoOver,
)
from punchcard.connect.imports.import_service import forget_rows
from punchcard.connect.imports.run import run_some
from punchcard.connect.imports.vocabulary import BalanceMode, ImportState
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.import_models import HistoryImport
from punchcard.loyalty.models import LoyaltyCard, LoyaltyTransaction
from punchcard.loyalty.operations import CardKey, CardRef, NewCustomer
from punchcard.loyalty.vocabulary import CardStatus
from tests.connect.imports.mover import Mover
from tests.support.drivers.till import TillDriver

THREE = (
    "Name;E-Mail;Punkte;Kartennummer\n"
    "Mia Muster;mia@home.example;1.250;A-1\n"
    "Jo;jo@home.example;30;A-2\n"
    ";;7;A-3\n"
)


def test_a_file_moves_in_with_its_people_balances_and_codes(
    mover: Mover, alice: TillDriver
) -> None:
    program = alice.program(type="points", welcome_points=100)
    tried = mover.tries(mover.brings(program, THREE))
    assert tried.state is ImportState.READY
    assert (tried.counts["new"], tried.counts["points"]) == (3, 1287)
    assert mover.count(LoyaltyCard) == 0

    run = mover.runs(tried.id)

    assert run.state is ImportState.DONE
    assert (run.counts["new"], run.counts["rejected"], run.counts["points"]) == (3, 0, 1287)
    mia = mover.card_of("mia@home.example")
    assert (mia.points, mia.lifetime_points, mia.external_code) == (1250, 0, "A-1")
    earned = alice.earn(mia.id, 100)
    by_code = type(earned)(
        vendor_id=alice.vendor_id,
        actor=earned.actor,
        card=CardRef(CardKey.EXTERNAL, "A-3"),
        amount_minor=100,
    )
    assert alice.till.submit(by_code).card.points == 8


@pytest.mark.parametrize(("balance", "points"), [(BalanceMode.SET, 30), (BalanceMode.ADD, 39)])
def test_a_card_that_is_there_is_found_by_its_contact(
    mover: Mover, alice: TillDriver, balance: BalanceMode, points: int
) -> None:
    program = alice.program(type="points")
    card = alice.card(program, customer=NewCustomer(email="jo@home.example"))
    alice.till.submit(alice.earn(card, 900))
    import_id = mover.brings(program, THREE)
    assert mover.tries(import_id).counts["matched"] == 1

    mover.runs(import_id, balance)

    jo = mover.card_of("jo@home.example")
    assert (jo.id, jo.points, jo.external_code) == (card, points, "A-2")


def test_whether_balances_are_set_or_added_must_be_said(mover: Mover, alice: TillDriver) -> None:
    import_id = mover.brings(alice.program(type="points"), THREE)
    with pytest.raises(ImportNotPreviewed):
        mover.runs(import_id)
    mover.tries(import_id)
    with pytest.raises(InvalidInput):
        mover.runs(import_id, None)
    mover.runs(import_id, BalanceMode.ADD)
    with pytest.raises(ImportBusy):
        mover.runs(import_id)


def test_the_same_file_twice_does_nothing_the_second_time(mover: Mover, alice: TillDriver) -> None:
    program = alice.program(type="points")
    mover.moves_in(program, THREE)
    entries = mover.count(LoyaltyTransaction)

    again = mover.brings(program, THREE)
    assert mover.tries(again).counts["skipped"] == 3
    assert mover.runs(again, BalanceMode.ADD).counts["skipped"] == 3

    assert mover.count(LoyaltyTransaction) == entries


def test_two_runs_of_one_file_at_once_count_once(mover: Mover, alice: TillDriver) -> None:
    program = alice.program(type="points")
    first, second = mover.brings(program, THREE), mover.brings(program, THREE)
    for import_id in (first, second):
        mover.tries(import_id)
    for import_id in (first, second):
        mover.asks_to_run(import_id, BalanceMode.ADD)
    mover.worked(first)
    mover.worked(second)
    assert mover.card_of("mia@home.example").points == 1250


def test_a_run_that_was_killed_goes_on_where_it_was(
    mover: Mover, alice: TillDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = alice.program(type="points")
    lines = "".join(f"p{n}@home.example,{n}\n" for n in range(600))
    import_id = mover.brings(program, "email,points\n" + lines)
    mover.tries(import_id)
    mover.asks_to_run(import_id, BalanceMode.ADD)

    class Killed(Exception):
        pass

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        # Everything of a part is on cards, and nothing of it is noted.
        patched.setattr("punchcard.connect.imports.run._note", dies)
        with pytest.raises(Killed):
            run_some(mover.work, import_id)
    assert mover.now(import_id).rows_done == 0
    assert mover.count(LoyaltyCard) == 250

    done = mover.worked(import_id)
    assert (done.counts["new"], done.counts["points"]) == (600, sum(range(600)))
    assert mover.count(LoyaltyCard) == 600
    assert mover.card_of("p249@home.example").points == 249
    assert mover.undoes(import_id).counts["undone"] == 600


def test_an_undo_leaves_nothing_behind_and_the_file_can_come_again(
    mover: Mover, alice: TillDriver, database: Database
) -> None:
    program = alice.program(type="points")
    regular = alice.card(program, customer=NewCustomer(email="jo@home.example"))
    alice.till.submit(alice.earn(regular, 900))
    run = mover.moves_in(program, THREE)

    undone = mover.undoes(run.id)

    assert (undone.state, undone.counts["undone"]) == (ImportState.UNDONE, 3)
    jo = mover.card_of("jo@home.example")
    assert (jo.points, jo.external_code, jo.status) == (9, None, CardStatus.ACTIVE)
    with database.read() as session:
        told = session.get_one(HistoryImport, run.id)
        assert (told.stamps, told.points) == (0, 0)
        closed = session.scalars(select(LoyaltyCard).where(LoyaltyCard.id != regular)).all()
        assert {(card.status, card.points, card.customer_id) for card in closed} == {
            (CardStatus.CLOSED, 0, None)
        }
        mia = session.scalars(select(Customer).where(Customer.email == "mia@home.example"))
        assert mia.all() == []

    again = mover.moves_in(program, THREE)
    assert (again.counts["new"], again.counts["matched"]) == (2, 1)
    assert mover.card_of("mia@home.example").points == 1250


def test_an_undo_is_refused_as_one_while_something_is_spent(
    mover: Mover, alice: TillDriver
) -> None:
    run = mover.moves_in(alice.program(type="points"), THREE)
    mia = mover.card_of("mia@home.example")
    alice.till.submit(alice.redeem_points(mia.id, 1))

    with pytest.raises(ImportSpent) as refused:
        mover.undoes(run.id)

    assert refused.value.facts == {"rows": 1, "first_row": 2}
    assert mover.card_of("jo@home.example").points == 30


def test_an_undo_is_refused_when_its_time_is_over(
    mover: Mover, alice: TillDriver, clock: ManualClock
) -> None:
    run = mover.moves_in(alice.program(type="points"), THREE)
    clock.advance(days=7, seconds=1)

    with pytest.raises(ImportUndoOver) as refused:
        mover.asks_to_undo(run.id, days=7)

    assert refused.value.facts == {"days": 7}
    assert mover.card_of("mia@home.example").points == 1250
    clock.advance(seconds=-1)
    mover.asks_to_undo(run.id, days=7)
    assert mover.worked(run.id).counts["undone"] == 3


def test_a_card_that_was_used_since_stays_open_without_its_opening_balance(
    mover: Mover, alice: TillDriver
) -> None:
    run = mover.moves_in(alice.program(type="points"), THREE)
    mia = mover.card_of("mia@home.example")
    alice.till.submit(alice.earn(mia.id, 500))
    mover.undoes(run.id)
    mia = mover.card_of("mia@home.example")
    assert (mia.status, mia.points) == (CardStatus.ACTIVE, 5)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("=1+1,a@home.example,,5", "formula"),
        ("A,a@home,,5", "bad_email"),
        ("A,a@home.example,12,5", "bad_phone"),
        ('A,a@home.example,"4,91512E+11",5', "spreadsheet_number"),
        ("A,,,5", "nobody"),
        ("A,a@home.example,,5.5", "no_whole_number"),
        ("A,a@home.example,,-5", "negative"),
        ("A,a@home.example,,many", "no_number"),
        ("A,a@home.example,,99999999999999", "too_much"),
        ("A,a@home.example,,5,more", "too_many_cells"),
    ],
)
def test_a_row_that_is_wrong_is_named_with_why_and_the_others_are_taken(
    mover: Mover, alice: TillDriver, row: str, code: str
) -> None:
    program = alice.program(type="points")
    run = mover.moves_in(program, f"name,email,phone,points\n{row}\nB,b@home.example,,6\n")
    assert mover.faults(run.id) == [(2, code)]
    assert (run.counts["new"], run.counts["rejected"]) == (1, 1)
    assert mover.card_of("b@home.example").points == 6


def test_who_stands_twice_in_a_file_is_taken_once(mover: Mover, alice: TillDriver) -> None:
    lines = "".join(f"p{n}@home.example,\n" for n in range(300))
    content = f"email,card number\n{lines}P7@HOME.example,\nx@home.example,C\ny@home.example,C\n"
    tried = mover.tries(mover.brings(alice.program(), content))
    assert mover.faults(tried.id) == [(302, "doubled"), (304, "doubled")]


def test_contacts_of_two_people_and_codes_of_others_are_no_match(
    mover: Mover, alice: TillDriver
) -> None:
    program = alice.program()
    alice.card(program, customer=NewCustomer(email="mia@home.example"), external_code="A-1")
    alice.card(program, customer=NewCustomer(phone="+352621123456"))
    content = "email,phone,code\nmia@home.example,+352621123456,\njo@home.example,,A-1\n"
    tried = mover.tries(mover.brings(program, content))
    assert mover.faults(tried.id) == [(2, "contact_conflict"), (3, "code_taken")]


def test_consent_comes_along_only_with_where_and_when_it_was_given(
    mover: Mover, alice: TillDriver, database: Database
) -> None:
    content = (
        "email,newsletter,consent date\n"
        "a@home.example,oui,05/11/2025\n"
        "b@home.example,ja,\n"
        "c@home.example,nee,05/11/2025\n"
    )
    program = alice.program()
    import_id = mover.brings(program, content)
    assert mover.tries(import_id).counts["consents"] == 0
    assert mover.tries(import_id, consent_source="Form at the counter").counts["consents"] == 1
    mover.runs(import_id)
    with database.read() as session:
        rows = session.execute(
            select(Customer.marketing_consent, Customer.marketing_consent_at).order_by(
                Customer.email
            )
        ).all()
    assert [row[0] for row in rows] == [True, False, False]
    assert rows[0][1] is not None
    assert rows[0][1].date().isoformat() == "2025-11-05"


def test_what_stood_in_a_file_is_forgotten_and_its_run_can_still_be_undone(
    mover: Mover, alice: TillDriver, clock: ManualClock, database: Database
) -> None:
    run = mover.moves_in(alice.program(type="points"), THREE)
    clock.advance(days=31)
    with database.write() as session:
        assert forget_rows(session, clock.now(), days=30, limit=100) == 1
    assert mover.undoes(run.id).counts["undone"] == 3
