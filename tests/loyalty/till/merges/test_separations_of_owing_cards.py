"""Cards that owed are taken apart: what came to them goes back with its dates."""

import pytest

from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.vocabulary import VoidPolicy
from tests.loyalty.till.merges.counter import (
    DATES,
    HYBRID,
    balances,
    card_of,
    entries_of,
    merged,
    standing_of,
)
from tests.support.drivers.till import TillDriver


def owing(alice: TillDriver, program: ProgramId, stamps: int, points: int) -> CardId:
    """Return a card that had spent what was taken back then, so that it owes."""
    card = alice.card(program)
    given = alice.till.submit(alice.visit(card, amount_minor=points * 100, stamps=stamps))
    alice.till.submit(alice.redeem_points(card, points))
    for _ in range(stamps // 10):
        alice.till.submit(alice.redeem_stamps(card))
    alice.till.submit(alice.void(given.entry["id"]))
    return card


OWING = {**HYBRID, "points_expiry": DATES, "stamps_expiry": DATES, "void_policy": "allow_negative"}


def lots_of(alice: TillDriver, card: CardId) -> list[list[tuple[str, int]]]:
    standing = standing_of(alice, card)
    return [[lot[:2] for lot in lots] for lots in (standing.lots, standing.stamp_lots)]


def test_what_came_to_a_card_that_owed_goes_back_with_its_dates(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**OWING)
    found = alice.card(program)
    alice.till.submit(alice.visit(found, amount_minor=400, stamps=4))
    clock.advance(days=9)
    alice.till.submit(alice.visit(found, amount_minor=1200, stamps=12))
    mine, dated = owing(alice, program, 10, 9), lots_of(alice, found)
    merge_id = merged(alice, mine, found)
    assert balances(alice, mine) == [(6, 7)]
    assert lots_of(alice, mine) == [[("2027-03-11", 7)], [("2027-03-11", 6)]]
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(-10, -9), (16, 16)]
    assert lots_of(alice, found) == dated
    assert lots_of(alice, mine) == [[], []]


def test_what_repaid_what_the_other_card_owed_comes_back_with_its_dates(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**OWING)
    mine = alice.card(program)
    alice.till.submit(alice.visit(mine, amount_minor=400, stamps=4))
    clock.advance(days=9)
    alice.till.submit(alice.visit(mine, amount_minor=1200, stamps=12))
    found, dated = owing(alice, program, 10, 9), lots_of(alice, mine)
    merge_id = merged(alice, mine, found)
    assert balances(alice, mine) == [(6, 7)]
    alice.till.submit(alice.void(entries_of(alice, merge_id)[1]))
    assert balances(alice, mine, found) == [(16, 16), (-10, -9)]
    assert lots_of(alice, mine) == dated


@pytest.mark.parametrize("stays", ["who owes", "who has"])
def test_what_has_a_date_repays_before_what_has_none_and_comes_back_with_it(
    alice: TillDriver, stays: str
) -> None:
    program = alice.program(**OWING | {"points_expiry": None, "stamps_expiry": None})
    has = alice.card(program)
    alice.till.submit(alice.visit(has, amount_minor=500, stamps=5))
    with alice.database.write() as session:
        row = session.get_one(LoyaltyProgram, program)
        row.points_expiry = row.stamps_expiry = DATES
        row.version += 1
    alice.till.submit(alice.visit(has, amount_minor=1200, stamps=12))
    owes, dated = owing(alice, program, 10, 9), lots_of(alice, has)
    mine, found = (owes, has) if stays == "who owes" else (has, owes)
    merge_id = merged(alice, mine, found)
    assert balances(alice, mine) == [(7, 8)]
    assert lots_of(alice, mine) == [[("2027-03-02", 3)], [("2027-03-02", 2)]]
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, has, owes) == [(17, 17), (-10, -9)]
    assert lots_of(alice, has) == dated


def test_what_was_spent_meanwhile_and_is_owed_then_goes_back_with_its_dates(
    alice: TillDriver,
) -> None:
    program = alice.program(**OWING)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.visit(found, amount_minor=700, stamps=10))
    merge_id = merged(alice, mine, found)
    alice.till.submit_all([alice.redeem_points(mine, 3), alice.redeem_stamps(mine)])
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(-10, -3), (10, 7)]
    assert lots_of(alice, found) == [[("2027-03-02", 7)], [("2027-03-02", 10)]]


def test_what_has_ended_meanwhile_comes_back_for_some_days_if_it_had_repaid(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**{**OWING, "points_expiry": {**DATES, "months": 1}})
    mine = alice.card(program)
    earned = alice.till.submit(alice.earn(mine, 700))
    clock.advance(days=20)
    found = owing(alice, program, 0, 5)
    merge_id = merged(alice, mine, found)
    clock.advance(days=20)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(0, 5), (0, -5)]
    assert lots_of(alice, mine) == [[("2026-05-11", 5)], []]
    clock.advance(days=31)
    alice.till.submit(alice.void(earned.entry["id"]))
    assert balances(alice, mine) == [(0, 0)]


def test_whoever_owed_when_cards_were_merged_may_owe_again_however_strict_the_program_is_now(
    alice: TillDriver,
) -> None:
    program = alice.program(**OWING)
    mine, found = owing(alice, program, 10, 9), alice.card(program)
    alice.till.submit(alice.visit(found, amount_minor=1200, stamps=12))
    with alice.database.write() as session:
        row = session.get_one(LoyaltyProgram, program)
        row.void_policy, row.version = VoidPolicy.REFUSE, row.version + 1
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(-10, -9), (12, 12)]


def test_what_is_pending_repays_nothing_when_cards_go_their_own_ways(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**{**OWING, "points_activation_days": 14})
    mine, found = alice.cards(program, 2)
    earned = alice.till.submit(alice.earn(found, 500))
    clock.advance(days=15)
    alice.till.submit_all([alice.redeem_points(found, 5), alice.adjust(mine, 20)])
    alice.till.submit(alice.void(earned.entry["id"]))
    assert alice.till.submit(alice.earn(found, 800)).card.points == -5
    before = [standing_of(alice, card) for card in (mine, found)]
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert [standing_of(alice, card) for card in (mine, found)] == before
    assert [card_of(alice, card).points for card in (mine, found)] == [20, -5]
