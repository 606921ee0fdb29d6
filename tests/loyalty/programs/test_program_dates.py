"""When points and stamps end: what has no effect is refused when it is asked for, at its field."""

from typing import Any

import pytest
from sqlalchemy import update

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.programs import program_service
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

YEAR = {"kind": "fixed", "months": 12, "round_to": "day"}
OLD = {"kind": "never", "months": 12, "round_to": "day"}


def points(shop: Shop, **fields: Any) -> LoyaltyProgram:
    return shelf.program(shop, type="points", stamp_reward=None, **fields)


def change(shop: Shop, row: LoyaltyProgram, **fields: Any) -> LoyaltyProgram:
    with shop.context.database.write() as session:
        return program_service.update_program(
            session, by_operator(shop.context), shop.id, row.id, fields
        )


def refused(shop: Shop, row: LoyaltyProgram, **fields: Any) -> list[list[Any]]:
    with pytest.raises(InvalidInput) as refusal:
        change(shop, row, **fields)
    return [fault["loc"] for fault in refusal.value.errors]


def test_a_new_program_says_nothing_that_has_no_effect(alice: Shop) -> None:
    for fields, place in (
        ({"points_expiry": OLD}, ["points_expiry", "months"]),
        ({"expiry_notice_days": [30, 7]}, ["expiry_notice_days"]),
        ({"stamps_expiry": YEAR}, ["stamps_expiry", "kind"]),
    ):
        with pytest.raises(InvalidInput) as refusal:
            points(alice, **fields)
        assert [fault["loc"] for fault in refusal.value.errors] == [place]


def test_who_changes_the_kind_alone_leaves_the_months_behind(alice: Shop) -> None:
    row = points(alice, points_expiry=YEAR, expiry_notice_days=[30, 7])
    assert change(alice, row, points_expiry={**YEAR, "kind": "year_end"}).points_expiry == {
        **YEAR,
        "kind": "year_end",
        "months": None,
    }
    change(alice, row, points_expiry=YEAR)
    never = change(alice, row, points_expiry={**YEAR, "kind": "never"})
    assert never.points_expiry == {**OLD, "months": None}
    # For the points that cards have already.
    assert never.expiry_notice_days == [30, 7]
    assert refused(alice, row, points_expiry=OLD) == [["points_expiry", "months"]]


def test_what_stood_there_before_stays_and_may_be_sent_along(alice: Shop) -> None:
    row = points(alice)
    with alice.context.database.write() as session:
        old = {"points_expiry": OLD, "expiry_notice_days": [30]}
        session.execute(update(LoyaltyProgram).where(LoyaltyProgram.id == row.id).values(old))
    changed = change(alice, row, name="Bread", points_expiry=OLD, expiry_notice_days=[30])
    assert (changed.name, changed.points_expiry, changed.expiry_notice_days) == ("Bread", OLD, [30])
    assert refused(alice, row, expiry_notice_days=[7]) == [["expiry_notice_days"]]
    assert change(alice, row, expiry_notice_days=None).expiry_notice_days is None


def test_notices_are_set_for_what_cards_have_although_nothing_new_ends(alice: Shop) -> None:
    row = points(alice, points_expiry=YEAR)
    card = shelf.card(alice, row)
    change(alice, row, points_expiry=None)
    assert refused(alice, row, expiry_notice_days=[7]) == [["expiry_notice_days"]]
    with alice.context.database.write() as session:
        due = {"due_on": alice.context.clock.now().date()}
        session.execute(update(LoyaltyCard).where(LoyaltyCard.id == card.id).values(due))
    assert change(alice, row, expiry_notice_days=[7]).expiry_notice_days == [7]
