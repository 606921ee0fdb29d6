"""An owner plans a happy hour and sees its cost first; a guest reads on the card what is on."""

from collections import Counter
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import LOYALTY, TerminalDriver
from tests.support.http import Api

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def open_bakery(api: Api, alice: Shop) -> TerminalDriver:
    """Open points that end after two years, with a cake for 100 of them, worth 5 euros."""
    counter = TerminalDriver(api.with_token(alice.token("owner")))
    counter.open_program(
        type="points", pin_policy="off", points_expiry={"kind": "fixed", "months": 24}
    )
    path = f"{LOYALTY}/programs/{counter.program['id']}/rewards"
    cake = {"name": "A cake", "points_required": 100, "value_minor": 500}
    assert counter.api.post(path, cake).status_code == 201
    return counter


def earn(counter: TerminalDriver, card: str, amount_minor: int) -> None:
    """Credit a purchase."""
    earned = {"card": card, "amount_minor": amount_minor}
    assert counter.api.post(f"{LOYALTY}/points/earn", earned).status_code == 201


def boxes_of(page: Page, selector: str) -> list[FloatRect]:
    """Return where each of some things stands."""
    boxes = [one.bounding_box() for one in page.locator(selector).all()]
    return [box for box in boxes if box is not None]


def test_an_owner_plans_a_happy_hour_and_sees_what_it_would_have_cost(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_bakery(api, alice)
    earn(counter, counter.card()["id"], 10_000)
    page = visits.open(width=360)
    visits.sign_in(page, alice.token("owner"))
    page.goto(f"/console/programs/{counter.program['id']}/promotions")
    page.locator("#new-promotion").click()

    page.locator("#name").fill("Happy hour")
    # What another choice would ask for is not asked.
    expect(page.locator("#points")).to_be_hidden()
    page.locator("#window_1_1").check()
    page.locator("#window_1_from").fill("09:00")
    page.locator("#window_1_to").fill("12:00")
    assert_no_axe_violations(page)
    page.locator("#save").click()

    expect(page.locator("#simulation")).to_contain_text("5,00")
    assert_no_axe_violations(page)
    for width in (360, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        rows = Counter(box["y"] for box in boxes_of(page, "#simulation .tile"))
        assert len(set(rows.values())) == 1, f"the figures are laid out unevenly at {width}"
    page.locator("#change-again").click()
    expect(page.locator("#window_1_from")).to_have_value("09:00")
    page.locator("#save").click()
    page.locator("#start").click()

    listed = page.locator(".promotion-list > li")
    # Her pages speak the shop's language.
    expect(listed.locator(".badge.good")).to_be_visible()
    expect(listed).to_contain_text("Points doublés, le lundi de 09:00 à 12:00")
    assert_no_axe_violations(page)


def test_a_guest_reads_what_is_on_what_was_given_and_when_points_end(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_bakery(api, alice)
    program = f"{LOYALTY}/programs/{counter.program['id']}"
    double = {
        "name": "Happy hour",
        "effect": {"kind": "multiply", "factor": "2.000"},
        "status": "active",
    }
    assert counter.api.post(f"{program}/promotions", double).status_code == 201
    card = counter.card(locale="en")
    earn(counter, card["id"], 1_500)
    cake = counter.api.get(f"{program}/rewards").json()["items"][0]
    given = {"card": card["id"], "reward_id": cake["id"], "reason": "birthday"}
    grant = counter.api.post(f"{LOYALTY}/grants", given).json()

    page = visits.open(width=360, scheme="dark")
    page.goto(urlsplit(card["public_url"]).path)
    news = page.locator(".news")
    expect(news).to_contain_text("Happy hour: Double points")
    expect(news).to_contain_text("30 points on 2 Mar 2028")
    expect(news).to_contain_text(f"{grant['code'][:5]}-{grant['code'][5:]}")
    assert_no_axe_violations(page)


@pytest.mark.parametrize(("page_of", "button"), [("promotions", "#save"), ("automations", "#look")])
def test_a_long_button_stays_within_its_form_on_a_small_phone(
    visits: Visits, api: Api, alice: Shop, page_of: str, button: str
) -> None:
    counter = open_bakery(api, alice)
    page = visits.open(width=320)
    visits.sign_in(page, alice.token("owner"))
    page.goto(f"/console/programs/{counter.program['id']}/{page_of}/new?lang=de")

    [field], [press] = boxes_of(page, "#name"), boxes_of(page, button)

    assert press["x"] + press["width"] <= field["x"] + field["width"] + 1
