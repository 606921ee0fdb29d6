"""An iPhone that speaks with the server over HTTP, and the shop's counter."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from punchcard.context import Context
from punchcard.fakes.apns import Apns
from punchcard.fakes.apple_chain import PASS_TYPE
from punchcard.loyalty.models import LoyaltyProgram
from tests.support.http import Api
from tests.wallets.apple.opened_pass import OpenedPass, check_document, check_pictures, open_pass

SERVICE = "/loyalty/apple/v1"
CARDS = "/vendor/loyalty/cards"


@dataclass
class Phone:
    """An iPhone: holds passes, registers, asks, fetches."""

    api: Api
    name: str = "a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6"
    token: str = "0123456789abcdef0123456789abcdef"
    tag: str = ""
    held: dict[str, OpenedPass] = field(default_factory=dict)
    modified: dict[str, str] = field(default_factory=dict)

    def add(self, card: dict[str, Any]) -> OpenedPass:
        """Open the link of a card, and register for what it gives."""
        token = card["public_url"].rsplit("/", 1)[1]
        answer = self.api.get(f"/loyalty/cards/{token}/apple.pkpass")
        assert answer.status_code == 200
        opened = self.keep(answer)
        assert self.register(opened) == 201
        return opened

    def register(self, opened: OpenedPass) -> int:
        """Register for a pass; returns the status."""
        path, headers = self._registration(opened)
        body = {"pushToken": self.token}
        return self.api.post(path, json=body, headers=headers).status_code

    def unregister(self, opened: OpenedPass) -> int:
        """Switch a pass's updates off; returns the status."""
        path, headers = self._registration(opened)
        return self.api.delete(path, headers=headers).status_code

    def ask(self, tag: str | None = None) -> list[str]:
        """Ask which passes changed, and remember the tag."""
        path = f"{SERVICE}/devices/{self.name}/registrations/{PASS_TYPE}"
        since = self.tag if tag is None else tag
        answer = self.api.get(path, params={"passesUpdatedSince": since} if since else {})
        if answer.status_code == 204:
            return []
        body = answer.json()
        assert isinstance(body["lastUpdated"], str)
        self.tag = body["lastUpdated"]
        serials: list[str] = body["serialNumbers"]
        return serials

    def fetch(self, serial: str) -> OpenedPass | None:
        """Fetch a pass unless it is the one held; None for 304."""
        answer = self.fetch_raw(serial, self.modified[serial])
        if answer.status_code == 304:
            return None
        assert answer.status_code == 200
        return self.keep(answer)

    def fetch_raw(self, serial: str, since: str = "") -> httpx.Response:
        """Fetch a pass; returns the answer."""
        headers = {"Authorization": self.secret(self.held[serial])}
        if since:
            headers["If-Modified-Since"] = since
        return self.api.get(f"{SERVICE}/passes/{PASS_TYPE}/{serial}", headers=headers)

    def secret(self, opened: OpenedPass) -> str:
        """Return what the phone shows for a pass."""
        return f"ApplePass {opened.document['authenticationToken']}"

    def _registration(self, opened: OpenedPass) -> tuple[str, dict[str, str]]:
        serial = opened.document["serialNumber"]
        path = f"{SERVICE}/devices/{self.name}/registrations/{PASS_TYPE}/{serial}"
        return path, {"Authorization": self.secret(opened)}

    def keep(self, answer: httpx.Response) -> OpenedPass:
        """Read a pass that was fetched, and hold it."""
        assert answer.headers["content-type"] == "application/vnd.apple.pkpass"
        opened = open_pass(answer.content)
        check_document(opened.document)
        check_pictures(opened.files)
        serial = opened.document["serialNumber"]
        self.held[serial] = opened
        self.modified[serial] = answer.headers["last-modified"]
        return opened


def enrol(owner: Api, coffee: LoyaltyProgram, name: str = "Zoë") -> dict[str, Any]:
    answer = owner.post(CARDS, json={"program_id": coffee.id, "customer": {"name": name}})
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


@dataclass
class StampsAndPushes:
    """The shop's counter, and the worker behind it."""

    owner: Api
    context: Context
    apns: Apns

    def stamp(self, card: dict[str, Any]) -> list[str]:
        """Stamp a card and let the worker follow; returns the push tokens that were woken."""
        answer = self.owner.post("/vendor/loyalty/stamp", json={"card": card["id"]})
        assert answer.status_code == 201, answer.text
        return self.follow(card)

    def follow(self, card: dict[str, Any]) -> list[str]:
        """Do what the worker does about a changed card; returns the tokens that were woken."""
        before = len(self.apns.pushes)
        self.context.wallets.service.refresh(card["id"])
        return sorted(self.apns.pushes[before:])
