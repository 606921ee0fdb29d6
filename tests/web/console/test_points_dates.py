"""When points end and begin, and how many stamps articles give: as an owner sets them up."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from punchcard.context import Context
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.web.console.program_form import stored

Visitors = Callable[..., Visitor]

END: dict[str, str] = {
    "points_expiry_kind": "fixed",
    "points_expiry_months": "36",
    "points_expiry_round_to": "year_end",
    "points_activation_days": "14",
    "return_grace_days": "45",
    "expiry_notice_days": "60, 30, 7",
}


@pytest.fixture
def bread(alice: Shop) -> PagesDriver:
    """Open Café Alice's points: one for each euro."""
    return PagesDriver(alice, name="Bread", type="points", stamp_reward=None)


def save(owner: Visitor, driver: PagesDriver, **typed: Any) -> Any:
    here = f"/console/programs/{driver.program.id}"
    form = form_on(owner.get(here).text, here)
    return owner.post(here, **{**form, **typed})


def test_an_owner_says_when_points_end_and_from_when_on_they_count(
    owner: Visitor, bread: PagesDriver, context: Context
) -> None:
    assert save(owner, bread, **END).status_code == 303
    row = stored(context, bread.program.id)
    assert row.points_expiry == {"kind": "fixed", "months": 36, "round_to": "year_end"}
    assert (row.points_activation_days, row.return_grace_days) == (14, 45)
    assert row.expiry_notice_days == [60, 30, 7]
    assert save(owner, bread).status_code == 303
    assert stored(context, bread.program.id).version == row.version
    assert save(owner, bread, points_expiry_kind="never").status_code == 303
    assert stored(context, bread.program.id).points_expiry is None


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"points_expiry_months": ""}, "Please fill this in."),
        ({"points_expiry_months": "121"}, "A whole number from 1 to 120."),
        ({"points_activation_days": "91"}, "A whole number from 0 to 90."),
        ({"expiry_notice_days": "30, 30"}, "Numbers of days such as 30, 7"),
        ({"expiry_notice_days": "soon"}, "Numbers of days such as 30, 7"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    owner: Visitor, bread: PagesDriver, context: Context, typed: dict[str, str], told: str
) -> None:
    answer = save(owner, bread, **{**END, **typed})
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert stored(context, bread.program.id).points_expiry is None


@pytest.mark.parametrize(
    ("country", "typed", "told"),
    [
        ("DE", {"points_expiry_months": "12"}, "Fewer than 24 months"),
        ("AT", {"points_expiry_kind": "inactivity"}, "Counted from the last visit"),
        ("LU", {"points_expiry_months": "12"}, None),
        ("DE", {}, None),
    ],
)
def test_shops_in_germany_and_austria_are_warned_of_ends_that_courts_found_unfair(
    owner: Visitor,
    api: Any,
    alice: Shop,
    context: Context,
    bread: PagesDriver,
    country: str,
    typed: dict[str, str],
    told: str | None,
) -> None:
    shop = api.with_token(alice.token())
    assert shop.patch("/vendor", {"country": country}).status_code == 200
    answer = save(owner, bread, **{**END, **typed})
    if told is not None:
        # Before anything is saved; then the page goes on saying it.
        assert "expiry-warning" in answer.text
        assert told in text_of(answer)
        assert stored(context, bread.program.id).points_expiry is None
        here = f"/console/programs/{bread.program.id}"
        answer = owner.post(here, **form_on(answer.text, here))
    assert answer.status_code == 303
    answer = owner.follow(answer)
    assert stored(context, bread.program.id).points_expiry is not None
    assert ("expiry-warning" in answer.text) == (told is not None)
    assert told is None or told in text_of(answer)
    # What the owner was told once is not asked again.
    assert save(owner, bread).status_code == 303


@pytest.mark.parametrize("months", ["³²", "9" * 5000], ids=["no digits", "too many"])
def test_a_month_that_is_no_number_is_asked_for_again_in_germany_too(
    owner: Visitor, api: Any, alice: Shop, bread: PagesDriver, months: str
) -> None:
    shop = api.with_token(alice.token())
    assert shop.patch("/vendor", {"country": "DE"}).status_code == 200
    typed = {**END, "points_expiry_months": months, "points_activation_days": "91"}
    answer = save(owner, bread, **typed)
    assert answer.status_code == 422
    assert "A whole number from 0 to 90." in text_of(answer)


def test_a_rewards_value_and_names_and_the_stamps_of_articles_are_kept(
    owner: Visitor, alice: Shop, context: Context
) -> None:
    rewards = [{"at": 3, "name": "A cookie"}, {"at": 5, "name": "A coffee"}]
    driver = PagesDriver(alice, stamp_rewards=rewards)
    typed = {
        "milestone_1_value": "1.50",
        "fr-milestone_1_name": "Un biscuit",
        "max_stamps_per_visit": "4",
        "stamps_per_item": "ESPRESSO = 1\nMENU=2",
    }
    assert save(owner, driver, **typed).status_code == 303
    row = stored(context, driver.program.id)
    assert row.stamp_rewards is not None
    assert row.stamp_rewards[0] == {
        "at": 3,
        "name": "A cookie",
        "value_minor": 150,
        "texts": {"fr": {"name": "Un biscuit"}},
    }
    assert row.max_stamps_per_visit == 4
    assert row.stamps_per_item == [
        {"sku": "ESPRESSO", "stamps": 1},
        {"sku": "MENU", "stamps": 2},
    ]
    assert save(owner, driver).status_code == 303
    assert stored(context, driver.program.id).version == row.version
    for line in ("ESPRESSO: 1", f"ESPRESSO={'9' * 5000}"):
        refused = save(owner, driver, stamps_per_item=line)
        assert refused.status_code == 422
        assert "In each line an article and its stamps" in text_of(refused)


def test_a_shop_reads_what_it_owes_and_takes_it_to_the_accountant(
    owner: Visitor, alice: Shop, bread: PagesDriver
) -> None:
    shelf.reward(alice, bread.program.id, value_minor=500)
    card = bread.open()
    bread.earn(card, 30_000)
    here = f"/console/programs/{bread.program.id}/liability"
    told = " ".join(text_of(owner.get(here)).split())
    assert "Points on all cards 300" in told
    assert "Worth if all are redeemed €15.00" in told
    assert "Earned, with welcome and bonus +300" in told
    assert "Without an end 300" in told
    file = owner.get(f"{here}/file.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "At the end of 2026-03-02,300,15.00,EUR" in file.text
    french = owner.get(f"{here}/file.csv?lang=fr").text
    assert ";300;15,00;EUR" in french
    book = load_workbook(BytesIO(owner.get(f"{here}/file.xlsx").content))
    rows = [tuple(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert ("At the end of 2026-03-02", 300, 15, "EUR") in rows
    assert owner.get(f"{here}/file.pdf").status_code == 404
    turned = owner.get(f"{here}?from=2026-03-02&on=2026-03-01")
    assert turned.status_code == 422
    assert "Must not be after the end of the range." in text_of(turned)


def test_a_stamp_cards_rewards_to_give_have_a_place_too(owner: Visitor, alice: Shop) -> None:
    driver = PagesDriver(alice, type="stamps")
    shelf.reward(alice, driver.program.id, name="A cake", points_required=None)
    told = text_of(owner.get(f"/console/programs/{driver.program.id}"))
    assert "Rewards to give" in told
    assert "Only given" in told
