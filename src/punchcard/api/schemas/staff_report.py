"""The staff report as it is told."""

from typing import Literal

from punchcard.api.schemas.fields import Day, IdOf, Schema
from punchcard.kit.ids import CardId, ProgramId, StaffPinId
from punchcard.loyalty.reports.staff_report_service import StaffLine, StaffReport

Flag = Literal["one_card", "same_card_every_day", "many_voids", "late_entries"]


class TopCardSchema(Schema):
    """One of the cards that got most stamps from a person, and on how many days."""

    card_id: IdOf[CardId]
    stamps: int
    days: int


class StaffPersonSchema(Schema):
    """The person: the staff PIN's id and name."""

    id: IdOf[StaffPinId]
    name: str
    is_retired: bool


class StaffLineSchema(Schema):
    """What one person did; `staff` is null for what was done without a PIN.

    `voids` are entries the person reversed, `void_share` the part of them among `operations`.
    `days` are those with a stamp. Shares of stamps are null when there were none. A flag says where
    to look, not what to think: `one_card` got more than 30 % of at least 20 stamps;
    `same_card_every_day` was stamped on each of at least 5 days; `many_voids` are at least 5, more
    than three times as often as colleagues do; `late_entries` are `late` of them, recorded more
    than 10 minutes after they are said to have happened.
    """

    staff: StaffPersonSchema | None
    operations: int
    stamps: int
    points: int
    purchase_amount_minor: int
    redemptions: int
    voids: int
    void_share: float | None
    adjustments: int
    adjusted_points: int
    cards: int
    days: int
    top_card_share: float | None
    top_five_share: float | None
    late: int
    top_cards: list[TopCardSchema]
    flags: list[Flag]


class StaffReportSchema(Schema):
    """Who did what in a period of at most 92 days."""

    first_day: Day
    last_day: Day
    timezone: str
    program_id: IdOf[ProgramId] | None
    lines: list[StaffLineSchema]


def staff_report_schema(report: StaffReport) -> StaffReportSchema:
    """Return the report as it is told."""
    return StaffReportSchema(
        first_day=report.range.first,
        last_day=report.range.last,
        timezone=report.timezone,
        program_id=report.program_id,
        lines=[_line(line) for line in report.lines],
    )


def _line(line: StaffLine) -> StaffLineSchema:
    same = (name for name in StaffLineSchema.model_fields if name not in ("staff", "top_cards"))
    person = line.pin_id and StaffPersonSchema(
        id=line.pin_id, name=line.name or "", is_retired=line.is_retired
    )
    return StaffLineSchema.model_validate(
        {
            **{name: getattr(line, name) for name in same},
            "staff": person or None,
            "top_cards": [
                TopCardSchema.model_validate(top, from_attributes=True) for top in line.top_cards
            ],
        }
    )
