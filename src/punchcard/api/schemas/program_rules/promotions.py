"""What is said about promotions."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Day,
    IdOf,
    Moment,
    Name,
    OneOf,
    Schema,
    Texts,
    line,
    whole,
)
from punchcard.api.schemas.programs import compact
from punchcard.kit.ids import LocationId, ProgramId, PromotionId
from punchcard.loyalty.programs.promotion_service import FIELDS
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports.simulation_service import Simulated, UnitValue
from punchcard.loyalty.rules.promotions.promotion_form import (
    FACTOR_PATTERN,
    ITEMS_LIMIT,
    PLACES_LIMIT,
    PROMOTION_BOUNDS,
    TIERS_LIMIT,
    TIME_PATTERN,
    WINDOWS_LIMIT,
)
from punchcard.loyalty.rules.purchase_rules import factor_text
from punchcard.loyalty.till.quotes import Quote
from punchcard.loyalty.vocabulary import (
    EffectKind,
    LimitPeriod,
    PartKind,
    PromotionStatus,
    Stacking,
)

_Points = Annotated[int, whole(*PROMOTION_BOUNDS["points"])]
_Stamps = Annotated[int, whole(*PROMOTION_BOUNDS["stamps"])]
_Budget = Annotated[int, whole(*PROMOTION_BOUNDS["budget"])]
_Times = Annotated[int, whole(*PROMOTION_BOUNDS["times"])]
_Minimum = Annotated[int, whole(*PROMOTION_BOUNDS["minimum_purchase_minor"])]
_Factor = Annotated[str, Field(pattern=f"^{FACTOR_PATTERN}$", examples=["2.000"])]
_From = Annotated[str, Field(alias="from", pattern=f"^{TIME_PATTERN}$", examples=["16:00"])]
_To = Annotated[str, Field(pattern=f"^({TIME_PATTERN}|24:00)$", examples=["18:00"])]
_Weekday = Annotated[int, whole(1, 7)]


class PromotionEffect(Schema):
    """What a purchase gets: its points times `factor`, so many `points` or `stamps` more."""

    kind: OneOf[EffectKind]
    factor: _Factor | None = None
    points: _Points | None = None
    stamps: _Stamps | None = None


class PromotionWindow(Schema):
    """A part of the day on some days of the week, 1 is Monday, by the clock of the program's zone.

    Until just before `to`. Where that lies before `from`, it lasts over midnight and belongs to the
    day on which it began.
    """

    weekdays: Annotated[list[_Weekday], Field(min_length=1, max_length=7)]
    from_: _From
    to: _To


class PromotionLimit(Schema):
    """How often one card gets something of it."""

    times: _Times
    per: OneOf[LimitPeriod]


class PromotionBudget(Schema):
    """How much it gives altogether: what does not fit into the rest of it is not given."""

    points: _Budget | None = None
    stamps: _Budget | None = None


class PromotionWords(Schema):
    """A promotion's words in one language."""

    name: Name | None = None


_Windows = Annotated[list[PromotionWindow], Field(max_length=WINDOWS_LIMIT)]
_Places = Annotated[list[IdOf[LocationId]], Field(max_length=PLACES_LIMIT)]
_Tiers = Annotated[list[Annotated[str, *line(1, 40)]], Field(max_length=TIERS_LIMIT)]
_Items = Annotated[list[Annotated[str, *line(1, 64)]], Field(max_length=ITEMS_LIMIT)]
_Segment = Annotated[str, *line(1, 36)]


class _PromotionFields(Schema):
    texts: Texts[PromotionWords] = LEFT_OUT
    status: OneOf[PromotionStatus] = LEFT_OUT
    starts_on: Day | None = None
    ends_on: Day | None = None
    windows: _Windows | None = None
    location_ids: _Places | None = None
    tier_keys: _Tiers | None = None
    segment_id: _Segment | None = None
    minimum_purchase_minor: _Minimum = LEFT_OUT
    items: _Items | None = None
    limit: PromotionLimit | None = None
    budget: PromotionBudget | None = None
    stacking: OneOf[Stacking] = LEFT_OUT


class PromotionRequest(_PromotionFields):
    """A promotion to be added: a draft, unless it is to be active.

    Without days it is on until it is ended, without windows all day. Of those that are `best`
    (which it is unless told) a purchase gets the one that gives most; those that `add` come on top.
    """

    name: Name
    effect: PromotionEffect


class PromotionChange(_PromotionFields):
    """What changes about a promotion; what is left out stays, null takes a condition away."""

    name: Name = LEFT_OUT
    effect: PromotionEffect = LEFT_OUT


