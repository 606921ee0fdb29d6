"""Stamps with dates: until when they are good, what goes first, what a void brings back."""

from datetime import date, timedelta
from typing import Any

import pytest

from punchcard.loyalty.errors.balances import NotEnoughStamps
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.standing import Lot, Standing
from punchcard.loyalty.rules.values import CardState, History
from punchcard.loyalty.vocabulary import EntryType
from tests.support.drivers.rules import (
    MONDAY,
    card,
    earn,
    past,
    program,
    redeem_stamps,
    stamp,
    visit,
    void,
)

YEAR = Expiry.parse({"kind": "fixed", "months": 12})
IDLE = Expiry.parse({"kind": "inactivity", "months": 6})


def dated(*lots: tuple[str, int], stamps: int = 0, **holds: Any) -> CardState:
    """Return a card with these lots of stamps and `stamps` beside them that have no date."""
    standing = Standing(stamp_lots=tuple(Lot(*lot) for lot in lots))
    held = stamps + standing.stamps_dated
    return card(stamps=held, standing=standing, due_on=standing.due_on, **holds)


def lots_of(holder: CardState) -> list[tuple[str, int]]:
    return [(lot.expires_on, lot.amount) for lot in holder.kept_standing.stamp_lots]


def test_a_stamp_is_good_until_its_day() -> None:
    rules = program(stamps_expiry=YEAR)
    [(entry, after)] = decide(stamp(2), rules, card(), MONDAY).steps
    assert entry.details == {"stamp_lots": [["2027-03-02", 2]]}
    assert (lots_of(after), after.due_on) == ([("2027-03-02", 2)], date(2027, 3, 3))


def test_stamps_without_an_end_tell_nothing() -> None:
    [(entry, after)] = decide(stamp(2), program(), card(), MONDAY).steps
    assert (entry.details, after.standing) == (None, None)


def test_the_welcome_stamps_have_the_date_of_the_first_visit() -> None:
    rules = program(stamps_expiry=YEAR, welcome_stamps=2, type="hybrid")
    welcome, _ = decide(earn(500), rules, card(is_welcome_due=True), MONDAY).steps
    assert welcome[0].details == {"stamp_lots": [["2027-03-02", 2]]}


def test_stamps_that_ended_make_no_card_full() -> None:
    rules = program(stamps_expiry=YEAR)
    holder = dated(("2026-03-02", 6), ("2026-09-30", 4))
    assert decide(redeem_stamps(), rules, holder, MONDAY).card.stamps == 0
    with pytest.raises(NotEnoughStamps) as refusal:
        decide(redeem_stamps(), rules, holder, MONDAY + timedelta(days=1))
    assert refusal.value.facts["stamps_missing"] == 6


def test_what_ends_first_is_exchanged_first() -> None:
    rules = program(stamps_expiry=YEAR)
    holder = dated(("2026-05-31", 3), ("2026-09-30", 9), stamps=1)
    [(entry, after)] = decide(redeem_stamps(), rules, holder, MONDAY).steps
    assert entry.details == {"stamp_lots": [["2026-05-31", -3], ["2026-09-30", -7]]}
    assert (after.stamps, lots_of(after)) == (3, [("2026-09-30", 2)])


def test_a_voided_stamp_takes_its_own_and_leaves_what_ends_earlier() -> None:
    rules = program(stamps_expiry=YEAR)
    holder = dated(("2026-05-31", 3), ("2026-09-30", 2))
    given = past(
        EntryType.STAMP_EARNED, stamps_delta=2, details={"stamp_lots": [["2026-09-30", 2]]}
    )
    [(entry, after)] = decide(void(), rules, holder, MONDAY, History(entry=given)).steps
    assert entry.details == {"stamp_lots": [["2026-09-30", -2]]}
    assert lots_of(after) == [("2026-05-31", 3)]


def test_stamps_come_back_with_their_dates_and_days_of_grace() -> None:
    rules = program(stamps_expiry=YEAR, return_grace_days=30)
    details = {"stamp_lots": [["2026-03-10", -4], ["2026-09-30", -6]]}
    spent = past(EntryType.STAMPS_REDEEMED, stamps_delta=-10, details=details)
    [(entry, after)] = decide(void(), rules, card(), MONDAY, History(entry=spent)).steps
    assert entry.details == {"stamp_lots": [["2026-04-01", 4], ["2026-09-30", 6]]}
    assert (after.stamps, lots_of(after)) == (10, [("2026-04-01", 4), ("2026-09-30", 6)])


@pytest.mark.parametrize(
    "operation", [stamp(), visit(amount_minor=500), earn(500)], ids=["stamp", "visit", "purchase"]
)
def test_each_visit_moves_the_end_where_it_counts_from_the_last_one(operation: Any) -> None:
    rules = program(stamps_expiry=IDLE, type="hybrid")
    after = decide(operation, rules, dated(("2026-03-20", 4)), MONDAY).card
    assert [day for day, _ in lots_of(after)] == ["2026-09-02"]
    assert sum(stamps for _, stamps in lots_of(after)) == after.stamps


def test_a_debt_is_paid_before_stamps_get_a_date() -> None:
    rules = program(stamps_expiry=YEAR, void_policy="allow_negative")
    after = decide(stamp(5), rules, card(stamps=-3), MONDAY).card
    assert (after.stamps, lots_of(after)) == (2, [("2027-03-02", 2)])
