"""Automations that a day sets off: birthdays, anniversaries, absences, points that end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from punchcard.context import Context
from punchcard.engage.candidates import WINDOW_CARDS
from punchcard.engage.models import Automation
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import GrantReason
from tests.engage.engaged import (
    at,
    automation,
    by_shop,
    change,
    coffee_shop,
    end,
    entries,
    guest,
    points,
    runs,
    stamp,
    states,
    work,
)
from tests.loyalty import shelf
from tests.support.books import audited
from tests.support.cast import Shop, by_operator


@pytest.fixture(autouse=True)
def books(context: Context) -> Iterator[None]:
    """Look through the books once a test is done."""
    yield
    audited(context.database)


def test_a_birthday_cake_is_granted_once_a_year(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id, points_required=None, value_minor=450)
    anna = guest(alice, program, name="Anna", birthday="05-17")
    guest(alice, program, name="Ben", birthday="05-18")
    given = {"action": "grant", "points": None, "reward_id": cake.id, "valid_days": 14}
    automation(alice, program.id, **given)
    clock.set(at("2026-05-17T00:30+02:00"))
    work(context)
    work(context)
    with context.database.read() as session:
        (grant,) = session.scalars(select(Grant))
    assert (grant.card_id, grant.reason) == (anna, GrantReason.BIRTHDAY)
    assert grant.expires_on is not None
    assert grant.expires_on.isoformat() == "2026-05-31"
    assert entries(context, anna) == ["card_opened", "reward_granted"]
    clock.set(at("2027-05-17T10:00+02:00"))
    work(context)
    assert [run.occasion for run in runs(context) if run.card_id == anna] == ["2026", "2027"]


def test_the_day_is_the_programs(context: Context, alice: Shop, clock: ManualClock) -> None:
    program = coffee_shop(alice, timezone="Pacific/Auckland")
    anna = guest(alice, program, birthday="05-17")
    automation(alice, program.id)
    clock.set(at("2026-05-16T11:59Z"))
    work(context)
    assert points(context, anna) == 0
    clock.set(at("2026-05-16T12:00Z"))
    work(context)
    assert points(context, anna) == 5


def test_after_a_week_of_standstill_birthdays_are_made_up_for_once(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    within = guest(alice, program, birthday="05-14")
    too_old = guest(alice, program, birthday="04-05")
    automation(alice, program.id)
    clock.set(at("2026-05-20T10:00+02:00"))
    work(context)
    clock.advance(hours=1)
    work(context)
    assert (points(context, within), points(context, too_old)) == (5, 0)
    assert states(context) == ["acted"]


@pytest.mark.both_databases
@pytest.mark.parametrize("ahead_days", [2, 365])
def test_after_a_clock_that_ran_ahead_birthdays_are_given_on_their_days_and_once(
    context: Context, alice: Shop, clock: ManualClock, ahead_days: int
) -> None:
    program = coffee_shop(alice)
    cards = [guest(alice, program, birthday=day) for day in ("05-17", "05-20")]
    automation(alice, program.id)
    clock.set(at("2026-05-15T10:00+02:00"))
    work(context)
    clock.advance(days=ahead_days)
    work(context)
    clock.set(at("2026-05-16T10:00+02:00"))
    work(context)
    clock.set(at("2026-05-20T10:00+02:00"))
    work(context)
    work(context)
    assert [points(context, card) for card in cards] == [5, 5]
    assert [run.occasion for run in runs(context)] == ["2026", "2026"]


def test_a_birthday_typed_shortly_before_waits_a_year_and_so_does_a_changed_one(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    automation(alice, program.id)
    clock.set(at("2026-05-01T10:00+02:00"))
    anna = guest(alice, program, name="Anna", birthday="05-17")
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    assert points(context, anna) == 0
    retype(context, alice, anna, "06-30")
    clock.set(at("2026-06-30T10:00+02:00"))
    work(context)
    assert points(context, anna) == 5
    retype(context, alice, anna, "12-24")
    clock.set(at("2026-12-24T10:00+01:00"))
    work(context)
    assert points(context, anna) == 5
    clock.set(at("2027-12-24T10:00+01:00"))
    work(context)
    assert points(context, anna) == 10


def retype(context: Context, shop: Shop, card_id: Any, birthday: str) -> None:
    with context.database.write() as session:
        changed = CardChange(customer={"birthday": birthday})
        card_changes.update_card(session, by_operator(context), shop.id, card_id, changed)


def test_once_a_year_whatever_is_edited(context: Context, alice: Shop, clock: ManualClock) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program, birthday="05-17")
    first = automation(alice, program.id)
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    change(alice, first, points=50, when={"days_before": 1})
    work(context)
    change(alice, first, when={}, status="paused")
    change(alice, first, status="active")
    work(context)
    end(alice, first)
    automation(alice, program.id, points=500)
    work(context)
    assert points(context, anna) == 5


def test_what_waits_of_one_that_is_paused_is_not_done(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program, birthday="05-17")
    row = automation(alice, program.id, quiet_hours={"from": "21:00", "to": "08:00"})
    clock.set(at("2026-05-17T00:10+02:00"))
    work(context)
    change(alice, row, status="paused")
    clock.set(at("2026-05-17T09:00+02:00"))
    work(context)
    change(alice, row, status="active")
    work(context)
    assert points(context, anna) == 0
    assert [(run.state, run.refused_by) for run in runs(context)] == [
        ("refused", "automation_paused")
    ]


def test_who_is_held_out_gets_nothing_and_is_counted(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    cards = [guest(alice, program, birthday="05-17") for _ in range(40)]
    automation(alice, program.id, hold_out_percent=50)
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    out = {run.card_id for run in runs(context) if run.state == "held_out"}
    assert 0 < len(out) < 40
    assert {card for card in cards if points(context, card) == 0} == out


def test_an_absence_is_noticed_once_until_the_guest_is_back(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program)
    regular = {"field": "visits_365d", "op": "gte", "value": 1}
    once = guest(alice, program)
    automation(
        alice,
        program.id,
        trigger="lapsed",
        when={"days": 30},
        conditions=[regular],
        limit_per_year=None,
    )
    stamp(alice, anna)
    clock.advance(days=31)
    work(context)
    work(context)
    assert (points(context, anna), points(context, once)) == (5, 0)
    stamp(alice, anna)
    clock.advance(days=30)
    work(context)
    assert points(context, anna) == 10
    assert [run.occasion for run in runs(context)] == ["since:2026-03-02", "since:2026-04-02"]


def test_a_limit_a_year_holds_over_occasions(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program)
    automation(alice, program.id, trigger="lapsed", when={"days": 10}, limit_per_year=2)
    for _ in range(4):
        clock.advance(days=10)
        work(context)
        stamp(alice, anna)
    assert points(context, anna) == 10


def test_an_anniversary_is_kept(context: Context, alice: Shop, clock: ManualClock) -> None:
    clock.set(at("2024-02-29T12:00+01:00"))
    program = coffee_shop(alice)
    anna = guest(alice, program)
    automation(alice, program.id, trigger="anniversary")
    for day in ("2024-03-01", "2025-02-28", "2025-03-01", "2026-02-28", "2028-02-28"):
        clock.set(at(f"{day}T12:00+01:00"))
        work(context)
    assert [run.occasion for run in runs(context)] == ["2025", "2026"]
    clock.set(at("2028-02-29T12:00+01:00"))
    work(context)
    assert points(context, anna) == 15


def test_points_that_end_soon_bring_something(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    year = {"kind": "fixed", "months": 12, "round_to": "month_end"}
    program = coffee_shop(alice, points_expiry=year)
    anna = guest(alice, program)
    points_service.earn_points(context.loyalty.till, anna, amount_minor=1000, **by_shop(alice))
    automation(
        alice,
        program.id,
        trigger="points_expiring",
        when={"days_before": 7},
        action="stamps",
        points=None,
        stamps=1,
    )
    clock.set(at("2027-03-23T12:00+01:00"))
    work(context)
    assert states(context) == []
    clock.set(at("2027-03-24T12:00+01:00"))
    work(context)
    assert entries(context, anna)[-1] == "automation_bonus"


def test_what_the_till_refuses_is_told(context: Context, alice: Shop, clock: ManualClock) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program, birthday="05-17")
    automation(alice, program.id, quiet_hours={"from": "21:00", "to": "08:00"})
    clock.set(at("2026-05-17T00:10+02:00"))
    work(context)
    with context.database.write() as session:
        card_changes.block_card(session, by_operator(context), alice.id, anna)
    clock.set(at("2026-05-17T09:00+02:00"))
    work(context)
    assert [(run.state, run.refused_by) for run in runs(context)] == [("refused", "card_blocked")]


def test_a_program_is_gone_through_in_windows_and_the_place_is_kept(
    context: Context, alice: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert WINDOW_CARDS > 2
    monkeypatch.setattr("punchcard.engage.candidates.WINDOW_CARDS", 2)
    program = coffee_shop(alice)
    cards = [guest(alice, program, birthday="05-17") for _ in range(5)]
    row = automation(alice, program.id)
    clock.set(at("2026-05-17T10:00+02:00"))
    keeper = context.loyalty.automation_keeper
    assert not keeper.reach(clock.now(), goes_on=lambda: False)
    assert len(runs(context)) == 2
    with context.database.read() as session:
        place = session.get_one(Automation, row.id)
        assert (place.reached_card_id, str(place.reached_on)) == (cards[1], "2026-03-01")
    # The process dies here, and another goes on the day after, in the midst of it.
    clock.advance(days=1)
    work(context)
    assert [points(context, card) for card in cards] == [5] * 5
    with context.database.read() as session:
        place = session.get_one(Automation, row.id)
        assert (place.reached_card_id, str(place.reached_on)) == (None, "2026-05-18")


def test_a_run_that_was_paid_before_the_process_died_is_not_paid_again(
    context: Context, alice: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program, birthday="05-17")
    automation(alice, program.id)
    clock.set(at("2026-05-17T10:00+02:00"))
    keeper = context.loyalty.automation_keeper
    keeper.reach(clock.now())
    with monkeypatch.context() as patch:
        patch.setattr(type(keeper), "_settle", _die)
        with pytest.raises(SystemExit):
            keeper.do(clock.now())
    assert (states(context), points(context, anna)) == (["waiting"], 5)
    work(context)
    assert (states(context), points(context, anna)) == (["acted"], 5)
    assert runs(context)[0].entry_id is not None


def _die(*_: object) -> bool:
    raise SystemExit


def test_a_card_that_is_old_beyond_its_program_is_met_on_its_anniversary(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program)
    automation(alice, program.id, trigger="anniversary")
    with context.database.write() as session:
        long_ago = clock.now() - timedelta(days=365 * 3)
        session.execute(
            update(LoyaltyCard).where(LoyaltyCard.id == anna).values(enrolled_at=long_ago)
        )
    clock.set(at("2027-03-03T10:00+01:00"))
    work(context)
    assert points(context, anna) == 5
