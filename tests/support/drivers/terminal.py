"""TerminalDriver: what people do at a terminal in a browser, and the shop it stands in."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.http import Api

LOYALTY = "/vendor/loyalty"
LEA, HUGO = ("Léa", "2968"), ("Hugo", "7305")


@dataclass
class TerminalDriver:
    """Café Alice's counter: its newest program, Léa and Hugo with their PINs."""

    api: Api
    program: dict[str, Any] = field(default_factory=dict)

    def open_program(self, **fields: Any) -> None:
        """Open a stamp card of ten, unless `fields` say otherwise; cards are of this one."""
        reward = {"name": "A coffee", "value_minor": 350}
        usual = {"name": "Coffee card", "type": "stamps", "stamp_reward": reward}
        self.program = self._made(f"{LOYALTY}/programs", {**usual, "status": "active", **fields})

    def hire(self, name: str, pin: str) -> None:
        """Give someone a PIN."""
        self._made(f"{LOYALTY}/pins", {"name": name, "pin": pin})

    def card(self, **fields: Any) -> dict[str, Any]:
        """Open a card for Anna, or for whom `fields` say."""
        customer = {"name": "Anna", **fields}
        return self._made(
            f"{LOYALTY}/cards", {"program_id": self.program["id"], "customer": customer}
        )

    def stamp(self, card: dict[str, Any]) -> None:
        """Stamp a card at another till."""
        self._made(f"{LOYALTY}/stamp", {"card": card["id"], "staff_pin": LEA[1]})

    def pairing_code(self) -> str:
        """Ask for a code as a manager does in the console."""
        return str(self._made("/vendor/devices/pairing-codes", {})["code"])

    def reward(self, name: str, points: int | None) -> dict[str, Any]:
        """Put a reward on the shelf, one that is only given without points."""
        path = f"{LOYALTY}/programs/{self.program['id']}/rewards"
        return self._made(path, {"name": name, "points_required": points})

    def entries(self, card: dict[str, Any]) -> list[dict[str, Any]]:
        """Read a card's entries, oldest first, without the one that opened it."""
        answer = self.api.get(f"{LOYALTY}/cards/{card['id']}/transactions?limit=200")
        found: list[dict[str, Any]] = answer.json()["items"]
        return [entry for entry in reversed(found) if entry["type"] != "card_opened"]

    def types(self, card: dict[str, Any]) -> list[str]:
        """Read what happened to a card, oldest first."""
        return [entry["type"] for entry in self.entries(card)]

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.api.post(path, body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


def open_terminal_driver(api: Api, alice: Shop, **program: Any) -> TerminalDriver:
    """Open a program, a stamp card of ten unless `program` says otherwise, and give PINs."""
    counter = TerminalDriver(api.with_token(alice.token()))
    counter.open_program(**program)
    for name, pin in (LEA, HUGO):
        counter.hire(name, pin)
    return counter


def pair(page: Page, counter: TerminalDriver) -> None:
    """Open the link of the QR code in the console, and pair."""
    page.goto(f"/terminal#pair={counter.pairing_code()}")
    page.locator("form button[type=submit]").click()
    expect(page.locator(".people")).to_be_visible()


def open_shift(page: Page, who: tuple[str, str] = LEA) -> None:
    """Tap a name and type the PIN."""
    name, pin = who
    page.locator(".person", has_text=name).click()
    type_pin(page, pin)
    expect(page.locator(".scan")).to_be_visible()


def type_pin(page: Page, pin: str) -> None:
    """Tap a PIN on the pad, and the button below."""
    for digit in pin:
        page.locator(".keypad .key", has_text=digit).click()
    page.locator(".pin button.big").click()


def open_terminal(page: Page, counter: TerminalDriver) -> None:
    """Pair the page's device, and open Léa's shift on it."""
    pair(page, counter)
    open_shift(page)


def open_till(
    visits: Visits, api: Api, alice: Shop, **program: Any
) -> tuple[TerminalDriver, dict[str, Any], Page]:
    """Open a counter with Anna's card, and a terminal with Léa's shift; returns the three."""
    counter = open_terminal_driver(api, alice, **program)
    card, page = counter.card(), visits.open()
    open_terminal(page, counter)
    return counter, card, page


def find(page: Page, text: str) -> None:
    """Type what a card is found by, from wherever one is."""
    page.locator(".bar .place").click()
    page.locator("#code").fill(text)
    page.locator("#code").press("Enter")


def find_card(page: Page, card: dict[str, Any]) -> None:
    """Find a card by its number."""
    find(page, card["number"])
    expect(page.locator(".till-card")).to_contain_text(card["number"][:4])


def find_card_offline(page: Page, number: str) -> None:
    """Find a card of which no more may be known than its number."""
    find(page, number)
    expect(page.locator(".till-card")).to_be_visible()


def stamp(page: Page) -> None:
    """Press the large button."""
    page.locator(".stamp-it").click()


def stamp_offline(page: Page, text: str) -> None:
    """Find a card by `text` and stamp it; without a line, the device says that it keeps that."""
    find(page, text)
    stamp(page)
    told_kept(page)


def told_kept(page: Page) -> None:
    """Wait until the device says that it keeps what was done."""
    expect(page.locator(".notice.warn")).to_contain_text("Saved on this device.")


def kept_by_worker(page: Page) -> None:
    """Wait until the browser keeps the shell."""
    page.evaluate(
        """async () => {
            await navigator.serviceWorker.ready;
            if (!navigator.serviceWorker.controller) await new Promise(done =>
                navigator.serviceWorker.addEventListener("controllerchange", done, {once: true}));
        }"""
    )


def queue_is(page: Page, waiting: int) -> None:
    """Wait until so many operations wait, as the strip above every screen tells."""
    told = expect(page.locator(".chip.line"))
    if waiting:
        told.to_contain_text(f"waiting: {waiting}")
    else:
        told.not_to_contain_text("waiting")
