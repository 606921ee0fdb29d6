"""A birthday cake as an owner sets it up: in plain words, with whom it would have met."""

from typing import Any

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.engage.models import Automation
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from tests.engage.engaged import automation, coffee_shop, guest, work
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

CAKE: dict[str, Any] = {
    "name": "A birthday cake",
    "trigger": "birthday",
    "days_before": "0",
    "action": "points",
    "points": "5",
    "hold_out_percent": "10",
    "limit_per_year": "1",
}


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's program."""
    return coffee_shop(alice)


@pytest.fixture
def here(program: LoyaltyProgram) -> str:
    """Return the address of its automations."""
    return f"/console/programs/{program.id}/automations"


def kept(context: Context, program_id: ProgramId) -> list[Automation]:
    with context.database.read() as session:
        query = select(Automation).where(Automation.program_id == program_id)
        return list(session.scalars(query.order_by(Automation.id)))


def words(page: Any) -> str:
    return " ".join(text_of(page).split())


def test_an_owner_sees_whom_it_would_have_met_before_it_is_saved(
    owner: Visitor, alice: Shop, program: LoyaltyProgram, here: str, context: Context
) -> None:
    guest(alice, program, birthday="02-14")
    guest(alice, program, birthday="08-14")
    assert "Nothing happens by itself yet" in words(owner.get(here))
    owner.get(f"{here}/new")
    shown = owner.post(f"{here}/new", **CAKE, do="look")
    assert "In the last 90 days it would have met" in words(shown)
    assert kept(context, program.id) == []
    assert owner.post(f"{here}/new", **CAKE, do="active").status_code == 303
    (row,) = kept(context, program.id)
    told = (row.status, row.trigger, row.action, row.points, row.hold_out_percent)
    assert told == ("active", "birthday", "points", 5, 10)
    assert "A birthday cake" in words(owner.get(here))


def test_what_is_wrong_is_told_at_its_field(owner: Visitor, here: str) -> None:
    owner.get(f"{here}/new")
    for fields, told in (
        ({"points": ""}, "points-fault"),
        ({"trigger": "lapsed"}, "days-fault"),
        ({"quiet_from": "21:00"}, "quiet_to-fault"),
        ({"quiet_from": "noon", "quiet_to": "08:00"}, "quiet_from-fault"),
        ({"quiet_from": "08:00", "quiet_to": "08:00"}, "quiet_to-fault"),
    ):
        refused = owner.post(f"{here}/new", **{**CAKE, **fields}, do="active")
        assert refused.status_code == 422
        assert told in refused.text


def test_an_automation_is_changed_paused_and_ended(
    owner: Visitor, program: LoyaltyProgram, here: str, context: Context
) -> None:
    owner.get(f"{here}/new")
    lapsed = {**CAKE, "trigger": "lapsed", "days": "30", "least_visits": "3"}
    owner.post(f"{here}/new", **lapsed, do="draft")
    (row,) = kept(context, program.id)
    one = f"{here}/{row.id}"
    assert row.conditions == [{"field": "visits_365d", "op": "gte", "value": 3}]
    assert owner.post(f"{one}/start").status_code == 303
    assert owner.post(f"{one}/pause").status_code == 303
    shown = owner.get(one)
    assert "too early to tell" in words(shown)
    changed = {**lapsed, "days": "45", "limit_per_year": "", "least_visits": ""}
    assert owner.post(one, **changed, do="save").status_code == 303
    (row,) = kept(context, program.id)
    assert (row.when, row.limit_per_year, row.conditions) == ({"days": 45}, None, [])
    assert owner.post(f"{one}/end").status_code == 303
    assert owner.post(f"{one}/start").status_code == 409
    assert "It has ended" in words(owner.get(one))


def test_results_stand_beside_those_held_out(
    owner: Visitor,
    alice: Shop,
    program: LoyaltyProgram,
    here: str,
    context: Context,
    clock: ManualClock,
) -> None:
    cake = shelf.reward(alice, program.id, points_required=100, value_minor=500)
    clock.advance(days=-40)
    guest(alice, program, birthday="03-01")
    row = automation(alice, program.id)
    gift = automation(alice, program.id, action="grant", reward_id=cake.id, points=...)
    clock.advance(days=39)
    work(context)
    clock.advance(days=1)
    told = words(owner.get(f"{here}/{row.id}"))
    assert "Those held out to compare" in told
    assert "It cost €0.25." in told
    assert "1 reward given, collected: 0." in words(owner.get(f"{here}/{gift.id}"))


def test_a_form_without_a_field_is_shown_again(owner: Visitor, here: str) -> None:
    owner.get(f"{here}/new")

    assert owner.post(f"{here}/new").status_code == 422
