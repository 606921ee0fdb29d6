"""A manager's day in the console: members, a wrong entry, a locked PIN, the report, the files."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from punchcard.accounts.vocabulary import Role
from tests.journeys.support.axe import assert_usable
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import LEA, LOYALTY, TerminalDriver, open_terminal_driver
from tests.support.http import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def counter(api: Api, alice: Shop) -> TerminalDriver:
    """Open Café Alice's counter, where Léa has stamped Anna's card."""
    opened = open_terminal_driver(
        api, alice, pin_policy="optional", cooldown_minutes=0, max_daily_stamps=50
    )
    opened.card(name="Jang Weber")
    return opened


def manager(visits: Visits, counter: TerminalDriver, alice: Shop, **look: Any) -> Page:
    """Sign the manager in, who reads English."""
    user_id = alice.hire(Role.MANAGER)
    changed = counter.api.patch(f"/vendor/users/{user_id}", {"language": "en"})
    assert changed.status_code == 200, changed.text
    page = visits.open(**look)
    visits.sign_in(page, alice.token("manager"))
    return page


def leas_pin(counter: TerminalDriver) -> str:
    """Return the id of Léa's PIN."""
    pins = counter.api.get(f"{LOYALTY}/pins").json()["items"]
    return next(str(pin["id"]) for pin in pins if pin["name"] == LEA[0])


def stamp(counter: TerminalDriver, card: dict[str, Any], quantity: int = 1) -> dict[str, Any]:
    answer = counter.api.post(
        f"{LOYALTY}/stamp", {"card": card["id"], "quantity": quantity, "staff_pin": LEA[1]}
    )
    assert answer.status_code in (200, 201), answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_manager_finds_a_member_blocks_the_card_and_takes_a_wrong_entry_back(
    visits: Visits, counter: TerminalDriver, alice: Shop
) -> None:
    card = counter.card(name="Marie Schmit")
    stamp(counter, card, 3)
    page = manager(visits, counter, alice, width=1440)

    page.goto("/console/members")
    page.locator("#query").press_sequentially("schm")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Marie Schmit").click()

    page.locator("form[action$='/block'] button").click()
    expect(page.locator(".notice.warn")).to_be_visible()
    page.locator("form[action$='/unblock'] button").click()
    expect(page.locator(".notice.warn")).to_have_count(0)

    page.locator("details.inline summary").first.click()
    page.locator("input[name=void_reason]").first.fill("Wrong card")
    page.locator("form[action$='/void'] button").first.click()
    expect(page.locator(".history")).to_contain_text("Wrong card")
    assert counter.types(card) == ["stamp_earned", "voided"]
    assert counter.entries(card)[1]["actor"]["kind"] == "member"


@ON_SQLITE
def test_a_manager_unlocks_a_pin_without_scripts(
    visits: Visits, counter: TerminalDriver, alice: Shop
) -> None:
    counter.api.patch(f"{LOYALTY}/pins/{leas_pin(counter)}", {"staff_id": "lea"})
    for _ in range(5):
        wrong = {"pin": "1357", "staff_id": "lea"}
        counter.api.post(f"{LOYALTY}/pins/verify", wrong)
    page = manager(visits, counter, alice, javascript=False)

    page.goto("/console/pins")
    expect(page.locator(".badge.bad")).to_have_count(1)
    page.locator("form[action$='/unlock'] button").click()
    expect(page.locator(".notice.good")).to_contain_text("Léa")
    expect(page.locator(".badge.bad")).to_have_count(0)
    answer = counter.api.post(f"{LOYALTY}/pins/verify", {"pin": LEA[1], "staff_id": "lea"})
    assert answer.status_code == 200


