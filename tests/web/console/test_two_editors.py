"""Two people, or two tabs, with the same page open: no form undoes what it did not change."""

from collections.abc import Callable
from typing import Any

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.loyalty.models import LoyaltyProgram, Reward
from tests.connect import webhook_shop
from tests.engage.engaged import automation
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of

KEPT = "Someone else changed this meanwhile. What you typed is kept: see below."


def opened(visitor: Visitor, path: str, action: str | None = None) -> dict[str, Any]:
    """Open a page and return its form, as it would be sent untouched."""
    return form_on(visitor.get(path).text, action or path)


def sent(visitor: Visitor, path: str, form: dict[str, Any], **changes: Any) -> str:
    """Send a form with some fields changed; it must have been taken."""
    answer = visitor.post(path, **{**form, **changes})
    assert answer.status_code == 303, text_of(answer)
    return text_of(visitor.follow(answer))


@pytest.fixture
def coffee(alice: Shop) -> str:
    """Open a stamp card; return its page."""
    return f"/console/programs/{shelf.program(alice, status='active').id}"


@pytest.fixture
def cake(alice: Shop) -> tuple[str, Reward]:
    """Put ten cakes into the catalogue; return the page and the reward."""
    program = shelf.program(alice, name="Bread", type="points", stamp_reward=None)
    reward = shelf.reward(alice, program.id, stock_left=10)
    return f"/console/programs/{program.id}/rewards/{reward.id}", reward


def program_of(alice: Shop, page: str) -> LoyaltyProgram:
    with alice.context.database.read() as session:
        return session.get_one(LoyaltyProgram, page.rsplit("/", 1)[1])


def stock_of(alice: Shop, reward: Reward) -> int | None:
    with alice.context.database.read() as session:
        return session.get_one(Reward, reward.id).stock_left


def hand_out(alice: Shop, reward: Reward, number: int) -> None:
    with alice.context.database.write() as session:
        row = session.get_one(Reward, reward.id)
        assert row.stock_left is not None
        row.stock_left -= number


def test_the_older_page_of_a_program_undoes_nothing(
    owner: Visitor, alice: Shop, coffee: str
) -> None:
    older = opened(owner, coffee)
    sent(
        owner,
        coffee,
        opened(owner, coffee),
        cooldown_minutes="60",
        terms_text="Terms of the first",
        **{"de-name": "Kaffeekarte"},
        background_color="#112233",
    )

    sent(owner, coffee, older, name="Coffee club")

    now = program_of(alice, coffee)
    assert (now.name, now.cooldown_minutes) == ("Coffee club", 60)
    assert now.terms_text == "Terms of the first"
    assert now.texts["de"] == {"name": "Kaffeekarte"}
    assert now.branding["background_color"] == "#112233"


def test_a_box_that_someone_unticked_stays_unticked(
    owner: Visitor, alice: Shop, coffee: str
) -> None:
    older = opened(owner, coffee)
    newer = opened(owner, coffee)
    del newer["self_enrollment"]
    sent(owner, coffee, newer)

    sent(owner, coffee, older, cooldown_minutes="30")

    now = program_of(alice, coffee)
    assert (now.self_enrollment, now.cooldown_minutes) == (False, 30)


def test_where_both_changed_the_same_both_values_are_told_and_asked_for(
    owner: Visitor, alice: Shop, coffee: str
) -> None:
    older = opened(owner, coffee)
    sent(owner, coffee, opened(owner, coffee), name="First", pin_policy="off")

    answer = owner.post(coffee, **{**older, "name": "Second", "pin_policy": "optional"})

    assert answer.status_code == 409
    page = text_of(answer)
    assert KEPT in page
    assert "Changed meanwhile to “First”. Save again to keep yours." in page
    assert "Changed meanwhile to “Never: anyone with the terminal can stamp”" in page
    again = form_on(answer.text, coffee)
    assert (again["name"], again["pin_policy"]) == ("Second", "optional")
    assert program_of(alice, coffee).name == "First"

    sent(owner, coffee, again)
    now = program_of(alice, coffee)
    assert (now.name, now.pin_policy) == ("Second", "optional")


def test_the_question_before_a_change_of_rules_carries_what_was_shown(
    owner: Visitor, alice: Shop, coffee: str
) -> None:
    program_id = program_of(alice, coffee).id
    with alice.context.database.read() as session:
        row = session.get_one(LoyaltyProgram, program_id)
    shelf.opened_card(alice, row)
    older = opened(owner, coffee)
    sent(owner, coffee, opened(owner, coffee), cooldown_minutes="60")

    asked = owner.post(coffee, **{**older, "stamps_target": "8"})
    assert asked.status_code == 200
    sent(owner, coffee, form_on(asked.text, coffee))

    now = program_of(alice, coffee)
    assert (now.stamps_target, now.cooldown_minutes) == (8, 60)


def test_what_was_handed_out_meanwhile_stays_handed_out(
    owner: Visitor, alice: Shop, cake: tuple[str, Reward]
) -> None:
    page, reward = cake
    older = opened(owner, page)
    hand_out(alice, reward, 7)

    sent(owner, page, older, description="With cream")

    assert stock_of(alice, reward) == 3


