"""What was typed and not saved: a page asks before it is left."""

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.journeys import owner_steps
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_leaving_asks_only_while_something_is_unsaved(visits: Visits, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    page = visits.open()
    owner_steps.sign_in(page, alice)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    here = f"/console/programs/{program.id}"
    page.goto(here)
    page.locator("a.back").click()
    expect(page).to_have_url(re.compile("/console/programs$"))
    assert asked == []

    page.goto(here)
    page.locator("#name").fill("Coffee club")
    page.locator("a.back").click(no_wait_after=True)
    expect(page.locator("#name")).to_have_value("Coffee club")
    assert asked == ["beforeunload"]

    page.locator("#program-form button:not([formaction])").last.click()
    expect(page.locator("#name")).to_have_value("Coffee club")
    page.locator("a.back").click()
    expect(page).to_have_url(re.compile("/console/programs$"))
    assert asked == ["beforeunload"]