@ON_SQLITE
def test_a_manager_reads_the_staff_report_and_takes_the_ledger_along(
    visits: Visits, counter: TerminalDriver, alice: Shop, tmp_path: Path
) -> None:
    card = counter.card(name="Marie Schmit")
    for _ in range(4):
        stamp(counter, card, 1)
    page = manager(visits, counter, alice, width=820)

    page.goto("/console/staff-report")
    expect(page.locator("table")).to_contain_text("Léa")
    page.locator("table a", has_text="Léa").click()
    expect(page.locator("#rows tbody tr")).to_have_count(4)

    with page.expect_download() as started:
        page.locator("a[href*='transactions.csv']").click()
    kept = tmp_path / "ledger.csv"
    started.value.save_as(kept)
    assert started.value.suggested_filename == "cafe-alice-transactions-2026-03-02.csv"
    text = kept.read_text("utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], delimiters=";,")
    head, *lines = list(csv.reader(text.splitlines(), dialect))
    assert len(lines) == 4
    assert all("Léa" in line for line in lines)
    assert len(head) == len(lines[0])


@ON_SQLITE
@pytest.mark.parametrize("javascript", [True, False])
def test_a_manager_verifies_the_ledger_and_looks_at_an_entry(
    visits: Visits, counter: TerminalDriver, alice: Shop, javascript: bool
) -> None:
    card = counter.card(name="Marie Schmit")
    entry = stamp(counter, card)["transaction"]
    page = manager(visits, counter, alice, width=1440, javascript=javascript)

    page.goto("/console/ledger/verify")
    page.locator("#verification button").click()
    expect(page.locator("#verification .notice.good")).to_be_visible()

    page.goto(f"/console/ledger/{entry['id']}")
    expect(page.locator(".chain")).to_contain_text("Verified just now")
    expect(page.locator(".hash").first).to_have_text(entry["hash"])


@ON_SQLITE
def test_a_member_is_enrolled_and_stamped_by_keyboard_alone(
    visits: Visits, counter: TerminalDriver, alice: Shop
) -> None:
    page = manager(visits, counter, alice, width=1440)
    page.goto("/console/members/new")
    page.locator("#name").focus()
    page.keyboard.type("Ana Silva")
    page.keyboard.press("Enter")
    expect(page.locator(".qr-frame svg")).to_be_visible()
    page.locator(".page-head .actions a").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ana Silva")
    page.locator("summary", has_text="Stamp").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#quantity")).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_be_visible()
    expect(page.locator(".card-face .big")).to_contain_text("2")


@ON_SQLITE
@pytest.mark.parametrize("width", [360, 820, 1440])
def test_no_page_about_members_and_staff_shuts_anybody_out(
    visits: Visits, counter: TerminalDriver, alice: Shop, width: int
) -> None:
    card = counter.card(name="Marie Schmit")
    # So many that the staff report points at it.
    entry = stamp(counter, card, 20)["transaction"]
    page = manager(visits, counter, alice, width=width)
    for path in (
        "/console/members",
        "/console/members/new",
        f"/console/members/{card['id']}",
        *(f"/console/members/{card['id']}/{end}" for end in ("edit", "hand-over")),
        "/console/ledger",
        f"/console/ledger/{entry['id']}",
        "/console/ledger/verify",
        "/console/pins",
        f"/console/pins/{leas_pin(counter)}",
        "/console/staff-report",
        "/console/exports",
    ):
        page.goto(path)
        assert_usable(page, name=re.sub("[0-9a-f-]{36}", "id", path), width=width)


@ON_SQLITE
def test_a_search_stays_in_the_address_and_back_finds_it_again(
    visits: Visits, counter: TerminalDriver, alice: Shop
) -> None:
    counter.card(name="Marie Schmit")
    page = manager(visits, counter, alice, width=1440)
    page.goto("/console/members")
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(2)

    page.get_by_label("Name, address, number").fill("Jang")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/console/members\?query=Jang$"))
    for format in ("csv", "xlsx"):
        expect(page.locator(f"a[href='/console/exports/cards.{format}?query=Jang']")).to_have_count(
            1
        )

    rows.locator("a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Jang")
    page.go_back()
    expect(page.get_by_label("Name, address, number")).to_have_value("Jang")
    expect(rows).to_have_count(1)

    page.get_by_role("link", name="Member", exact=True).click()
    expect(page.locator("th[aria-sort='ascending']")).to_have_text("Member")


@ON_SQLITE
@pytest.mark.parametrize("width", [360, 1440])
def test_a_slash_leads_to_the_search_of_everything(
    visits: Visits, counter: TerminalDriver, alice: Shop, width: int
) -> None:
    page = manager(visits, counter, alice, width=width)
    page.goto("/console/settings")
    page.keyboard.press("/")
    box = page.get_by_role("searchbox", name="Search everything")
    expect(box).to_be_focused()
    page.keyboard.type("weber/")
    expect(box).to_have_value("weber/")
    box.fill("jang")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Jang Weber")).to_be_visible()
    assert_usable(page, name="search", width=width)
    page.goto("/console/contacts")
    assert_usable(page, name="wrong-contacts", width=width)
