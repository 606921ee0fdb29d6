"""How cards and receipts leave the server: plain builders, and their schemas.

The builders make dictionaries that orjson writes as they are: a stamp is answered without a model
being built. The models beside them stand in the OpenAPI document; a test holds both together.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from pydantic import Field

from punchcard.api.schemas.fields import Moment, OneOf, Schema, moment, moment_or_none
from punchcard.api.schemas.program_rules.program_tiers import CardTier, tier_response
from punchcard.api.schemas.transactions import Transaction, transaction_response
from punchcard.kit.ids import CardId, GrantId, ProgramId, RewardId
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import CardStatus, MilestoneState
from punchcard.wallets.vocabulary import WalletState

# Half of the hash that is kept: enough to know a token again, and no way to it.
_DIGEST_BYTES: Final = 16
_CUSTOMER_FIELDS = (
    "id",
    "name",
    "email",
    "phone",
    "birthday",
    "locale",
    "marketing_consent",
)


def receipt_response(
    receipt: Receipt, links: CardLinks | None, token: str | None = None
) -> dict[str, Any]:
    """Return a Receipt of the contract, its card as in `card_response`."""
    card = receipt.card
    return {
        "transaction": transaction_response(receipt.entry, receipt.staff_name),
        "card": card_response(card, links, token),
        "reward_ready": card.rewards_ready > 0,
        "next_stamp_at": moment_or_none(card.next_stamp_at),
        "stamps_left_today": card.stamps_left_today,
    }


def card_response(
    card: CardView, links: CardLinks | None, token: str | None = None
) -> dict[str, Any]:
    """Return a Card of the contract; `token` is the card's, if it is known without unsealing.

    Without `links` the card's own address is not told: it is its customer's credential.
    """
    public_url = None
    if links is not None:
        token = token or links.token(card.id, card.token_sealed)
        public_url = links.address(token, card.vendor_id) if token else None
    return {
        "id": card.id,
        "program_id": card.program_id,
        "number": card.number,
        "status": card.status,
        "customer": customer_response(card.customer),
        **balance_response(card),
        "public_url": public_url,
        "referral_url": links and links.referral_url(card.id, card.referral_slug, card.vendor_id),
        "hand_over_url": None,
        "token_digest": card.token_hash[:_DIGEST_BYTES].hex(),
        "wallet": {"apple": card.wallet_apple, "google": card.wallet_google},
        "former_numbers": [],
        "merged_into_card_id": None,
        "external_code": card.external_code,
    }


def balance_response(card: CardView) -> dict[str, Any]:
    """Return the fields of a card that are the same for the shop and for its customer."""
    return {
        "stamps": card.stamps,
        "stamps_target": card.stamps_target,
        "rewards_ready": card.rewards_ready,
        "ready_rewards": [
            {
                "id": one.id,
                "name": one.name,
                "points_required": one.points_required,
                "grant_id": one.grant_id,
                "at": card.stamps_target if one.is_full_card else one.at,
                "expires_on": one.expires_on,
            }
            for one in card.ready
        ],
        "grants_ready": card.grants_ready,
        "lap": card.lap,
        "milestones": [{"at": one.at, "state": one.state} for one in card.milestones],
        "kept_milestones": [{"lap": lap, "at": at} for lap, at in card.kept_milestones],
        "points": card.points,
        "points_pending": card.points_pending,
        "expiring": [
            {"points": points, "expires_on": expires_on} for points, expires_on in card.expiring
        ],
        "stamps_expiring": [
            {"stamps": stamps, "expires_on": expires_on}
            for stamps, expires_on in card.stamps_expiring
        ],
        "tier": tier_response(card.tier),
        "lifetime": {
            "stamps": card.lifetime_stamps,
            "points": card.lifetime_points,
            "rewards": card.lifetime_rewards,
        },
        "next_stamp_at": moment_or_none(card.next_stamp_at),
        "stamps_left_today": card.stamps_left_today,
        "enrolled_at": moment(card.enrolled_at),
        "last_activity_at": moment_or_none(card.last_activity_at),
    }


def customer_response(customer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a card's customer as the shop sees them; None for an anonymous card."""
    if customer is None:
        return None
    return {name: customer[name] for name in _CUSTOMER_FIELDS}


class CardCustomer(Schema):
    """Whom a card belongs to, as far as they told."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    birthday: str | None
    locale: str | None
    marketing_consent: bool


class Lifetime(Schema):
    """What a card ever collected; what was voided does not count."""

    stamps: int
    points: int
    rewards: int


class WalletStates(Schema):
    """Whether the card was put into a phone's wallet."""

    apple: OneOf[WalletState]
    google: OneOf[WalletState]


