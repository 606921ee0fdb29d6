"""What a customer may see: their card and its program, without what is the shop's own business."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from punchcard.accounts.vocabulary import VendorStatus
from punchcard.api.schemas.cards import (
    ExpiringPoints,
    ExpiringStamps,
    KeptMilestone,
    Lifetime,
    MilestoneSchema,
    ReadyRewardSchema,
    WalletStates,
    balance_response,
)
from punchcard.api.schemas.fields import Moment, OneOf, Schema, Texts, moment
from punchcard.api.schemas.program_rules.program_stamps import StampReward
from punchcard.api.schemas.program_rules.program_tiers import CardTier, PublicTier, public_tier
from punchcard.api.schemas.programs import (
    Branding,
    ProgramWords,
    RewardWords,
)
from punchcard.kit.i18n import LANGUAGES
from punchcard.kit.money import minor_digits
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.ledger.ledger_reader import ReadEntry
from punchcard.loyalty.models import Reward
from punchcard.loyalty.programs.public_service import ProgramPage
from punchcard.loyalty.programs.referral_terms import promised_to
from punchcard.loyalty.programs.rules_loader import is_bringing
from punchcard.loyalty.rules.logo_rules import shown_branding
from punchcard.loyalty.rules.promises.referral_form import SIDES
from punchcard.loyalty.vocabulary import CardStatus, ProgramType, TierBasis


class PublicReward(Schema):
    """Something points can be exchanged for now."""

    name: str
    description: str | None
    points_required: int
    texts: Texts[RewardWords]


class PublicReferralSide(Schema):
    """What one of the two gets: points, stamps, or a reward by its name; null for nothing."""

    points: int | None
    stamps: int | None
    reward: str | None


class PublicReferral(Schema):
    """What is promised to who brings a friend, and to the friend, at the friend's first visit."""

    referrer: PublicReferralSide
    friend: PublicReferralSide
    minimum_purchase_minor: int


class PublicProgram(Schema):
    """A program as it is shown to customers; `languages` are those it has words in."""

    slug: str
    name: str
    card_name: str
    vendor: str
    type: OneOf[ProgramType]
    currency: str
    minor_digits: int
    points_per_currency_unit: int
    points_per_amount_minor: int
    stamps_target: int
    stamp_reward: StampReward | None
    rewards: list[PublicReward]
    tiers: list[PublicTier]
    tier_basis: OneOf[TierBasis]
    referral: PublicReferral | None
    self_enrollment: bool
    terms_text: str | None
    branding: Branding
    texts: Texts[ProgramWords]
    languages: list[Literal["en", "fr", "de", "lb"]]


class PublicCustomer(Schema):
    """What a card tells of its holder; everything held about them is in the export."""

    name: str | None
    locale: str | None


class PublicCard(Schema):
    """A card as its holder sees it."""

    number: str
    token: str
    status: OneOf[CardStatus]
    program: PublicProgram
    customer: PublicCustomer | None
    stamps: int
    stamps_target: int
    rewards_ready: int
    ready_rewards: list[ReadyRewardSchema]
    grants_ready: Annotated[int, Field(description="How many given rewards the card can have.")]
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
    public_url: str
    referral_url: Annotated[
        str | None, Field(description="By which the card brings friends; null where none do.")
    ]
    wallet: WalletStates


class WalletLinks(Schema):
    """Where the card's passes are; null while the operator has not set a wallet up."""

    apple_url: str | None
    google_url: str | None


class Enrolled(Schema):
    """A visitor's new card."""

    card: PublicCard
    card_url: str
    wallet: WalletLinks


class PublicTransactionReward(Schema):
    """What was given."""

    name: str | None
    value_minor: int | None


class PublicTransaction(Schema):
    """An entry of the card's ledger as its holder sees it."""

    sequence: int
    type: str
    stamps_delta: int
    points_delta: int
    stamps_after: int
    points_after: int
    amount_minor: int | None
    currency: str | None
    reward: PublicTransactionReward | None
    tier: Annotated[
        str | None,
        Field(
            description="Only of `tier_changed`: the key of the tier that the card came to.",
            exclude_if=lambda key: key is None,
        ),
    ] = None
    is_voided: bool
    occurred_at: Moment


def public_program(page: ProgramPage, base_url: str) -> dict[str, Any]:
    """Return a PublicProgram; `base_url` is where an uploaded logo is shown."""
    program = page.program
    return {
        "slug": program.slug,
        "name": program.name,
        "card_name": program.card_name,
        "vendor": page.vendor.name,
        "type": program.type,
        "currency": program.currency,
        "minor_digits": minor_digits(program.currency),
        "points_per_currency_unit": program.points_per_currency_unit,
        "points_per_amount_minor": program.points_per_amount_minor,
        "stamps_target": program.stamps_target,
        "stamp_reward": program.stamp_reward,
        "rewards": [_public_reward(reward) for reward in page.rewards],
        "tiers": [public_tier(tier) for tier in program.tiers or ()],
        "tier_basis": program.tier_basis,
        "referral": _public_referral(page),
        "self_enrollment": program.self_enrollment,
        "terms_text": program.terms_text,
        "branding": shown_branding(program.branding, base_url),
        "texts": program.texts,
        "languages": _languages(page.vendor.language, program.texts),
    }


def public_card(card: CardView, token: str, page: ProgramPage, links: CardLinks) -> dict[str, Any]:
    """Return a PublicCard."""
    customer = card.customer
    return {
        "number": card.number,
        "token": token,
        "status": CardStatus.CLOSED if page.vendor.status == VendorStatus.CLOSED else card.status,
        "program": public_program(page, links.base_of(card.vendor_id)),
        "customer": customer and {"name": customer["name"], "locale": customer["locale"]},
        **balance_response(card),
        "public_url": links.address(token, card.vendor_id),
        "referral_url": links.referral_url(card.id, card.referral_slug, card.vendor_id),
        "wallet": {"apple": "none", "google": "none"},
    }


def public_transaction(entry: ReadEntry) -> dict[str, Any]:
    """Return a PublicTransaction."""
    row = entry.row
    reward = row["reward"]
    return {
        "sequence": row["sequence"],
        "type": row["type"],
        "stamps_delta": row["stamps_delta"],
        "points_delta": row["points_delta"],
        "stamps_after": row["stamps_after"],
        "points_after": row["points_after"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "reward": reward and {"name": reward.get("name"), "value_minor": reward.get("value_minor")},
        "tier": entry.tier_key,
        "is_voided": entry.voided_by is not None,
        "occurred_at": moment(row["occurred_at"]),
    }


def _public_referral(page: ProgramPage) -> dict[str, Any] | None:
    referral = page.program.referral
    if not is_bringing(referral):
        return None
    assert referral is not None
    return {
        **{side: promised_to(referral, side, page.promised) for side in SIDES},
        "minimum_purchase_minor": referral["minimum_purchase_minor"],
    }


def _public_reward(reward: Reward) -> dict[str, Any]:
    return {
        "name": reward.name,
        "description": reward.description,
        "points_required": reward.points_required,
        "texts": reward.texts,
    }


def _languages(own: str, texts: Mapping[str, Any]) -> list[str]:
    return [language for language in LANGUAGES if language == own or texts.get(language)]
