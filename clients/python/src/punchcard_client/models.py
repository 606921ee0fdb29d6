"""What the server takes, gives and sends, made from its OpenAPI document by `make client`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Actor(TypedDict):
    """Who did something."""

    kind: str
    id: str | None


class BoughtItem(TypedDict):
    """Something that was bought: its code at the shop's till, how many, and what they cost."""

    sku: str
    quantity: NotRequired[int]
    amount_minor: NotRequired[int | None]


class Branding(TypedDict):
    """How cards and passes look, and how they lead to the shop."""

    background_color: NotRequired[str | None]
    text_color: NotRequired[str | None]
    accent_color: NotRequired[str | None]
    logo_url: NotRequired[str | None]
    hero_url: NotRequired[str | None]
    phone: NotRequired[str | None]
    website_url: NotRequired[str | None]
    opening_hours: NotRequired[str | None]
    featured_actions: NotRequired[list[Literal["card", "call", "place", "website"]] | None]
    barcode: NotRequired[Literal["qr", "code128", "rotating"] | None]
    stamp_symbol: NotRequired[
        Literal[
            "check",
            "coffee",
            "croissant",
            "wheat",
            "cake",
            "ice_cream",
            "pizza",
            "cutlery",
            "sandwich",
            "bowl",
            "fish",
            "apple",
            "wine",
            "beer",
            "scissors",
            "sparkles",
            "flower",
            "leaf",
            "book",
            "shirt",
            "bag",
            "gem",
            "paw",
            "dumbbell",
            "bicycle",
            "car",
            "music",
            "heart",
            "star",
        ]
        | None
    ]


class Card(TypedDict):
    """A customer's card."""

    id: str
    program_id: str
    number: str
    status: Literal["active", "blocked", "replaced", "closed"]
    customer: CardCustomer | None
    stamps: int
    stamps_target: int
    rewards_ready: int
    ready_rewards: list[ReadyReward]
    grants_ready: int
    lap: int
    milestones: list[Milestone]
    kept_milestones: list[KeptMilestone]
    points: int
    points_pending: int
    expiring: list[ExpiringPoints]
    stamps_expiring: list[ExpiringStamps]
    tier: CardTier | None
    lifetime: Lifetime
    next_stamp_at: str | None
    stamps_left_today: int
    enrolled_at: str
    last_activity_at: str | None
    public_url: str | None
    referral_url: str | None
    hand_over_url: str | None
    token_digest: str
    wallet: WalletStates
    former_numbers: NotRequired[list[str]]
    merged_into_card_id: NotRequired[str | None]
    external_code: NotRequired[str | None]


class CardCustomer(TypedDict):
    """Whom a card belongs to, as far as they told."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    birthday: str | None
    locale: str | None
    marketing_consent: bool


class CardErasedData(TypedDict):
    """A card whose holder is forgotten."""

    card_id: str
    program_id: str


class CardTier(TypedDict):
    """The tier a card is in."""

    key: str
    since: str
    until: str | None
    progress: int
    next: NextTier | None


class CardUpdatedData(TypedDict):
    """What of a card changed, by the names of fields and without their values."""

    card_id: str
    program_id: str
    change: str
    fields: list[str]
    status: Literal["active", "blocked", "replaced", "closed"]


class ClaimRequest(TypedDict):
    """A receipt that a guest may put on their card: over an amount, or stamps, or both."""

    reference: str
    amount_minor: NotRequired[int | None]
    stamps: NotRequired[int | None]
    program_id: NotRequired[str | None]
    location_id: NotRequired[str | None]
    occurred_at: NotRequired[str | None]


class ConfirmRequest(TypedDict):
    """Use what was set aside, or a part of its points; the others come back."""

    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    points: NotRequired[int | None]


class CustomerRequest(TypedDict):
    """What a customer tells about themselves; everything may be left out."""

    name: NotRequired[str | None]
    email: NotRequired[str | None]
    phone: NotRequired[str | None]
    birthday: NotRequired[str | None]
    locale: NotRequired[str | None]
    marketing_consent: NotRequired[bool]


class EarnItem(TypedDict):
    """`POST /points/earn` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    import_id: NotRequired[str | None]
    card: str
    amount_minor: int
    reference: NotRequired[str | None]
    op: Literal["earn"]
    idempotency_key: str