def test_a_delivery_is_added_to_what_is_left(
    owner: Visitor, alice: Shop, cake: tuple[str, Reward]
) -> None:
    page, reward = cake
    older = opened(owner, page)
    hand_out(alice, reward, 7)

    told = sent(owner, page, older, stock_left="15")

    assert stock_of(alice, reward) == 8
    assert "Some were handed out meanwhile: 8 are left now." in told


@pytest.mark.parametrize(("typed", "left"), [("", None), ("2", 3)])
def test_a_stock_that_cannot_be_counted_on_is_asked_for_or_taken_away(
    owner: Visitor, alice: Shop, cake: tuple[str, Reward], typed: str, left: int | None
) -> None:
    page, reward = cake
    older = opened(owner, page)
    hand_out(alice, reward, 7)

    answer = owner.post(page, **{**older, "stock_left": typed})

    assert answer.status_code == (303 if typed == "" else 409)
    assert stock_of(alice, reward) == left


def edit_pages(owner: Visitor, alice: Shop) -> dict[str, tuple[str, str, str, str]]:
    """Return each page that changes something: its address, and two of its fields with values."""
    user_id = alice.hire(Role.STAFF)
    alice.device()
    program = shelf.program(alice, name="Tea", status="active", slug="tea")
    card_id = shelf.opened_card(alice, program)
    pin = shelf.pin(alice, "5283", "Léa")
    listed = owner.get("/console/locations").text
    return {
        "settings": ("/console/settings", "name", "Café A", "keeps_origins"),
        "location": (_first(listed, "/console/locations"), "name", "Gare", "address"),
        "person": (f"/console/people/{user_id}", "name", "Marc", "language"),
        "pin": (f"/console/pins/{pin.id}", "name", "Lea", "staff_id"),
        "card": (f"/console/members/{card_id}/edit", "name", "Marie", "email"),
        "guide": ("/console/guide/shop", "name", "Café B", "address"),
        **growth_pages(alice),
    }


def growth_pages(alice: Shop) -> dict[str, tuple[str, str, str, str]]:
    """Return the same of what helps a shop to grow."""
    guest = {"key": "guest", "name": "Guest", "threshold": 0}
    points = {"type": "points", "stamp_reward": None, "status": "active"}
    program = shelf.program(alice, name="Bread", tiers=[guest], **points)
    here = f"/console/programs/{program.id}"
    promotion = shelf.promotion(alice, program.id)
    birthday = automation(alice, program.id)
    endpoint = webhook_shop.endpoint(alice)[1]
    return {
        "promotion": (f"{here}/promotions/{promotion.id}", "name", "Triple", "budget"),
        "automation": (f"{here}/automations/{birthday.id}", "name", "Cake", "hold_out_percent"),
        "friends": (f"{here}/friends", "hold_days", "14", "friend_points"),
        "tiers": (f"{here}/tiers", "tier_1_name", "Regular", "tier_1_factor"),
        "links": (f"{here}/links", "website_url", "https://a.example/", "phone"),
        "webhook": (f"/console/webhooks/{endpoint}", "description", "Till", "type_reward.ready"),
    }


def _first(page: str, path: str) -> str:
    start = page.index(f'"{path}/') + 1
    return page[start : page.index('"', start)].removesuffix("/close")


NEW = {
    "keeps_origins": "on",
    "address": "Rue 1",
    "language": "de",
    "staff_id": "lea-2",
    "email": "m@example.com",
    "budget": "900",
    "hold_out_percent": "20",
    "friend_points": "50",
    "tier_1_factor": "1.5",
    "phone": "+352621111001",
    "type_reward.ready": "on",
}


GROWTH = ["promotion", "automation", "friends", "tiers", "links", "webhook"]


@pytest.mark.parametrize(
    "which", ["settings", "location", "person", "pin", "card", "guide", *GROWTH]
)
def test_no_page_of_the_console_undoes_what_another_changed(
    visitors: Callable[..., Visitor], alice: Shop, owner: Visitor, which: str
) -> None:
    path, first, value, second = edit_pages(owner, alice)[which]
    older = opened(owner, path)
    sure = {"confirmed": "on"} if which == "promotion" else {}
    sent(owner, path, opened(owner, path), **{second: NEW[second]}, **sure)

    sent(owner, path, older, **{first: value}, **sure)

    now = opened(owner, path)
    assert (now[first], now.get(second)) == (value, NEW[second])


def test_ones_own_profile_and_the_platforms_page_of_a_shop_undo_nothing(
    owner: Visitor, visitors: Callable[..., Visitor], alice: Shop
) -> None:
    profile = "/console/account/profile"
    older = opened(owner, "/console/account", profile)
    sent(owner, profile, opened(owner, "/console/account", profile), name="Alice A.")
    sent(owner, profile, older, language="de")
    now = opened(owner, "/console/account", profile)
    assert (now["name"], now["language"]) == ("Alice A.", "de")
