"""Several members at once in a browser: ticked, blocked, taken back, with scripts and without."""

import pytest
from playwright.sync_api import expect

from punchcard.loyalty.cards import card_service
from punchcard.loyalty.operations import Actor, NewCustomer, OperationMetadata
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.web.page_visitors import LANGUAGE_COOKIE
from tests.journeys.owner_steps import sign_in
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def guests(shop: Shop, *names: str) -> None:
    program = shelf.program(shop, status="active", pin_policy="off")
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind.SYSTEM, None)}
    for name in names:
        card_service.open_card(
            shop.context.loyalty.till, program.id, customer=NewCustomer(name=name), **by
        )


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_cards_are_blocked_together_and_the_button_takes_it_back(
    visits: Visits, alice: Shop, javascript: bool
) -> None:
    guests(alice, "Jang", "Anna", "Zoé")
    page = visits.open(width=360, javascript=javascript)
    sign_in(page, alice)
    page.goto("/console/members")
    for name in ("Jang", "Anna"):
        page.locator(f'.bulk-box[aria-label*="{name}"]').check()
    page.locator('.bulk-bar [value="block"]').click()
    expect(page.locator("main li")).to_have_text(["Anna", "Jang"], use_inner_text=True)
    assert_no_axe_violations(page)
    page.locator("#confirm").click()
    expect(page.locator("#rows .badge.warn")).to_have_count(2)
    assert_no_axe_violations(page)
    page.locator("#undo").click()
    expect(page.locator("#rows .badge.warn")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_a_box_stands_beside_the_name_of_its_row_however_narrow_that_is(
    visits: Visits, api: Api, alice: Shop, width: int
) -> None:
    scopes = ["loyalty:read", "loyalty:operate", "loyalty:manage"]
    named = {"name": "Kassensoftware der Bahnhofsfiliale", "scopes": scopes}
    made = api.with_token(alice.token("owner")).post("/vendor/api-keys", named)
    assert made.status_code == 201, made.text
    guests(alice, "Maximiliane-Theodora von Rosenstein-Lichtenberg")
    page = visits.open(width=width)
    sign_in(page, alice)
    for path in ("/console/api-keys", "/console/members"):
        page.goto(path)
        cell = page.locator("td:has(> .bulk-box)")
        box, words = page.evaluate(
            """cell => {
                const words = document.createRange();
                words.selectNodeContents(cell);
                const lines = [...words.getClientRects()].filter((line) => line.width > 1);
                const box = cell.querySelector(".bulk-box").getBoundingClientRect();
                const rest = lines.filter((line) => line.left !== box.left);
                return [box.toJSON(), rest.map((line) => line.toJSON())];
            }""",
            cell.element_handle(),
        )
        assert min(line["left"] for line in words) >= box["right"], path
        assert min(line["top"] for line in words) < box["bottom"], path


def test_the_button_that_takes_it_back_stays_in_its_notice_on_a_phone(
    visits: Visits, alice: Shop
) -> None:
    guests(alice, "Jang", "Anna")
    page = visits.open(width=360, locale="fr")
    sign_in(page, alice)
    page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": "fr", "url": visits.address}])
    page.goto("/console/members")
    page.locator("[data-tick-all] input").check()
    page.locator('.bulk-bar [value="block"]').click()
    page.locator("#confirm").click()
    notice, undo = page.locator(".notice:has(#undo)"), page.locator("#undo")
    expect(undo).to_have_text("Annuler l’opération")
    around, inside = notice.bounding_box(), undo.bounding_box()
    assert around is not None
    assert inside is not None
    assert inside["x"] + inside["width"] <= around["x"] + around["width"]


def test_one_box_ticks_all_also_after_a_search(visits: Visits, alice: Shop) -> None:
    guests(alice, "Jang", "Anna", "Zoé")
    page = visits.open(width=1440)
    sign_in(page, alice)
    page.goto("/console/members")
    page.locator("#query").fill("an")
    expect(page.locator(".bulk-box")).to_have_count(2)
    page.locator("[data-tick-all] input").check()
    expect(page.locator(".bulk-box:checked")).to_have_count(2)