class EarnRequest(TypedDict):
    """Credit the points of a purchase."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    import_id: NotRequired[str | None]
    card: str
    amount_minor: int
    reference: NotRequired[str | None]


class EnrolRequest(TypedDict):
    """Open a card in a program; without a customer it is an anonymous one."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    program_id: str
    enrolled_at: NotRequired[str | None]
    import_id: NotRequired[str | None]
    customer: NotRequired[CustomerRequest | None]
    locale: NotRequired[str | None]


class ExpiringPoints(TypedDict):
    """Points that end together: good until the end of this day, in the program's time zone."""

    points: int
    expires_on: str


class ExpiringStamps(TypedDict):
    """Stamps that end together: good until the end of this day, in the program's time zone."""

    stamps: int
    expires_on: str


class FoundCards(TypedDict):
    """The cards that a code names."""

    items: list[Card]


class Grant(TypedDict):
    """A reward that was given to one card; `code` collects it without the card."""

    id: str
    card_id: str
    program_id: str
    reward: TransactionReward
    reason: Literal[
        "welcome",
        "birthday",
        "anniversary",
        "win_back",
        "referral",
        "tier",
        "surprise",
        "apology",
        "import",
    ]
    state: Literal["ready", "reserved", "used", "expired", "revoked"]
    code: str
    expires_on: str | None
    note: str | None
    created_at: str
    updated_at: str


class GrantRequest(TypedDict):
    """Give a card a reward of its program, until the end of the day `expires_on` or for good."""

    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    card: str
    reward_id: str
    reason: Literal[
        "welcome",
        "birthday",
        "anniversary",
        "win_back",
        "referral",
        "tier",
        "surprise",
        "apology",
        "import",
    ]
    expires_on: NotRequired[str | None]
    note: NotRequired[str | None]


class KeptMilestone(TypedDict):
    """A reward of a former lap that nobody claimed and that still can be had."""

    lap: int
    at: int


class Lifetime(TypedDict):
    """What a card ever collected; what was voided does not count."""

    stamps: int
    points: int
    rewards: int


class ListedCard(TypedDict):
    """ListedCard, as the server gives it."""

    items: list[Card]
    next_cursor: str | None


class ListedGrant(TypedDict):
    """ListedGrant, as the server gives it."""

    items: list[Grant]
    next_cursor: str | None


class ListedProgram(TypedDict):
    """ListedProgram, as the server gives it."""

    items: list[Program]
    next_cursor: str | None


class ListedPromotion(TypedDict):
    """ListedPromotion, as the server gives it."""

    items: list[Promotion]
    next_cursor: str | None


class ListedPublicTransaction(TypedDict):
    """ListedPublicTransaction, as the server gives it."""

    items: list[PublicTransaction]
    next_cursor: str | None


class ListedReceiptClaim(TypedDict):
    """ListedReceiptClaim, as the server gives it."""

    items: list[ReceiptClaim]
    next_cursor: str | None


class ListedReservation(TypedDict):
    """ListedReservation, as the server gives it."""

    items: list[Reservation]
    next_cursor: str | None


class ListedReward(TypedDict):
    """ListedReward, as the server gives it."""

    items: list[Reward]
    next_cursor: str | None


class ListedTransaction(TypedDict):
    """ListedTransaction, as the server gives it."""

    items: list[Transaction]
    next_cursor: str | None


class LookupRequest(TypedDict):
    """A code that names cards; in a body, because addresses of requests are written to logs."""

    code: str


class Milestone(TypedDict):
    """A reward of the card's lap: `at` so many stamps; the full card's is the last."""

    at: int
    state: Literal["ahead", "ready", "claimed"]


class NewReceiptClaim(TypedDict):
    """A receipt with its QR code, ready to be printed."""

    id: str
    program_id: str
    location_id: str | None
    source: Literal["api", "signed", "order"]
    state: Literal["open", "taking", "claimed", "withdrawn", "expired"]
    code: str | None
    claim_url: str | None
    amount_minor: int | None
    stamps: int | None
    reference: str
    occurred_at: str
    expires_at: str
    actor: Actor
    receipt_key_id: str | None
    claimed_at: str | None
    card_id: str | None
    transaction_id: str | None
    created_at: str
    qr_svg: str


class NextTier(TypedDict):
    """The tier above a card's, and how much it is `missing` to it."""

    key: str
    missing: int


