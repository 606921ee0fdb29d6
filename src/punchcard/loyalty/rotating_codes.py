"""Codes that move: a card's number behind digits that are good for half a minute or so.

A phone or a web page shows `SECONDS.DIGITS/NUMBER`: when it was made, the one-time digits of that
period, and the card. A picture of it is soon worth nothing, and it never leads to the card itself:
the secret token is not in it.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from punchcard.kit.ids import as_card_number
from punchcard.kit.secrets import Digests, totp
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.cards import CodeExpired
from punchcard.loyalty.vocabulary import CodeFormat

PERIOD_SECONDS: Final = 30
DIGITS: Final = 8

_KEY_BYTES: Final = 20
_SHAPE: Final = re.compile(r"([0-9]{1,11})\.([0-9]{8})/([0-9]{12})")


class RotatingCode(NamedTuple):
    """The parts of a rotating code: when it was made (seconds since 1970), its digits, the card."""

    seconds: int
    digits: str
    number: str


def as_rotating_code(text: str) -> RotatingCode | None:
    """Return what `text` says if it is written as a rotating code, whether or not it is right."""
    found = _SHAPE.fullmatch(text)
    if found is None or (number := as_card_number(found[3])) is None:
        return None
    return RotatingCode(int(found[1]), found[2], number)


def has_rotating_code(branding: Mapping[str, Any]) -> bool:
    """Return whether the cards of a program with this branding show a code that moves."""
    return branding.get("barcode") == CodeFormat.ROTATING


class RotatingCodes:
    """Makes and checks rotating codes; each card number has a key of its own."""

    def __init__(self, settings: Settings) -> None:
        self._keys = Digests(settings.keys, "punchcard moving code")
        self._drift = settings.moving_code_drift_seconds

    def key_of(self, number: str) -> bytes:
        """Return the secret that a wallet makes the codes of this card with."""
        return self._keys.of(number.encode())[:_KEY_BYTES]

    def code_for(self, number: str, at: datetime) -> str:
        """Return what the card with this number shows at `at`."""
        seconds = int(at.timestamp())
        return f"{seconds}.{_digits(self.key_of(number), seconds)}/{number}"

    def verify(self, text: str, at: datetime) -> str | None:
        """Return the number of the card whose rotating code at `at` is `text`.

        None for whatever is not written as a rotating code.

        Good are the digits of the period that `at` lies in, and of those that began or end within
        `moving_code_drift_seconds` of it. Raises CodeExpired for any other rotating code.
        """
        code = as_rotating_code(text)
        if code is None:
            return None
        begins = code.seconds - code.seconds % PERIOD_SECONDS
        ends = begins + PERIOD_SECONDS
        is_its_time = begins - self._drift <= at.timestamp() < ends + self._drift
        # A wallet that has not heard of the server's new key yet goes on with the old one.
        keys = [key[:_KEY_BYTES] for key in self._keys.any_of(code.number.encode())]
        good = [hmac.compare_digest(_digits(key, code.seconds), code.digits) for key in keys]
        is_right = any(good)
        if not (is_its_time and is_right):
            raise CodeExpired
        return code.number


def _digits(key: bytes, seconds: int) -> str:
    return totp(key, seconds // PERIOD_SECONDS, DIGITS)
