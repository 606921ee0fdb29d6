"""Ways to the shop that a program's cards show: links, opening hours, two buttons."""

from collections.abc import Callable

import pytest

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.page_forms import form_on
from tests.support.pages import Visitor
from tests.web.console.program_form import stored

Visitors = Callable[..., Visitor]


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active")


def test_ways_to_the_shop_are_kept_beside_the_look(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    here = f"/console/programs/{coffee.id}/links"
    assert owner.get(here).status_code == 200
    told = {
        "phone": "621 123 456",
        "website_url": "https://cafe.example/menu",
        "opening_hours": "Mo-Fr 7-18",
    }
    assert owner.post(here, **told).status_code == 303
    assert stored(context, coffee.id).branding == {**told, "phone": "+352621123456"}
    assert owner.post(here, **{**told, "website_url": "http://cafe.example"}).status_code == 422
    assert owner.post(here, phone="", website_url="", opening_hours="").status_code == 303
    assert stored(context, coffee.id).branding == {}


def test_opening_hours_have_words_in_each_language_and_the_programs_page_keeps_them(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    here = f"/console/programs/{coffee.id}/links"
    owner.get(here)
    hours = {"opening_hours": "lu-ve 7-18 h", "de-opening_hours": "Mo-Fr 7-18 Uhr"}
    assert owner.post(here, **hours).status_code == 303
    assert stored(context, coffee.id).texts == {"de": {"opening_hours": "Mo-Fr 7-18 Uhr"}}
    # The page of the program shows no opening hours, and leaves them alone.
    page = f"/console/programs/{coffee.id}"
    fields = form_on(owner.get(page).text, page)
    assert owner.post(page, **{**fields, "de-name": "Kaffeekarte"}).status_code == 303
    assert stored(context, coffee.id).texts["de"] == {
        "opening_hours": "Mo-Fr 7-18 Uhr",
        "name": "Kaffeekarte",
    }
    assert "Mo-Fr 7-18 Uhr" in owner.get(here).text
    assert owner.post(here, **{**hours, "de-opening_hours": ""}).status_code == 303
    assert stored(context, coffee.id).texts == {"de": {"name": "Kaffeekarte"}}


def test_two_buttons_are_chosen_and_a_third_is_refused(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    here = f"/console/programs/{coffee.id}/links"
    owner.get(here)
    assert owner.post(here, button_place="on", button_call="on").status_code == 303
    assert stored(context, coffee.id).branding["featured_actions"] == ["call", "place"]
    three = {f"button_{name}": "on" for name in ("place", "call", "website")}
    refused = owner.post(here, **three)
    assert refused.status_code == 422
    assert "Please choose two at most." in refused.text
    assert owner.post(here).status_code == 303
    assert stored(context, coffee.id).branding == {}


def test_of_two_who_change_ways_neither_undoes_the_other(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    here = f"/console/programs/{coffee.id}/links"
    shown = form_on(owner.get(here).text, here)["shown"]
    first = {"website_url": "https://cafe.example", "button_place": "on"}
    assert owner.post(here, shown=shown, **first).status_code == 303
    older = {"website_url": "", "opening_hours": "7-18"}
    assert owner.post(here, shown=shown, **older).status_code == 303
    assert stored(context, coffee.id).branding == {
        "website_url": "https://cafe.example",
        "featured_actions": ["place"],
        "opening_hours": "7-18",
    }
    conflict = owner.post(here, shown=shown, website_url="https://other.example")
    assert conflict.status_code == 409
    assert "https://cafe.example" in conflict.text
