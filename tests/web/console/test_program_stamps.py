"""More rewards on a stamp card, and when its stamps end: as an owner sets them up."""

from collections.abc import Callable
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.web.console.program_form import FORM, stored

Visitors = Callable[..., Visitor]

REWARDS = {
    "milestone_1_at": "6",
    "milestone_1_name": "A croissant",
    "milestone_2_at": "3",
    "milestone_2_name": "A cookie",
    "unclaimed_milestones": "lapse",
    "stamps_expiry_kind": "fixed",
    "stamps_expiry_months": "24",
}


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active")


def save(owner: Visitor, program: LoyaltyProgram, **fields: Any) -> Any:
    here = f"/console/programs/{program.id}"
    owner.get(here)
    return owner.post(here, **{**FORM, **REWARDS, **fields})


def test_rewards_on_the_way_are_kept_in_their_order_and_told(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    assert save(owner, coffee).status_code == 303
    row = stored(context, coffee.id)
    assert row.stamp_rewards == [
        {"at": 3, "name": "A cookie"},
        {"at": 6, "name": "A croissant"},
        {"at": 10, "name": "A coffee"},
    ]
    assert (row.unclaimed_milestones, row.stamps_expiry) == (
        "lapse",
        {"kind": "fixed", "months": 24},
    )
    told = " ".join(text_of(owner.get(f"/console/programs/{coffee.id}/changes?lang=en")).split())
    assert "Rewards of the stamp card before: – → now: 3: A cookie, 6: A croissant" in told
    assert "When stamps end before: – → now: Some months after they were given" in told


def test_saving_what_stands_there_leaves_the_rewards_with_all_that_is_not_shown(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    cookie = {"at": 3, "name": "A cookie", "value_minor": 150, "texts": {"fr": {"name": "Biscuit"}}}
    rewards = [cookie, {"at": 10, "name": "A coffee"}]
    program = shelf.program(alice, status="active", stamp_rewards=rewards)
    owner = visitors(alice)
    here = f"/console/programs/{program.id}"
    form = form_on(owner.get(here).text, here)
    del form["shown"]
    assert owner.post(here, **form).status_code == 303
    row = stored(context, program.id)
    assert (row.stamp_rewards, row.version) == (rewards, program.version)


def test_emptied_rows_leave_the_full_card_alone(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    save(owner, coffee)
    rows = {name: "" for name in REWARDS if name.startswith("milestone")}
    assert save(owner, coffee, **rows, stamps_expiry_kind="never").status_code == 303
    row = stored(context, coffee.id)
    assert (row.stamp_rewards, row.stamps_target, row.stamps_expiry) == (None, 10, None)


def test_an_owner_of_stamp_cards_says_how_long_before_the_end_it_is_told(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner, here = visitors(alice), f"/console/programs/{coffee.id}"
    shown = form_on(owner.get(here).text, here)
    assert (shown["expiry_notice_days"], shown["return_grace_days"]) == ("30, 7", "30")
    assert save(owner, coffee, expiry_notice_days="60, 14", return_grace_days="10").is_redirect

    row = stored(context, coffee.id)
    assert (row.expiry_notice_days, row.return_grace_days) == ([60, 14], 10)
    # A form that does not ask leaves both as they are.
    assert save(owner, coffee, name="Other").is_redirect
    row = stored(context, coffee.id)
    assert (row.expiry_notice_days, row.return_grace_days) == ([60, 14], 10)


def test_where_stamps_never_end_nothing_can_be_told(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    asked = {"expiry_notice_days": "60", "return_grace_days": "10"}
    refused = save(visitors(alice), coffee, stamps_expiry_kind="never", **asked)

    assert refused.status_code == 422
    assert "say when points or stamps end first" in text_of(refused)


def test_both_are_asked_once_where_points_are_collected_too(
    visitors: Visitors, alice: Shop
) -> None:
    program = shelf.program(alice, type="hybrid", slug="both")
    page = visitors(alice).get(f"/console/programs/{program.id}").text

    assert page.count('name="expiry_notice_days"') == 1
    assert page.count('name="return_grace_days"') == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"milestone_1_at": "10"}, "Fewer stamps than a full card has"),
        ({"milestone_1_at": "3"}, "Fewer stamps than a full card has"),
        ({"milestone_1_name": ""}, "Please fill this in."),
        ({"milestone_1_at": ""}, "Please fill this in."),
        ({"stamps_expiry_months": ""}, "Please fill this in."),
        ({"stamps_target": "5"}, "Fewer stamps than a full card has"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    visitors: Visitors,
    alice: Shop,
    coffee: LoyaltyProgram,
    context: Context,
    typed: dict[str, str],
    told: str,
) -> None:
    answer = save(visitors(alice), coffee, **typed)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert stored(context, coffee.id).version == coffee.version


def test_a_form_that_does_not_ask_leaves_the_rewards_and_still_refuses_what_contradicts_them(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    save(owner, coffee)
    here = f"/console/programs/{coffee.id}"
    assert owner.post(here, **{**FORM, "stamps_target": "12"}).status_code == 303
    row = stored(context, coffee.id)
    assert [one["at"] for one in row.stamp_rewards or ()] == [3, 6, 12]
    refused = owner.post(here, **{**FORM, "stamps_target": "6"})
    assert refused.status_code == 422
    assert "There is a reward at 6 stamps" in text_of(refused)
