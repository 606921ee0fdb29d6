"""An owner connects the shop's own software in the browser, and sees what came of it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from punchcard.accounts.models import User
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.receiver import answered, open_receiver

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: FlowingClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context whose webhooks may reach this machine; the test takes the worker's turns."""
    here = replace(settings, webhook_allowed_networks="127.0.0.0/8")
    with closing(build_context(here, clock=clock, ids=ids, database=database)) as built:
        yield built


def let_worker_work(context: Context) -> None:
    """Take turns until everything that was begun is written down."""
    one = context.connect.webhook_sender
    while one.take_turn():
        one.end()


def test_an_owner_adds_a_webhook_tries_it_and_sends_what_failed_again(
    visits: Visits, context: Context, alice: Shop
) -> None:
    with context.database.write() as session:
        session.execute(update(User).values(language="en"))
    page = visits.open()
    visits.sign_in(page, alice.token("owner"))
    page.goto("/console/webhooks")
    assert_no_axe_violations(page)
    with open_receiver() as receiver:
        receiver.answer = lambda handler: answered(handler, 500, b"out of order")
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_label("What is it for?").fill("Till")
        page.get_by_role("button", name="Add the webhook").click()
        expect(page.locator("#new-secret")).to_contain_text("whsec_")
        assert_no_axe_violations(page)
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("The test is on its way.")).to_be_visible()
        let_worker_work(context)
        page.reload()
        expect(page.get_by_text("out of order")).to_be_visible()
        assert_no_axe_violations(page)

        receiver.answer = lambda handler: answered(handler, 204)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("It is sent again.")).to_be_visible()
        let_worker_work(context)
        page.reload()
        expect(page.get_by_text("delivered", exact=True)).to_be_visible()

    assert len({headers["webhook-id"] for _path, headers, _body in receiver.heard}) == 1
    assert len(receiver.heard) == 2
