"""What the rules look at and what they answer: small values, no database behind them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.kit.ids import (
    CardId,
    EntryId,
    GrantId,
    ImportId,
    LocationId,
    ProgramId,
    PromotionId,
    RewardId,
    VendorId,
)
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.dated.ended import LotMove
from punchcard.loyalty.rules.promotions.promotion_offer import PromotionOffer
from punchcard.loyalty.rules.standing import NO_STANDING, Details, Standing
from punchcard.loyalty.rules.tiers.tier_plan import TierPlan
from punchcard.loyalty.rules.time_rules import day_in
from punchcard.loyalty.vocabulary import (
    CardStatus,
    EntryType,
    GrantState,
    PinPolicy,
    ProgramStatus,
    ProgramType,
    ReservationState,
    VoidPolicy,
)

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_ACTIVE: Final = CardStatus.ACTIVE
_POINTS: Final = ProgramType.POINTS
_STAMPS: Final = ProgramType.STAMPS
_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)

BALANCE_LIMIT = 9_000_000_000_000
"""The largest balance of a card: JSON readers count exactly up to 2**53."""


@dataclass(frozen=True, slots=True)
class RewardOffer:
    """What a reward of the catalogue costs and when it can be had.

    `stock_left` is what there was when the offer was read; None never runs out.
    """

    points_required: int
    valid_from: datetime | None
    valid_until: datetime | None
    id: RewardId = field(default=RewardId(""))
    name: str = ""
    stock_left: int | None = None
    per_card_limit: int | None = None
    is_archived: bool = False

    @property
    def is_limited(self) -> bool:
        """Return whether it can run out, for all or for one card."""
        return self.stock_left is not None or self.per_card_limit is not None


class StampMilestone(NamedTuple):
    """A reward on the way to a full stamp card: from `at` stamps on, without taking any."""

    at: int
    reward: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """What a program's rules are, at one version.

    `minor_units` is how many minor units make one unit of the currency (100 for EUR). Purchases
    earn `points_per_currency_unit` points for every `points_per_amount_minor`. `carry_parts` holds
    since which version entries count their carry in which parts of a point, oldest first; it is
    empty while the amount never changed. `offers` stand in the order of their prices, `milestones`
    in that of their stamps; the full card's reward is none of them. `stamps_per_item` says how many
    stamps an item gives, by its code. `followed` are the types of entries that something waits for,
    `referral_slug` is where friends join whom cards bring, None while they bring none.
    `keeps_events` is the vendor's: whether what happens is written down for its own software.

    `rate` is how many points a minor unit earns, exactly. `has_stamps` and `has_points` tell what
    cards collect, `has_budgets` that a promotion gives only so much, `has_factors` that a tier
    makes points count more, `moves_ends` that each visit moves the end of something,
    `has_only_balances` that nothing has a date, no promotion is on and there are no tiers.
    """

    id: ProgramId
    vendor_id: VendorId
    type: ProgramType
    status: ProgramStatus
    currency: str
    minor_units: int
    zone: ZoneInfo
    stamps_target: int
    stamp_reward: dict[str, Any] | None
    points_per_currency_unit: int
    points_per_amount_minor: int
    minimum_purchase_minor: int
    minimum_redemption_points: int
    welcome_stamps: int
    welcome_points: int
    cooldown: timedelta
    max_daily_stamps: int
    pin_policy: PinPolicy
    void_policy: VoidPolicy
    version: int
    offers: tuple[RewardOffer, ...] = ()
    has_rotating_code: bool = False
    carry_parts: tuple[tuple[int, int], ...] = ()
    points_expiry: Expiry | None = None
    points_activation_days: int = 0
    return_grace_days: int = 30
    stamps_expiry: Expiry | None = None
    promotions: tuple[PromotionOffer, ...] = ()
    milestones: tuple[StampMilestone, ...] = ()
    keeps_milestones: bool = True
    stamps_per_item: Mapping[str, int] = field(default_factory=dict)
    max_stamps_per_visit: int | None = None
    tier_plan: TierPlan | None = None
    followed: frozenset[EntryType] = frozenset()
    referral_slug: str | None = None
    keeps_events: bool = False

    rate: Fraction = field(init=False)
    has_budgets: bool = field(init=False)
    has_factors: bool = field(init=False)
    has_stamps: bool = field(init=False)
    has_points: bool = field(init=False)
    has_only_balances: bool = field(init=False)
    moves_ends: bool = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what every operation asks."""
        expiries = [one for one in (self.points_expiry, self.stamps_expiry) if one is not None]
        moves_ends = any(one.counts_from_visits for one in expiries)
        tiers = () if self.tier_plan is None else self.tier_plan.tiers
        has_budgets = any(promotion.has_budget for promotion in self.promotions)
        only = not (expiries or self.promotions or self.tier_plan is not None)
        rate = Fraction(self.points_per_currency_unit, self.points_per_amount_minor)
        object.__setattr__(self, "rate", rate)
        object.__setattr__(self, "has_budgets", has_budgets)
        object.__setattr__(self, "has_factors", any(one.factor != 1 for one in tiers))
        object.__setattr__(self, "moves_ends", moves_ends)
        object.__setattr__(self, "has_stamps", self.type != _POINTS)
        object.__setattr__(self, "has_points", self.type != _STAMPS)
        object.__setattr__(self, "has_only_balances", only)

    def carry_parts_at(self, version: int) -> int:
        """Return how many parts of a point make one in the carry of entries of `version`."""
        found = self.points_per_amount_minor
        for since, parts in self.carry_parts:
            if since <= version:
                found = parts
        return found

    def carry_parts_of(self, card: "CardState") -> int:
        """Return how many parts of a point make one in the carry of `card`."""
        return card.carry_parts or self.carry_parts_at(1)

    def day_of(self, moment: datetime) -> date:
        """Return the program's calendar day at `moment`."""
        return day_in(self.zone, moment)

    def start_of_day(self, moment: datetime) -> datetime:
        """Return the moment the program's calendar day of `moment` began."""
        return self.midnight(self.day_of(moment))

    def start_of_next_day(self, moment: datetime) -> datetime:
        """Return the moment the program's next calendar day begins."""
        return self.midnight(self.day_of(moment) + timedelta(days=1))

    def midnight(self, day: date) -> datetime:
        """Return the moment the program's calendar day `day` begins."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        # In UTC: sums and comparisons of local times go wrong in the nights the clocks change.
        return midnight.astimezone(UTC)


class CardState(NamedTuple):
    """What a card holds.

    `points_carry` is the part of a point that rounding left over, counted in parts of which
    `carry_parts` make one; None stands for those of the program's first version. `standing` is what
    it has beside its balances, None for nothing, and `due_on` the first day on which something of
    that ends or begins by itself.
    """

    id: CardId
    status: CardStatus = _ACTIVE
    stamps: int = 0
    points: int = 0
    points_carry: int = 0
    carry_parts: int | None = None
    lifetime_stamps: int = 0
    lifetime_points: int = 0
    lifetime_rewards: int = 0
    last_stamp_at: datetime | None = None
    stamps_day: date | None = None
    stamps_on_day: int = 0
    is_welcome_due: bool = False
    last_activity_at: datetime | None = None
    enrolled_at: datetime = _BEFORE_ALL
    standing: Standing | None = None
    due_on: date | None = None

    def seen_at(self, at: datetime) -> "CardState":
        """Return the card with another last activity, without naming the other fields."""
        return _card_state((*self[:_SEEN], at, *self[_SEEN + 1 :]))

    def standing_at(self, standing: Standing | None, due_on: date | None) -> "CardState":
        """Return the card with another standing; as the last fields, without naming them all."""
        return _card_state((*self[:-2], standing, due_on))

    @property
    def kept_standing(self) -> Standing:
        """Return the card's standing, that of a new card where it has none."""
        return self.standing or NO_STANDING


