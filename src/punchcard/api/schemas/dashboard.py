"""What first pages show: a vendor's figures, and how the platform's server stands."""

from typing import Literal

from punchcard.api.schemas.fields import Day, Moment, Schema
from punchcard.api.schemas.stats import (
    FiguresSchema,
    MoneySchema,
    PlatformDay,
    figure_values,
    money_schema,
)
from punchcard.loyalty.reports.dashboard_service import Dashboard


class DashboardSchema(Schema):
    """A vendor's programs together.

    `members` are all cards, `active_members` those used in the last 30 days; `month` is since the
    first of this month; `daily` are the last 90 days. Amounts are kept apart by currency:
    `reward_value_minor` is what was given away, at its worth of then.
    """

    today: Day
    members: int
    active_members: int
    month: FiguresSchema
    month_money: list[MoneySchema]
    all_time: FiguresSchema
    all_time_money: list[MoneySchema]
    daily: list[PlatformDay]


class TillSchema(Schema):
    """The till of this process, and what it did since it was started."""

    is_running: bool
    waiting: int
    accepted: int
    refused: int
    batches: int


class QueueSchema(Schema):
    """Work that changes have left, of one topic; `oldest_at` is the oldest row that waits."""

    topic: str
    waiting: int
    claimed: int
    parked: int
    oldest_at: Moment | None


class ParkedSchema(Schema):
    """Work that was given up, and why."""

    topic: str
    key: str
    attempts: int
    last_error: str | None
    created_at: Moment


class ServerStatusSchema(Schema):
    """How the server stands; till and pages are those of the process that answers."""

    version: str
    database: Literal["sqlite", "postgresql"]
    is_migrated: bool
    till: TillSchema
    live_pages: int
    queue: list[QueueSchema]
    parked: list[ParkedSchema]


def dashboard_schema(found: Dashboard) -> DashboardSchema:
    """Return a vendor's figures as they are told."""
    return DashboardSchema(
        today=found.today,
        members=found.members,
        active_members=found.active_members,
        month=FiguresSchema(**figure_values(found.month, FiguresSchema)),
        month_money=[money_schema(money) for money in found.month_money],
        all_time=FiguresSchema(**figure_values(found.all_time, FiguresSchema)),
        all_time_money=[money_schema(money) for money in found.all_time_money],
        daily=[PlatformDay(day=d, **figure_values(f, FiguresSchema)) for d, f in found.days],
    )
