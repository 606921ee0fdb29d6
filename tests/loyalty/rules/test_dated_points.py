"""Points with dates: until when they are good, what is spent first, what comes back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from punchcard.kit.ids import EntryId, ProgramId
from punchcard.loyalty.errors.balances import NotEnoughPoints
from punchcard.loyalty.errors.cards import NothingDue
from punchcard.loyalty.operations import BookDue, CardKey, CardRef
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry, add_months
from punchcard.loyalty.rules.dated.due_rules import as_of
from punchcard.loyalty.rules.dated.lots import give_back, pending_in
from punchcard.loyalty.rules.standing import Lot, Standing, followed
from punchcard.loyalty.rules.values import CardState, History, PastEntry, ProgramRules
from punchcard.loyalty.vocabulary import EntryType
from tests.support.drivers.rules import (
    CAKE,
    CARD,
    ENTRY,
    MONDAY,
    PROGRAM,
    adjust,
    card,
    earn,
    points_program,
    redeem_points,
    void,
)

YEAR = Expiry.parse({"kind": "fixed", "months": 12, "round_to": "month_end"})
MONTH = Expiry.parse({"kind": "fixed", "months": 1, "round_to": "day"})
IDLE = Expiry.parse({"kind": "inactivity", "months": 6, "round_to": "day"})


def dated(*lots: tuple[Any, ...], points: int = 0, **holds: Any) -> CardState:
    """Return a card with these lots and `points` beside them that have no date."""
    standing = Standing(lots=tuple(Lot(*lot) for lot in lots))
    active = points + standing.points_dated
    return card(points=active, standing=standing, due_on=standing.due_on, **holds)


def lots_of(card: CardState) -> list[tuple[Any, ...]]:
    return [tuple(part for part in lot if part != "") for lot in card.kept_standing.lots]


def book(until: datetime) -> BookDue:
    sample = redeem_points(1)
    ref = CardRef(CardKey.ID, CARD)
    return BookDue(vendor_id=sample.vendor_id, actor=sample.actor, card=ref, until=until)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 8, 31), 120, date(2036, 8, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"kind": "fixed", "months": 12, "round_to": "month_end"}, date(2027, 3, 31)),
        ({"kind": "fixed", "months": 12, "round_to": "year_end"}, date(2027, 12, 31)),
        ({"kind": "fixed", "months": 12, "round_to": "day"}, date(2027, 3, 2)),
        ({"kind": "year_end"}, date(2026, 12, 31)),
        ({"kind": "inactivity", "months": 6, "round_to": "day"}, date(2026, 9, 2)),
    ],
)
def test_the_last_good_day_is_rounded_up(document: dict[str, Any], expected: date) -> None:
    expiry = Expiry.parse(document)
    assert expiry is not None
    assert expiry.last_day(date(2026, 3, 2)) == expected


def test_what_never_ends_has_no_dates() -> None:
    assert Expiry.parse({"kind": "never"}) is None
    [(entry, after)] = decide(earn(1000), points_program(), card(), MONDAY).steps
    assert (entry.details, after.standing, after.due_on) == (None, None, None)


def test_a_purchase_is_a_lot_that_is_good_until_its_day() -> None:
    rules = points_program(points_expiry=YEAR)
    [(entry, after)] = decide(earn(1250), rules, card(), MONDAY).steps
    assert entry.details == {"lots": [["2027-03-31", 12]]}
    assert (after.points, lots_of(after), after.due_on) == (
        12,
        [("2027-03-31", 12)],
        date(2027, 4, 1),
    )
    again = decide(earn(800), rules, after, MONDAY + timedelta(days=1)).card
    assert lots_of(again) == [("2027-03-31", 20)]


def test_the_day_is_the_programs_and_not_the_servers() -> None:
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    after = decide(earn(100), points_program(points_expiry=YEAR), card(), late).card
    assert lots_of(after) == [("2027-04-30", 1)]


def test_what_ends_first_is_spent_first_and_what_has_no_date_last() -> None:
    holder = dated(("2026-05-31", 5), ("2026-04-30", 3), points=10)
    decision = decide(redeem_points(6), points_program(points_expiry=YEAR), holder, MONDAY)
    assert decision.steps[0][0].details == {"lots": [["2026-04-30", -3], ["2026-05-31", -3]]}
    assert (decision.card.points, lots_of(decision.card)) == (12, [("2026-05-31", 2)])
    rest = decide(redeem_points(11), points_program(), decision.card, MONDAY).card
    assert (rest.points, rest.standing, rest.due_on) == (1, None, None)


def test_points_are_good_on_their_last_day_and_never_spent_after_it() -> None:
    rules = points_program(points_expiry=YEAR)
    holder = dated(("2026-03-02", 20), points=1)
    on_the_day = decide(redeem_points(5), rules, holder, MONDAY)
    assert on_the_day.card.points == 16
    next_day = MONDAY + timedelta(days=1)
    with pytest.raises(NotEnoughPoints) as refusal:
        decide(redeem_points(5), rules, holder, next_day)
    assert refusal.value.facts == {"points_missing": 4}
    steps = decide(redeem_points(1), rules, holder, next_day).steps
    assert [entry.type for entry, _ in steps] == ["points_expired", "points_redeemed"]
    assert steps[0][0].at == datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert as_of(rules, holder, next_day).points == 1
    assert as_of(rules, holder, MONDAY).points == 21


def test_the_worker_books_what_is_due_once() -> None:
    rules = points_program(points_expiry=YEAR, status="inactive")
    holder = dated(("2026-03-02", 20), ("2026-03-15", 3), status="blocked")
    decision = decide(book(MONDAY + timedelta(days=30)), rules, holder, MONDAY)
    assert [(e.type, e.points_delta) for e, _ in decision.steps] == [
        ("points_expired", -20),
        ("points_expired", -3),
    ]
    with pytest.raises(NothingDue):
        decide(book(MONDAY + timedelta(days=30)), rules, decision.card, MONDAY)


def test_pending_points_are_there_on_their_day() -> None:
    rules = points_program(points_activation_days=14, points_expiry=YEAR)
    [(entry, after)] = decide(earn(1000), rules, card(), MONDAY).steps
    assert (entry.points_delta, after.points, after.lifetime_points) == (0, 0, 10)
    assert entry.details == {"lots": [["2027-03-31", 10, "2026-03-16"]]}
    assert after.kept_standing.points_pending == 10
    later = MONDAY + timedelta(days=14)
    steps = decide(redeem_points(4), rules, after, later).steps
    assert [(e.type, e.points_delta) for e, _ in steps] == [
        ("points_activated", 10),
        ("points_redeemed", -4),
    ]
    assert lots_of(steps[-1][1]) == [("2027-03-31", 6)]


def test_pending_points_that_never_end_become_plain_points() -> None:
    rules = points_program(points_activation_days=14)
    pending = decide(earn(1000), rules, card(), MONDAY).card
    after = as_of(rules, pending, MONDAY + timedelta(days=14))
    assert (after.points, after.standing) == (10, None)


def test_what_a_card_owes_is_repaid_before_a_lot_grows() -> None:
    rules = points_program(points_expiry=YEAR)
    after = decide(earn(1000), rules, card(points=-4), MONDAY).card
    assert (after.points, lots_of(after)) == (6, [("2027-03-31", 6)])


def test_each_visit_moves_the_end_of_points_that_count_from_the_last_one() -> None:
    rules = points_program(points_expiry=IDLE)
    first = decide(earn(1000), rules, card(), MONDAY).card
    assert lots_of(first) == [("2026-09-02", 10)]
    decision = decide(redeem_points(4), rules, first, MONDAY + timedelta(days=30))
    assert lots_of(decision.card) == [("2026-10-01", 6)]
    assert decision.steps[-1][0].details == {"lots": [["2026-09-02", -10], ["2026-10-01", 6]]}
    # What is told late moves nothing back.
    late = decide(earn(100, occurred_at=MONDAY), rules, decision.card, MONDAY + timedelta(days=31))
    assert lots_of(late.card) == [("2026-09-02", 1), ("2026-10-01", 6)]


def past(kind: EntryType, points: int, **changes: Any) -> History:
    facts: dict[str, Any] = {
        "id": EntryId(ENTRY),
        "type": kind,
        "program_id": ProgramId(PROGRAM),
        "stamps_delta": 0,
        "points_delta": points,
        "amount_minor": None,
        "reference": None,
        "reward_id": None,
        "reward": None,
        "carry_delta": Fraction(0),
        "voided_by": None,
    }
    return History(entry=PastEntry(**{**facts, **changes}))


def test_a_voided_redemption_comes_back_with_its_dates_or_a_month_ahead() -> None:
    rules = points_program(points_expiry=YEAR, return_grace_days=30)
    history = past(
        EntryType.POINTS_REDEEMED,
        -15,
        details={"lots": [["2026-03-10", -5], ["2026-12-31", -6]]},
    )
    after = decide(void(), rules, card(points=2), MONDAY, history).card
    assert (after.points, lots_of(after)) == (17, [("2026-04-01", 5), ("2026-12-31", 6)])


def test_a_voided_earning_takes_its_own_points_first() -> None:
    rules = points_program(points_expiry=YEAR, void_policy="allow_negative")
    history = past(EntryType.POINTS_EARNED, 8, details={"lots": [["2027-03-31", 8]]})
    holder = dated(("2026-04-30", 5), ("2027-03-31", 6), points=1)
    after = decide(void(), rules, holder, MONDAY, history).card
    assert (after.points, lots_of(after)) == (4, [("2026-04-30", 3)])


def test_a_voided_purchase_takes_its_pending_points() -> None:
    rules = points_program(points_activation_days=14)
    bought = decide(earn(1050), rules, card(points=3), MONDAY)
    entry = bought.steps[-1][0]
    history = past(EntryType.POINTS_EARNED, 0, details=entry.details, carry_delta=Fraction(50, 100))
    after = decide(void(), rules, bought.card, MONDAY, history).card
    assert (after.points, after.points_carry, after.standing) == (3, 0, None)
    assert after.lifetime_points == 0


def test_a_correction_by_hand_counts_from_its_day_and_takes_what_ends_first() -> None:
    rules = points_program(points_expiry=MONTH)
    holder = dated(("2026-03-20", 4), points=2)
    assert lots_of(decide(adjust(5), rules, holder, MONDAY).card) == [
        ("2026-03-20", 4),
        ("2026-04-02", 5),
    ]
    assert lots_of(decide(adjust(-3), rules, holder, MONDAY).card) == [("2026-03-20", 1)]


def test_dates_survive_when_a_program_stops_to_have_any() -> None:
    holder = dated(("2026-03-20", 4), points=2)
    plain: ProgramRules = replace(points_program(), points_expiry=None)
    after = decide(earn(1000), plain, holder, MONDAY).card
    assert (after.points, lots_of(after)) == (16, [("2026-03-20", 4)])


def test_a_standing_is_what_it_was_when_it_is_read_again() -> None:
    standing = Standing(
        lots=(Lot("2027-03-31", 5), Lot("never", 3, "2026-03-16")), lap=2, claimed=(5,)
    )
    assert Standing.parse(standing.document()) == standing
    assert Standing().document() is None


def test_no_entry_takes_more_out_of_a_lot_than_is_in_it() -> None:
    with pytest.raises(ValueError, match="more taken out"):
        followed(Standing(), {"lots": [["2027-03-31", -1]]})


def test_what_is_pending_in_changes_is_what_has_a_day_to_begin() -> None:
    assert pending_in([["2027-03-31", 5], ["2027-03-31", 7, "2026-03-16"]]) == 7


def test_less_that_comes_back_than_was_spent_is_held_against_what_ends_first() -> None:
    spent = [["2026-05-01", -1], ["2026-09-01", -3]]
    assert give_back((), 0, 3, spent, date(2026, 4, 1)) == [["2026-09-01", 3]]
    assert give_back((), 0, 2, spent, date(2026, 4, 1)) == [["2026-09-01", 2]]


def test_what_ends_later_stays_while_a_gift_ends() -> None:
    lots = (Lot("2026-12-31", 4),)
    gift = {"reward_id": CAKE, "name": "A cake", "expires_on": "2026-03-01"}
    standing = Standing(lots=lots, stamp_lots=(Lot("2026-12-31", 2),), grants={"one": gift})
    holder = card(points=4, stamps=2, standing=standing, due_on=standing.due_on)
    after = as_of(points_program(points_expiry=YEAR), holder, MONDAY)
    assert (after.points, after.stamps) == (4, 2)
    assert after.kept_standing == standing._replace(grants={})