class OfEntryData(TypedDict):
    """What an entry was beside a transaction; of the last seven only what concerns it is there."""

    card_id: str
    program_id: str
    transaction_id: str
    sequence: int
    points_delta: int
    reward_id: str | None
    location_id: str | None
    occurred_at: str
    grant_id: NotRequired[str | None]
    expires_on: NotRequired[str | None]
    reservation_id: NotRequired[str | None]
    tier: NotRequired[TierInEvent | None]
    referral: NotRequired[Any]
    merge_id: NotRequired[str | None]
    from_card_id: NotRequired[str | None]


class OperationResult(TypedDict):
    """What became of one item: a receipt (status 201), or the problem it would get alone."""

    status: int
    receipt: NotRequired[Receipt | None]
    problem: NotRequired[dict[str, Any] | None]


class OperationsRequest(TypedDict):
    """What a till saved up while it was offline, or an import; done in this order."""

    operations: list[
        StampItem
        | VisitItem
        | RedeemStampsItem
        | EarnItem
        | RedeemPointsItem
        | RedeemGrantItem
        | VoidItem
        | RefundItem
    ]


class OperationsResponse(TypedDict):
    """The results of a list of operations, in its order."""

    results: list[OperationResult]


class PointsExpiringData(TypedDict):
    """Points that are good until the end of a day, told as often as the card's holder is."""

    card_id: str
    program_id: str
    points: int
    expires_on: str


class PointsExpiry(TypedDict):
    """When points end: never, `months` after they were earned or after the last visit (inactivity)."""

    kind: Literal["never", "fixed", "inactivity", "year_end"]
    months: NotRequired[int | None]
    round_to: NotRequired[Literal["day", "month_end", "year_end"]]


class Program(TypedDict):
    """A stamp card or points program."""

    referral: ReferralTerms | None
    tiers: list[Tier]
    tier_basis: Literal["points", "spend_minor", "visits", "stamps"]
    tier_window: Literal["lifetime", "calendar_year", "rolling_12_months"]
    tier_holds_months: int
    tier_grace_days: int
    tier_downgrade: Literal["never", "one_down", "to_fit"]
    stamp_rewards: list[StampRewardAt]
    unclaimed_milestones: Literal["keep", "lapse"]
    stamps_per_item: list[StampsOfItem] | None
    max_stamps_per_visit: int | None
    points_expiry: PointsExpiry | None
    points_activation_days: int
    expiry_notice_days: list[int] | None
    return_grace_days: int
    stamps_expiry: StampsExpiry | None
    id: str
    slug: str
    name: str
    card_name: str
    type: Literal["stamps", "points", "hybrid"]
    status: Literal["draft", "active", "inactive"]
    currency: str
    minor_digits: int
    timezone: str
    stamps_target: int
    stamp_reward: StampReward | None
    points_per_currency_unit: int
    points_per_amount_minor: int
    minimum_purchase_minor: int
    usual_purchase_minor: int | None
    minimum_redemption_points: int
    welcome_stamps: int
    welcome_points: int
    cooldown_minutes: int
    max_daily_stamps: int
    pin_policy: Literal["required", "optional", "off"]
    pin_max_attempts: int
    pin_lockout_minutes: int
    void_policy: Literal["clamp", "allow_negative", "refuse"]
    self_enrollment: bool
    terms_text: str | None
    branding: Branding
    texts: TextsProgramWords
    version: int


class ProgramChangedData(TypedDict):
    """A program whose rules, rewards or promotions are others now."""

    program_id: str
    version: int
    status: Literal["draft", "active", "inactive"]


class ProgramDay(TypedDict):
    """What happened in one program on one day."""

    cards: int
    stamps_earned: int
    stamps_redeemed: int
    points_earned: int
    points_redeemed: int
    points_adjusted: int
    rewards_redeemed: int
    purchases: int
    reward_value_minor: int
    purchase_amount_minor: int
    day: str


class ProgramStats(TypedDict):
    """A program's statistics."""

    program_id: str
    currency: str
    timezone: str
    first_day: str
    last_day: str
    cards: int
    active_cards: int
    totals: ProgramTotals
    all_time: ProgramTotals
    daily: list[ProgramDay]


class ProgramTotals(TypedDict):
    """What happened in one program over some time."""

    cards: int
    stamps_earned: int
    stamps_redeemed: int
    points_earned: int
    points_redeemed: int
    points_adjusted: int
    rewards_redeemed: int
    purchases: int
    reward_value_minor: int
    purchase_amount_minor: int
    redemption_rate: float | None


