"""The terminal at Boulangerie Bob's counter, brought into the states that pictures show.

One device is paired for each town; its pages get what the device keeps, and pair nothing more.
"""

import json
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from punchcard.loyalty.errors.cards import CardBlocked
from tests.journeys.support.town import Town

BAKER: Final = "bob@boulangerie-bob.example"
NAME, PIN = "Bob Weber", "6180"
LOYALTY = "/vendor/loyalty"

_devices: dict[str, dict[str, Any]] = {}

_PUT: Final = """
async kept => {
    const ended = asked => new Promise(done => { asked.onsuccess = () => done(asked.result); });
    const database = await ended(indexedDB.open("punchcard-terminal", 1));
    const store = database.transaction("kept", "readwrite").objectStore("kept");
    for (const [name, value] of Object.entries(kept)) store.put(value, name);
    await new Promise(done => { store.transaction.oncomplete = done; });
    database.close();
}
"""


def pair(page: Page, _town: Town) -> None:
    """Show a device that belongs to no shop yet."""
    expect(page.locator("input.code")).to_be_visible()


def people(page: Page, town: Town) -> None:
    """Show who can open a shift."""
    _put(page, {"device": _device(town)})
    expect(page.locator(".person").first).to_be_visible()


def pin(page: Page, town: Town) -> None:
    """Show the pad after two digits."""
    people(page, town)
    page.locator(".person", has_text=NAME).click()
    for _press in range(2):
        page.locator(".keypad .key", has_text="1").click()


def scan(page: Page, town: Town) -> None:
    """Show where a card is found."""
    _put(page, {"device": _device(town), "shift": _shift(town)})
    expect(page.locator(".scan")).to_be_visible()


def card(page: Page, town: Town) -> None:
    """Show a card with stamps and points."""
    scan(page, town)
    page.locator("#code").fill(_card_number(town))
    page.locator("#code").press("Enter")
    expect(page.locator(".till-card .big").first).to_be_visible()


def amount(page: Page, town: Town) -> None:
    """Show the pad on which a purchase is typed."""
    card(page, town)
    page.locator(".deeds > button.big").last.click()
    for key in "1250":
        page.locator("dialog .key", has_text=key).click()


def enrol(page: Page, town: Town) -> None:
    """Show the form for a new customer."""
    scan(page, town)
    page.locator(".scan-side > button").click()
    expect(page.locator("form.enrol")).to_be_visible()


def options(page: Page, town: Town) -> None:
    """Show what can be set on the device."""
    scan(page, town)
    page.locator(".bar button.icon").click()
    expect(page.locator(".language-choice")).to_be_visible()


def waiting(page: Page, town: Town) -> None:
    """Show what waits while the line is down."""
    page.route("**/api/**", lambda route: route.abort())
    shift = _shift(town)
    language = page.locator("html").get_attribute("lang") or ""
    book = _book(town, shift, language)
    _put(page, {"device": _device(town), "shift": shift, "book": book})
    page.locator(".chip.line").click()
    expect(page.locator(".entries").first).to_be_visible()


def handed_over(town: Town) -> str:
    """Return the path of the page that opens a card which the till has just opened."""
    till = town.api(BAKER).with_token(_device(town)["token"])
    program = till.get(f"{LOYALTY}/programs").json()["items"][0]["id"]
    wanted = {"program_id": program, "staff_token": _shift(town)["token"]}
    opened = till.post(f"{LOYALTY}/cards", wanted).json()
    return str(urlsplit(opened["hand_over_url"]).path)


def _put(page: Page, kept: dict[str, Any]) -> None:
    page.locator("#screen").wait_for()
    page.evaluate(_PUT, kept)
    page.reload()


def _device(town: Town) -> dict[str, Any]:
    if town.address not in _devices:
        owner = town.api(BAKER)
        code = owner.post("/vendor/devices/pairing-codes", {}).json()["code"]
        paired = owner.with_token(None).post("/devices/pair", {"code": code, "name": "Counter"})
        found = paired.json()
        me = owner.with_token(found["token"]).get("/auth/me").json()
        _devices[town.address] = {
            **found["device"],
            "token": found["token"],
            "vendor_id": me["vendor_id"],
            "is_revoked": False,
        }
    return _devices[town.address]


def _shift(town: Town) -> dict[str, Any]:
    till = town.api(BAKER).with_token(_device(town)["token"])
    verified = till.post(f"{LOYALTY}/pins/verify", {"pin": PIN}).json()
    return {
        "pin_id": verified["staff_pin"]["id"],
        "name": verified["staff_pin"]["name"],
        "program_id": None,
        "token": verified["staff_token"],
        "expires_at": verified["expires_at"],
        "last_active": int(town.clock.now().timestamp() * 1000),
        "is_locked": False,
        "is_unproved": False,
    }


def _card_number(town: Town) -> str:
    cards = town.api(BAKER).get(f"{LOYALTY}/cards?limit=100").json()["items"]
    named = [one for one in cards if one["customer"] and one["customer"]["name"]]
    fullest = max(named, key=lambda one: (one["stamps"] < one["stamps_target"], one["stamps"]))
    return str(fullest["number"])


def _book(town: Town, shift: dict[str, Any], language: str) -> dict[str, Any]:
    """Return what waits and what was refused, in the words the server had for this language."""
    number = _card_number(town)
    at = town.clock.now().isoformat()

    def entry(key: str, **body: Any) -> dict[str, Any]:
        label = {"number": number, "name": "Anna", "program": None, "currency": "EUR"}
        base = {"card": number, "idempotency_key": key, "occurred_at": at}
        proof = {"vendor_id": _device(town)["vendor_id"], "staff_name": shift["name"]}
        return {"body": {**base, **body}, "label": label, **proof}

    refused = {
        **entry("third", op="stamp"),
        "status": "refused",
        "settled_at": shift["last_active"],
        "is_seen": False,
        "problem": {"code": "card_blocked", "detail": CardBlocked().told(language)},
        "receipt": None,
    }
    waits = [entry("first", op="stamp", quantity=2), entry("second", op="earn", amount_minor=1250)]
    book: dict[str, Any] = json.loads(json.dumps({"queue": waits, "done": [refused]}))
    return book
