"""An owner's first run, from signing in to the printed poster, on a phone and at a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.owner_steps import assert_one_sheet_of_a5, first_run, sign_in, tab_to
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.one_in(1)
@pytest.mark.parametrize("width", [360, 1440])
def test_an_owner_comes_from_an_empty_shop_to_a_printed_poster(
    visits: Visits, alice: Shop, width: int, tmp_path: Path
) -> None:
    page = visits.open(width=width)
    sign_in(page, alice)
    assert_no_axe_violations(page)
    first_run(page)
    assert_no_axe_violations(page)
    assert_one_sheet_of_a5(page, tmp_path / "poster.pdf")
    page.goto("/console")
    expect(page.locator(".steps li.done")).to_have_count(4)
    expect(page.locator("#step-terminal")).to_have_class("next")


@ON_SQLITE
def test_the_first_run_needs_no_scripts(visits: Visits, alice: Shop, tmp_path: Path) -> None:
    page = visits.open(javascript=False)
    sign_in(page, alice)
    first_run(page)
    assert_one_sheet_of_a5(page, tmp_path / "poster.pdf")


@ON_SQLITE
def test_the_first_run_needs_no_mouse(visits: Visits, alice: Shop) -> None:
    page = visits.open(width=1440)
    sign_in(page, alice)
    tab_to(page, "#guide-next")
    page.keyboard.press("Enter")
    tab_to(page, "#address")
    page.keyboard.type("12, rue du Curé")
    page.keyboard.press("Enter")
    # The second of the kinds: points.
    tab_to(page, "input[name=type]:checked")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=type][value=points]")).to_be_checked()
    tab_to(page, "#name")
    page.keyboard.press("Enter")
    tab_to(page, "#offer_name")
    page.keyboard.type("5 € de moins")
    page.keyboard.press("Enter")
    tab_to(page, "#name")
    page.keyboard.type("Léa")
    page.keyboard.press("Enter")
    tab_to(page, "a#guide-on")
    page.keyboard.press("Enter")
    tab_to(page, "a#guide-skip")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet .poster-code svg")).to_be_visible()
    tab_to(page, "#print")


@ON_SQLITE
def test_a_table_card_in_two_languages_is_one_sheet(
    visits: Visits, alice: Shop, tmp_path: Path
) -> None:
    page = visits.open(width=1440)
    sign_in(page, alice)
    first_run(page)
    page.locator("input[name=format][value=tent]").check()
    page.locator("input[name=languages][value=lb]").check()
    page.locator(".poster-choice form button").click()
    expect(page.locator("#sheet .tent-face")).to_have_count(2)
    expect(page.locator("#sheet .tent-face:not(.upside-down) .poster-promise")).to_have_count(2)
    assert_no_axe_violations(page)
    assert_one_sheet_of_a5(page, tmp_path / "tent.pdf")
