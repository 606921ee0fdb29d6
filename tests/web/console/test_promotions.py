"""A happy hour as an owner plans it: in plain words, with what it would have cost."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.promotion_models import Promotion
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]

HAPPY_HOUR: dict[str, Any] = {
    "name": "Happy hour",
    "effect_kind": "multiply",
    "factor": "2",
    "window_1_2": "on",
    "window_1_from": "16:00",
    "window_1_to": "18:00",
    "limit_per": "",
    "stacking": "best",
}


@pytest.fixture
def bread(alice: Shop) -> PagesDriver:
    """Open Café Alice's points: one for each euro, and a cake of 5 euros for 100 of them."""
    driver = PagesDriver(alice, name="Bread", type="points", stamp_reward=None)
    shelf.reward(alice, driver.program.id, value_minor=500)
    return driver


@pytest.fixture
def here(bread: PagesDriver) -> str:
    """Return the address of the program's promotions."""
    return f"/console/programs/{bread.program.id}/promotions"


def kept(context: Context, program_id: ProgramId) -> list[Promotion]:
    with context.database.read() as session:
        return list(session.scalars(select(Promotion).where(Promotion.program_id == program_id)))


def test_an_owner_sees_what_a_happy_hour_would_have_cost_before_it_is_saved(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    card = bread.open()
    bread.earn(card, 10_000)
    bread.earn(bread.open("Jos Weber"), 2_000)
    owner.get(f"{here}/new")
    every_day = {f"window_1_{day}": "on" for day in range(1, 8)}
    asked = owner.post(f"{here}/new", **{**HAPPY_HOUR, **every_day, "window_1_from": "08:00"})
    assert asked.status_code == 200
    told = " ".join(text_of(asked).split())
    assert "Double points, every day from 08:00 to 18:00" in told
    assert "It would have cost €6.00" in told
    assert "Points given 120" in told
    assert "Purchases with it 2 of 2" in told
    assert "These 2 purchases were made without it" in told
    assert kept(context, bread.program.id) == []


def test_purchases_that_it_would_not_have_met_are_not_spoken_of(
    owner: Visitor, bread: PagesDriver, here: str
) -> None:
    bread.earn(bread.open(), 10_000)
    owner.get(f"{here}/new")
    asked = owner.post(f"{here}/new", **{**HAPPY_HOUR, "minimum_purchase": "500.00"})
    told = " ".join(text_of(asked).split())
    assert "Purchases with it 0 of 1" in told
    assert "made without it" not in told


def test_what_was_confirmed_is_saved_as_a_draft_or_started(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    owner.get(f"{here}/new")
    sure = form_on(owner.post(f"{here}/new", **HAPPY_HOUR).text, f"{here}/new")
    assert owner.post(f"{here}/new", **sure, save_as="draft").status_code == 303
    assert owner.post(f"{here}/new", **sure, save_as="active").status_code == 303
    draft, active = kept(context, bread.program.id)
    assert (draft.status, active.status) == ("draft", "active")
    assert active.effect == {"kind": "multiply", "factor": "2.000"}
    assert active.windows == [{"weekdays": [2], "from": "16:00", "to": "18:00"}]
    told = text_of(owner.get(here))
    assert "Double points, Tuesdays from 16:00 to 18:00" in told
    assert "0 points given" in " ".join(told.split())


def test_whoever_changes_it_again_finds_what_was_typed(owner: Visitor, here: str) -> None:
    owner.get(f"{here}/new")
    typed = {**HAPPY_HOUR, "minimum_purchase": "5.00", "budget": "1000"}
    sure = form_on(owner.post(f"{here}/new", **typed).text, f"{here}/new")
    again = owner.post(f"{here}/new", **sure, again="on")
    shown = form_on(again.text, f"{here}/new")
    assert {name: shown[name] for name in typed} == typed


@pytest.mark.parametrize(
    ("language", "told"),
    [("fr", ("À partir de", "Jusqu’à")), ("de", ("Ab", "Bis")), ("lb", ("Vun", "Bis"))],
)
def test_a_time_of_day_is_asked_for_as_one_and_not_as_a_date(
    owner: Visitor, bread: PagesDriver, here: str, language: str, told: tuple[str, str]
) -> None:
    page = owner.get(f"{here}/new?lang={language}").text
    for name, label in zip(("from", "to"), told, strict=True):
        shown = re.search(rf'<label for="window_1_{name}">\s*([^<]+?)\s*<', page)
        assert shown is not None
        assert shown[1] == label


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"factor": "1"}, "A number such as 2 or 1.5"),
        ({"factor": "ten"}, "A number such as 2 or 1.5"),
        ({"effect_kind": "add_stamps", "stamps": "1"}, "Please choose one of these."),
        ({"window_1_2": ""}, "Choose at least one day."),
        ({"window_1_to": "16:00"}, "Must be another time than the beginning."),
        ({"window_1_from": "25:00"}, "A time such as 16:30."),
        ({"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "Must not be before the first day."),
        ({"limit_per": "day"}, "Please fill this in."),
        ({"budget": "0"}, "A whole number from 1"),
        ({"effect_kind": "add_points", "points": "10", "budget": "9"}, "Must be at least 10:"),
        ({"minimum_purchase": "much"}, "An amount such as"),
        ({"items": "x" * 65}, "At most 64 characters in a line."),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field_and_stays_typed(
    owner: Visitor,
    bread: PagesDriver,
    here: str,
    context: Context,
    typed: dict[str, str],
    told: str,
) -> None:
    owner.get(f"{here}/new")
    sent = {name: text for name, text in {**HAPPY_HOUR, **typed}.items() if text or name == "name"}
    answer = owner.post(f"{here}/new", **sent, confirmed="on", save_as="active")
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert form_on(answer.text, f"{here}/new")["window_1_from"] == sent["window_1_from"]
    assert kept(context, bread.program.id) == []


def test_all_that_a_promotion_has_comes_back_unchanged(
    owner: Visitor, alice: Shop, bread: PagesDriver, here: str, context: Context
) -> None:
    windows = [
        {"weekdays": [1, 5], "from": "22:00", "to": "02:00"},
        {"weekdays": [6], "from": "00:00", "to": "24:00"},
        {"weekdays": [7], "from": "20:00", "to": "24:00"},
    ]
    row = shelf.promotion(
        alice,
        bread.program.id,
        effect={"kind": "multiply", "factor": "1.250"},
        windows=windows,
        minimum_purchase_minor=1550,
        items=["A-1", "B-2"],
        limit={"times": 2, "per": "week"},
        budget={"points": 5000},
        stacking="add",
        texts={"fr": {"name": "Heure heureuse"}},
    )
    page = f"{here}/{row.id}"
    form = form_on(owner.get(page).text, page)
    sure = form_on(owner.post(page, **form).text, page)
    assert owner.post(page, **sure).status_code == 303
    (after,) = kept(context, bread.program.id)
    assert after.version == row.version


def test_a_change_is_shown_with_its_cost_and_kept_as_a_new_version(
    owner: Visitor, alice: Shop, bread: PagesDriver, here: str, context: Context
) -> None:
    row = shelf.promotion(alice, bread.program.id)
    page = f"{here}/{row.id}"
    form = {**form_on(owner.get(page).text, page), "factor": "3"}
    asked = owner.post(page, **form)
    assert "Triple points" in text_of(asked)
    assert owner.post(page, **form_on(asked.text, page)).status_code == 303
    (after,) = kept(context, bread.program.id)
    assert (after.version, after.effect["factor"], after.status) == (2, "3.000", "active")


def test_who_was_overtaken_is_told_and_loses_nothing(
    owner: Visitor, manager: Visitor, alice: Shop, bread: PagesDriver, here: str, context: Context
) -> None:
    page = f"{here}/{shelf.promotion(alice, bread.program.id).id}"
    mine, theirs = (form_on(one.get(page).text, page) for one in (owner, manager))
    sure = form_on(manager.post(page, **{**theirs, "factor": "3"}).text, page)
    assert manager.post(page, **sure).status_code == 303
    refused = owner.post(page, **{**mine, "factor": "2.5", "budget": "900"})
    assert refused.status_code == 409
    assert "Changed meanwhile to “3”" in text_of(refused)
    again = form_on(refused.text, page)
    assert (again["factor"], again["budget"]) == ("2.5", "900")
    sure = form_on(owner.post(page, **again).text, page)
    assert owner.post(page, **sure).status_code == 303
    (after,) = kept(context, bread.program.id)
    assert (after.effect["factor"], after.budget) == ("2.500", {"points": 900})


def test_a_promotion_is_paused_goes_on_and_ends(
    owner: Visitor, alice: Shop, bread: PagesDriver, here: str, context: Context
) -> None:
    page = f"{here}/{shelf.promotion(alice, bread.program.id).id}"
    owner.get(here)
    seen = []
    for action in ("pause", "start", "end"):
        assert owner.post(f"{page}/{action}").status_code == 303
        seen.append(kept(context, bread.program.id)[0].status)
    assert seen == ["paused", "active", "ended"]
    assert "nothing of it changes any more" in text_of(owner.get(page))
    refused = owner.post(f"{page}/start")
    assert refused.status_code == 409
    assert "This promotion has ended." in text_of(refused)
    like = owner.get(f"{here}/new?like={page.rsplit('/', 1)[1]}")
    assert form_on(like.text, f"{here}/new")["factor"] == "2"


def test_a_draft_that_is_ended_is_gone(
    owner: Visitor, alice: Shop, bread: PagesDriver, here: str, context: Context
) -> None:
    row = shelf.promotion(alice, bread.program.id, status="draft")
    owner.get(here)
    assert owner.post(f"{here}/{row.id}/end").status_code == 303
    assert kept(context, bread.program.id) == []


def test_what_a_promotion_gave_is_told_against_its_budget(
    owner: Visitor, alice: Shop, bread: PagesDriver, here: str
) -> None:
    shelf.promotion(alice, bread.program.id, budget={"points": 400})
    bread.earn(bread.open(), 10_000)
    told = " ".join(text_of(owner.get(here)).split())
    assert "100 points given of 400 · 1 purchase" in told


def test_staff_plan_nothing(staff: Visitor, here: str) -> None:
    assert staff.get(here).status_code == 403
