"""What is said about automations."""

from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import Field

from punchcard.api.schemas.fields import LEFT_OUT, IdOf, Moment, Name, OneOf, Schema, line, whole
from punchcard.api.schemas.programs import compact
from punchcard.engage.automation_service import FIELDS
from punchcard.engage.models import Automation
from punchcard.engage.preview_service import AutomationPreview
from punchcard.engage.results_service import BACK_WITHIN_DAYS, ResultGroup, Results
from punchcard.engage.rules.automation_form import AUTOMATION_BOUNDS
from punchcard.engage.rules.conditions import CONDITIONS_LIMIT, VALUE_LIMIT
from punchcard.engage.vocabulary import (
    AutomationAction,
    AutomationStatus,
    ConditionField,
    ConditionOp,
    Trigger,
)
from punchcard.kit.ids import AutomationId, ProgramId, RewardId
from punchcard.loyalty.rules.promotions.promotion_form import TIME_PATTERN

_Points = Annotated[int, whole(*AUTOMATION_BOUNDS["points"])]
_Stamps = Annotated[int, whole(*AUTOMATION_BOUNDS["stamps"])]
_ValidDays = Annotated[int, whole(*AUTOMATION_BOUNDS["valid_days"])]
_HoldOut = Annotated[int, whole(*AUTOMATION_BOUNDS["hold_out_percent"])]
_Limit = Annotated[int, whole(*AUTOMATION_BOUNDS["limit_per_year"])]
_DaysBefore = Annotated[int, whole(*AUTOMATION_BOUNDS["days_before"])]
_Days = Annotated[int, whole(*AUTOMATION_BOUNDS["days"])]
_Visits = Annotated[int, whole(*AUTOMATION_BOUNDS["visits"])]
_Number = Annotated[int, whole(-VALUE_LIMIT, VALUE_LIMIT)]
_From = Annotated[str, Field(alias="from", pattern=f"^{TIME_PATTERN}$", examples=["21:00"])]
_To = Annotated[str, Field(pattern=f"^{TIME_PATTERN}$", examples=["08:00"])]
_Share = Annotated[str, Field(examples=["0.250"])]


class AutomationWhen(Schema):
    """When a trigger sets it off; which of these belong to it depends on the trigger.

    `days_before` a birthday or the end of points (there from 1 on); `days` without a visit;
    `visits`, with `every` each time so many are made again; one `tier`, else any higher one.
    """

    days_before: _DaysBefore | None = None
    days: _Days | None = None
    visits: _Visits | None = None
    every: Annotated[bool, Field(strict=True)] | None = None
    tier: Annotated[str, *line(1, 40)] | None = None


class AutomationCondition(Schema):
    """Something that must hold of a card when it is met; all conditions must."""

    field: OneOf[ConditionField]
    op: OneOf[ConditionOp]
    value: _Number | Annotated[bool, Field(strict=True)] | Annotated[str, *line(1, 40)]


class QuietHours(Schema):
    """Hours in which nothing is done by itself, over midnight where `to` lies before `from`."""

    from_: _From
    to: _To


_Conditions = Annotated[list[AutomationCondition], Field(max_length=CONDITIONS_LIMIT)]


class _AutomationFields(Schema):
    name: Name | None = None
    when: AutomationWhen | None = None
    conditions: _Conditions | None = None
    reward_id: IdOf[RewardId] | None = None
    points: _Points | None = None
    stamps: _Stamps | None = None
    valid_days: _ValidDays | None = None
    hold_out_percent: _HoldOut = LEFT_OUT
    limit_per_year: _Limit | None = None
    quiet_hours: QuietHours | None = None
    status: OneOf[AutomationStatus] = LEFT_OUT


class AutomationRequest(_AutomationFields):
    """An automation to be added: a draft, unless it is to be active.

    `action` gives a grant of `reward_id` (good for `valid_days`, null without an end), `points` or
    `stamps`; a message cannot be sent yet. `limit_per_year` is 1 unless told; null is no limit.
    """

    trigger: OneOf[Trigger]
    action: OneOf[AutomationAction]


