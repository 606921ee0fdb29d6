"""What there is to know of each system: how it signs, what it calls things, how it is read."""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.mapping import EarnOn, IntegrationMapping
from punchcard.connect.integrations.told import Told, Unreadable
from punchcard.connect.integrations.vocabulary import OrderState, WhoSigns

TOPIC_CHARACTERS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it came: headers by their names in small letters, the body, byte by byte.

    `url` is the address that was given out, which some systems sign; `now` is when it came.
    """

    headers: Mapping[str, str]
    body: bytes
    url: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A system that tells of orders.

    `is_signed` checks a request with one secret; `topic` names what it is about, at most 80 visible
    characters, and `parse` reads a body of a topic and raises Unreadable. `is_ping` tells a request
    that only tries the address, and bears no signature. `bears_signature` tells one that is signed,
    where a system may leave that out.
    """

    who_signs: WhoSigns
    topic: Callable[[Sent], str]
    parse: Callable[[str, bytes, IntegrationMapping], Sequence[Told]]
    is_signed: Callable[[Sent, str], bool]
    is_ping: Callable[[Sent], bool] = lambda _sent: False
    needs_signature: bool = True
    bears_signature: Callable[[Sent], bool] = lambda _sent: False


def paid_state(mapping: IntegrationMapping, *, is_done: bool) -> OrderState:
    """Return the state of an order that is paid: open yet if it earns only once it `is_done`."""
    return OrderState.PAID if is_done or mapping.earn_on is EarnOn.PAID else OrderState.OPEN


def header_topic(name: str) -> Callable[[Sent], str]:
    """Return what reads the topic in a header."""
    return lambda sent: visible(sent.headers.get(name, ""))


def body_topic(name: str) -> Callable[[Sent], str]:
    """Return what reads the topic in a field of the body; one that cannot be read has none."""

    def topic(sent: Sent) -> str:
        try:
            return visible(reading.word(reading.json_object(sent.body), name))
        except Unreadable:
            return ""

    return topic


def visible(text: str) -> str:
    """Return a topic as it is kept: at most 80 characters that can be seen."""
    seen = (char for char in text[:TOPIC_CHARACTERS] if char.isascii() and char.isprintable())
    return "".join(seen)


def is_base64_hmac(told: str, key: str, signed: bytes, digest: str = "sha256") -> bool:
    """Return whether `told` is the HMAC of `signed` in base64, compared in constant time."""
    right = base64.b64encode(hmac.digest(key.encode(), signed, digest)).decode()
    return hmac.compare_digest(told.encode(), right.encode())


def signed_in(name: str) -> Callable[[Sent, str], bool]:
    """Return what checks the HMAC of a body in base64 that a header tells."""
    return lambda sent, secret: is_base64_hmac(sent.headers.get(name, ""), secret, sent.body)


def is_hex_hmac(told: str, key: str, signed: bytes, digest: str = "sha256") -> bool:
    """Return whether `told` is the HMAC of `signed` in hexadecimal digits of either case."""
    right = hmac.digest(key.encode(), signed, digest).hex()
    return hmac.compare_digest(told.lower().encode(), right.encode())


def never_signed(_sent: Sent, _secret: str) -> bool:
    """Say of a system that signs nothing that its secret address is enough."""
    return True
