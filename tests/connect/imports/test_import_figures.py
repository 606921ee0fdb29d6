"""What an import does to a shop's figures, and its undo: nothing is left of a thousand rows."""

from dataclasses import replace
from typing import Any, Final

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.reports import stats_rebuild
from punchcard.loyalty.reports.dashboard_service import members_by_program, vendor_dashboard
from punchcard.loyalty.reports.liability_service import liability
from punchcard.loyalty.reports.month_report_service import month_report
from punchcard.loyalty.reports.stats_service import program_stats
from tests.connect.imports.mover import Mover
from tests.support.drivers.till import TillDriver

ROWS: Final = 1_050
REGULARS: Final = 12


def figures_of(alice: TillDriver, program_id: ProgramId, clock: ManualClock) -> dict[str, Any]:
    """Return every report of the shop, once its books and its figures are right."""
    database, now = alice.database, clock.now()
    with database.snapshot() as connection:
        assert verify_ledger(connection).damages == []
        assert stats_rebuild.compare(connection, lambda _rows: None).differences == []
    today = now.date()
    with database.read() as session:
        program = session.get_one(LoyaltyProgram, program_id)
        return {
            "dashboard": vendor_dashboard(session, alice.vendor_id, now=now),
            "members": members_by_program(session, alice.vendor_id),
            "program": program_stats(session, program, now=now),
            "month": month_report(session, alice.vendor_id, today, now=now).figures,
            "liability": liability(session, program, first=today.replace(day=1), last=today),
        }


def test_figures_are_as_before_after_a_thousand_rows_and_their_undo(
    mover: Mover, alice: TillDriver, clock: ManualClock, database: Database
) -> None:
    program_id = alice.program(type="points", welcome_points=50)
    regulars = [
        alice.card(program_id, customer=NewCustomer(email=f"p{n}@home.example"))
        for n in range(REGULARS)
    ]
    for card_id in regulars:
        alice.till.submit(alice.earn(card_id, 900))
    before = figures_of(alice, program_id, clock)
    lines = "".join(f"p{n}@home.example,+35262{n:07d},A-{n},{n + 1}\n" for n in range(ROWS))

    run = mover.moves_in(program_id, f"email,phone,card number,points\n{lines}")

    assert (run.counts["new"], run.counts["matched"]) == (ROWS - REGULARS, REGULARS)
    while_here = figures_of(alice, program_id, clock)
    assert while_here["liability"].imported > ROWS
    # Cards are open, and nothing of it is the business of a day.
    assert while_here["dashboard"] == replace(before["dashboard"], active_members=ROWS)
    assert while_here["program"] == replace(before["program"], active_cards=ROWS)
    assert while_here["members"] == before["members"]
    assert while_here["month"] == before["month"]

    assert mover.undoes(run.id).counts["undone"] == ROWS
    assert figures_of(alice, program_id, clock) == before
