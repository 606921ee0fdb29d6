"""Promotions of a program: what may be said, how they stand, and who follows."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts import location_service
from punchcard.accounts.models import AuditEvent
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import LocationId, ProgramId
from punchcard.loyalty.errors.promotions import (
    PromotionEnded,
    PromotionNotFound,
    TooManyPromotions,
)
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service, promotion_dates, promotion_service
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.vocabulary import PromotionStatus
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

HAPPY_HOUR: dict[str, Any] = {"weekdays": [1, 2, 3, 4, 5], "from": "16:00", "to": "18:00"}


def change(shop: Shop, row: Promotion, **fields: Any) -> Promotion:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        return promotion_service.update_promotion(
            session, act, shop.id, row.program_id, row.id, fields=fields
        )


def end(shop: Shop, row: Promotion) -> None:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        promotion_service.end_promotion(session, act, shop.id, row.program_id, row.id)


def version(shop: Shop, program_id: ProgramId) -> int:
    with shop.context.database.read() as session:
        return program_service.get_program(session, shop.id, program_id).version


def status(shop: Shop, row: Promotion) -> PromotionStatus:
    with shop.context.database.read() as session:
        kept = session.get_one(Promotion, row.id)
        program = session.get_one(LoyaltyProgram, row.program_id)
        return promotion_dates.status_at(kept, program, shop.context.clock.now())


def place(shop: Shop) -> LocationId:
    with shop.context.database.read() as session:
        return location_service.list_locations(session, shop.id, after_id=None, limit=1)[0].id


def test_a_draft_touches_nobody_and_what_is_live_raises_the_programs_version(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    row = shelf.promotion(bob, program.id, status="draft")
    assert (row.version, version(bob, program.id)) == (1, 1)
    change(bob, row, name="Triple points")
    assert version(bob, program.id) == 1
    assert change(bob, row, status="active").version == 3
    assert version(bob, program.id) == 2
    assert change(bob, row, status="active").version == 3
    end(bob, row)
    assert version(bob, program.id) == 3


def test_a_promotion_stands_where_its_dates_say(bob: Shop, clock: ManualClock) -> None:
    today = clock.now().date()
    program = shelf.program(bob, **shelf.POINTS)
    first, last = today + timedelta(days=3), today + timedelta(days=5)
    row = shelf.promotion(bob, program.id, status="scheduled", starts_on=first, ends_on=last)
    assert status(bob, row) == PromotionStatus.SCHEDULED
    clock.advance(days=3)
    assert status(bob, row) == PromotionStatus.ACTIVE
    change(bob, row, status="paused")
    assert status(bob, row) == PromotionStatus.PAUSED
    clock.advance(days=3)
    assert status(bob, row) == PromotionStatus.ENDED


def test_a_draft_is_deleted_and_what_was_live_ends_for_good(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    draft = shelf.promotion(bob, program.id, status="draft")
    live = shelf.promotion(bob, program.id)
    end(bob, draft)
    end(bob, live)
    with pytest.raises(PromotionNotFound):
        end(bob, draft)
    with pytest.raises(PromotionEnded):
        end(bob, live)
    with pytest.raises(PromotionEnded):
        change(bob, live, name="Once more")
    with pytest.raises(PromotionEnded):
        change(bob, live, status="active")


@pytest.mark.parametrize(
    ("before", "after"), [("active", "draft"), ("draft", "paused"), ("draft", "ended")]
)
def test_a_status_that_cannot_follow_is_refused(bob: Shop, before: str, after: str) -> None:
    row = shelf.promotion(bob, shelf.program(bob, **shelf.POINTS).id, status=before)
    with pytest.raises(InvalidInput) as refused:
        change(bob, row, status=PromotionStatus(after))
    assert refused.value.errors[0]["loc"] == ["status"]


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"effect": {"kind": "multiply"}}, [["effect", "factor"]]),
        ({"effect": {"kind": "multiply", "factor": "11.000"}}, [["effect", "factor"]]),
        ({"effect": {"kind": "multiply", "factor": "2.0"}}, [["effect", "factor"]]),
        ({"effect": {"kind": "multiply", "factor": "0.000"}}, [["effect", "factor"]]),
        ({"effect": {"kind": "multiply", "factor": "1.000"}}, [["effect", "factor"]]),
        (
            {"effect": {"kind": "add_points", "points": 5, "factor": "2.000"}},
            [["effect", "factor"]],
        ),
        (
            {"effect": {"kind": "add_stamps", "stamps": 1}},
            [["effect", "kind"]],
        ),
        (
            {"starts_on": date(2026, 12, 2), "ends_on": date(2026, 12, 1)},
            [["ends_on"]],
        ),
        ({"windows": [{**HAPPY_HOUR, "to": "16:00"}]}, [["windows", 0, "to"]]),
        ({"windows": [HAPPY_HOUR, {**HAPPY_HOUR, "from": "00:00", "to": "00:00"}]}, None),
        ({"windows": [{**HAPPY_HOUR, "weekdays": [1, 1]}]}, [["windows", 0, "weekdays"]]),
        ({"budget": {"stamps": 5}}, [["budget", "stamps"]]),
        ({"budget": {"points": None}}, [["budget", "points"]]),
        (
            {"effect": {"kind": "add_points", "points": 10}, "budget": {"points": 9}},
            [["budget", "points"]],
        ),
        (
            {"effect": {"kind": "multiply", "factor": "0.500"}, "budget": {"points": 5}},
            [["budget", "points"]],
        ),
        ({"tier_keys": ["gold"]}, [["tier_keys", 0]]),
        ({"segment_id": "the-regulars"}, [["segment_id"]]),
        ({"location_ids": ["01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d"]}, [["location_ids", 0]]),
    ],
)
def test_what_does_not_fit_is_named(
    bob: Shop, fields: dict[str, Any], places: list[list[str | int]] | None
) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    with pytest.raises(InvalidInput) as refused:
        shelf.promotion(bob, program.id, **fields)
    assert [e["loc"] for e in refused.value.errors] == (places or [["windows", 1, "to"]])


def test_a_whole_day_is_a_window_of_some_length(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    whole_day = {"weekdays": [6, 7], "from": "00:00", "to": "24:00"}
    assert shelf.promotion(bob, program.id, windows=[whole_day]).windows == [whole_day]


def test_another_shops_location_is_none(bob: Shop, alice: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    with pytest.raises(InvalidInput) as refused:
        shelf.promotion(bob, program.id, location_ids=[place(alice)])
    assert refused.value.errors[0]["loc"] == ["location_ids", 0]
    mine = shelf.promotion(bob, program.id, location_ids=[place(bob)])
    assert mine.location_ids == [place(bob)]


def test_a_budget_covers_what_the_promotion_gives_at_once(bob: Shop) -> None:
    program = shelf.program(bob, **{**shelf.POINTS, "type": "hybrid"})
    row = shelf.promotion(
        bob, program.id, effect={"kind": "add_stamps", "stamps": 3}, budget={"stamps": 3}
    )
    for smaller in (
        {"budget": {"stamps": 2}},
        {"effect": {"kind": "add_stamps", "stamps": 4}},
        {"effect": {"kind": "add_points", "points": 51}, "budget": {"points": 50}},
    ):
        with pytest.raises(InvalidInput) as refusal:
            change(bob, row, **smaller)
        (fault,) = refusal.value.errors
        assert fault["loc"][0] == "budget"
        assert "gives so much at once" in fault["message"]
    # What is multiplied gives as much as the purchase is worth.
    shelf.promotion(bob, program.id, budget={"points": 1})


def test_a_promotion_whose_budget_never_gave_anything_can_be_paused(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    row = shelf.promotion(bob, program.id, effect={"kind": "add_points", "points": 10})
    with bob.context.database.write() as session:
        session.get_one(Promotion, row.id).budget = {"points": 9}

    assert change(bob, row, status="paused").status == "paused"


def test_a_budget_covers_what_was_given_already(bob: Shop) -> None:
    row = shelf.promotion(bob, shelf.program(bob, **shelf.POINTS).id, budget={"points": 100})
    with bob.context.database.write() as session:
        session.get_one(Promotion, row.id).points_given = 60
    with pytest.raises(InvalidInput) as refused:
        change(bob, row, budget={"points": 59})
    fault = refused.value.errors[0]
    assert (fault["loc"], fault["params"]) == (["budget", "points"], {"given": 60})
    assert change(bob, row, budget={"points": 60}).budget == {"points": 60}
    assert change(bob, row, budget=None).budget is None


def test_twenty_are_live_at_once_and_drafts_and_ended_ones_do_not_count(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    yesterday = bob.context.clock.now().date() - timedelta(days=1)
    live = [shelf.promotion(bob, program.id, name=f"No {n}") for n in range(20)]
    draft = shelf.promotion(bob, program.id, status="draft")
    over = shelf.promotion(bob, program.id, ends_on=yesterday)
    with pytest.raises(TooManyPromotions):
        shelf.promotion(bob, program.id)
    with pytest.raises(TooManyPromotions):
        change(bob, draft, status=PromotionStatus.ACTIVE)
    with pytest.raises(TooManyPromotions):
        change(bob, over, ends_on=None)
    change(bob, live[0], status=PromotionStatus.PAUSED)
    with pytest.raises(TooManyPromotions):
        change(bob, draft, status=PromotionStatus.ACTIVE)
    end(bob, live[0])
    assert change(bob, draft, status=PromotionStatus.ACTIVE).status == PromotionStatus.ACTIVE


def test_the_list_goes_on_after_an_id(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    ids = [shelf.promotion(bob, program.id, name=f"No {n}").id for n in range(3)]
    with bob.context.database.read() as session:
        rows = promotion_service.list_promotions(
            session, bob.id, program.id, limit=5, after_id=ids[0]
        )
        assert [row.id for row in rows] == ids[1:]


def test_a_program_is_touched_once_when_a_promotion_begins_and_once_when_it_ends(
    bob: Shop, clock: ManualClock
) -> None:
    today = clock.now().date()
    program = shelf.program(bob, **shelf.POINTS)
    first, last = today + timedelta(days=3), today + timedelta(days=5)
    row = shelf.promotion(bob, program.id, starts_on=first, ends_on=last)

    def follow(**time: int) -> int:
        clock.advance(**time)
        with bob.context.database.write() as session:
            return promotion_dates.touch_dated(session, by_operator(bob.context), limit=50)

    assert follow(days=2) == 0
    assert follow(days=1) == 1
    assert follow(hours=1) == 0
    assert follow(days=3) == 1
    assert follow(hours=1) == 0
    assert status(bob, row) == PromotionStatus.ENDED
    # Purchases told late may have happened in its days: the till knows it for a while yet.
    with bob.context.database.read() as session:
        assert session.get_one(Promotion, row.id).status == PromotionStatus.ACTIVE
    assert follow(days=12) == 1
    with bob.context.database.read() as session:
        assert session.get_one(Promotion, row.id).status == PromotionStatus.ENDED


def test_every_change_stands_in_the_audit_trail(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    row = shelf.promotion(bob, program.id, starts_on=date(2026, 12, 1))
    change(bob, row, ends_on=date(2026, 12, 24))
    end(bob, row)
    with bob.context.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.subject_id == row.id).order_by(AuditEvent.id)
        events = session.scalars(query).all()
        assert [event.action for event in events] == [
            "promotion.created",
            "promotion.updated",
            "promotion.ended",
        ]
        assert events[1].new == {"ends_on": "2026-12-24"}


def test_a_program_without_cards_is_deleted_with_its_promotions(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    row = shelf.promotion(bob, program.id)
    with bob.context.database.write() as session:
        program_service.delete_program(session, by_operator(bob.context), bob.id, program.id)
    with bob.context.database.read() as session:
        assert session.get(Promotion, row.id) is None