class ProgramWords(TypedDict):
    """A program's words in one language; what is left out is shown as the program has it."""

    name: NotRequired[str | None]
    card_name: NotRequired[str | None]
    reward_name: NotRequired[str | None]
    reward_description: NotRequired[str | None]
    terms_text: NotRequired[str | None]
    opening_hours: NotRequired[str | None]


class Promotion(TypedDict):
    """What purchases earn beside their base for a while."""

    id: str
    program_id: str
    name: str
    texts: TextsPromotionWords
    status: Literal["draft", "scheduled", "active", "paused", "ended"]
    effect: PromotionEffect
    starts_on: str | None
    ends_on: str | None
    windows: list[PromotionWindow]
    location_ids: list[str]
    tier_keys: list[str]
    segment_id: str | None
    minimum_purchase_minor: int
    items: list[str]
    limit: PromotionLimit | None
    budget: PromotionBudget | None
    stacking: Literal["best", "add"]
    version: int
    points_given: int
    stamps_given: int
    uses: int
    created_at: str


class PromotionBudget(TypedDict):
    """How much it gives altogether: what does not fit into the rest of it is not given."""

    points: NotRequired[int | None]
    stamps: NotRequired[int | None]


class PromotionEffect(TypedDict):
    """What a purchase gets: its points times `factor`, so many `points` or `stamps` more."""

    kind: Literal["multiply", "add_points", "add_stamps"]
    factor: NotRequired[str | None]
    points: NotRequired[int | None]
    stamps: NotRequired[int | None]


class PromotionLimit(TypedDict):
    """How often one card gets something of it."""

    times: int
    per: Literal["day", "week", "card"]


class PromotionTurnData(TypedDict):
    """A promotion that has begun or ended."""

    promotion_id: str
    program_id: str
    name: str


PromotionWindow = TypedDict(
    "PromotionWindow", {"weekdays": "list[int]", "from": "str", "to": "str"}
)


class PromotionWords(TypedDict):
    """A promotion's words in one language."""

    name: NotRequired[str | None]


class PublicCard(TypedDict):
    """A card as its holder sees it."""

    number: str
    token: str
    status: Literal["active", "blocked", "replaced", "closed"]
    program: PublicProgram
    customer: PublicCustomer | None
    stamps: int
    stamps_target: int
    rewards_ready: int
    ready_rewards: list[ReadyReward]
    grants_ready: int
    lap: int
    milestones: list[Milestone]
    kept_milestones: list[KeptMilestone]
    points: int
    points_pending: int
    expiring: list[ExpiringPoints]
    stamps_expiring: list[ExpiringStamps]
    tier: CardTier | None
    lifetime: Lifetime
    next_stamp_at: str | None
    stamps_left_today: int
    enrolled_at: str
    last_activity_at: str | None
    public_url: str
    referral_url: str | None
    wallet: WalletStates


class PublicClaimRequest(TypedDict):
    """A receipt as its holder has it: the code, what the QR code holds, or its address."""

    claim: str


class PublicClaimed(TypedDict):
    """What the receipt gave, and the card with it."""

    transaction: PublicTransaction
    card: PublicCard


class PublicCustomer(TypedDict):
    """What a card tells of its holder; everything held about them is in the export."""

    name: str | None
    locale: str | None


class PublicProgram(TypedDict):
    """A program as it is shown to customers; `languages` are those it has words in."""

    slug: str
    name: str
    card_name: str
    vendor: str
    type: Literal["stamps", "points", "hybrid"]
    currency: str
    minor_digits: int
    points_per_currency_unit: int
    points_per_amount_minor: int
    stamps_target: int
    stamp_reward: StampReward | None
    rewards: list[PublicReward]
    tiers: list[PublicTier]
    tier_basis: Literal["points", "spend_minor", "visits", "stamps"]
    referral: PublicReferral | None
    self_enrollment: bool
    terms_text: str | None
    branding: Branding
    texts: TextsProgramWords
    languages: list[Literal["en", "fr", "de", "lb"]]


class PublicReferral(TypedDict):
    """What is promised to who brings a friend, and to the friend, at the friend's first visit."""

    referrer: PublicReferralSide
    friend: PublicReferralSide
    minimum_purchase_minor: int


class PublicReferralSide(TypedDict):
    """What one of the two gets: points, stamps, or a reward by its name; null for nothing."""

    points: int | None
    stamps: int | None
    reward: str | None


