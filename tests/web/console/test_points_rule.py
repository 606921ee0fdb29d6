"""What purchases earn, said in the console: so many points for so much, with an example."""

from collections.abc import Callable
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of
from tests.web.console.program_form import FORM, stored

Visitors = Callable[..., Visitor]
POINTS: dict[str, Any] = {
    **FORM,
    "points_per_currency_unit": "1",
    "points_per_amount": "1.00",
    "minimum_purchase": "0",
    "minimum_redemption_points": "0",
    "welcome_points": "0",
}


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    """Open a points program of Café Alice's."""
    return shelf.program(alice, type="points", status="active", pin_policy="off")


def test_one_point_for_every_ten_euros_is_typed_and_shown_by_an_example(
    visitors: Visitors, alice: Shop, program: LoyaltyProgram, context: Context
) -> None:
    owner, path = visitors(alice), f"/console/programs/{program.id}"
    assert "a purchase of €2.50 earns 2 points" in text_of(owner.get(path))
    typed = {**POINTS, "points_per_amount": "10.00"}
    preview = owner.post(f"{path}/preview", **typed)
    assert "a purchase of €25.00 earns 2 points. What is left over" in text_of(preview)
    assert stored(context, program.id).points_per_amount_minor == 100
    assert owner.post(path, **typed).status_code == 303
    assert stored(context, program.id).points_per_amount_minor == 1000


def test_a_change_that_concerns_cards_says_the_old_rule_and_the_new(
    visitors: Visitors, alice: Shop, program: LoyaltyProgram
) -> None:
    shelf.opened_card(alice, program)
    owner, path = visitors(alice), f"/console/programs/{program.id}"
    owner.get(path)
    asked = text_of(owner.post(path, **{**POINTS, "points_per_amount": "10.00"}))
    assert "1 point for every €10.00 instead of 1 point for every €1.00" in asked


def test_whose_points_would_no_longer_be_enough_is_told_and_asked_first(
    visitors: Visitors, alice: Shop, program: LoyaltyProgram, context: Context
) -> None:
    card_id = shelf.opened_card(alice, program)
    by = OperationMetadata(vendor_id=alice.id, actor=Actor(ActorKind.SYSTEM, None))
    points_service.earn_points(alice.context.loyalty.till, card_id, amount_minor=5000, **by)
    owner, path = visitors(alice), f"/console/programs/{program.id}"
    owner.get(path)
    enough = {**POINTS, "pin_policy": "off", "minimum_redemption_points": "50"}
    assert owner.post(path, **enough).status_code == 303
    more = {**enough, "minimum_redemption_points": "60"}
    asked = " ".join(text_of(owner.post(path, **more)).split())
    assert "Points can be redeemed from 60 on, instead of from 50" in asked
    assert "1 of them has points enough for that today" in asked
    assert owner.post(path, **more, confirmed="on").status_code == 303
    assert stored(context, program.id).minimum_redemption_points == 60


@pytest.mark.parametrize("typed", ["0", "-1", "1,2,3", "10001"])
def test_an_amount_that_is_none_is_told_at_its_field(
    visitors: Visitors, alice: Shop, program: LoyaltyProgram, typed: str
) -> None:
    owner, path = visitors(alice), f"/console/programs/{program.id}"
    owner.get(path)
    page = owner.post(path, **{**POINTS, "points_per_amount": typed})
    assert page.status_code == 422
    assert 'id="points_per_amount-fault"' in page.text


@pytest.mark.parametrize(("policy", "is_warned"), [("clamp", True), ("allow_negative", False)])
def test_who_clamps_reads_how_a_reward_can_be_had_for_nothing(
    visitors: Visitors, alice: Shop, policy: str, is_warned: bool
) -> None:
    program = shelf.program(alice, type="points", void_policy=policy)
    page = visitors(alice).get(f"/console/programs/{program.id}")
    assert ('id="clamp-warning"' in page.text) == is_warned