class PromotionSchema(Schema):
    """What purchases earn beside their base for a while.

    `status` follows the days of one that is no draft. `points_given` and `stamps_given` are what it
    gave so far, in `uses` purchases, without voided ones.
    """

    untagged: ClassVar[frozenset[str]] = frozenset(
        {"status", "points_given", "stamps_given", "uses"}
    )

    id: IdOf[PromotionId]
    program_id: IdOf[ProgramId]
    name: str
    texts: Texts[PromotionWords]
    status: OneOf[PromotionStatus]
    effect: PromotionEffect
    starts_on: Day | None
    ends_on: Day | None
    windows: list[PromotionWindow]
    location_ids: list[IdOf[LocationId]]
    tier_keys: list[str]
    segment_id: str | None
    minimum_purchase_minor: int
    items: list[str]
    limit: PromotionLimit | None
    budget: PromotionBudget | None
    stacking: OneOf[Stacking]
    version: int
    points_given: int
    stamps_given: int
    uses: int
    created_at: Moment


class QuotedPart(Schema):
    """A part of what a purchase would earn: its base, or what a tier or a promotion adds."""

    kind: OneOf[PartKind]
    promotion_id: IdOf[PromotionId] | None
    points: int
    stamps: int


class QuoteSchema(Schema):
    """What a purchase would earn now; or the code of the refusal it would get."""

    points: int
    stamps: int
    parts: list[QuotedPart]
    refused_by: str | None


class SimulationRequest(Schema):
    """Over which days of the ledger a promotion is tried out, both included; at most 400."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day


class WorthSchema(Schema):
    """What a point or a stamp is worth: the `value_minor` of a reward over what it costs."""

    minor: Annotated[str, Field(examples=["4.500"])]
    reward: str


class SimulationSchema(Schema):
    """What a promotion would have given on purchases that there were, beside what they earned.

    Its own days are left aside; windows, limit and budget hold, and begin with the span. Nobody
    came for it: `purchases_anyway` of the `purchases_touched` were made while it was not on, so its
    cost comes first, and only visits beyond these can pay for it. `cost_minor`, rounded up, counts
    a point by the reward that gives least for it (`point_worth`) and a stamp by its share of a full
    card's reward (`stamp_worth`); null where no reward says its value. `is_truncated`: the ledger
    has more `entries` in these days than are looked at.
    """

    points: int
    stamps: int
    cards_touched: int
    purchases: int
    purchases_touched: int
    purchases_anyway: int
    cost_minor: int | None
    point_worth: WorthSchema | None
    stamp_worth: WorthSchema | None
    entries: int
    is_truncated: bool


def simulation_schema(simulated: Simulated) -> SimulationSchema:
    """Return a simulation as it is told."""
    simulation = simulated.simulation
    return SimulationSchema(
        points=simulation.points,
        stamps=simulation.stamps,
        cards_touched=simulation.cards,
        purchases=simulation.purchases,
        purchases_touched=simulation.touched,
        purchases_anyway=simulation.came_anyway,
        cost_minor=simulated.cost_minor,
        point_worth=_worth(simulated.point_value),
        stamp_worth=_worth(simulated.stamp_value),
        entries=simulated.entries,
        is_truncated=simulated.is_truncated,
    )


def _worth(value: UnitValue | None) -> WorthSchema | None:
    if value is None:
        return None
    return WorthSchema(minor=factor_text(value.minor), reward=value.reward)


def quote_schema(quote: Quote) -> QuoteSchema:
    """Return a quote as it is told."""
    return QuoteSchema(
        points=quote.points,
        stamps=quote.stamps,
        parts=[
            QuotedPart(
                kind=part["kind"],
                promotion_id=part.get("promotion_id"),
                points=part["points"],
                stamps=part["stamps"],
            )
            for part in quote.parts
        ],
        refused_by=quote.refused_by,
    )


def promotion_fields(request: Schema) -> dict[str, Any]:
    """Return the fields a request names as a promotion keeps them."""
    given = request.model_dump(exclude_unset=True, by_alias=True)
    return {name: compact(value) for name, value in given.items()}


def promotion_schema(row: Promotion, status: PromotionStatus) -> PromotionSchema:
    """Return a promotion that stands at `status` as its vendor sees it."""
    kept = {name: getattr(row, name) for name in FIELDS}
    return PromotionSchema(
        **{**kept, "status": status},
        id=row.id,
        program_id=row.program_id,
        version=row.version,
        points_given=row.points_given,
        stamps_given=row.stamps_given,
        uses=row.uses,
        created_at=row.created_at,
    )
