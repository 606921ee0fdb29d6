"""Fixtures of the wallets' tests."""

from collections.abc import Iterator

import pytest

from punchcard.context import Context
from punchcard.fakes.apns import Apns, served_apns
from punchcard.fakes.apple_chain import AppleChain, make_chain
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.kit.settings import Settings
from punchcard.main import create_app, create_worker
from punchcard.worker.loop import Worker
from tests.support.drivers.till import TillDriver, open_till_driver
from tests.support.http import Api, InProcess
from tests.wallets.google_account import Google, open_google
from tests.wallets.shown import OpenCards


@pytest.fixture
def google(clock: ManualClock) -> Iterator[Google]:
    """Serve a Google of our own, which lives by the test's clock."""
    with open_google(clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def chain() -> AppleChain:
    """Make root, intermediate and pass certificate."""
    return make_chain()


@pytest.fixture
def apns(chain: AppleChain) -> Iterator[Apns]:
    """Run Apple's push service."""
    with served_apns(chain) as running:
        yield running


@pytest.fixture
def server_settings(settings: Settings, google: Google) -> Settings:
    """Use the Google of the test."""
    return google.settings(settings)


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Call the server as nobody."""
    with InProcess(create_app(context)) as caller:
        yield caller


@pytest.fixture
def worker(context: Context) -> Worker:
    """Work for that server."""
    return create_worker(context)


@pytest.fixture
def alice(context: Context) -> TillDriver:
    """Open Café Alice's counter."""
    return open_till_driver(
        context.database, context.loyalty.till, clock=context.clock, ids=context.ids
    )


@pytest.fixture
def program(alice: TillDriver) -> ProgramId:
    """Open a stamp card that can be stamped at any time."""
    return alice.program(cooldown_minutes=0, max_daily_stamps=50)


@pytest.fixture
def google_cards(context: Context, alice: TillDriver, program: ProgramId) -> OpenCards:
    """Open cards of that program whose holders ask for Google's link: `google_cards(3)`."""

    def open_cards(number: int) -> list[CardId]:
        cards = alice.cards(program, number)
        for card in cards:
            context.wallets.google.save_link(card)
        return cards

    return open_cards


@pytest.fixture
def google_card(google_cards: OpenCards) -> CardId:
    """Open one such card."""
    (card,) = google_cards(1)
    return card