class PublicReward(TypedDict):
    """Something points can be exchanged for now."""

    name: str
    description: str | None
    points_required: int
    texts: TextsRewardWords


class PublicTier(TypedDict):
    """A tier as customers see it."""

    key: str
    name: str
    texts: TextsTierWords
    threshold: int
    earn_factor: str
    branding: TierBranding


class PublicTransaction(TypedDict):
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
    tier: NotRequired[str | None]
    is_voided: bool
    occurred_at: str


class PublicTransactionReward(TypedDict):
    """What was given."""

    name: str | None
    value_minor: int | None


class Quote(TypedDict):
    """What a purchase would earn now; or the code of the refusal it would get."""

    points: int
    stamps: int
    parts: list[QuotedPart]
    refused_by: str | None


class QuotedPart(TypedDict):
    """A part of what a purchase would earn: its base, or what a tier or a promotion adds."""

    kind: Literal["base", "promotion", "tier"]
    promotion_id: str | None
    points: int
    stamps: int


class ReadyReward(TypedDict):
    """A reward that the card can have now."""

    id: str | None
    name: str
    points_required: int | None
    grant_id: str | None
    at: int | None
    expires_on: str | None


class Receipt(TypedDict):
    """What the till answers: the new entry and the card after it."""

    transaction: Transaction
    card: Card
    reward_ready: bool
    next_stamp_at: str | None
    stamps_left_today: int


class ReceiptClaim(TypedDict):
    """A receipt, and what became of it."""

    id: str
    program_id: str
    location_id: str | None
    source: Literal["api", "signed", "order"]
    state: Literal["open", "taking", "claimed", "withdrawn", "expired"]
    code: str | None
    claim_url: str | None
    amount_minor: int | None
    stamps: int | None
    reference: str
    occurred_at: str
    expires_at: str
    actor: Actor
    receipt_key_id: str | None
    claimed_at: str | None
    card_id: str | None
    transaction_id: str | None
    created_at: str


class RedeemGrantItem(TypedDict):
    """`POST /grants/redeem` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: NotRequired[str | None]
    code: NotRequired[str | None]
    grant_id: NotRequired[str | None]
    op: Literal["redeem_grant"]
    idempotency_key: str


class RedeemGrantRequest(TypedDict):
    """Hand out what a card was given; it is named by the card or by the grant's own code."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: NotRequired[str | None]
    code: NotRequired[str | None]
    grant_id: NotRequired[str | None]


class RedeemPointsItem(TypedDict):
    """`POST /points/redeem` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: str
    reward_id: NotRequired[str | None]
    points: NotRequired[int | None]
    op: Literal["redeem_points"]
    idempotency_key: str


class RedeemPointsRequest(TypedDict):
    """Exchange points for a reward, or take a number of points."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: str
    reward_id: NotRequired[str | None]
    points: NotRequired[int | None]


class RedeemStampsItem(TypedDict):
    """`POST /stamp/redeem` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: str
    at: NotRequired[int | None]
    op: Literal["redeem_stamps"]
    idempotency_key: str


class RedeemStampsRequest(TypedDict):
    """Exchange a full stamp card for its reward, or claim the one `at` so many stamps."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: str
    at: NotRequired[int | None]


class ReferralSide(TypedDict):
    """What one of the two gets: points, or stamps, or a reward; without any of them, nothing."""

    points: NotRequired[int | None]
    stamps: NotRequired[int | None]
    reward_id: NotRequired[str | None]


class ReferralTerms(TypedDict):
    """What is given when a friend who joined by a card's link comes for the first time."""

    status: NotRequired[Literal["active", "paused"]]
    referrer: NotRequired[ReferralSide | None]
    friend: NotRequired[ReferralSide | None]
    minimum_purchase_minor: NotRequired[int]
    hold_days: NotRequired[int]
    limit_per_year: NotRequired[int]


class RefundItem(TypedDict):
    """`POST /points/refund` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    reference: NotRequired[str | None]
    transaction_id: NotRequired[str | None]
    amount_minor: int
    refund_reference: str
    reason: NotRequired[str | None]
    op: Literal["refund"]
    idempotency_key: str


class RefundRequest(TypedDict):
    """Take back the points of a part of a purchase, which its receipt number or its entry names."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    reference: NotRequired[str | None]
    transaction_id: NotRequired[str | None]
    amount_minor: int
    refund_reference: str
    reason: NotRequired[str | None]


class ReleaseRequest(TypedDict):
    """Give back what was set aside."""

    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]


