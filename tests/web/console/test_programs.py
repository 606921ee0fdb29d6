"""An owner's programs: made, changed, looked at, opened, closed, deleted."""

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.web.console.program_form import FORM, stored

Visitors = Callable[..., Visitor]


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active")


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
