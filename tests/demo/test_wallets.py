"""The demonstration's wallets: a newcomer adds a card and sees the pass and the pushes."""

import html
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from punchcard.accounts import vendor_service
from punchcard.context import Context, build_context
from punchcard.demo.cafe_alice import CAFE
from punchcard.demo.folder import DemoFolder
from punchcard.demo.phone import PHONE_PATH
from punchcard.demo.wallets import demo_wallets
from punchcard.fakes.serving import served
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.vocabulary import CardStatus
from punchcard.main import create_app, create_worker
from punchcard.wallets.apple.signing import load_signer
from tests.support.waiting import PATIENCE_SECONDS
from tools.free_ports import free_port

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
NOW = datetime(2026, 6, 17, 13, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Demo:
    """A served demonstration, and the address of a card of Café Alice in it."""

    context: Context
    http: httpx.Client
    key: str
    number: str
    path: str

    def stamp(self) -> None:
        """Stamp the card, and do the work that this leaves."""
        answer = self.http.post(
            "/api/v1/vendor/loyalty/stamp",
            headers={"Authorization": f"Bearer {self.key}"},
            json={"card": self.number, "staff_pin": CAFE.people[0].pin},
        )
        assert answer.status_code == 201, answer.text
        create_worker(self.context).do_work()

    def phone(self) -> str:
        """Return what the page of the pretended phone says."""
        return html.unescape(self.http.get(PHONE_PATH).text)

    def wallet(self) -> dict[str, str]:
        """Return in which wallets the card is."""
        told: dict[str, str] = self.http.get(self.path).json()["wallet"]
        return told

    def save_link(self) -> str:
        """Return the address of the page that Google's link leads to."""
        return self.http.get(f"{self.path}/google").headers["Location"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a short history once, and do the work that it left."""
    path = tmp_path_factory.mktemp("demo")
    folder = DemoFolder(path)
    folder.build(now=NOW, days=2, progress=lambda _day: None)
    with running(folder) as demo:
        worker = create_worker(demo.context)
        while worker.do_work():
            pass
    return path


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> DemoFolder:
    """Copy the demonstration."""
    shutil.copytree(built / "demo", tmp_path / "demo")
    return DemoFolder(tmp_path)


@pytest.fixture
def demo(folder: DemoFolder) -> Iterator[Demo]:
    """Serve the demonstration."""
    with running(folder) as opened:
        yield opened


@contextmanager
def running(folder: DemoFolder) -> Iterator[Demo]:
    """Serve a demonstration until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        demo_wallets(folder.wallets, folder.settings(url), url) as wallets,
        closing(build_context(wallets.settings)) as context,
        served(wallets.around(create_app(context), context), port=port),
        httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http,
    ):
        with context.database.read() as session:
            vendor = vendor_service.get_vendor_by_slug(session, CAFE.slug)
            card = card_service.list_cards(
                session, vendor.id, now=context.clock.now(), limit=1, status=CardStatus.ACTIVE
            )[0]
        token = context.loyalty.card_sealer.open(card.token_sealed, card.id)
        assert token is not None
        path = f"/api/v1/loyalty/cards/{token.decode()}"
        yield Demo(context, http, folder.keys()[CAFE.slug], card.number, path)


def test_a_browser_puts_the_pass_into_the_phone_and_sees_the_push_of_a_stamp(demo: Demo) -> None:
    added = demo.http.get(f"{demo.path}/apple.pkpass", headers=BROWSER)
    assert (added.status_code, added.headers["Location"]) == (303, PHONE_PATH)
    assert f"pass.json of {demo.number}" in demo.phone()
    assert "A push arrived" not in demo.phone()
    assert demo.wallet()["apple"] == "installed"

    demo.stamp()

    shown = demo.phone()
    assert "A push arrived" in shown
    found = re.search(r"The phone says: “[^”]*: (\d+)/10”", shown)
    assert found is not None, shown
    assert int(found[1]) == demo.http.get(demo.path).json()["stamps"]


def test_what_is_no_browser_gets_the_pass_itself(demo: Demo) -> None:
    answer = demo.http.get(f"{demo.path}/apple.pkpass")
    assert answer.headers["Content-Type"] == "application/vnd.apple.pkpass"
    unknown = f"/api/v1/loyalty/cards/{'x' * 22}/apple.pkpass"
    assert demo.http.get(unknown, headers=BROWSER).status_code == 404


def test_a_pass_that_was_thrown_away_wakes_nobody(demo: Demo) -> None:
    demo.http.get(f"{demo.path}/apple.pkpass", headers=BROWSER)

    demo.http.post(f"{PHONE_PATH}/remove", params={"serial": demo.number})
    demo.stamp()

    assert "pass.json of" not in demo.phone()
    assert "A push arrived" not in demo.phone()
    assert demo.wallet()["apple"] == "issued"


def test_the_page_of_googles_link_shows_the_card_and_its_buttons_tell_the_server(
    demo: Demo,
) -> None:
    link = demo.save_link()
    page = html.unescape(demo.http.get(link).text)
    assert "Nothing left this machine" in page
    assert "0/10" in page or "/10" in page
    assert f"c.{demo.number}" in page
    assert demo.wallet()["google"] == "issued"

    demo.http.post(link, params={"do": "save"})
    assert demo.wallet()["google"] == "installed"
    demo.stamp()
    stamps = demo.http.get(demo.path).json()["stamps"]
    assert f"{stamps}/10" in demo.http.get(link).text
    demo.http.post(link, params={"do": "remove"})

    assert demo.wallet()["google"] == "none"
    assert demo.http.post(link, params={"do": "frame"}).status_code == 400
    assert demo.http.get(f"{link}x").status_code == 400


def test_pages_run_nothing_and_load_nothing_from_elsewhere(demo: Demo) -> None:
    demo.http.get(f"{demo.path}/apple.pkpass", headers=BROWSER)
    for path in (PHONE_PATH, demo.save_link()):
        answer = demo.http.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "<script" not in answer.text
        assert not re.findall(r"""(?:src|href)="(?!data:|http://127\.0\.0\.1)""", answer.text)
        assert " style=" not in answer.text


def test_a_restart_finds_keys_passes_and_googles_cards_again(folder: DemoFolder) -> None:
    with running(folder) as demo:
        demo.http.get(f"{demo.path}/apple.pkpass", headers=BROWSER)
        certificate = demo.context.settings.apple_certificate
        demo.http.post(demo.save_link(), params={"do": "save"})
    with running(folder) as demo:
        assert demo.context.settings.apple_certificate == certificate
        assert f"pass.json of {demo.number}" in demo.phone()
        assert "is in somebody's wallet" in html.unescape(demo.http.get(demo.save_link()).text)
        demo.stamp()
        assert "The phone says" in demo.phone()


def test_keys_are_for_their_owner_only(demo: Demo, folder: DemoFolder) -> None:
    kept = list(folder.wallets.glob("*.pem"))
    assert len(kept) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE(folder.wallets.stat().st_mode) == 0o700


def test_a_real_shops_wallets_never_reach_the_demonstration(
    folder: DemoFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUNCHCARD_APPLE_P12", "a real shop's")
    monkeypatch.setenv("PUNCHCARD_APPLE_TEAM_ID", "REALSHOP12")
    monkeypatch.setenv("PUNCHCARD_GOOGLE_API_URL", "https://walletobjects.googleapis.com/x")
    with demo_wallets(folder.wallets, folder.settings(), "http://127.0.0.1:1") as wallets:
        assert wallets.settings.apple_p12 == ""
        assert "googleapis.com" not in repr(wallets.settings)
        signer = load_signer(wallets.settings)
        assert signer is not None
        assert signer.team_id == "TEAM123456"
