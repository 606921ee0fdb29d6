"""An owner moves in from another system in the browser: mapping, trial, progress, undo."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from punchcard.accounts.models import User
from punchcard.context import Context
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop

ROWS = 600


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """Write what the old system gave: in Windows-1252, one column under a name of its own."""
    path = tmp_path / "old till.csv"
    lines = [f"Chloé {n};p{n}@home.example;{n + 1},0;A-{n}" for n in range(ROWS)]
    lines += ["Jo;jo@home;30,0;A-900", "=1+1;mia@home.example;7,0;A-901"]
    path.write_bytes("\r\n".join(["Name;Mail;Kringel;Nr", *lines]).encode("cp1252"))
    return path


@pytest.fixture
def program(context: Context, alice: Shop) -> str:
    """Make a program of points; the owner reads English."""
    with context.database.write() as session:
        session.execute(update(User).values(language="en"))
    return shelf.program(alice, type="points", status="active", pin_policy="off").name


@pytest.mark.parametrize("width", [360, 1440])
def test_an_owner_moves_in_and_takes_it_back(
    visits: Visits, alice: Shop, program: str, old_file: Path, width: int
) -> None:
    page = visits.open(width=width)
    visits.sign_in(page, alice.token("owner"))
    page.goto("/console/imports")
    assert_no_axe_violations(page)
    _bring(page, program, old_file)

    expect(page.get_by_text("written in Windows-1252")).to_be_visible()
    expect(page.get_by_label("What is “Mail”?")).to_have_value("email")
    expect(page.get_by_label("What is “Kringel”?")).to_have_value("")
    assert_no_axe_violations(page)
    page.get_by_label("What is “Kringel”?").select_option("points")
    page.get_by_label("What is “Nr”?").select_option("external_code")
    page.get_by_role("button", name="Try it").click()

    trial = page.locator("#trial")
    expect(trial.get_by_text("600", exact=True)).to_be_visible()
    expect(trial.get_by_text("180,300")).to_be_visible()
    expect(page.get_by_text("This is no e\u2011mail address.")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_label("Set: each card").check()
    page.get_by_role("button", name="Put it on cards").click()

    # The page follows the worker by itself.
    expect(page.get_by_role("heading", name="What it did")).to_be_visible(timeout=60_000)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download all of them").click()
    assert "jo@home" in taken.value.path().read_text(encoding="utf-8-sig")
    assert_no_axe_violations(page)
    page.goto("/console/members?query=p7@home.example")
    expect(page.get_by_role("row", name="Choose Chloé 7 ")).to_contain_text("8 points")
    page.go_back()

    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("600 balances are taken back.")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_text("Left as they are")).to_be_visible(timeout=60_000)
    page.goto("/console/members")
    expect(page.get_by_text("Chloé")).to_have_count(0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bad_file_is_told_with_its_row_and_scripts_are_not_needed(
    visits: Visits, alice: Shop, program: str, tmp_path: Path
) -> None:
    page = visits.open(javascript=False)
    visits.sign_in(page, alice.token("owner"))
    page.goto("/console/imports")
    bad, huge = tmp_path / "bad.csv", tmp_path / "huge.csv"
    bad.write_bytes(
        "Name;Mail\r\nÉva;e@home.example\r\n".encode() + "Zoé;z@home.example".encode("cp1252")
    )
    huge.write_bytes(b"a,b\n" * 12_500_000)
    _bring(page, program, bad)
    expect(page.get_by_text("Row 3 cannot be read: it is not written in UTF-8")).to_be_visible()
    _bring(page, program, huge)
    expect(page.get_by_text("At most")).to_be_visible()
    page.goto("/console/imports")
    expect(page.get_by_text("Nothing was brought along yet")).to_be_visible()


def _bring(page: Page, program: str, file: Path) -> None:
    page.get_by_label("Cards of which program?").select_option(program)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Read the file").click()
