"""Names for things: ordered ids, card numbers a person can type, tokens nobody can guess."""

import hashlib
import re
import secrets
import threading
from datetime import datetime
from typing import Final, NewType, Protocol, TypeVar, cast

from punchcard.kit.clock import Clock
from punchcard.kit.random_pool import RandomPool

# Every kind of thing has ids of a type of its own, so that no two can be confused. What comes from
# outside becomes one in the faces: in the parameters of a route, a schema, a field of a form.
VendorId = NewType("VendorId", str)
LocationId = NewType("LocationId", str)
UserId = NewType("UserId", str)
AdminId = NewType("AdminId", str)
SessionId = NewType("SessionId", str)
ApiKeyId = NewType("ApiKeyId", str)
DeviceId = NewType("DeviceId", str)
CustomerId = NewType("CustomerId", str)
ProgramId = NewType("ProgramId", str)
RewardId = NewType("RewardId", str)
PromotionId = NewType("PromotionId", str)
CardId = NewType("CardId", str)
EntryId = NewType("EntryId", str)
ImportId = NewType("ImportId", str)
ArchiveId = NewType("ArchiveId", str)
StaffPinId = NewType("StaffPinId", str)
GrantId = NewType("GrantId", str)
MergeId = NewType("MergeId", str)
ReservationId = NewType("ReservationId", str)
AutomationId = NewType("AutomationId", str)
AutomationRunId = NewType("AutomationRunId", str)
ReferralId = NewType("ReferralId", str)
VendorEventId = NewType("VendorEventId", str)
WebhookEndpointId = NewType("WebhookEndpointId", str)
WebhookDeliveryId = NewType("WebhookDeliveryId", str)
ReceiptClaimId = NewType("ReceiptClaimId", str)
ReceiptKeyId = NewType("ReceiptKeyId", str)
IntegrationId = NewType("IntegrationId", str)
IntegrationEventId = NewType("IntegrationEventId", str)
IntegrationOrderId = NewType("IntegrationOrderId", str)
IntegrationBookingId = NewType("IntegrationBookingId", str)
PlanId = NewType("PlanId", str)

KINDS: Final = (
    VendorId,
    LocationId,
    UserId,
    AdminId,
    SessionId,
    ApiKeyId,
    DeviceId,
    CustomerId,
    ProgramId,
    RewardId,
    PromotionId,
    CardId,
    EntryId,
    ImportId,
    ArchiveId,
    StaffPinId,
    GrantId,
    MergeId,
    ReservationId,
    AutomationId,
    AutomationRunId,
    ReferralId,
    VendorEventId,
    WebhookEndpointId,
    WebhookDeliveryId,
    ReceiptClaimId,
    ReceiptKeyId,
    IntegrationId,
    IntegrationEventId,
    IntegrationOrderId,
    IntegrationBookingId,
    PlanId,
)
"""Every kind; the database keeps them all in columns of one type."""

AnyId = TypeVar("AnyId", bound=str)

CARD_NUMBER_DIGITS = 12
CARD_TOKEN_LENGTH = 22

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CARD_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

# The Damm quasigroup of order 10 (H. M. Damm, 2004): unlike Luhn it catches every single wrong
# digit and every swap of neighbours, the two slips people make at a till.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


class Ids(Protocol):
    """Makes the names of new things."""

    def new_id(self) -> str:
        """Return a new UUIDv7 as text."""

    def new_card_number(self) -> str:
        """Return a new card number: 12 digits, the last one a check digit."""

    def new_token(self, bytes_of_chance: int = 32) -> str:
        """Return an unguessable URL-safe text."""


class Chance(Protocol):
    """Gives random numbers of 64 bits."""

    def number(self) -> int:
        """Return the next number."""


class SystemIds:
    """Ids from the given clock and the machine's source of chance, or from another one.

    Card numbers and tokens come from the machine's whatever is given: they are secrets.
    """

    def __init__(self, clock: Clock, chance: Chance | None = None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0
        self._chance = chance or RandomPool()

    def new_id(self) -> str:
        """Return a UUIDv7 (RFC 9562, section 5.7), later than every one this object gave before.

        The twelve bits after the milliseconds hold a sub-millisecond fraction (method 3), so that
        ids made within one millisecond still sort in the order they were made.
        """
        now = self._clock.now()
        microseconds = int(now.timestamp() * 1_000_000)
        milliseconds, rest = divmod(microseconds, 1000)
        ordered = (milliseconds << 12) | (rest * 4096 // 1000)
        with self._lock:
            self._last = ordered = max(ordered, self._last + 1)
        chance = self._chance.number() >> 2
        value = (ordered >> 12 << 80) | (7 << 76) | ((ordered & 0xFFF) << 64) | (2 << 62) | chance
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def new_card_number(self) -> str:
        """Return a card number: eleven digits of chance (no leading zero) and a check digit."""
        body = str(10**10 + secrets.randbelow(9 * 10**10))
        return body + str(check_digit(body))

    def new_token(self, bytes_of_chance: int = 32) -> str:
        """Return `bytes_of_chance` random bytes as URL-safe text (16 bytes: 22 characters)."""
        return secrets.token_urlsafe(bytes_of_chance)


def derived_id(at: datetime, *names: str) -> str:
    """Return the UUIDv7 of `at` that belongs to these names: the same for the same ones."""
    named = hashlib.sha256("\n".join(names).encode()).digest()
    milliseconds = int(at.timestamp() * 1000)
    chance = int.from_bytes(named[:10], "big")
    value = (milliseconds << 80) | (7 << 76) | (chance >> 68 << 64) | (2 << 62)
    text = f"{value | (chance & (2**62 - 1)):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def check_digit(digits: str) -> int:
    """Return the Damm check digit of a text of digits."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][ord(digit) - 48]
    return interim


def as_card_number(text: str) -> str | None:
    """Return the card number in `text` without spaces and hyphens, or None if it is not one."""
    digits = "".join(text.split()).replace("-", "")
    if len(digits) != CARD_NUMBER_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if check_digit(digits) == 0 else None


def readable_number(number: str, *, may_break: bool = False) -> str:
    """Return a card number in groups of four, as people read it out.

    No page breaks it into lines unless it `may_break`, as where wallets lay it out themselves.
    """
    space = " " if may_break else "\u00a0"
    return space.join(number[start : start + 4] for start in range(0, len(number), 4))


def as_id(text: AnyId) -> AnyId | None:
    """Return `text` in lower case if it is written as a UUID, else None."""
    lowered = text.lower()
    # A lower-case id is of the kind that it was before.
    return cast(AnyId, lowered) if _UUID.fullmatch(lowered) else None


def as_card_token(text: str) -> str | None:
    """Return the card token in `text`, which may be a whole card address, or None."""
    token = text.rsplit("/", 1)[-1] if "/" in text else text
    return token if _CARD_TOKEN.fullmatch(token) else None


CARD_TOKEN_BYTES = 16