_SEEN: Final = CardState._fields.index("last_activity_at")
_card_state: Final[Callable[[tuple[Any, ...]], CardState]] = partial(tuple.__new__, CardState)


@dataclass(frozen=True, slots=True)
class RewardState:
    """A reward as it stands when it is asked for; without `points_required` it is only given."""

    id: RewardId
    program_id: ProgramId
    name: str
    points_required: int | None
    value_minor: int | None
    stock_left: int | None
    per_card_limit: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    is_archived: bool


class PastStamp(NamedTuple):
    """A stamping that was not voided: when it happened, and its stamps without promotions'."""

    occurred_at: datetime
    quantity: int


@dataclass(frozen=True, slots=True)
class PastEntry:
    """The ledger entry that is to be voided.

    `carry_delta` is by how much the entry moved the card's carry, in points.
    """

    id: EntryId
    type: EntryType
    program_id: ProgramId
    stamps_delta: int
    points_delta: int
    amount_minor: int | None
    reference: str | None
    reward_id: RewardId | None
    reward: dict[str, Any] | None
    carry_delta: Fraction
    voided_by: EntryId | None
    location_id: LocationId | None = None
    import_id: ImportId | None = None
    details: Details | None = None
    program_version: int = 0


@dataclass(frozen=True, slots=True)
class Forgiven:
    """What voids did not take back from a card because it was already spent.

    `points_carry` is the part of it that is less than whole points, in points.
    """

    stamps: int = 0
    points: int = 0
    points_carry: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class History:
    """What some operations must know of the card's past; the till looks it up when needed.

    `refunded_minor` is what was paid back of the purchase that `entry` records.

    `recorded_stamps` are those recorded since the program's day began, whenever they happened, for
    a stamp that comes late, `late_purchases` the late ones among those, for a purchase that comes
    late; None for any other. `claims` are the card's claims of milestones that were not voided, by
    lap and milestone, for the void of a full card's exchange.

    `rewards` are those that what the card was given or holds is about. `grant_state` and
    `reservation_state` are what became of one that the card has no more, `given_before` what was
    given under a key that gives once. `budgets` is what promotions that give only so much have
    left. `moves` are the card's entries with details, if `entry` put something with a date onto it.
    `is_before_merge` says that laps had other numbers then: cards were merged since, or separated.
    """

    stamps: tuple[PastStamp, ...] = ()
    entry: PastEntry | None = None
    forgiven: Forgiven = Forgiven()
    reward: RewardState | None = None
    times_redeemed: int = 0
    recorded_stamps: int | None = None
    late_purchases: int | None = None
    rewards: Mapping[RewardId, RewardState] = field(default_factory=dict)
    grant_state: GrantState | None = None
    given_before: GrantId | None = None
    reservation_state: ReservationState | None = None
    refunded_minor: int = 0
    budgets: Mapping[PromotionId, int] = field(default_factory=dict)
    claims: tuple[tuple[int, int], ...] = ()
    moves: tuple[LotMove, ...] = ()
    is_before_merge: bool = False


