"""What an owner does in the console: by ids and roles, so that it is the same in every language."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.cast import PASSWORD, Shop

PAGES_OF_A_PDF = re.compile(rb"/Type\s*/Page\b")
PAPER = re.compile(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]")
POINTS_A_MILLIMETRE = 72 / 25.4


def sign_in(page: Page, shop: Shop) -> None:
    """Sign in as the owner, on the page."""
    page.goto("/sign-in")
    page.locator("#email").fill(shop.email("owner"))
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.locator("main.page")).to_be_visible()


def first_run(page: Page) -> None:
    """Go from the overview's first step to the poster, taking what the guide suggests."""
    page.locator("#guide-next").click()
    expect(page).to_have_url(re.compile("/console/guide/shop$"))
    page.locator("#address").fill("12, rue du Curé, Luxembourg")
    page.locator("#guide-on").click()
    expect(page).to_have_url(re.compile("/console/guide/program$"))
    page.locator("#name").fill("Carte café")
    page.locator("#guide-on").click()
    expect(page).to_have_url(re.compile("/console/guide/reward$"))
    page.locator("#reward_name").fill("Un café au choix")
    page.locator("#guide-on").click()
    expect(page).to_have_url(re.compile("/console/guide/pins$"))
    expect(page.locator("#pin")).to_have_value(re.compile(r"^\d{4}$"))
    page.locator("#name").fill("Léa")
    page.locator("#add-pin").click()
    expect(page.locator("#people-with-pins li")).to_have_count(1)
    expect(page.locator("#people-with-pins .given-pin")).to_have_text(re.compile(r"^\d{4}$"))
    page.locator("#guide-on").click()
    expect(page).to_have_url(re.compile("/console/guide/terminal$"))
    page.locator("#guide-skip").click()
    expect(page.locator("#sheet .poster-code svg")).to_be_visible()


def tab_to(page: Page, selector: str, *, most: int = 80) -> None:
    """Press Tab until the element has the focus."""
    wanted = page.locator(selector)
    for _ in range(most):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by {most} presses of Tab")


def assert_one_sheet_of_a5(page: Page, place: Path) -> None:
    """Print the page as a browser does, and count the sheets."""
    printed = page.pdf(path=place, prefer_css_page_size=True)
    assert len(PAGES_OF_A_PDF.findall(printed)) == 1
    (paper,) = PAPER.findall(printed)
    width, height = (float(side) / POINTS_A_MILLIMETRE for side in paper)
    assert (round(width), round(height)) == (148, 210)
