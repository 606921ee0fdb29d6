"""An owner connects a web shop in the browser, and gives the first order to its guest's card."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from punchcard.accounts.models import User
from punchcard.connect.integrations.models import IntegrationEvent
from punchcard.connect.integrations.vocabulary import IntegrationEventState
from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyCard
from tests.connect.integrations.web_shop import tells_at
from tests.journeys.support.axe import assert_no_axe_violations, assert_usable
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.waiting import wait_until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


PHONE = 360
"""How wide the narrowest window is, in pixels."""


def wait_for_worker(context: Context) -> None:
    """Wait until the worker, which is at work beside the browser, has settled what came."""
    waiting = select(IntegrationEvent.id).where(
        IntegrationEvent.state == IntegrationEventState.WAITING
    )

    def is_settled() -> bool:
        with context.database.read() as session:
            return session.scalar(waiting) is None

    wait_until(is_settled)


def test_an_owner_connects_a_web_shop_and_gives_its_order_to_a_card(
    visits: Visits, context: Context, alice: Shop
) -> None:
    program = shelf.program(alice, name="Points", type="points", stamp_reward=None, status="active")
    card_id = shelf.opened_card(alice, program)
    with context.database.write() as session:
        session.execute(update(User).values(language="en"))
        number = session.get_one(LoyaltyCard, card_id).number
    page = visits.open(width=PHONE)
    visits.sign_in(page, alice.token("owner"))
    page.goto("/console/integrations")
    assert_no_axe_violations(page)

    page.get_by_label("System").select_option("generic")
    page.get_by_label("Program").select_option(label="Points")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", name="Set up in five steps")).to_be_visible()
    address = page.locator("#new-address").text_content()
    assert address is not None
    assert_usable(page, name="integration-new", width=PHONE)

    order = {"id": "A-7", "status": "paid", "currency": "EUR", "total": "12.50"}
    tells_at(context.connect.hook_receiver, address, order)
    wait_for_worker(context)
    page.goto("/console/integrations")
    page.get_by_role("link", name="Any other system").click()
    expect(page.get_by_text("without a card", exact=True)).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_label("Card number for order A-7").fill(number)
    page.get_by_role("button", name="Give it to this card").click()
    expect(page.get_by_text("The order goes to that card.")).to_be_visible()
    wait_for_worker(context)
    page.reload()
    expect(page.get_by_text("done", exact=True)).to_be_visible()

    page.get_by_role("link", name="Card", exact=True).click()
    expect(page.get_by_text("12 points").first).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("The integration is paused.")).to_be_visible()