class Reservation(TypedDict):
    """What a card set aside; `points` are those that were taken off it meanwhile."""

    id: str
    card_id: str
    program_id: str
    state: Literal["reserved", "confirmed", "released", "expired"]
    points: int
    reward_id: str | None
    grant_id: str | None
    reference: str | None
    transaction_id: str
    expires_at: str
    created_at: str


class ReserveRequest(TypedDict):
    """Set a reward, a number of points, or a grant aside: exactly one of the three."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    card: str
    reward_id: NotRequired[str | None]
    points: NotRequired[int | None]
    grant_id: NotRequired[str | None]
    reference: NotRequired[str | None]
    expires_in_seconds: NotRequired[int]


class RevokeGrantRequest(TypedDict):
    """Withdraw what a card was given."""

    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]


class Reward(TypedDict):
    """Something points can be exchanged for; `stock_left` null is a stock without end."""

    id: str
    program_id: str
    name: str
    description: str | None
    points_required: int | None
    value_minor: int | None
    stock_left: int | None
    per_card_limit: int | None
    valid_from: str | None
    valid_until: str | None
    texts: TextsRewardWords
    status: Literal["active", "archived"]
    created_at: str


class RewardReadyData(TypedDict):
    """A reward that the card can have, and could not before."""

    card_id: str
    program_id: str
    transaction_id: str
    sequence: int
    reward_id: str | None
    name: str
    points_required: int | None
    stamps_required: int | None
    times: int


class RewardWords(TypedDict):
    """A reward's words in one language."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


class StampItem(TypedDict):
    """`POST /stamp` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    import_id: NotRequired[str | None]
    card: str
    quantity: NotRequired[int]
    items: NotRequired[list[BoughtItem] | None]
    reference: NotRequired[str | None]
    op: Literal["stamp"]
    idempotency_key: str


class StampRequest(TypedDict):
    """Put stamps on a card: `quantity` of them, or those that `items` give by the program."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    import_id: NotRequired[str | None]
    card: str
    quantity: NotRequired[int]
    items: NotRequired[list[BoughtItem] | None]
    reference: NotRequired[str | None]


class StampReward(TypedDict):
    """What a full stamp card earns."""

    name: str
    description: NotRequired[str | None]
    value_minor: NotRequired[int | None]


class StampRewardAt(TypedDict):
    """A reward of the stamp card, from `at` stamps on; the last one is the full card's."""

    name: str
    description: NotRequired[str | None]
    value_minor: NotRequired[int | None]
    at: int
    texts: NotRequired[TextsStampRewardWords]


class StampRewardWords(TypedDict):
    """A stamp card's reward in one language."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


class StampsExpiry(TypedDict):
    """When stamps end: never, `months` after they were given, or after the last visit."""

    kind: Literal["never", "fixed", "inactivity"]
    months: NotRequired[int | None]


class StampsOfItem(TypedDict):
    """How many stamps one of an item gives, by its code at the shop's till."""

    sku: str
    stamps: int


class TextsProgramWords(TypedDict):
    """TextsProgramWords, as the server gives it."""

    en: NotRequired[ProgramWords | None]
    fr: NotRequired[ProgramWords | None]
    de: NotRequired[ProgramWords | None]
    lb: NotRequired[ProgramWords | None]


class TextsPromotionWords(TypedDict):
    """TextsPromotionWords, as the server gives it."""

    en: NotRequired[PromotionWords | None]
    fr: NotRequired[PromotionWords | None]
    de: NotRequired[PromotionWords | None]
    lb: NotRequired[PromotionWords | None]


class TextsRewardWords(TypedDict):
    """TextsRewardWords, as the server gives it."""

    en: NotRequired[RewardWords | None]
    fr: NotRequired[RewardWords | None]
    de: NotRequired[RewardWords | None]
    lb: NotRequired[RewardWords | None]


class TextsStampRewardWords(TypedDict):
    """TextsStampRewardWords, as the server gives it."""

    en: NotRequired[StampRewardWords | None]
    fr: NotRequired[StampRewardWords | None]
    de: NotRequired[StampRewardWords | None]
    lb: NotRequired[StampRewardWords | None]


class TextsTierWords(TypedDict):
    """TextsTierWords, as the server gives it."""

    en: NotRequired[TierWords | None]
    fr: NotRequired[TierWords | None]
    de: NotRequired[TierWords | None]
    lb: NotRequired[TierWords | None]


