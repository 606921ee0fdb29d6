"""An owner takes the whole shop along: asked for and fetched in the browser, taken in elsewhere."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from punchcard.accounts.models import User, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.cli import main
from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.db.migrate import upgrade
from punchcard.loyalty.models import LoyaltyCard
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_owner_fetches_the_shop_and_it_moves_in_elsewhere(
    visits: Visits,
    context: Context,
    alice: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    javascript: bool,
) -> None:
    with context.database.write() as session:
        session.execute(update(User).values(language="en"))
    program = shelf.program(alice, type="points", status="active", pin_policy="off")
    card_id = shelf.opened_card(alice, program)
    with context.database.read() as session:
        token_hash = session.get_one(LoyaltyCard, card_id).token_hash
    page = visits.open(width=360, javascript=javascript)
    visits.sign_in(page, alice.token("owner"))
    page.goto("/console/exports")
    page.get_by_role("button", name="Make the file").click()

    ready = page.get_by_role("button", name="ZIP")
    if javascript:
        # The page follows the worker by itself.
        expect(ready).to_be_visible(timeout=60_000)
        assert_no_axe_violations(page)
    else:
        while not ready.count():
            page.get_by_role("button", name="See how far it is").click()
    with page.expect_download() as taken:
        ready.click()
    file = taken.value.path()
    assert taken.value.suggested_filename.startswith("cafe-alice-archive-")

    with closing(Database(moved_in(file, tmp_path, monkeypatch, capsys))) as database:
        check_arrived(database, card_id, token_hash)


def test_a_former_owner_takes_along_the_shop_that_they_closed(
    visits: Visits,
    context: Context,
    alice: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with context.database.write() as session:
        session.execute(update(User).values(language="en"))
    program = shelf.program(alice, type="points", status="active", pin_policy="off")
    card_id = shelf.opened_card(alice, program)
    with context.database.read() as session:
        token_hash = session.get_one(LoyaltyCard, card_id).token_hash
    page = visits.open(width=360)
    visits.sign_in(page, alice.token("owner"))

    page.goto("/console/settings")
    page.get_by_role("link", name="Download your data first.").click()
    page.get_by_role("button", name="Make the file").click()
    ready = page.get_by_role("button", name="ZIP")
    expect(ready).to_be_visible(timeout=60_000)
    with page.expect_download() as taken:
        ready.click()
    file = taken.value.path()
    page.goto("/console/settings")
    page.get_by_label("To confirm, type “Café Alice”").fill("Café Alice")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Close the shop").click()

    expect(page.get_by_text("The shop is closed. Its ledger stays as it is.")).to_be_visible()
    page.goto("/console/exports")
    expect(page).to_have_url(re.compile("/sign-in"))

    with closing(Database(moved_in(file, tmp_path, monkeypatch, capsys))) as database:
        check_arrived(database, card_id, token_hash)
        with database.read() as session:
            assert session.scalars(select(Vendor)).one().status == VendorStatus.ACTIVE
            assert session.scalars(select(User.email)).all() == [alice.email("owner")]


def moved_in(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Take the file in on another server; returns the address of its database."""
    url = f"sqlite:///{folder / 'elsewhere.db'}"
    upgrade(url)
    for name, value in {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "SECRET_KEY": "another server's secret, of 32 characters",
        "PIN_PEPPER": "another server's pepper, of 32 characters",
    }.items():
        monkeypatch.setenv(f"PUNCHCARD_{name}", value)
    with pytest.raises(SystemExit) as end:
        main(["vendor", "import", str(file)])
    assert not end.value.code, capsys.readouterr().err
    assert "Café Alice (cafe-alice) has moved in: 1 cards." in capsys.readouterr().out
    return url


def check_arrived(database: Database, card_id: str, token_hash: bytes) -> None:
    """Check that the card is there, under the link that it had."""
    with database.read() as session:
        there = session.scalars(select(LoyaltyCard)).one()
    assert (there.id, there.token_hash) == (card_id, token_hash)
