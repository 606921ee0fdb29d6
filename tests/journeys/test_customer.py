"""Customers, from the poster on the counter to being forgotten."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from punchcard.context import Context
from punchcard.kit.i18n import translate
from punchcard.loyalty.cards import erasures
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.slow_line import measure
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop, by_operator
from tests.support.http import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD_BYTES = 60_000
INTERACTIVE_MS = 1_000


@pytest.fixture
def till(api: Api, alice: Shop) -> Api:
    """Stand at Café Alice's till, where stamps need no PIN and no wait."""
    return api.with_token(alice.token())


@pytest.fixture
def slug(till: Api) -> str:
    """Open Café Alice's stamp card; returns what stands in the poster's address."""
    return open_program(till)


def type_code(till: Api, page: Page) -> None:
    """Type the code that the customer's page shows, as a manager does who sees it."""
    code = page.locator(".card-number").inner_text()
    path = f"/vendor/loyalty/cards/{first_card_id(till)}/proof-of-person"
    assert till.post(path, {"code": code}).status_code == 204


def open_program(till: Api, **changes: Any) -> str:
    wanted = {
        "name": "Coffee card",
        "type": "stamps",
        "status": "active",
        "stamps_target": 3,
        "stamp_reward": {"name": "A coffee"},
        "pin_policy": "off",
        "cooldown_minutes": 0,
        "max_daily_stamps": 20,
        **changes,
    }
    answer = till.post("/vendor/loyalty/programs", wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["slug"])


def join(page: Page, slug: str, name: str = "", language: str = "en") -> str:
    """Join from the poster; returns the token of the card."""
    page.goto(f"/join/{slug}")
    if name:
        page.locator("#name").fill(name)
    page.get_by_role("button", name=translate("Get my card", language)).click()
    expect(page.locator("#front")).to_be_visible()
    return page.url.rsplit("/", 1)[1].split("?")[0]


def stamp(till: Api, token: str, quantity: int = 1) -> None:
    answer = till.post("/vendor/loyalty/stamp", {"card": token, "quantity": quantity})
    assert answer.status_code == 201, answer.text


def first_card_id(till: Api) -> str:
    return str(till.get("/vendor/loyalty/cards").json()["items"][0]["id"])


@pytest.mark.one_in(1)
@pytest.mark.parametrize("language", ["en", "fr", "lb"])
def test_a_customer_joins_at_the_poster_and_sees_the_first_stamp_arrive(
    visits: Visits, till: Api, slug: str, language: str
) -> None:
    page = visits.open(width=360, locale=language)
    token = join(page, slug, "Zoé Müller", language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(".card-face")).to_contain_text("Zoé Müller")
    expect(page.locator(".full")).to_have_count(0)

    with page.expect_response(lambda answer: "part=live" in answer.url):
        stamp(till, token)

    expect(page.locator(".full")).to_have_count(1)
    expect(page.locator(".new")).to_have_count(1)
    told = translate("Your stamps: %@", language).replace("%@", "1/3")
    expect(page.get_by_role("status").get_by_text(told)).to_be_attached()
    expect(page.locator(".entries")).to_contain_text("+1")

    stamp(till, token, 2)
    ready = "A reward is ready for you: {reward}. Ask for it at the till."
    expect(page.locator(".joy")).to_have_text(translate(ready, language, reward="A coffee"))
    assert_no_axe_violations(page)


@ON_SQLITE
def test_where_no_line_can_be_kept_open_the_page_asks_now_and_then(
    visits: Visits, till: Api, slug: str
) -> None:
    visits.watch.allow("answered 503: eventsource")
    page = visits.open()
    page.route("**/events", lambda route: route.fulfill(status=503))
    with page.expect_response("**/events"):
        token = join(page, slug)
    stamp(till, token)
    expect(page.locator(".full")).to_have_count(0)

    visits.advance(seconds=10)

    expect(page.locator(".full")).to_have_count(1)


@ON_SQLITE
def test_a_card_that_is_replaced_while_it_is_shown_says_so_and_not_where_the_new_one_is(
    visits: Visits, till: Api, slug: str
) -> None:
    page = visits.open()
    join(page, slug, "Ana")
    card = till.post(f"/vendor/loyalty/cards/{first_card_id(till)}/replace").json()

    visits.advance(seconds=10)
    page.reload()

    expect(page.get_by_role("heading", level=1)).to_have_text("This card was replaced")
    shown = page.content()
    assert card["number"] not in shown
    assert card["public_url"].rsplit("/", 1)[1] not in shown
    assert "Ana" not in shown