class Tier(TypedDict):
    """A tier of a program."""

    key: str
    name: str
    texts: TextsTierWords
    threshold: int
    earn_factor: str
    grants: list[str]
    branding: TierBranding


class TierBranding(TypedDict):
    """How the card of this tier looks on its page; what is left out is as the program's."""

    background_color: NotRequired[str | None]
    text_color: NotRequired[str | None]
    accent_color: NotRequired[str | None]


class TierInEvent(TypedDict):
    """The tier that a card is of from now on; without a key it is of none."""

    key: NotRequired[str | None]
    since: NotRequired[str | None]
    until: NotRequired[str | None]
    kept_to: NotRequired[str | None]
    given: NotRequired[dict[str, int] | None]


class TierWords(TypedDict):
    """A tier's words in one language."""

    name: NotRequired[str | None]


class Transaction(TypedDict):
    """An entry of the ledger; `hash` covers everything but the note, see docs/ledger.md."""

    id: str
    program_id: str
    card_id: str
    sequence: int
    type: str
    stamps_delta: int
    points_delta: int
    stamps_after: int
    points_after: int
    points_carry_after: int
    amount_minor: int | None
    currency: str | None
    reference: str | None
    reward: TransactionReward | None
    staff: TransactionStaff | None
    location_id: str | None
    actor: TransactionActor
    note: str | None
    voids: str | None
    voided_by: str | None
    program_version: int
    idempotency_key: str | None
    occurred_at: str
    created_at: str
    late: bool
    previous_hash: str
    hash: str
    form: int
    details: dict[str, Any] | None


class TransactionActor(TypedDict):
    """Whose credential asked."""

    kind: Literal[
        "admin",
        "member",
        "api_key",
        "device",
        "public",
        "system",
        "import",
        "claim",
        "customer",
        "integration",
    ]
    id: str | None


class TransactionCreatedData(TypedDict):
    """An entry of the ledger, with its hash and without its note: nothing about a person."""

    transaction_id: str
    card_id: str
    program_id: str
    program_version: int
    sequence: int
    type: Literal[
        "card_opened",
        "welcome_bonus",
        "stamp_earned",
        "stamps_redeemed",
        "points_earned",
        "points_redeemed",
        "points_adjusted",
        "voided",
        "visit_recorded",
        "points_refunded",
        "points_activated",
        "points_expired",
        "stamps_expired",
        "reward_granted",
        "grant_redeemed",
        "grant_expired",
        "grant_revoked",
        "points_reserved",
        "reservation_confirmed",
        "reservation_released",
        "tier_changed",
        "referral_bonus",
        "automation_bonus",
        "merged_out",
        "merged_in",
        "opening_balance",
    ]
    stamps_delta: int
    points_delta: int
    stamps_after: int
    points_after: int
    amount_minor: int | None
    currency: str | None
    reference: str | None
    reward_id: str | None
    location_id: str | None
    voids: str | None
    occurred_at: str
    created_at: str
    hash: str


class TransactionReward(TypedDict):
    """What was given; `id` is null for the reward of a full stamp card."""

    id: str | None
    name: str | None
    value_minor: int | None


class TransactionStaff(TypedDict):
    """The person at the till: the staff PIN's id and name."""

    id: str
    name: str | None


class VisitItem(TypedDict):
    """`POST /visit` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    import_id: NotRequired[str | None]
    card: str
    amount_minor: NotRequired[int | None]
    stamps: NotRequired[int | None]
    items: NotRequired[list[BoughtItem] | None]
    reference: NotRequired[str | None]
    op: Literal["visit"]
    idempotency_key: str


class VisitRequest(TypedDict):
    """Record one purchase with its stamps and its points, all or nothing."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    location_id: NotRequired[str | None]
    note: NotRequired[str | None]
    import_id: NotRequired[str | None]
    card: str
    amount_minor: NotRequired[int | None]
    stamps: NotRequired[int | None]
    items: NotRequired[list[BoughtItem] | None]
    reference: NotRequired[str | None]


class VoidItem(TypedDict):
    """`POST /transactions/{transaction_id}/void` as an item of a list."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    reason: str
    op: Literal["void"]
    idempotency_key: str
    transaction_id: str


class VoidRequest(TypedDict):
    """Reverse an entry; the reason becomes the note of the reversing one."""

    staff_pin: NotRequired[str | None]
    staff_id: NotRequired[str | None]
    staff_token: NotRequired[str | None]
    occurred_at: NotRequired[None]
    location_id: NotRequired[str | None]
    reason: str


class WalletStates(TypedDict):
    """Whether the card was put into a phone's wallet."""

    apple: Literal["none", "issued", "installed"]
    google: Literal["none", "issued", "installed"]


