"""Voids of dated points: whose points go first, and with which dates what was spent returns."""

from datetime import timedelta

from punchcard.kit.ids import EntryId, ProgramId
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.carry import held
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.dated.due_rules import as_of
from punchcard.loyalty.rules.standing import Lot, Standing
from punchcard.loyalty.rules.values import CardState, Decision, History, PastEntry, ProgramRules
from tests.support.drivers.rules import (
    ENTRY,
    MONDAY,
    PROGRAM,
    card,
    earn,
    points_program,
    redeem_points,
    void,
)

IDLE = Expiry.parse({"kind": "inactivity", "months": 1, "round_to": "day"})
DAY = timedelta(days=1)


def dated(*lots: Lot) -> CardState:
    standing = Standing(lots=lots)
    return card(points=standing.points_dated, standing=standing, due_on=standing.due_on)


def lots_of(holder: CardState) -> list[tuple[str, ...]]:
    return [tuple(str(part) for part in lot if part != "") for lot in holder.kept_standing.lots]


def history_of(program: ProgramRules, before: CardState, decision: Decision) -> History:
    """Return what a void of a decision's last entry looks at."""
    entry = decision.steps[-1][0]
    carried = held(program, decision.card) - decision.card.points
    return History(
        entry=PastEntry(
            id=EntryId(ENTRY),
            type=entry.type,
            program_id=ProgramId(PROGRAM),
            stamps_delta=0,
            points_delta=entry.points_delta,
            amount_minor=entry.amount_minor,
            reference=None,
            reward_id=None,
            reward=None,
            carry_delta=carried - (held(program, before) - before.points),
            voided_by=None,
            details=entry.details,
            program_version=1,
        )
    )


def test_a_part_that_went_into_a_pending_point_was_not_spent() -> None:
    rules = points_program(points_activation_days=14, void_policy="refuse")
    first = decide(earn(250), rules, card(), MONDAY)
    second = decide(earn(250), rules, first.card, MONDAY + DAY).card
    assert lots_of(second) == [("never", "2", "2026-03-16"), ("never", "3", "2026-03-17")]
    after = decide(void(), rules, second, MONDAY + DAY, history_of(rules, card(), first)).card
    assert (after.points, after.points_carry) == (0, 50)
    assert lots_of(after) == [("never", "2", "2026-03-17")]


def test_a_void_takes_other_pending_points_last() -> None:
    rules = points_program(points_activation_days=14)
    bought = decide(earn(1000), rules, card(points=4), MONDAY)
    begun = as_of(rules, bought.card, MONDAY + 14 * DAY)
    more = decide(earn(500), rules, begun._replace(points=8), MONDAY + 14 * DAY).card
    history = history_of(rules, card(points=4), bought)
    after = decide(void(), rules, more, MONDAY + 14 * DAY, history).card
    assert (after.points, after.kept_standing.points_pending) == (0, 3)


def test_each_visit_moves_the_end_of_pending_points_too() -> None:
    rules = points_program(points_expiry=IDLE, points_activation_days=40)
    card_ = decide(earn(1000), rules, card(), MONDAY).card
    for day in (20, 39):
        card_ = decide(earn(0), rules, card_, MONDAY + day * DAY).card
    assert lots_of(card_) == [("2026-05-10", "10", "2026-04-11")]
    assert as_of(rules, card_, MONDAY + 45 * DAY).points == 10


def test_a_void_finds_its_pending_points_though_a_visit_moved_their_end() -> None:
    rules = points_program(points_expiry=IDLE, points_activation_days=40)
    first = decide(earn(1000), rules, card(points=6), MONDAY)
    second = decide(earn(500), rules, first.card, MONDAY + DAY)
    history = history_of(rules, card(points=6), first)
    after = decide(void(), rules, second.card, MONDAY + DAY, history).card
    assert (after.points, lots_of(after)) == (6, [("2026-04-03", "5", "2026-04-12")])
    history = history_of(rules, first.card, second)
    after = decide(void(), rules, second.card, MONDAY + DAY, history).card
    assert (after.points, lots_of(after)) == (6, [("2026-04-03", "10", "2026-04-11")])


def test_a_void_takes_its_own_lot_before_the_one_that_its_visit_emptied() -> None:
    rules = points_program(points_expiry=IDLE)
    before = dated(Lot("2026-03-20", 5))
    bought = decide(earn(1000), rules, before, MONDAY)
    assert lots_of(bought.card) == [("2026-04-02", "15")]
    returned = dated(Lot("2026-03-20", 2), Lot("2026-04-02", 15))
    after = decide(void(), rules, returned, MONDAY, history_of(rules, before, bought)).card
    assert lots_of(after) == [("2026-03-20", "2"), ("2026-04-02", "5")]


def test_a_voided_redemption_returns_what_it_spent_and_not_what_its_visit_moved() -> None:
    rules = points_program(points_expiry=IDLE, return_grace_days=0)
    before = dated(Lot("2026-03-10", 2), Lot("2026-03-20", 10))
    spent = decide(redeem_points(3), rules, before, MONDAY)
    assert lots_of(spent.card) == [("2026-04-02", "9")]
    after = decide(void(), rules, spent.card, MONDAY, history_of(rules, before, spent)).card
    assert lots_of(after) == [("2026-03-10", "2"), ("2026-03-20", "1"), ("2026-04-02", "9")]
