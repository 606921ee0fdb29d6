"""A new owner's first five minutes."""

import re
from collections.abc import Callable

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.web.console.programs.trades import trade_of
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
    again = markup_of(owner.get("/console/guide/pins"))
    assert f'<strong class="given-pin">{pin[1]}</strong>' in again
    poster = owner.follow(owner.get("/console/guide/poster"))
    assert "/join/carte-cafe" in poster.text
    with context.database.read() as session:
        (program,) = session.query(LoyaltyProgram).all()
        assert (program.status, program.stamps_target) == ("active", 8)
        assert program.stamp_reward == {"name": "Un café", "value_minor": 350}
        assert [pin.name for pin in session.query(StaffPin)] == ["Léa"]


@pytest.mark.parametrize(
    ("shop", "trade"),
    [
        ("Café Alice", "cafe"),
        ("EISCAFÉ Venezia", "ice_cream"),
        ("Konditorei-Café Hoffmann", "pastry"),
        ("Boulangerie Bob", "bakery"),
        ("Bar Tabac", "bar"),
        ("Barbara Weber", None),
        ("Zum Löwen", None),
    ],
)
def test_a_shops_name_tells_its_trade(shop: str, trade: str | None) -> None:
    assert trade_of(shop) == trade


def test_the_guide_begins_with_the_look_of_the_trade_and_promises_no_wallet(
    visitors: Visitors, alice: Shop
) -> None:
    page = markup_of(visitors(alice).get("/console/guide/program"))
    assert re.search(r'value="cafe" checked', page)
    assert page.count("checked") == 2
    assert "wallet-mocks" not in page
    assert 'id="preview-card"' in page


def test_the_guide_goes_on_where_it_was_left(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    assert owner.get("/console/guide").headers["location"] == "/console/guide/shop"
    shelf.program(alice, stamp_reward=None)
    assert owner.get("/console/guide").headers["location"] == "/console/guide/reward"
    assert owner.get("/console/guide/program").headers["location"] == "/console/guide/reward"


def test_a_shop_saved_as_it_is_and_without_an_address_is_set_up(
    visitors: Visitors, alice: Shop, clock: ManualClock
) -> None:
    owner = visitors(alice)
    clock.advance(minutes=1)
    page = owner.get("/console/guide/shop").text
    told = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1]  # type: ignore[index]
        for name in ("name", "address")
    }
    assert told["address"] == ""
    places = {"language": "fr", "currency": "EUR", "timezone": "Europe/Luxembourg"}
    owner.post("/console/guide/shop", **told, **places)
    assert owner.get("/console/guide").headers["location"] == "/console/guide/program"
    assert 'id="guide-next" href="/console/guide/program"' in markup_of(owner.get("/console"))


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
    assert 'id="guide-skip" href="/console/guide/terminal"' in owner.get("/console/guide/pins").text


def test_a_paired_terminal_leads_on_to_the_next_step(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="optional", welcome_stamps=2)
    owner = visitors(alice)
    alice.device()
    asked = "/console/terminals/paired?since=2020-01-01T00:00:00Z"
    paired = owner.get(asked).text
    assert 'href="/console/guide/poster"' in paired
    # What was told of the code goes with it: this server's address is for this machine only.
    warns = 'id="only-here"' in owner.get(f"/console/programs/{program.id}/poster").text
    assert ('id="only-here" hx-swap-oob="delete"' in paired) == warns
    card = shelf.opened_card(alice, program)
    assert 'href="/console"' in owner.get(asked).text
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(alice.context.loyalty.till, card, **by)
    assert 'href="/console/terminals"' in owner.get(asked).text


