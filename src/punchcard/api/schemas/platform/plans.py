"""What is said about plans, and about what vendors use."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import Field

from punchcard.accounts.plans.models import Plan
from punchcard.accounts.plans.plan_service import LIMIT_MAXIMUM
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Flag,
    IdOf,
    Moment,
    Month,
    Name,
    OneOf,
    Schema,
    whole,
)
from punchcard.connect.usage.month_service import BilledVendor, MonthFigures
from punchcard.connect.usage.usage_service import VendorUsage
from punchcard.kit.ids import PlanId, VendorId

MonthQuery = Annotated[
    Month | None,
    Query(description="The month (UTC), such as 2026-11; the last one that is over if left out."),
]

_NONE: Final = "null: no limit."


_Limit = Annotated[int, whole(0, LIMIT_MAXIMUM)] | None
_LimitFromOne = Annotated[int, whole(1, LIMIT_MAXIMUM)] | None
"""Every vendor begins with an owner and a location."""


class PlanRequest(Schema):
    """A plan to be made; a limit that is left out is none."""

    name: Name
    is_default: Flag = Field(default=False, description="Whether new vendors get it.")
    cards: _Limit = Field(default=None, description=f"Open cards. {_NONE}")
    locations: _LimitFromOne = Field(default=None, description=_NONE)
    users: _LimitFromOne = Field(default=None, description=f"People who sign in. {_NONE}")
    staff_pins: _Limit = Field(default=None, description=_NONE)
    programs: _Limit = Field(
        default=None, description=f"Programs that are not switched off. {_NONE}"
    )
    webhook_endpoints: _Limit = Field(default=None, description=_NONE)
    mails_per_month: _Limit = Field(
        default=None,
        description="Above it, customers get no mail that they did not ask for. " + _NONE,
    )
    own_domain: Flag = Field(
        default=False, description="Whether the vendor's pages may stand at its own domain."
    )
    white_label: Flag = Field(
        default=False, description="Whether its customers' pages do not name this software."
    )


class PlanChange(Schema):
    """What changes about a plan; what is left out stays."""

    name: Name = LEFT_OUT
    is_default: Flag = LEFT_OUT
    cards: _Limit = LEFT_OUT
    locations: _LimitFromOne = LEFT_OUT
    users: _LimitFromOne = LEFT_OUT
    staff_pins: _Limit = LEFT_OUT
    programs: _Limit = LEFT_OUT
    webhook_endpoints: _Limit = LEFT_OUT
    mails_per_month: _Limit = LEFT_OUT
    own_domain: Flag = LEFT_OUT
    white_label: Flag = LEFT_OUT


class PlanSchema(Schema):
    """A plan: how far vendors that have it may go. A limit of null is none."""

    id: IdOf[PlanId]
    name: str
    is_default: bool
    cards: int | None
    locations: int | None
    users: int | None
    staff_pins: int | None
    programs: int | None
    webhook_endpoints: int | None
    mails_per_month: int | None
    own_domain: bool
    white_label: bool
    created_at: Moment
    updated_at: Moment


class VendorPlanChange(Schema):
    """The plan that a vendor gets; null takes all limits away."""

    plan_id: IdOf[PlanId] | None


class LimitUseSchema(Schema):
    """How much of one thing a vendor has; `maximum` null is any number."""

    limit: OneOf[PlanLimit]
    used: int
    maximum: int | None
    percent: int | None = Field(description="The share that is used, rounded down.")
    is_near: bool = Field(description="80 % of the limit are used, or more.")
    is_reached: bool = Field(description="Nothing more can be added; what is there goes on.")


class UsageSchema(Schema):
    """What a vendor uses now, beside the limits of its plan."""

    plan_id: IdOf[PlanId] | None
    plan_name: str | None
    limits: list[LimitUseSchema]


class MonthSchema(Schema):
    """What a vendor used in a month of UTC. While `closed_at` is null it may still become more."""

    vendor_id: IdOf[VendorId]
    slug: str
    month: str
    open_cards: int = Field(description="Active or blocked ones, when the month was closed.")
    new_cards: int
    active_cards: int = Field(description="Cards whose holder was there, or got a card.")
    entries: int
    mails: int = Field(description="Mails to customers.")
    webhook_deliveries: int = Field(description="What the shop's software took.")
    closed_at: Moment | None


def plan_schema(plan: Plan) -> PlanSchema:
    """Return a plan as admins see it."""
    return PlanSchema(**{name: getattr(plan, name) for name in PlanSchema.model_fields})


def usage_schema(usage: VendorUsage) -> UsageSchema:
    """Return what a vendor uses."""
    names = LimitUseSchema.model_fields
    return UsageSchema(
        plan_id=usage.plan.id if usage.plan else None,
        plan_name=usage.plan.name if usage.plan else None,
        limits=[
            LimitUseSchema(**{name: getattr(use, name) for name in names}) for use in usage.uses
        ],
    )


def month_schema(billed: BilledVendor) -> MonthSchema:
    """Return what a vendor used in a month."""
    return MonthSchema(slug=billed.vendor.slug, **month_values(billed.figures))


def month_values(figures: MonthFigures) -> dict[str, Any]:
    """Return the figures of a month by the names that the contract has for them."""
    told = {name: getattr(figures, name) for name in MonthSchema.model_fields if name != "slug"}
    return {**told, "month": f"{figures.month:%Y-%m}"}


def first_day(month: str) -> date:
    """Return the first day of a month that was checked."""
    return date.fromisoformat(f"{month}-01")