class ReadyRewardSchema(Schema):
    """A reward that the card can have now.

    `id` is null for those of a stamp card, which stand `at` so many stamps; null for others. With a
    `grant_id` it was given to this card: it is collected by `POST /grants/redeem`, until
    `expires_on` where that has a last day.
    """

    id: RewardId | None
    name: str
    points_required: int | None
    grant_id: GrantId | None
    at: int | None
    expires_on: date | None


class MilestoneSchema(Schema):
    """A reward of the card's lap: `at` so many stamps; the full card's is the last."""

    at: int
    state: OneOf[MilestoneState]


class KeptMilestone(Schema):
    """A reward of a former lap that nobody claimed and that still can be had."""

    lap: int
    at: int


class ExpiringPoints(Schema):
    """Points that end together: good until the end of this day, in the program's time zone."""

    points: int
    expires_on: date


class ExpiringStamps(Schema):
    """Stamps that end together: good until the end of this day, in the program's time zone."""

    stamps: int
    expires_on: date


class Card(Schema):
    """A customer's card.

    `ready_rewards` are what it can have now, the best first; each by itself, so that taking one may
    leave too little for another. `rewards_ready` is how many they are, a full card's reward as
    often as the card is full.

    `lap` counts the full cards that were exchanged since the program has `milestones` on the way,
    from 1. Of `kept_milestones` a card keeps the latest 20.

    `former_numbers` are those it had before it was replaced, the latest first: they find the card,
    and nothing can be done with them. Only who may read all cards is told.

    `merged_into_card_id` is the card that a `replaced` one leads to since both were merged.

    `public_url` is the customer's own credential: told where a card is opened or replaced, never to
    a device, and to `loyalty:manage`. A device is given `hand_over_url` then, good once and for
    some minutes. `token_digest` are the first 16 bytes of the SHA-256 of the token in `public_url`.

    Its ETag stands for what can be changed, not for its balances.
    """

    untagged = frozenset(
        {
            "status",
            "stamps",
            "stamps_target",
            "rewards_ready",
            "ready_rewards",
            "grants_ready",
            "lap",
            "milestones",
            "kept_milestones",
            "points",
            "points_pending",
            "expiring",
            "stamps_expiring",
            "tier",
            "lifetime",
            "next_stamp_at",
            "stamps_left_today",
            "last_activity_at",
            "public_url",
            "referral_url",
            "hand_over_url",
            "token_digest",
            "wallet",
            "former_numbers",
            "merged_into_card_id",
            "external_code",
        }
    )
    id: str
    program_id: ProgramId
    number: Annotated[str, Field(pattern="^[0-9]{12}$", examples=["482915036274"])]
    status: OneOf[CardStatus]
    customer: CardCustomer | None
    stamps: int
    stamps_target: int
    rewards_ready: int
    ready_rewards: list[ReadyRewardSchema]
    grants_ready: Annotated[int, Field(description="How many given rewards it can have.")]
    lap: int
    milestones: list[MilestoneSchema]
    kept_milestones: list[KeptMilestone]
    points: int
    points_pending: Annotated[int, Field(description="Earned, and not to be spent yet.")]
    expiring: list[ExpiringPoints]
    stamps_expiring: list[ExpiringStamps]
    tier: CardTier | None
    lifetime: Lifetime
    next_stamp_at: Moment | None
    stamps_left_today: int
    enrolled_at: Moment
    last_activity_at: Moment | None
    public_url: str | None
    referral_url: Annotated[
        str | None,
        Field(description="By which the card brings friends; told where `public_url` is."),
    ]
    hand_over_url: str | None
    token_digest: Annotated[str, Field(pattern="^([0-9a-f]{32})?$", examples=["9f86d081" * 4])]
    wallet: WalletStates
    former_numbers: list[str] = Field(default_factory=list)
    merged_into_card_id: CardId | None = None
    external_code: Annotated[
        str | None,
        Field(description="What is printed on the card that moved in; it names this one too."),
    ] = None


class FoundCards(Schema):
    """The cards that a code names."""

    items: list[Card]


class ReceiptSchema(Schema):
    """What the till answers: the new entry and the card after it."""

    transaction: Transaction
    card: Card
    reward_ready: bool
    next_stamp_at: Moment | None
    stamps_left_today: int
