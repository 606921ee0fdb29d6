"""Operations: everything that can be asked of the till, each a small frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple, TypedDict

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import (
    CARD_TOKEN_LENGTH,
    CardId,
    DeviceId,
    EntryId,
    GrantId,
    LocationId,
    ProgramId,
    ReservationId,
    RewardId,
    StaffPinId,
    VendorId,
    as_card_number,
    as_card_token,
    as_id,
)
from punchcard.kit.validation.contacts import fold_number
from punchcard.kit.values import value
from punchcard.loyalty.vocabulary import EXTERNAL_CODE_LENGTH, ActorKind, EntryType, GrantReason


class CardKey:
    """What a card is named by. Plain texts: they are hashed for every stamp."""

    ID: Final = "id"
    NUMBER: Final = "number"
    TOKEN: Final = "token"  # noqa: S105 a name, not a secret
    EXTERNAL: Final = "external"


class CardRef(NamedTuple):
    """How a caller names a card: by its id, its number, or its secret token."""

    key: str
    value: str

    @classmethod
    def parse_any(cls, text: str) -> "CardRef | None":
        """Return what `text` names, which may be the code of a card that another system made.

        Such a code may look like one of ours: it is looked for where nothing of ours is found, by
        the value that this gives it. None for what is empty or longer than any code.
        """
        if ref := cls.parse(text):
            return ref
        code = text.strip()
        is_code = 0 < len(code) <= EXTERNAL_CODE_LENGTH and code.isprintable()
        return cls(CardKey.EXTERNAL, code) if is_code else None

    @classmethod
    def parse(cls, text: str) -> "CardRef | None":
        """Return what `text` names, or None when it can name no card of ours.

        Ids, numbers (spaces and hyphens allowed) and tokens never look alike, nor like a moving
        code, which names no card before it was checked: see `RotatingCodes.verify`.
        """
        if not text.isascii():
            # Pasted from a page or a message: odd blanks, hyphens and digits.
            text = fold_number(text)
        # First what most cards are named by: with a letter in it, it can be nothing else.
        has_length = len(text) == CARD_TOKEN_LENGTH
        if has_length and as_card_token(text) and not text.replace("-", "").isdigit():
            return cls(CardKey.TOKEN, text)
        if card_id := as_id(text):
            return cls(CardKey.ID, card_id)
        if number := as_card_number(text):
            return cls(CardKey.NUMBER, number)
        if token := as_card_token(text):
            return cls(CardKey.TOKEN, token)
        return None


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose credential asked: its kind (member, api_key, device, public, system) and id."""

    kind: ActorKind
    id: str | None


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """The person at the till, proved by a PIN or by the token a PIN was exchanged for.

    `program_id` is the only program the PIN is good for; None means all of the vendor's.
    """

    pin_id: StaffPinId
    staff_id: str | None
    name: str
    program_id: ProgramId | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an operation came from; kept beside the entry, and only if the vendor wants it."""

    address: str | None
    user_agent: str | None
    device_id: DeviceId | None


@value
class Operation:
    """What every operation carries.

    `occurred_at` is when it happened, None for now. `fingerprint` is the SHA-256 of the request,
    which tells a repeated request from another one under the same `idempotency_key`.
    `is_code_fresh` says that the card was named by a rotating code, which was right at that time.
    """

    vendor_id: VendorId
    actor: Actor
    staff: StaffIdentity | None = None
    location_id: LocationId | None = None
    note: str | None = None
    occurred_at: datetime | None = None
    idempotency_key: str | None = None
    fingerprint: bytes | None = None
    origin: Origin | None = None
    request_id: str | None = None
    is_code_fresh: bool = False


class OperationMetadata(TypedDict, total=False):
    """What every operation carries, as keyword arguments; see `Operation`."""

    vendor_id: VendorId
    actor: Actor
    staff: StaffIdentity | None
    location_id: LocationId | None
    note: str | None
    occurred_at: datetime | None
    idempotency_key: str | None
    fingerprint: bytes | None
    origin: Origin | None
    request_id: str | None
    is_code_fresh: bool


@value
class CardOperation(Operation):
    """An operation on a card that exists."""

    card: CardRef


class PurchaseItem(NamedTuple):
    """Something that was bought: its code at the shop's till, how many, and what they cost."""

    sku: str
    quantity: int = 1
    amount_minor: int | None = None


@value
class AddStamp(CardOperation):
    """Put `quantity` stamps (1 to 50) on a card, or those that the `items` give.

    `reference` is the shop's receipt.
    """

    quantity: int = 1
    items: tuple[PurchaseItem, ...] = ()
    reference: str | None = None


@value
class RecordVisit(CardOperation):
    """Record one purchase with its stamps and its points.

    `stamps` None stands for those that the `items` give, or for one; `amount_minor` None for a
    visit of which nobody says what it came to. `reference` is the shop's receipt.
    """

    amount_minor: int | None = None
    stamps: int | None = None
    items: tuple[PurchaseItem, ...] = ()
    reference: str | None = None


@value
class RedeemStamps(CardOperation):
    """Exchange a full stamp card for its reward, or claim the reward at `milestone` stamps."""

    milestone: int | None = None


