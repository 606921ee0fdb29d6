"""The overview: figures of all programs or one, and what a shop should look at."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import Role
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]


def stamp(shop: Shop, program: LoyaltyProgram, quantity: int) -> None:
    card = shelf.opened_card(shop, program)
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind(SYSTEM.kind), None)}
    stamp_service.add_stamp(shop.context.loyalty.till, card, quantity=quantity, **by)


def chart(page: Any) -> dict[str, list[Any]]:
    found = re.search(r'id="chart-data">(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    read: dict[str, list[Any]] = json.loads(found[1])
    return read


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, on which three stamps were made today."""
    program = shelf.program(alice, status="active", pin_policy="off")
    stamp(alice, program, 3)
    return program


def test_figures_are_those_of_the_program_that_was_chosen(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    other = shelf.program(alice, status="active", pin_policy="off", name="Tea card")
    stamp(alice, other, 2)
    owner = visitors(alice)
    assert chart(owner.get("/console"))["stamps_earned"][-1] == 5
    one = owner.get(f"/console?program={other.id}&days=30")
    assert chart(one)["stamps_earned"][-1] == 2
    assert len(chart(one)["days"]) == 30


def test_a_year_is_drawn_by_weeks(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    drawn = chart(visitors(alice).get("/console?days=365"))
    assert 52 <= len(drawn["days"]) <= 54
    # Monday of the week in which the stamps were made.
    assert (drawn["days"][-1], drawn["stamps_earned"][-1]) == ("2026-03-02", 3)


def test_days_beside_a_chart_are_named_in_luxembourgish_too(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    assert chart(visitors(alice).get("/console?lang=lb"))["labels"][-1] == "2. Mäe."


def test_the_table_says_what_the_chart_draws(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    text = " ".join(text_of(visitors(alice).get("/console?days=30&lang=en")).split())
    assert "2 Mar 2026 3 1 0" in text


def test_another_shops_program_is_not_there(
    visitors: Visitors, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    assert visitors(bob).get(f"/console?program={coffee.id}").status_code == 404


def test_a_period_that_nobody_offers_is_the_usual_one(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    assert len(chart(visitors(alice).get("/console?days=7"))["days"]) == 90


def test_drafts_and_rewards_that_run_out_are_shown_to_those_who_can_act(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    draft = shelf.program(alice, name="Half a card")
    points = shelf.program(alice, **shelf.POINTS, status="active")
    reward = shelf.reward(alice, points.id, stock_left=2)
    alice.hire(Role.STAFF)
    page = visitors(alice).get("/console").text
    assert f'href="/console/programs/{draft.id}"' in page
    assert f"/rewards/{reward.id}" in page
    assert "attention-title" not in visitors(alice, "staff").get("/console").text