def test_the_checklist_leaves_with_the_first_stamp(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="optional", welcome_stamps=2)
    shelf.pin(alice)
    owner = visitors(alice)
    next_step = 'id="guide-next" href="{}"'
    assert next_step.format("/console/guide/terminal") in markup_of(owner.get("/console"))
    alice.device()
    assert next_step.format("/console/guide/poster") in markup_of(owner.get("/console"))
    card = shelf.opened_card(alice, program)
    page = owner.get("/console?lang=en")
    assert next_step.format("/console/members") in markup_of(page)
    assert "Members 1" in " ".join(text_of(page).split())
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(alice.context.loyalty.till, card, **by)
    assert 'id="guide-next"' not in owner.get("/console").text


def test_steps_that_are_done_lead_to_where_they_are_changed(
    visitors: Visitors, alice: Shop
) -> None:
    program = shelf.program(alice, status="active")
    page = markup_of(visitors(alice).get("/console/guide/pins"))
    steps = page[page.index('class="step-line"') : page.index("</nav>", page.index("step-line"))]
    assert 'href="/console/guide/shop"' in steps
    assert f'href="/console/programs/{program.id}"' in steps


def test_the_guide_shows_the_card_as_it_is_typed(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice, language="fr")
    page = owner.get("/console/guide/program")
    assert 'id="preview-card"' in page.text
    assert 'value="Carte de fidélité"' in page.text
    typed = {"type": "stamps", "name": "Thé & scones", "colour": "#8b2f6b"}
    drawn = owner.post("/console/guide/preview", **typed)
    assert "Thé &amp; scones" in drawn.text
    assert "8b2f6b" in owner.get(re.findall(r'href="(/colour/[^"]+)"', drawn.text)[0]).text
    owner.post("/console/guide/program", **typed)
    reward = {"reward_name": "Un scone", "stamps_target": "6"}
    owner.get("/console/guide/reward")
    assert "Un scone" in owner.post("/console/guide/preview", **reward).text


def test_the_guide_shows_what_a_purchase_earns_as_it_is_typed(
    visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    owner.get("/console/guide/program")
    owner.post("/console/guide/program", type="points", name="Points", colour="#8b2f6b")
    drawn = owner.post("/console/guide/preview", reward_name="A scone", points_required="50")
    assert "a purchase of €2.50 earns 2 points" in text_of(drawn)


def test_a_program_that_keeps_the_suggested_name_is_joined_under_the_shops(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    owner = visitors(alice)
    name = re.search(r'id="name"[^>]*value="([^"]+)"', owner.get("/console/guide/program").text)
    assert name is not None
    owner.post("/console/guide/program", type="stamps", name=name[1], colour="#14594b")
    with context.database.read() as session:
        (program,) = session.query(LoyaltyProgram).all()
    assert (program.slug, program.card_name) == ("cafe-alice", "Carte de fidélité")


def test_a_pin_that_was_given_is_shown_to_who_gave_it_alone(
    visitors: Visitors, alice: Shop
) -> None:
    alice.hire(Role.MANAGER)
    owner, manager = visitors(alice), visitors(alice, "manager")
    owner.get("/console/pins")
    owner.post("/console/pins", name="Nina", pin="4831")
    assert '<strong class="given-pin">4831</strong>' in owner.get("/console/pins").text
    manager.client.cookies.set("punchcard_given_pins", owner.client.cookies["punchcard_given_pins"])
    assert "4831" not in manager.get("/console/pins").text


def test_staff_are_not_asked_to_set_up_the_shop(visitors: Visitors, alice: Shop) -> None:
    alice.hire(Role.STAFF)
    staff = visitors(alice, "staff")
    assert 'id="guide-next"' not in staff.get("/console").text
    for step in ("shop", "program", "reward", "pins", "terminal", "poster"):
        assert staff.get(f"/console/guide/{step}").status_code == 403


def test_the_look_of_a_trade_is_shown_and_its_reward_suggested(
    visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    owner.get("/console/guide/program")
    told = {"type": "stamps", "name": "Pizza", "colour": "pizzeria"}
    assert owner.post("/console/guide/program", **told).status_code == 303
    page = owner.get("/console/guide/reward?lang=en").text
    assert 'value="A pizza"' in page
    assert "lucide-pizza" in page