@value
class EarnPoints(CardOperation):
    """Credit the points of one purchase of `amount_minor`; `reference` is the shop's receipt."""

    amount_minor: int
    reference: str | None = None


@value
class RedeemReward(CardOperation):
    """Exchange points for a reward of the catalogue."""

    reward_id: RewardId


@value
class RedeemPoints(CardOperation):
    """Take a free number of points off a card."""

    points: int


@value
class AdjustPoints(CardOperation):
    """Correct a card's points by hand; the reason stands in the entry's note and in the audit."""

    points_delta: int


@value
class SetOpeningBalance(CardOperation):
    """Put on a card what its holder had elsewhere, as the import tells that acts: once a card.

    With `adds` it comes on top of what is there, otherwise the card then has exactly this; None
    leaves stamps or points as they are. The card is named by its id.
    """

    stamps: int | None = None
    points: int | None = None
    adds: bool = False


@value
class BookDue(CardOperation):
    """Book what ended or began on a card by itself until `until`: points, stamps, tiers."""

    until: datetime


@value
class GrantReward(CardOperation):
    """Give a card a reward, under an id and a code of its own, until the day `expires_on`.

    With `once_key` the card is given it once, whatever becomes of it.
    """

    grant_id: GrantId
    code: str
    reward_id: RewardId
    reason: GrantReason
    expires_on: date | None = None
    once_key: str | None = None


@value
class RedeemGrant(CardOperation):
    """Hand out what a card was given; None is what ends first, if all is one reward."""

    grant_id: GrantId | None = None


@value
class RevokeGrant(CardOperation):
    """Withdraw what a card was given."""

    grant_id: GrantId


@value
class GiveBonus(CardOperation):
    """Put points or stamps on a card that bought nothing for them; `facts` say why.

    `kind` is the type of the entry: a bonus of an automation, or for a referral.
    """

    kind: EntryType
    points: int = 0
    stamps: int = 0
    facts: Mapping[str, str | int] = field(default_factory=dict)


@value
class Reserve(CardOperation):
    """Set a reward, or points, or a grant aside for some seconds: exactly one of the three."""

    reservation_id: ReservationId
    expires_in_seconds: int
    reward_id: RewardId | None = None
    points: int | None = None
    grant_id: GrantId | None = None
    reference: str | None = None


@value
class ConfirmReservation(CardOperation):
    """Use what was set aside; of points, if `points` says so, only a part."""

    reservation_id: ReservationId
    points: int | None = None


@value
class ReleaseReservation(CardOperation):
    """Give back what was set aside."""

    reservation_id: ReservationId


@value
class ReleaseExpired(CardOperation):
    """Give back all that a card set aside for a time that is over."""


@value
class EntryOperation(Operation):
    """An operation on the card of an entry that exists."""

    transaction_id: EntryId


@value
class VoidEntry(EntryOperation):
    """Reverse one earning or redemption by a new entry that names it; of a merge both entries."""


@value
class RefundPoints(EntryOperation):
    """Take back the points of the part of a purchase that was paid back.

    `refund_reference` is the shop's receipt of that: it is taken once a program.
    """

    amount_minor: int
    refund_reference: str


@value
class NewCustomer:
    """What a customer told about themselves; contacts are already normalised.

    `marketing_consent_at` is when they agreed, None for now.
    """

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    birthday: str | None = None
    locale: str | None = None
    marketing_consent: bool = False
    marketing_consent_at: datetime | None = None
    accepted_terms: bool = False


@value
class OpenCard(Operation):
    """Open a card in a program, for a customer or anonymously.

    `is_vouched` means that the vendor's side enrols and vouches for the contact: it then belongs
    to one customer, who can hold one card a program, and the welcome bonus is credited at once.
    Otherwise anybody may have typed it: the contact stays unverified and the bonus waits for the
    first visit, so that it can't be farmed.
    `is_by_till` means that a till or a member of staff enrols: a program that requires PINs
    requires one for this too. Without a proof of staff, `is_trusted` says whether the bonus is
    credited at once all the same: to those who may manage.
    `is_mailed` says whether the address that was told is written to. `has_welcome` says whether
    the card ever gets the welcome bonus: not one that moves in from elsewhere. `external_code` is
    the code of the card that the customer has from there. `referrer_card_id` is the card by
    whose link they came. `card_id` is the id of the new card, where the caller draws it: later
    operations of the same list may name the card by it, and find none where it did not open.
    """

    program_id: ProgramId
    customer: NewCustomer | None = None
    is_vouched: bool = True
    is_by_till: bool = False
    is_trusted: bool = True
    is_mailed: bool = True
    locale: str | None = None
    has_welcome: bool = True
    external_code: str | None = None
    referrer_card_id: CardId | None = None
    card_id: CardId | None = None


@value
class ReplayOnly(Operation):
    """Give the answer that the operation's key was given before, if there is one, else `refusal`.

    For a request that would be refused today (an expired token, a PIN since retired) but may be
    the repetition of one that was accepted.
    """

    refusal: DomainError