class AutomationChange(_AutomationFields):
    """What changes about an automation; what is left out stays, null takes a part away."""

    trigger: OneOf[Trigger] = LEFT_OUT
    action: OneOf[AutomationAction] = LEFT_OUT


class AutomationSchema(Schema):
    """Something that a program does for its cards by itself.

    Of those it meets, `hold_out_percent` get nothing, to see what it does for the others.
    """

    id: IdOf[AutomationId]
    program_id: IdOf[ProgramId]
    name: str | None
    trigger: OneOf[Trigger]
    when: AutomationWhen
    conditions: list[AutomationCondition]
    action: OneOf[AutomationAction]
    reward_id: IdOf[RewardId] | None
    points: int | None
    stamps: int | None
    valid_days: int | None
    hold_out_percent: int
    limit_per_year: int | None
    quiet_hours: QuietHours | None
    status: OneOf[AutomationStatus]
    version: int
    active_since: Moment | None
    created_at: Moment


class AutomationPreviewSchema(Schema):
    """How many cards it would have met in the last `days`, on how many occasions.

    Its conditions are looked at as of now. `is_truncated`: not all cards were looked at.
    """

    days: int
    cards: int
    occasions: int
    is_truncated: bool


class ResultGroupSchema(Schema):
    """One group of cards: how often it was met, and how many came back afterwards.

    `came_back` and `share` are about those `watched`, whose days of watching are over.
    """

    occasions: int
    watched: int
    came_back: int
    share: _Share | None

    @classmethod
    def of(cls, group: ResultGroup) -> Self:
        """Return a group as it is told."""
        return cls(
            occasions=group.occasions,
            watched=group.watched,
            came_back=group.came_back,
            share=None if group.share is None else _decimal(group.share),
        )


class AutomationResultsSchema(Schema):
    """What an automation did so far: those it `acted` for beside those it `held_out`.

    Who came `back_within_days` is told of both; only the `difference` of their shares is its doing,
    and null until both were watched. `cost_minor` counts what was collected or credited, at the
    value of the program's rewards; null where one says none.
    """

    as_of: Moment
    acted: ResultGroupSchema
    held_out: ResultGroupSchema
    back_within_days: int
    difference: _Share | None
    waiting: int
    refused: int
    points: int
    stamps: int
    grants: int
    grants_used: int
    cost_minor: int | None


def automation_fields(request: Schema) -> dict[str, Any]:
    """Return the fields a request names as an automation keeps them."""
    given = request.model_dump(exclude_unset=True, by_alias=True)
    return {name: compact(value) for name, value in given.items()}


def automation_schema(row: Automation) -> AutomationSchema:
    """Return an automation as its vendor sees it."""
    return AutomationSchema(
        **{name: getattr(row, name) for name in FIELDS},
        id=row.id,
        program_id=row.program_id,
        version=row.version,
        active_since=row.active_since,
        created_at=row.created_at,
    )


def preview_schema(preview: AutomationPreview) -> AutomationPreviewSchema:
    """Return a preview as it is told."""
    return AutomationPreviewSchema(
        days=preview.days,
        cards=preview.cards,
        occasions=preview.occasions,
        is_truncated=preview.is_truncated,
    )


def results_schema(results: Results) -> AutomationResultsSchema:
    """Return the results of an automation as they are told."""
    return AutomationResultsSchema(
        as_of=results.as_of,
        acted=ResultGroupSchema.of(results.acted),
        held_out=ResultGroupSchema.of(results.held_out),
        back_within_days=BACK_WITHIN_DAYS,
        difference=_difference(results),
        waiting=results.waiting,
        refused=results.refused,
        points=results.points,
        stamps=results.stamps,
        grants=results.grants,
        grants_used=results.grants_used,
        cost_minor=results.cost_minor,
    )


def _difference(results: Results) -> str | None:
    acted, held_out = results.acted.share, results.held_out.share
    return None if acted is None or held_out is None else _decimal(acted - held_out)


def _decimal(share: Fraction) -> str:
    return f"{float(share):.3f}"