NO_HISTORY = History()


class EntryDraft(NamedTuple):
    """A ledger entry as decided, before the ledger numbers and chains it.

    With `details` it is of form 2. `at` is when it happened, None for when the operation did.
    """

    type: EntryType
    stamps_delta: int = 0
    points_delta: int = 0
    amount_minor: int | None = None
    reference: str | None = None
    reward_id: RewardId | None = None
    reward: dict[str, Any] | None = None
    voids: EntryId | None = None
    voided_type: EntryType | None = None
    voided_location_id: LocationId | None = None
    voided_import_id: ImportId | None = None
    voided_details: Details | None = None
    at: datetime | None = None
    details: Details | None = None

    def telling(self, details: Details | None) -> "EntryDraft":
        """Return the draft with other details; as the last field, without naming them all."""
        return EntryDraft._make((*self[:-1], details))


class Decision(NamedTuple):
    """What the rules answer: the entries to append, each with the card as it is after it.

    `at` is when it happened. `stock_change` is how the stock of `reward_id` moves; of each of those
    `returned` one comes back, as far as they are counted. The last `following` entries are what the
    operation's own entry brought about: a tier, and what that gives.
    """

    steps: list[tuple[EntryDraft, CardState]]
    at: datetime
    stock_change: int = 0
    reward_id: RewardId | None = None
    returned: tuple[RewardId, ...] = ()
    following: int = 0

    @property
    def main(self) -> int:
        """Return the place of the operation's own entry."""
        return len(self.steps) - 1 - self.following

    @property
    def card(self) -> CardState:
        """Return the card as it is after the last entry."""
        return self.steps[-1][1]


@dataclass(slots=True)
class Steps:
    """Collects the entries of one decision while the card moves along."""

    card: CardState
    at: datetime
    taken: list[tuple[EntryDraft, CardState]] = field(default_factory=list)
    returned: tuple[RewardId, ...] = ()

    def take(self, entry: EntryDraft, card: CardState) -> None:
        """Append `entry`, after which the card is `card`."""
        self.taken.append((entry, card))
        self.card = card

    def decision(self, *, stock_change: int = 0, reward_id: RewardId | None = None) -> Decision:
        """Return what was collected."""
        return Decision(self.taken, self.at, stock_change, reward_id, self.returned)
