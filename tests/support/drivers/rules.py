"""The driver of the pure rules: programs, cards and operations in one line each, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from punchcard.kit.ids import CardId, EntryId, ProgramId, RewardId, StaffPinId, VendorId
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    AdjustPoints,
    CardKey,
    CardRef,
    EarnPoints,
    OpenCard,
    RecordVisit,
    RedeemPoints,
    RedeemReward,
    RedeemStamps,
    StaffIdentity,
    VoidEntry,
)
from punchcard.loyalty.rules.values import (
    CardState,
    History,
    PastEntry,
    PastStamp,
    ProgramRules,
    RewardState,
)
from punchcard.loyalty.vocabulary import (
    ActorKind,
    EntryType,
    PinPolicy,
    ProgramStatus,
    ProgramType,
    VoidPolicy,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROGRAM = "019cac1e-7b00-7000-8000-000000000001"
CARD = "019cac1e-7b00-7000-8000-000000000002"
ENTRY = "019cac1e-7b00-7000-8000-000000000003"
CAKE = "019cac1e-7b00-7000-8000-000000000004"
ALICE = "019cac1e-7b00-7000-8000-000000000005"

ANNA = StaffIdentity(
    pin_id=StaffPinId("019cac1e-7b00-7000-8000-000000000006"),
    staff_id="a1",
    name="Anna",
    program_id=None,
)
_BY_TILL: dict[str, Any] = {"vendor_id": ALICE, "actor": Actor(ActorKind.DEVICE, "till-1")}
_ON_CARD: dict[str, Any] = {**_BY_TILL, "card": CardRef(CardKey.ID, CARD)}

_COFFEE_CARD = ProgramRules(
    id=ProgramId(PROGRAM),
    vendor_id=VendorId(ALICE),
    type=ProgramType.STAMPS,
    status=ProgramStatus.ACTIVE,
    currency="EUR",
    minor_units=100,
    zone=ZoneInfo("Europe/Luxembourg"),
    stamps_target=10,
    stamp_reward={"name": "A coffee", "value_minor": 350},
    points_per_currency_unit=1,
    points_per_amount_minor=100,
    minimum_purchase_minor=0,
    minimum_redemption_points=0,
    welcome_stamps=0,
    welcome_points=0,
    cooldown=timedelta(minutes=15),
    max_daily_stamps=5,
    pin_policy=PinPolicy.OFF,
    void_policy=VoidPolicy.CLAMP,
    version=1,
)


def program(**rules: Any) -> ProgramRules:
    """Return a coffee card, or what `rules` make of it."""
    amount = rules.get("minor_units", _COFFEE_CARD.points_per_amount_minor)
    return replace(_COFFEE_CARD, **{"points_per_amount_minor": amount, **rules})


def points_program(**rules: Any) -> ProgramRules:
    """Return a points program: one point a euro."""
    return program(type="points", **rules)


def card(**holds: Any) -> CardState:
    """Return a card that holds nothing but what is given."""
    return CardState(id=CardId(CARD), **holds)


def stamp(quantity: int = 1, **more: Any) -> AddStamp:
    """Ask for stamps."""
    return AddStamp(**_ON_CARD, quantity=quantity, **more)


def visit(**more: Any) -> RecordVisit:
    """Ask to record a purchase with its stamps and points."""
    return RecordVisit(**_ON_CARD, **more)


def redeem_stamps(**more: Any) -> RedeemStamps:
    """Ask for the reward of a full card."""
    return RedeemStamps(**_ON_CARD, **more)


def earn(amount_minor: int, **more: Any) -> EarnPoints:
    """Ask for the points of a purchase."""
    return EarnPoints(**_ON_CARD, amount_minor=amount_minor, **more)


def redeem_points(points: int, **more: Any) -> RedeemPoints:
    """Ask to take points off."""
    return RedeemPoints(**_ON_CARD, points=points, **more)


def redeem_cake(**more: Any) -> RedeemReward:
    """Ask for a cake."""
    return RedeemReward(**_ON_CARD, reward_id=RewardId(CAKE), **more)


def adjust(points_delta: int, **more: Any) -> AdjustPoints:
    """Ask for a correction by hand."""
    return AdjustPoints(**_ON_CARD, points_delta=points_delta, **more)


def void(**more: Any) -> VoidEntry:
    """Ask to reverse the entry of the history."""
    return VoidEntry(**_BY_TILL, transaction_id=EntryId(ENTRY), **more)


def enrol(**more: Any) -> OpenCard:
    """Ask for a new card."""
    return OpenCard(**_BY_TILL, program_id=ProgramId(PROGRAM), **more)


def cake(times_redeemed: int = 0, **facts: Any) -> History:
    """Return what the till knows of the reward: a cake for 100 points."""
    given: dict[str, Any] = {
        "id": CAKE,
        "program_id": PROGRAM,
        "name": "A cake",
        "points_required": 100,
        "value_minor": 1200,
        "stock_left": None,
        "per_card_limit": None,
        "valid_from": None,
        "valid_until": None,
        "is_archived": False,
    }
    return History(reward=RewardState(**{**given, **facts}), times_redeemed=times_redeemed)


def past(type: EntryType, **facts: Any) -> PastEntry:
    """Return the entry that is to be voided."""
    given: dict[str, Any] = {
        "id": ENTRY,
        "program_id": PROGRAM,
        "stamps_delta": 0,
        "points_delta": 0,
        "amount_minor": None,
        "reference": None,
        "reward_id": None,
        "reward": None,
        "carry_delta": Fraction(0),
        "voided_by": None,
    }
    return PastEntry(type=type, **{**given, **facts})


def stamped_at(*moments: datetime, quantity: int = 1) -> History:
    """Return a history of stampings, latest first."""
    return History(stamps=tuple(PastStamp(at, quantity) for at in sorted(moments, reverse=True)))
