"""What is said about programs and their rewards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Colour,
    Currency,
    Flag,
    HeroUrl,
    HttpsUrl,
    IdOf,
    LogoUrl,
    LongText,
    Moment,
    Name,
    OneOf,
    OpeningHours,
    Phone,
    Schema,
    ShortText,
    Slug,
    Texts,
    Timezone,
    whole,
)
from punchcard.api.schemas.program_rules.program_dates import ProgramDates, ProgramDatesSchema
from punchcard.api.schemas.program_rules.program_referral import (
    ProgramReferral,
    ProgramReferralSchema,
)
from punchcard.api.schemas.program_rules.program_stamps import (
    ProgramStamps,
    ProgramStampsSchema,
    StampReward,
)
from punchcard.api.schemas.program_rules.program_tiers import ProgramTiers, ProgramTiersSchema
from punchcard.kit.ids import ProgramId, RewardId
from punchcard.kit.money import minor_digits
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs.featured_actions import FEATURED_ACTIONS_LIMIT, FeaturedAction
from punchcard.loyalty.programs.program_service import FIELDS as PROGRAM_FIELDS
from punchcard.loyalty.programs.reward_service import FIELDS as REWARD_FIELDS
from punchcard.loyalty.reports.usual_purchase import usual_purchases
from punchcard.loyalty.rules.logo_rules import shown_branding
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS, REWARD_BOUNDS
from punchcard.loyalty.rules.stamps.stamp_rewards import all_rewards
from punchcard.loyalty.vocabulary import (
    PinPolicy,
    ProgramStatus,
    ProgramType,
    RewardStatus,
    VoidPolicy,
)
from punchcard.wallets.symbols.stamp_symbols import StampSymbol

StampsTarget = Annotated[int, whole(*PROGRAM_BOUNDS["stamps_target"])]
Rate = Annotated[int, whole(*PROGRAM_BOUNDS["points_per_currency_unit"])]
RateAmount = Annotated[
    int,
    whole(*PROGRAM_BOUNDS["points_per_amount_minor"]),
    Field(
        description="For how much spent `points_per_currency_unit` points are, in minor units: with"
        " EUR, 1000 is “for every 10 €”. One unit of the currency unless given."
    ),
]
MinimumPurchase = Annotated[int, whole(*PROGRAM_BOUNDS["minimum_purchase_minor"])]
MinimumRedemption = Annotated[int, whole(*PROGRAM_BOUNDS["minimum_redemption_points"])]
WelcomeStamps = Annotated[int, whole(*PROGRAM_BOUNDS["welcome_stamps"])]
WelcomePoints = Annotated[int, whole(*PROGRAM_BOUNDS["welcome_points"])]
Cooldown = Annotated[int, whole(*PROGRAM_BOUNDS["cooldown_minutes"])]
DailyStamps = Annotated[int, whole(*PROGRAM_BOUNDS["max_daily_stamps"])]
PinAttempts = Annotated[int, whole(*PROGRAM_BOUNDS["pin_max_attempts"])]
PinLockout = Annotated[int, whole(*PROGRAM_BOUNDS["pin_lockout_minutes"])]

VoidPolicyField = Annotated[
    OneOf[VoidPolicy],
    Field(
        description="What a void does that would take more than there is. `allow_negative`: all of"
        " it, even below zero; the next purchase pays it back. `clamp`: what is there, never below"
        " zero; then whoever buys, redeems and has the purchase voided keeps the reward, again and"
        " again. `refuse`: nothing, the void is refused."
    ),
]

_USUAL_PURCHASE: Final = (
    "What purchases usually come to: the middle of the last 90 days' averages. Null while there are"
    " too few."
)

PointsRequired = Annotated[int, whole(*REWARD_BOUNDS["points_required"])]
ValueMinor = Annotated[int, whole(*REWARD_BOUNDS["value_minor"])]
StockLeft = Annotated[int, whole(*REWARD_BOUNDS["stock_left"])]
PerCardLimit = Annotated[int, whole(*REWARD_BOUNDS["per_card_limit"])]


FeaturedActions = Annotated[
    list[OneOf[FeaturedAction]],
    Field(min_length=1, max_length=FEATURED_ACTIONS_LIMIT),
    AfterValidator(lambda chosen: list(dict.fromkeys(chosen))),
]


class Branding(Schema):
    """How cards and passes look, and how they lead to the shop.

    `barcode` "code128" is for tills whose scanners read no QR; "rotating" is a QR code that moves
    where the phone can do that, so that a picture of it is soon worth nothing. `featured_actions`
    are the buttons below a pass on newer iPhones, in their order; those whose address is not known
    are left out, and without a choice the first that are known are shown. A colour that cannot
    be told from the background is kept as sent, and gives way on cards to one that can.
    """

    background_color: Colour | None = None
    text_color: Colour | None = None
    accent_color: Colour | None = None
    logo_url: LogoUrl | None = None
    hero_url: HeroUrl | None = None
    phone: Phone | None = None
    website_url: HttpsUrl | None = None
    opening_hours: OpeningHours | None = None
    featured_actions: FeaturedActions | None = None
    barcode: Literal["qr", "code128", "rotating"] | None = None
    stamp_symbol: StampSymbol | None = None


class ProgramWords(Schema):
    """A program's words in one language; what is left out is shown as the program has it."""

    name: Name | None = None
    card_name: Name | None = None
    reward_name: Name | None = None
    reward_description: ShortText | None = None
    terms_text: LongText | None = None
    opening_hours: OpeningHours | None = None


