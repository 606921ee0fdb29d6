"""The demonstration's web shop: an order arrives by itself, and points are on a guest's card."""

import html
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.integrations.models import IntegrationEvent
from punchcard.connect.integrations.vocabulary import IntegrationEventState
from punchcard.context import Context, build_context
from punchcard.demo.folder import DemoFolder
from punchcard.demo.web_shop import STRANGER, WEB_SHOP_PATH, DemoWebShop, KnownGuest, WebShopKeys
from punchcard.demo.web_shop_page import with_web_shop
from punchcard.fakes.serving import served
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.models import LoyaltyTransaction
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.main import create_app
from punchcard.worker.handlers import ORDER_LANE
from punchcard.worker.loop import Worker
from tests.support.waiting import PATIENCE_SECONDS

NOW = datetime(2026, 6, 17, 13, 30, tzinfo=UTC)
DONE, UNMATCHED = IntegrationEventState.DONE, IntegrationEventState.UNMATCHED


@dataclass(frozen=True)
class Opened:
    """A served demonstration with its web shop."""

    context: Context
    keys: WebShopKeys
    http: httpx.Client

    def page(self) -> str:
        """Return what the web shop's page says."""
        return html.unescape(self.http.get(WEB_SHOP_PATH).text)

    def guest(self) -> KnownGuest:
        """Return the guest whose order arrives first, with what their card has now."""
        return DemoWebShop(self.context, self.keys).guests()[0]

    def works(self) -> set[IntegrationEventState]:
        """Work on what was told; returns what became of it."""
        worker = Worker(self.context, [ORDER_LANE], [])
        while worker.do_work():
            pass
        with self.context.database.read() as session:
            return set(session.scalars(select(IntegrationEvent.state)))

    def buys(self, by: str) -> None:
        """Buy something on the page."""
        answer = self.http.post(f"{WEB_SHOP_PATH}/buy", params={"by": by})
        assert (answer.status_code, answer.headers["Location"]) == (303, WEB_SHOP_PATH)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a short history once."""
    path = tmp_path_factory.mktemp("demo")
    DemoFolder(path).build(now=NOW, days=2, progress=lambda _day: None)
    return path


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> DemoFolder:
    """Copy the demonstration."""
    shutil.copytree(built / "demo", tmp_path / "demo")
    return DemoFolder(tmp_path)


@pytest.fixture
def opened(folder: DemoFolder) -> Iterator[Opened]:
    """Serve the demonstration."""
    with running(folder) as one:
        yield one


@contextmanager
def running(folder: DemoFolder, minutes: int = 1) -> Iterator[Opened]:
    """Serve the demonstration until the block ends, so many minutes after its history."""
    keys = folder.web_shop()
    assert keys is not None
    clock = ManualClock(NOW + timedelta(minutes=minutes))
    with (
        closing(build_context(folder.settings(), clock=clock, ids=SystemIds(clock))) as context,
        served(with_web_shop(create_app(context), context, keys)) as url,
        httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http,
    ):
        yield Opened(context, keys, http)


def test_an_order_arrives_by_itself_and_its_points_are_on_a_guests_card(opened: Opened) -> None:
    before = opened.guest()
    assert f"by {before.shopper.first_name}" in opened.page()

    assert opened.works() == {DONE}

    after = opened.guest()
    assert after.card_id == before.card_id
    # Two points a euro; shipping earns nothing.
    assert after.points == before.points + 2 * 189
    assert f"{after.points} points." in opened.page()
    with opened.context.database.read() as session:
        kinds = session.scalars(
            select(LoyaltyTransaction.actor_kind).where(LoyaltyTransaction.card_id == after.card_id)
        )
        assert list(kinds).count(ActorKind.INTEGRATION) == 1


def test_a_guest_buys_on_the_page_and_half_is_paid_back(opened: Opened) -> None:
    opened.works()
    before = opened.guest()

    opened.buys(before.shopper.email)
    opened.works()
    assert opened.guest().points == before.points + 2 * (79 + 39)
    opened.http.post(f"{WEB_SHOP_PATH}/pay-back")
    assert opened.works() == {DONE}

    assert opened.guest().points == before.points + 79 + 39
    assert "was paid back" in opened.page()
    # The first order is the next to be paid back, and then there is none left.
    opened.http.post(f"{WEB_SHOP_PATH}/pay-back")
    assert "Pay half of the last order back" not in opened.page()
    opened.http.post(f"{WEB_SHOP_PATH}/pay-back")
    assert opened.page().count("was paid back") == 2


def test_whoever_has_no_card_leaves_an_order_with_a_receipt(opened: Opened) -> None:
    opened.buys(STRANGER.email)

    assert opened.works() == {DONE, UNMATCHED}
    with opened.context.database.read() as session:
        [claim] = session.scalars(select(ReceiptClaim))
    assert claim.amount_minor == 7900 + 3900


def test_a_restart_takes_no_order_a_second_time(folder: DemoFolder) -> None:
    with running(folder) as first:
        before = first.guest().points
        first.works()
    with running(folder, minutes=2) as second:
        assert second.works() == {DONE}
        assert second.guest().points == before + 2 * 2 * 189


def test_what_the_server_refuses_is_told_on_the_page(opened: Opened) -> None:
    changed = WebShopKeys(
        opened.keys.integration_id, opened.keys.program_id, opened.keys.address, "another secret"
    )
    shop = DemoWebShop(opened.context, changed)

    shop.sell(STRANGER)

    assert any("hook_not_genuine" in sentence for _, sentence in shop.events)


def test_other_addresses_are_the_servers_and_a_folder_of_before_has_no_web_shop(
    opened: Opened, folder: DemoFolder
) -> None:
    assert opened.http.get("/healthz").status_code == 200
    assert opened.http.get(f"{WEB_SHOP_PATH}s").status_code == 404
    shown = opened.page()
    [link] = re.findall(r'href="(/console/integrations/[0-9a-f-]{36})"', shown)
    assert opened.http.get(link).status_code in (303, 307, 401)
    (folder.path / "web_shop.json").unlink()
    assert folder.web_shop() is None
    app = create_app(opened.context)
    assert with_web_shop(app, opened.context, None) is app
