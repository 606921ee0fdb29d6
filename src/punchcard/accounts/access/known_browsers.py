"""Browsers that a person has signed in with before: told apart by a token that they show again."""

import hmac
from datetime import timedelta
from typing import Any, Final

from punchcard.accounts.access.hashing import password_marks
from punchcard.accounts.access.people import KeptPassword
from punchcard.accounts.models import Admin, User
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.secrets import Digests, Signer
from punchcard.kit.settings import Settings

KNOWN_CHARACTERS: Final = 2000
"""How long what a browser shows may be."""

_BETWEEN: Final = "~"
_PEOPLE: Final = 5
_ID_BYTES: Final = 12
_FINGERPRINT_CHARACTERS: Final = 16


class KnownBrowsers:
    """Issues and reads what a browser keeps of those who signed in there, at most five people.

    A part of it is good for one person, for `known_browser_days`, and until their password changes.
    It lets nobody in: it only says that wrong passwords typed there are counted apart from those
    of strangers, and that a sign-in from there is nothing new.
    """

    def __init__(self, settings: Settings, clock: Clock, ids: Ids) -> None:
        self.life = timedelta(days=settings.known_browser_days)
        self._signer = Signer(settings.keys, "known browser", "")
        self._digests = Digests(settings.keys, "punchcard known browser")
        self._clock = clock
        self._ids = ids

    def issue(self, person: User | Admin, shown: str | None) -> str:
        """Return what the browser is to keep from now on; `shown` is what it has kept so far."""
        others = [one for one in self._parts(shown) if one["person"] != person.id]
        fresh = {
            "person": person.id,
            "browser": self.find(person, shown) or self._ids.new_token(_ID_BYTES),
            "password": self._fingerprints(person)[0],
            "at": int(self._clock.now().timestamp()),
        }
        return _BETWEEN.join(self._signer.sign(one) for one in [fresh, *others][:_PEOPLE])

    def find(self, person: User | Admin | KeptPassword, shown: str | None) -> str | None:
        """Return the id of a browser that the person has signed in with, None for any other."""
        for part in self._parts(shown):
            good = [
                hmac.compare_digest(part["password"], one) for one in self._fingerprints(person)
            ]
            if part["person"] == person.id and any(good):
                return str(part["browser"])
        return None

    def _parts(self, shown: str | None) -> list[dict[str, Any]]:
        """Return the parts that were issued here and are not too old."""
        if not shown or len(shown) > KNOWN_CHARACTERS:
            return []
        oldest = (self._clock.now() - self.life).timestamp()
        found = (self._signer.verify(text) for text in shown.split(_BETWEEN)[:_PEOPLE])
        return [part for part in found if part is not None and part["at"] >= oldest]

    def _fingerprints(self, person: User | Admin | KeptPassword) -> list[str]:
        """Return what stands for their password, by each of the server's keys."""
        return [
            one.hex()[:_FINGERPRINT_CHARACTERS]
            for mark in password_marks(person.password_hash)
            for one in self._digests.any_of(f"{person.id} {mark}".encode())
        ]