class ProgramRequest(ProgramDates, ProgramStamps, ProgramTiers, ProgramReferral):
    """A program to be made: currency and time zone are the vendor's unless given."""

    name: Name
    type: OneOf[ProgramType]
    slug: Slug = LEFT_OUT
    card_name: Name = LEFT_OUT
    status: Literal["draft", "active"] = LEFT_OUT
    currency: Currency = LEFT_OUT
    timezone: Timezone = LEFT_OUT
    stamps_target: StampsTarget = LEFT_OUT
    stamp_reward: StampReward | None = None
    points_per_currency_unit: Rate = 1
    points_per_amount_minor: RateAmount = LEFT_OUT
    minimum_purchase_minor: MinimumPurchase = 0
    minimum_redemption_points: MinimumRedemption = 0
    welcome_stamps: WelcomeStamps = 0
    welcome_points: WelcomePoints = 0
    cooldown_minutes: Cooldown = 15
    max_daily_stamps: DailyStamps = 5
    pin_policy: OneOf[PinPolicy] = PinPolicy.REQUIRED
    pin_max_attempts: PinAttempts = 5
    pin_lockout_minutes: PinLockout = 30
    void_policy: VoidPolicyField = VoidPolicy.ALLOW_NEGATIVE
    self_enrollment: Flag = True
    terms_text: LongText | None = None
    branding: Branding = LEFT_OUT
    texts: Texts[ProgramWords] = LEFT_OUT


class ProgramChange(ProgramDates, ProgramStamps, ProgramTiers, ProgramReferral):
    """What changes about a program; what is left out stays."""

    name: Name = LEFT_OUT
    type: OneOf[ProgramType] = LEFT_OUT
    slug: Slug = LEFT_OUT
    card_name: Name = LEFT_OUT
    status: OneOf[ProgramStatus] = LEFT_OUT
    currency: Currency = LEFT_OUT
    timezone: Timezone = LEFT_OUT
    stamps_target: StampsTarget = LEFT_OUT
    stamp_reward: StampReward | None = None
    points_per_currency_unit: Rate = LEFT_OUT
    points_per_amount_minor: RateAmount = LEFT_OUT
    minimum_purchase_minor: MinimumPurchase = LEFT_OUT
    minimum_redemption_points: MinimumRedemption = LEFT_OUT
    welcome_stamps: WelcomeStamps = LEFT_OUT
    welcome_points: WelcomePoints = LEFT_OUT
    cooldown_minutes: Cooldown = LEFT_OUT
    max_daily_stamps: DailyStamps = LEFT_OUT
    pin_policy: OneOf[PinPolicy] = LEFT_OUT
    pin_max_attempts: PinAttempts = LEFT_OUT
    pin_lockout_minutes: PinLockout = LEFT_OUT
    void_policy: VoidPolicyField = LEFT_OUT
    self_enrollment: Flag = LEFT_OUT
    terms_text: LongText | None = None
    branding: Branding = LEFT_OUT
    texts: Texts[ProgramWords] = LEFT_OUT


