"""How a program's card looks: the look of a trade, logo and picture, and both wallets beside it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.wallets.card_colours import card_colours
from punchcard.web.console.programs.trades import TRADES, suggested_reward
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of
from tests.support.pictures import a_picture
from tests.web.console.program_form import FORM, stored

Visitors = Callable[..., Visitor]


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active")


def test_the_card_is_shown_as_typed_and_nothing_is_saved(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    typed = {
        **FORM,
        "card_name": "My card",
        "lb-card_name": "Meng Kaart",
        "background_color": "#ffffff",
        "stamps_target": "no number",
        "preview_language": "lb",
    }
    whole = owner.post(f"/console/programs/{coffee.id}/preview?lang=en", **typed)
    assert 'aria-label="Meng Kaart"' in whole.text
    assert 'value="My card"' in whole.text
    assert "/colour/ffffff-1b1a17-" in whole.text
    assert "cards show one that can" in text_of(whole)
    owner.client.headers["HX-Request"] = "true"
    part = owner.post(f"/console/programs/{coffee.id}/preview", **typed)
    assert part.text.lstrip().startswith('<div id="preview-card">')
    assert stored(context, coffee.id).version == coffee.version


@pytest.mark.parametrize(("kind", "says"), [("hybrid", "Stamps"), ("points", "Accents")])
def test_the_third_colour_is_named_for_what_it_colours(
    visitors: Visitors, alice: Shop, kind: str, says: str
) -> None:
    program = shelf.program(alice, **(shelf.HYBRID if kind == "hybrid" else shelf.POINTS))
    owner = visitors(alice)
    for page in (f"/console/programs/{program.id}", f"/console/programs/{program.id}/tiers"):
        shown = owner.get(page).text
        labels = re.findall(r'<label for="[a-z0-9_]*accent_color">\s*(\S+)\s*</label>', shown)
        assert set(labels) == {says}


def test_a_logo_is_shown_on_the_card_until_it_is_taken_away(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    page = owner.get(f"/console/programs/{coffee.id}")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    path = f"/console/programs/{coffee.id}/logo"

    def upload(content: bytes) -> Any:
        return owner.client.post(path, data={"csrf": csrf}, files={"logo": ("a.png", content)})

    assert upload(b"no picture").status_code == 422
    assert owner.post(path).status_code == 422
    assert upload(a_picture()).status_code == 303
    logo = stored(context, coffee.id).branding["logo_url"]
    page = owner.get(f"/console/programs/{coffee.id}")
    assert f'class="logo" src="{logo}"' in page.text
    # Who does not know the logo reads whose card it is.
    assert 'class="vendor" dir="auto">Café Alice<' in page.text
    for odd, reason in (
        (a_picture(size=(3000, 20)), "too long and narrow"),
        (a_picture(size=(20, 3000)), "too long and narrow"),
        (a_picture(mode="RGBA", colour=(0, 0, 0, 0)), "nothing to be seen"),
    ):
        refused = upload(odd)
        assert refused.status_code == 422
        assert reason in text_of(refused)
    # Saving the form leaves the uploaded logo where it is.
    owner.post(f"/console/programs/{coffee.id}", **FORM)
    assert stored(context, coffee.id).branding["logo_url"] == logo
    assert owner.post(f"{path}/remove").status_code == 303
    assert "logo_url" not in stored(context, coffee.id).branding


def test_a_card_that_bears_the_shops_name_says_it_once(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    program = shelf.program(alice, card_name="CAFÉ ALICE")
    page = visitors(alice).get(f"/console/programs/{program.id}").text
    assert 'class="vendor"' not in page


@pytest.mark.parametrize("trade", TRADES)
def test_the_look_of_every_trade_can_be_read_as_it_is(trade: str) -> None:
    chosen = TRADES[trade]
    shown = card_colours(chosen.branding)
    assert (shown.background, shown.ink, shown.accent) == (
        chosen.background,
        chosen.ink,
        chosen.accent,
    )
    assert suggested_reward(chosen.branding) == chosen.reward


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_program_begins_with_the_look_of_a_trade(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    owner = visitors(alice)
    owner.get("/console/programs/new")
    told = {"type": "stamps", "name": "Pizza", "colour": "pizzeria"}
    made = owner.post("/console/programs/new", **told)
    program = stored(context, ProgramId(made.headers["location"].rsplit("/", 1)[1]))
    assert program.branding == TRADES["pizzeria"].branding


def test_the_look_of_a_trade_is_typed_into_the_form_and_not_saved(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    here = f"/console/programs/{coffee.id}"
    owner.get(here)
    typed = {**FORM, "reward_name": "", "name": "Typed just now", "trade": "bookshop"}
    page = owner.post(f"{here}/preview?lang=en", **typed)
    assert page.status_code == 200
    assert 'value="Typed just now"' in page.text
    assert 'value="A paperback"' in page.text
    assert 'value="#1f3558"' in page.text
    assert re.search(r'value="book"\s+checked', page.text)
    assert stored(context, coffee.id).branding == {}
    # What is typed already stays.
    page = owner.post(f"{here}/preview?lang=en", **FORM, trade="bookshop")
    assert 'value="A coffee"' in page.text


def test_a_wide_picture_is_set_and_taken_away_and_saving_leaves_it(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    page = owner.get(f"/console/programs/{coffee.id}")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    path = f"/console/programs/{coffee.id}/hero"

    def upload(content: bytes) -> Any:
        return owner.client.post(path, data={"csrf": csrf}, files={"hero": ("a.png", content)})

    refused = upload(a_picture(size=(2000, 40)))
    assert refused.status_code == 422
    assert 'id="hero-fault"' in refused.text
    assert owner.post(path).status_code == 422
    assert upload(a_picture(size=(1200, 480))).status_code == 303
    hero = stored(context, coffee.id).branding["hero_url"]
    assert f'src="{hero}"' in owner.get(f"/console/programs/{coffee.id}").text
    owner.post(f"/console/programs/{coffee.id}", **FORM)
    assert stored(context, coffee.id).branding["hero_url"] == hero
    assert owner.post(f"{path}/remove").status_code == 303
    assert "hero_url" not in stored(context, coffee.id).branding


def test_the_designer_shows_the_card_as_both_wallets_do(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    page = visitors(alice).get(f"/console/programs/{coffee.id}").text
    mocks = page.split('class="wallet-mocks"')[1].split("</details>")[0]
    for wallet in ("Apple Wallet", "Google Wallet"):
        assert f"<figcaption>{wallet}</figcaption>" in mocks
    assert mocks.count('class="full"') == 8
    assert mocks.count('class="qr"') == 2
