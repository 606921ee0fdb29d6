"""An owner's programs: made, changed, looked at, opened, closed, deleted."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.wallets.card_colours import card_colours
from punchcard.web.console.programs.trades import TRADES, suggested_reward
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.support.pictures import a_picture

Visitors = Callable[..., Visitor]
FORM: dict[str, Any] = {
    "name": "Coffee card",
    "card_name": "Coffee card",
    "slug": "coffee-card",
    "reward_name": "A coffee",
    "reward_description": "",
    "reward_value": "",
    "terms_text": "",
    "self_enrollment": "on",
    "stamps_target": "10",
    "welcome_stamps": "0",
    "cooldown_minutes": "15",
    "max_daily_stamps": "5",
    "pin_policy": "required",
    "pin_max_attempts": "5",
    "pin_lockout_minutes": "30",
    "void_policy": "allow_negative",
    "background_color": "#1f2937",
    "text_color": "#ffffff",
    "accent_color": "#f59e0b",
    "barcode": "qr",
}


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active")


def stored(context: Context, program_id: ProgramId) -> LoyaltyProgram:
    with context.database.read() as session:
        return session.get_one(LoyaltyProgram, program_id)


def test_a_program_is_made_by_its_kind_and_goes_on_to_its_rules(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    owner = visitors(alice)
    owner.get("/console/programs/new")
    told = {"type": "points", "name": "Bread points", "colour": "#1f4e79"}
    made = owner.post("/console/programs/new", **told)
    page = owner.follow(made)
    assert "Bread points" in text_of(page)
    program = stored(context, ProgramId(made.headers["location"].rsplit("/", 1)[1]))
    assert (program.type, program.status) == ("points", "draft")
    assert owner.post("/console/programs/new", type="gold", name="", colour="").status_code == 422


def test_saving_what_stands_there_changes_nothing(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    here = f"/console/programs/{coffee.id}"
    form = form_on(owner.get(here).text, here)
    del form["shown"]  # so that every field counts as typed
    assert owner.post(here, **form).status_code == 303
    assert stored(context, coffee.id).version == coffee.version


def test_a_change_is_kept_and_told_in_words(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    changes = {
        "cooldown_minutes": "60",
        "pin_policy": "off",
        "background_color": "#14594b",
        "stamp_symbol": "coffee",
        "lb-card_name": "Kaffiskaart",
        "reward_value": "3.50",
    }
    answer = owner.post(f"/console/programs/{coffee.id}", **{**FORM, **changes})
    assert answer.status_code == 303
    row = stored(context, coffee.id)
    assert (row.cooldown_minutes, row.version) == (60, coffee.version + 1)
    assert row.texts == {"lb": {"card_name": "Kaffiskaart"}}
    assert row.branding == {"background_color": "#14594b", "stamp_symbol": "coffee"}
    told = " ".join(text_of(owner.get(f"/console/programs/{coffee.id}/changes?lang=en")).split())
    assert "Minutes between two stamps before: 15 → now: 60" in told
    assert "Name on the card (Lëtzebuergesch) before: – → now: Kaffiskaart" in told
    assert "What it is worth before: – → now: €3.50" in told
    assert "Symbol of the stamps before: – → now: Cup" in told
    assert "The owner" in told


def test_stamps_that_would_be_invisible_are_told_while_they_are_chosen(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    white = {**FORM, "background_color": "#ffffff", "accent_color": "#ffffff"}
    told = text_of(owner.post(f"/console/programs/{coffee.id}/preview?lang=en", **white))
    assert "The colour of the stamps is too close to the background" in told
    fine = text_of(owner.post(f"/console/programs/{coffee.id}/preview?lang=en", **FORM))
    assert "too close to the background" not in fine


def test_a_smaller_card_is_asked_about_before_it_concerns_customers(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    shelf.opened_card(alice, coffee)
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    smaller = {**FORM, "stamps_target": "8", "terms_text": "Two\nlines"}
    asked = owner.post(f"/console/programs/{coffee.id}?lang=en", **smaller)
    assert asked.status_code == 200
    assert "This affects 1 card in use." in text_of(asked)
    assert stored(context, coffee.id).stamps_target == 10
    saved = owner.post(f"/console/programs/{coffee.id}", **smaller, confirmed="on")
    assert saved.status_code == 303
    row = stored(context, coffee.id)
    assert (row.stamps_target, row.terms_text) == (8, "Two\nlines")


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


def test_what_is_wrong_is_told_beside_its_field(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    wrong = {
        **FORM,
        "stamps_target": "51",
        "background_color": "red",
        "slug": "Not A Slug",
        "reward_name": "",
        "reward_value": "3",
    }
    page = owner.post(f"/console/programs/{coffee.id}", **wrong)
    assert page.status_code == 422
    for field in ("stamps_target", "background_color", "reward_name"):
        assert f'id="{field}-fault"' in page.text
    slug = owner.post(f"/console/programs/{coffee.id}", **{**FORM, "slug": "Not A Slug"})
    assert 'id="slug-fault"' in slug.text


def test_an_open_program_keeps_its_reward(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    page = owner.post(f"/console/programs/{coffee.id}", **{**FORM, "reward_name": ""})
    assert page.status_code == 422
    assert 'id="reward_name-fault"' in page.text


def test_a_program_opens_once_it_has_its_reward_and_closes_again(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    draft = shelf.program(alice, stamp_reward=None)
    owner = visitors(alice)
    owner.get(f"/console/programs/{draft.id}")
    refused = owner.post(f"/console/programs/{draft.id}/activate")
    assert refused.status_code == 422
    assert 'id="reward_name-fault"' in refused.text
    owner.post(f"/console/programs/{draft.id}", **{**FORM, "slug": draft.slug})
    assert owner.post(f"/console/programs/{draft.id}/activate").status_code == 303
    assert stored(context, draft.id).status == "active"
    assert owner.post(f"/console/programs/{draft.id}/deactivate").status_code == 303
    assert stored(context, draft.id).status == "inactive"


def test_a_program_with_cards_is_not_deleted(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    owner = visitors(alice)
    shelf.opened_card(alice, coffee)
    owner.get(f"/console/programs/{coffee.id}")
    assert owner.post(f"/console/programs/{coffee.id}/delete").status_code == 409
    other = shelf.program(alice, name="Never used")
    assert (
        owner.post(f"/console/programs/{other.id}/delete").headers["location"].endswith("/programs")
    )
    assert owner.get(f"/console/programs/{other.id}").status_code == 404


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


def test_the_first_fault_has_the_focus_and_lies_open(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{coffee.id}")
    wrong = {**FORM, "stamps_target": "51", "pin_max_attempts": "x"}
    page = owner.post(f"/console/programs/{coffee.id}", **wrong).text
    (field,) = re.findall(r"<[^>]*\bautofocus\b[^>]*>", page)
    assert 'id="stamps_target"' in field
    # Of the other languages one lies open at a time: the one with the fault.
    wrong = {**FORM, "lb-name": "x" * 121}
    page = owner.post(f"/console/programs/{coffee.id}", **wrong).text
    opened = re.findall(r'<details name="texts" open>\s*<summary lang="(..)"', page)
    assert opened == ["lb"]
    (field,) = re.findall(r"<[^>]*\bautofocus\b[^>]*>", page)
    assert 'id="lb-name"' in field


def test_bob_sees_nothing_of_alices_programs(
    visitors: Visitors, bob: Shop, coffee: LoyaltyProgram
) -> None:
    owner = visitors(bob)
    owner.get("/console/programs")
    here = f"/console/programs/{coffee.id}"
    for path in (here, f"{here}/changes", f"{here}/poster", f"{here}/rewards/new"):
        assert owner.get(path).status_code == 404
    for path in ("preview", "logo/remove", "activate", "deactivate", "delete"):
        assert owner.post(f"{here}/{path}").status_code == 404
    assert owner.post(here, **FORM).status_code == 404


def test_staff_see_programs_and_posters_and_change_nothing(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    alice.hire(Role.STAFF)
    staff = visitors(alice, "staff")
    page = staff.get("/console/programs")
    assert coffee.name in page.text
    assert 'id="new-program"' not in page.text
    assert staff.get(f"/console/programs/{coffee.id}/poster").status_code == 200
    assert staff.get(f"/console/programs/{coffee.id}").status_code == 403
    assert staff.post(f"/console/programs/{coffee.id}", **FORM).status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_any_name_stands_whole_on_every_page(
    visitors: Visitors, alice: Shop, context: Context, name: str
) -> None:
    program = shelf.program(alice, name=name, stamp_reward={"name": name})
    owner = visitors(alice)
    for page in ("", "/changes", "/poster"):
        assert name in text_of(owner.get(f"/console/programs/{program.id}{page}"))
    assert name in text_of(owner.get("/console/programs"))


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