class ProgramSchema(
    ProgramDatesSchema, ProgramStampsSchema, ProgramTiersSchema, ProgramReferralSchema
):
    """A stamp card or points program."""

    untagged = frozenset({"usual_purchase_minor"})

    id: IdOf[ProgramId]
    slug: str
    name: str
    card_name: str
    type: OneOf[ProgramType]
    status: OneOf[ProgramStatus]
    currency: str
    minor_digits: int = Field(description="How many digits of amounts are minor units.")
    timezone: str
    stamps_target: int
    stamp_reward: StampReward | None
    points_per_currency_unit: int
    points_per_amount_minor: int
    minimum_purchase_minor: int
    usual_purchase_minor: int | None = Field(description=_USUAL_PURCHASE)
    minimum_redemption_points: int
    welcome_stamps: int
    welcome_points: int
    cooldown_minutes: int
    max_daily_stamps: int
    pin_policy: OneOf[PinPolicy]
    pin_max_attempts: int
    pin_lockout_minutes: int
    void_policy: OneOf[VoidPolicy]
    self_enrollment: bool
    terms_text: str | None
    branding: Branding
    texts: Texts[ProgramWords]
    version: int


class RewardWords(Schema):
    """A reward's words in one language."""

    name: Name | None = None
    description: ShortText | None = None


class RewardRequest(Schema):
    """A reward to be added; without `stock_left` it never runs out.

    With `points_required` null it is not for points: it is only given to cards.
    """

    name: Name
    points_required: PointsRequired | None
    description: ShortText | None = None
    value_minor: ValueMinor | None = None
    stock_left: StockLeft | None = None
    per_card_limit: PerCardLimit | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    texts: Texts[RewardWords] = LEFT_OUT


class RewardChange(Schema):
    """What changes about a reward; what is left out stays, null takes a limit or the price away."""

    name: Name = LEFT_OUT
    points_required: PointsRequired | None = None
    description: ShortText | None = None
    value_minor: ValueMinor | None = None
    stock_left: StockLeft | None = None
    per_card_limit: PerCardLimit | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    texts: Texts[RewardWords] = LEFT_OUT


class RewardSchema(Schema):
    """Something points can be exchanged for; `stock_left` null is a stock without end.

    `points_required` null: not for points, only given to cards.
    """

    id: IdOf[RewardId]
    program_id: IdOf[ProgramId]
    name: str
    description: str | None
    points_required: int | None
    value_minor: int | None
    stock_left: int | None
    per_card_limit: int | None
    valid_from: Moment | None
    valid_until: Moment | None
    texts: Texts[RewardWords]
    status: OneOf[RewardStatus]
    created_at: Moment


def program_values(
    row: LoyaltyProgram, base_url: str, *, usual_minor: int | None
) -> dict[str, Any]:
    """Return the fields of ProgramSchema.

    `base_url` is where an uploaded logo is shown, `usual_minor` what purchases usually come to.
    """
    values = {name: getattr(row, name) for name in PROGRAM_FIELDS}
    return {
        **values,
        "stamp_rewards": all_rewards(
            row.stamp_rewards, target=row.stamps_target, reward=row.stamp_reward, texts=row.texts
        ),
        "tiers": row.tiers or [],
        "id": row.id,
        "version": row.version,
        "branding": shown_branding(row.branding, base_url),
        "minor_digits": minor_digits(row.currency),
        "usual_purchase_minor": usual_minor,
    }


def program_schema(
    session: Session, row: LoyaltyProgram, base_url: str, now: datetime
) -> ProgramSchema:
    """Return a program as its vendor sees it at `now`."""
    return program_schemas(session, [row], base_url, now)[0]


def program_schemas(
    session: Session, rows: Sequence[LoyaltyProgram], base_url: str, now: datetime
) -> list[ProgramSchema]:
    """Return programs as their vendor sees them at `now`, with one query for all."""
    usual = usual_purchases(session, [row.id for row in rows], now=now)
    return [
        ProgramSchema(**program_values(row, base_url, usual_minor=usual.get(row.id)))
        for row in rows
    ]


def reward_schema(row: Reward) -> RewardSchema:
    """Return a reward as its vendor sees it."""
    return RewardSchema(
        **{name: getattr(row, name) for name in REWARD_FIELDS},
        id=row.id,
        program_id=row.program_id,
        status="active" if row.archived_at is None else "archived",
        created_at=row.created_at,
    )


def fields_of(request: Schema) -> dict[str, Any]:
    """Return the fields a request names; within documents, what is null is left out."""
    given = request.model_dump(exclude_unset=True)
    return {name: compact(value) for name, value in given.items()}


def compact(value: Any) -> Any:
    """Return a document without what is null in it."""
    if isinstance(value, list):
        return [compact(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: compact(inner) for name, inner in value.items() if inner is not None}