@ON_SQLITE
def test_the_code_fills_a_white_screen_and_the_keyboard_gets_there_and_back(
    visits: Visits, slug: str
) -> None:
    page = visits.open(width=360, scheme="dark")
    join(page, slug)
    button = page.get_by_role("button", name="Large and bright")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Code for the till")
    expect(dialog).to_be_visible()
    code = dialog.get_by_role("img", name="Code for the till").bounding_box()
    assert code is not None
    assert code["width"] >= 300
    assert dialog.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert_no_axe_violations(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


@ON_SQLITE
def test_a_rotating_code_moves_also_where_it_is_large(visits: Visits, till: Api) -> None:
    page = visits.open()
    join(page, open_program(till, branding={"barcode": "rotating"}))
    page.get_by_role("button", name="Large and bright").click()
    picture = page.locator("#bright img")
    before = picture.get_attribute("src")
    assert before is not None

    visits.advance(seconds=11)

    expect(picture).not_to_have_attribute("src", before)


@ON_SQLITE
def test_a_customer_joins_with_the_keyboard_alone(visits: Visits, till: Api) -> None:
    slug = open_program(till, terms_text="One stamp a coffee.")
    page = visits.open(width=1440)
    page.goto(f"/join/{slug}")
    reached: list[str] = []
    for _ in range(20):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")
        reached.append(here)
        if here == "name":
            page.keyboard.type("Ana")
        elif here == "accept_terms":
            page.keyboard.press("Space")
        elif here == "Get my card":
            page.keyboard.press("Enter")
            break
    assert reached[0] == "Skip to content"
    expect(page.locator(".card-face")).to_contain_text("Ana")


@ON_SQLITE
def test_without_scripts_a_customer_joins_chooses_a_language_and_is_forgotten(
    visits: Visits, till: Api, slug: str
) -> None:
    page = visits.open(javascript=False)
    token = join(page, slug, "Ana")
    stamp(till, token)
    page.reload()
    expect(page.locator(".full")).to_have_count(1)
    expect(page.get_by_role("img", name="Code for the till")).to_be_visible()
    expect(page.get_by_role("button", name="Large and bright")).to_be_hidden()

    page.get_by_role("button", name="Lëtzebuergesch").click()
    expect(page.locator("html")).to_have_attribute("lang", "lb")
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Your data").click()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Continue").click()
    assert_no_axe_violations(page)
    type_code(till, page)
    page.get_by_role("button", name="Continue").click()
    assert_no_axe_violations(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete").click()

    expect(page.get_by_role("status").first).to_contain_text("will be deleted")
    page.get_by_role("button", name="Keep my data").click()
    expect(page.get_by_role("status").first).to_contain_text("is kept")
    expect(page.get_by_role("button", name="Keep my data")).to_have_count(0)


def test_a_customer_takes_everything_along_and_is_then_forgotten(
    visits: Visits, till: Api, slug: str, context: Context
) -> None:
    page = visits.open(width=360)
    token = join(page, slug, "Ana")
    stamp(till, token)
    page.get_by_role("link", name="Your data").click()
    page.get_by_role("button", name="Continue").click()
    type_code(till, page)
    page.get_by_role("button", name="Continue").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="(JSON)").click()
    document = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert document["customer"]["name"] == "Ana"
    assert document["cards"][0]["stamps"] == 1

    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete").click()

    expect(page.get_by_role("heading", name="Your data will be deleted")).to_be_visible()
    with context.database.write() as session:
        due = context.clock.now() + timedelta(hours=context.settings.erasure_undo_hours)
        former = context.loyalty.former_contacts
        erasures.carry_out(session, replace(by_operator(context), now=due), former, limit=1)
    card = till.get(f"/vendor/loyalty/cards/{first_card_id(till)}").json()
    assert card["customer"] is None
    assert card["stamps"] == 1


@ON_SQLITE
@pytest.mark.parametrize("width", [360, 820, 1440])
@pytest.mark.parametrize(
    "name",
    ["مريم العربي", "👩🏽‍🍳" * 17, "W" * 120, "<b>Ana</b> & <script>alert(1)</script>"],
    ids=["right to left", "emoji", "one long word", "markup"],
)
def test_every_name_fits_on_the_card_as_it_was_typed(
    visits: Visits, slug: str, name: str, width: int
) -> None:
    page = visits.open(width=width)
    join(page, slug, name)
    expect(page.locator(".card-face")).to_contain_text(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@ON_SQLITE
def test_a_card_is_there_within_a_second_on_a_slow_line(
    visits: Visits, till: Api, slug: str
) -> None:
    token = join(visits.open(), slug, "Ana")
    for _ in range(12):
        stamp(till, token)

    cost = measure(visits.open(), f"/c/{token}")

    assert cost.transferred_bytes <= CARD_BYTES, cost
    assert cost.interactive_ms <= INTERACTIVE_MS, cost