class WebhookTestData(TypedDict):
    """An endpoint that somebody tries."""

    webhook_endpoint_id: str


class TransactionCreatedEvent(TypedDict):
    """`transaction.created`, as a webhook tells it."""

    type: Literal["transaction.created"]
    timestamp: str
    data: TransactionCreatedData


class CardEnrolledEvent(TypedDict):
    """`card.enrolled`, as a webhook tells it."""

    type: Literal["card.enrolled"]
    timestamp: str
    data: OfEntryData


class CardMergedEvent(TypedDict):
    """`card.merged`, as a webhook tells it."""

    type: Literal["card.merged"]
    timestamp: str
    data: OfEntryData


class GrantCreatedEvent(TypedDict):
    """`grant.created`, as a webhook tells it."""

    type: Literal["grant.created"]
    timestamp: str
    data: OfEntryData


class GrantRedeemedEvent(TypedDict):
    """`grant.redeemed`, as a webhook tells it."""

    type: Literal["grant.redeemed"]
    timestamp: str
    data: OfEntryData


class GrantExpiredEvent(TypedDict):
    """`grant.expired`, as a webhook tells it."""

    type: Literal["grant.expired"]
    timestamp: str
    data: OfEntryData


class PointsExpiredEvent(TypedDict):
    """`points.expired`, as a webhook tells it."""

    type: Literal["points.expired"]
    timestamp: str
    data: OfEntryData


class TierChangedEvent(TypedDict):
    """`tier.changed`, as a webhook tells it."""

    type: Literal["tier.changed"]
    timestamp: str
    data: OfEntryData


class ReferralQualifiedEvent(TypedDict):
    """`referral.qualified`, as a webhook tells it."""

    type: Literal["referral.qualified"]
    timestamp: str
    data: OfEntryData


class ReservationExpiredEvent(TypedDict):
    """`reservation.expired`, as a webhook tells it."""

    type: Literal["reservation.expired"]
    timestamp: str
    data: OfEntryData


class RewardReadyEvent(TypedDict):
    """`reward.ready`, as a webhook tells it."""

    type: Literal["reward.ready"]
    timestamp: str
    data: RewardReadyData


class CardUpdatedEvent(TypedDict):
    """`card.updated`, as a webhook tells it."""

    type: Literal["card.updated"]
    timestamp: str
    data: CardUpdatedData


class CardErasedEvent(TypedDict):
    """`card.erased`, as a webhook tells it."""

    type: Literal["card.erased"]
    timestamp: str
    data: CardErasedData


class PointsExpiringEvent(TypedDict):
    """`points.expiring`, as a webhook tells it."""

    type: Literal["points.expiring"]
    timestamp: str
    data: PointsExpiringData


class PromotionStartedEvent(TypedDict):
    """`promotion.started`, as a webhook tells it."""

    type: Literal["promotion.started"]
    timestamp: str
    data: PromotionTurnData


class PromotionEndedEvent(TypedDict):
    """`promotion.ended`, as a webhook tells it."""

    type: Literal["promotion.ended"]
    timestamp: str
    data: PromotionTurnData


class ProgramChangedEvent(TypedDict):
    """`program.changed`, as a webhook tells it."""

    type: Literal["program.changed"]
    timestamp: str
    data: ProgramChangedData


class WebhookTestEvent(TypedDict):
    """`webhook.test`, as a webhook tells it."""

    type: Literal["webhook.test"]
    timestamp: str
    data: WebhookTestData


WebhookEvent = (
    TransactionCreatedEvent
    | CardEnrolledEvent
    | CardMergedEvent
    | GrantCreatedEvent
    | GrantRedeemedEvent
    | GrantExpiredEvent
    | PointsExpiredEvent
    | TierChangedEvent
    | ReferralQualifiedEvent
    | ReservationExpiredEvent
    | RewardReadyEvent
    | CardUpdatedEvent
    | CardErasedEvent
    | PointsExpiringEvent
    | PromotionStartedEvent
    | PromotionEndedEvent
    | ProgramChangedEvent
    | WebhookTestEvent
)
"""What a webhook sends; `type` tells them apart."""
