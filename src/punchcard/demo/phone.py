"""A pretended iPhone: holds passes, is woken by pushes, and fetches what changed.

It speaks to the server within this process; pushes reach it through the stand-in of Apple's
service, over the network as they always do.
"""

import io
import json
import threading
import zipfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from punchcard.context import Context
from punchcard.loyalty.cards import card_service
from punchcard.wallets.apple.apple_registry import Registration

PHONE_PATH: Final = "/demo/phone"
DEVICE: Final = "a-phone-of-the-demonstration"
PUSH_TOKEN: Final = "d3770" * 8

_EVENTS_KEPT: Final = 50
_FRONT: Final = ("headerFields", "primaryFields", "secondaryFields", "auxiliaryFields")


@dataclass(frozen=True)
class HeldPass:
    """A pass as the phone has it: `pass.json`, and its pictures as PNGs by name."""

    document: dict[str, Any]
    pictures: dict[str, bytes]
    modified_at: int

    def fields(self, places: tuple[str, ...] = (*_FRONT, "backFields")) -> list[dict[str, Any]]:
        """Return the fields at these places, in their order."""
        card = self.document["storeCard"]
        return [one for place in places for one in card.get(place, [])]

    @property
    def front(self) -> list[dict[str, Any]]:
        """Return the fields on the pass's front."""
        return self.fields(_FRONT)


@dataclass
class DemoPhone:
    """The phone; `events` is what happened on it, the latest first."""

    context: Context
    passes: dict[str, HeldPass] = field(default_factory=dict)
    events: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=_EVENTS_KEPT))
    _tag: int | None = None
    _turn: threading.RLock = field(default_factory=threading.RLock)
    _hands: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="phone")
    )

    def add(self, token: str) -> None:
        """Put the card with this token into the phone's wallet. Raises CardNotFound."""
        context, wallet = self.context, self.context.wallets.apple
        with context.database.read() as session:
            card = card_service.get_card_by_token(session, token, now=context.clock.now())
        built = wallet.hand_out(card.id, card.number)
        wallet.register(Registration(DEVICE, PUSH_TOKEN, card.number))
        with self._turn:
            self.passes[card.number] = opened(built.content, built.modified_at)
            self._note(f"The pass of card {card.number} was added.")

    def remove(self, serial_number: str) -> None:
        """Throw a pass away; its changes no longer wake the phone."""
        with self._turn:
            if self.passes.pop(serial_number, None) is not None:
                self.context.wallets.apple.unregister(DEVICE, serial_number)
                self._note(f"The pass of card {serial_number} was removed.")

    def look(self) -> None:
        """Wait until the phone has fetched what pushes told of, at first all it held."""
        self._hands.submit(self._switch_on).result()

    def wake(self, token: str) -> None:
        """Receive a push: the phone then asks what changed, in a thread of its own."""
        if token == PUSH_TOKEN:
            self._note("A push arrived. It is empty: the phone asks what changed.")
            self._hands.submit(self.update)

    def update(self) -> None:
        """Fetch the passes that changed since the phone last asked; at first, all it ever held."""
        wallet = self.context.wallets.apple
        with self._turn:
            serials, self._tag = wallet.updated_since(DEVICE, self._tag)
            for serial in serials:
                before = self.passes.get(serial)
                built = wallet.latest(serial, known_since=before.modified_at if before else None)
                if built is not None:
                    after = opened(built.content, built.modified_at)
                    self.passes[serial] = after
                    for sentence in changes(before, after) if before else []:
                        self._note(sentence)

    def close(self) -> None:
        """Finish what the last push began."""
        self._hands.shutdown()

    def _switch_on(self) -> None:
        if self._tag is None:
            self.update()

    def _note(self, sentence: str) -> None:
        self.events.appendleft((self.context.clock.now(), sentence))


def opened(content: bytes, modified_at: int) -> HeldPass:
    """Open a .pkpass."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith("@2x.png")]
        pictures = {name.removesuffix("@2x.png"): archive.read(name) for name in names}
        return HeldPass(json.loads(archive.read("pass.json")), pictures, modified_at)


def changes(before: HeldPass, after: HeldPass) -> list[str]:
    """Return what the phone tells its holder: the words of each field that changed."""
    old = {one["key"]: one["value"] for one in before.fields()}
    told = [
        f"The phone says: “{one['changeMessage'].replace('%@', str(one['value']))}”"
        for one in after.fields()
        if "changeMessage" in one and one["value"] != old.get(one["key"], one["value"])
    ]
    return told or ["The phone fetched the pass; nothing on it is told aloud."]
