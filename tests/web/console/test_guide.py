"""A new owner's first five minutes."""

import re
from collections.abc import Callable

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram, Reward, StaffPin
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, markup_of, text_of

Visitors = Callable[..., Visitor]
SHOP = {
    "name": "Café Alice & Sœurs",
    "language": "fr",
    "currency": "EUR",
    "timezone": "Europe/Luxembourg",
    "address": "12, rue du Curé",
}


def test_a_new_owner_is_led_from_the_shop_to_the_poster(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    owner = visitors(alice)
    assert 'id="guide-next" href="/console/guide/shop"' in markup_of(owner.get("/console"))
    owner.get("/console/guide/shop")
    assert owner.post("/console/guide/shop", **SHOP).headers["location"] == "/console/guide/program"
    owner.get("/console/guide/program")
    told = {"type": "stamps", "name": "Carte café", "colour": "#14594b"}
    assert owner.post("/console/guide/program", **told).headers["location"].endswith("/reward")
    owner.get("/console/guide/reward")
    reward = {"reward_name": "Un café", "stamps_target": "8", "reward_value": "3,50"}
    assert owner.post("/console/guide/reward", **reward).headers["location"].endswith("/pins")
    page = owner.get("/console/guide/pins")
    pin = re.search(r'id="pin"[^>]*value="(\d{4})"', page.text)
    assert pin is not None
    assert owner.post("/console/guide/pins", name="Léa", pin=pin[1]).status_code == 303
    assert "Léa" in owner.get("/console/guide/pins").text
    poster = owner.follow(owner.get("/console/guide/poster"))
    assert "/join/carte-cafe" in poster.text
    with context.database.read() as session:
        (program,) = session.query(LoyaltyProgram).all()
        assert (program.status, program.stamps_target) == ("active", 8)
        assert program.stamp_reward == {"name": "Un café", "value_minor": 350}
        assert [pin.name for pin in session.query(StaffPin)] == ["Léa"]


def test_the_guide_goes_on_where_it_was_left(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    assert owner.get("/console/guide").headers["location"] == "/console/guide/shop"
    shelf.program(alice, stamp_reward=None)
    assert owner.get("/console/guide").headers["location"] == "/console/guide/reward"
    assert owner.get("/console/guide/program").headers["location"] == "/console/guide/reward"


def test_a_step_sent_twice_makes_one_program(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    owner = visitors(alice)
    owner.get("/console/guide/program")
    told = {"type": "stamps", "name": "Carte", "colour": "#14594b"}
    for _ in range(2):
        assert owner.post("/console/guide/program", **told).status_code == 303
    with context.database.read() as session:
        assert session.query(LoyaltyProgram).count() == 1


def test_points_and_stamps_together_ask_for_both_rewards(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    shelf.program(alice, type="hybrid", stamp_reward=None)
    owner = visitors(alice)
    owner.get("/console/guide/reward")
    told = {"reward_name": "Un café", "stamps_target": "10", "points_per_currency_unit": "2"}
    missing = owner.post("/console/guide/reward", **told)
    assert missing.status_code == 422
    assert 'id="offer_name-fault"' in missing.text
    offer = {"offer_name": "5 € de moins", "points_required": "100"}
    assert owner.post("/console/guide/reward", **told, **offer).status_code == 303
    with context.database.read() as session:
        assert [(row.name, row.points_required) for row in session.query(Reward)] == [
            ("5 € de moins", 100)
        ]


def test_what_does_not_fit_is_told_beside_its_field(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    owner.get("/console/guide/shop")
    wrong = {**SHOP, "timezone": "Mars/Base", "currency": "EURO"}
    page = owner.post("/console/guide/shop", **wrong)
    assert page.status_code == 422
    assert 'id="timezone-fault"' in page.text
    shelf.program(alice, stamp_reward=None)
    owner.get("/console/guide/reward")
    assert (
        'id="reward_name-fault"'
        in owner.post("/console/guide/reward", reward_name="", stamps_target="10").text
    )
    owner.get("/console/guide/pins")
    assert owner.post("/console/guide/pins", name="Léa", pin="1234").status_code == 422
    owner.get("/console/guide/program")


def test_every_step_can_be_skipped(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    assert 'id="guide-skip" href="/console/guide/program"' in owner.get("/console/guide/shop").text
    assert 'id="guide-skip" href="/console/guide/poster"' in owner.get("/console/guide/pins").text


def test_the_checklist_leaves_once_a_customer_has_a_card(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    shelf.pin(alice)
    owner = visitors(alice)
    assert 'id="guide-next"' in owner.get("/console").text
    shelf.opened_card(alice, program)
    page = owner.get("/console?lang=en")
    assert 'id="guide-next"' not in page.text
    assert "Members 1" in " ".join(text_of(page).split())


def test_staff_are_not_asked_to_set_up_the_shop(visitors: Visitors, alice: Shop) -> None:
    alice.hire(Role.STAFF)
    staff = visitors(alice, "staff")
    assert 'id="guide-next"' not in staff.get("/console").text
    for step in ("shop", "program", "reward", "pins", "poster"):
        assert staff.get(f"/console/guide/{step}").status_code == 403
