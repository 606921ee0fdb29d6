"""What a vendor uses at this moment, beside what its plan allows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Location, User
from punchcard.accounts.plans import month_counts, plan_service
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.connect.webhooks.endpoint_service import endpoints_of
from punchcard.kit.ids import VendorId
from punchcard.loyalty.models import LoyaltyProgram, StaffPin
from punchcard.loyalty.vocabulary import ProgramStatus

NEAR_PERCENT: Final = 80
"""From this share of a limit on, a shop is told."""


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of one thing a vendor has, and how much its plan allows: None is any number."""

    limit: PlanLimit
    used: int
    maximum: int | None

    @property
    def percent(self) -> int | None:
        """Return the share that is used, rounded down; None without a limit."""
        if self.maximum is None:
            return None
        return 100 if self.maximum == 0 else self.used * 100 // self.maximum

    @property
    def is_near(self) -> bool:
        """Return whether the shop should know, before something is refused."""
        return bool(self.maximum) and (self.percent or 0) >= NEAR_PERCENT

    @property
    def is_reached(self) -> bool:
        """Return whether nothing more can be added."""
        return self.maximum is not None and self.used >= self.maximum


@dataclass(frozen=True, slots=True)
class VendorUsage:
    """A vendor's plan, if it has one, and what it uses of each thing that plans limit."""

    plan: Plan | None
    uses: tuple[LimitUse, ...]

    @property
    def near(self) -> list[LimitUse]:
        """Return what is nearly used up, or is."""
        return [use for use in self.uses if use.is_near]


def usage_of(session: Session, vendor_id: VendorId, *, now: datetime) -> VendorUsage:
    """Return what a vendor uses; it costs the same however many cards and entries it has."""
    plan = plan_service.plan_of(session, vendor_id)
    used = {limit: session.scalar(count(vendor_id)) or 0 for limit, count in _COUNTED.items()}
    used[PlanLimit.MAILS_PER_MONTH] = month_counts.mails_of(session, vendor_id, now)
    uses = [LimitUse(one, used[one], getattr(plan, one) if plan else None) for one in PlanLimit]
    return VendorUsage(plan, tuple(uses))


def nearly_used_up(session: Session, vendor_id: VendorId, *, now: datetime) -> list[LimitUse]:
    """Return what a vendor has nearly used up of its plan; nothing is counted without a plan."""
    if plan_service.plan_of(session, vendor_id) is None:
        return []
    return usage_of(session, vendor_id, now=now).near


def _open_cards(vendor_id: VendorId) -> Select[Any]:
    return select(VendorPlan.open_cards).where(VendorPlan.vendor_id == vendor_id)


def _locations(vendor_id: VendorId) -> Select[Any]:
    own = (Location.vendor_id == vendor_id, Location.closed_at.is_(None))
    return select(func.count()).select_from(Location).where(*own)


def _users(vendor_id: VendorId) -> Select[Any]:
    own = (User.vendor_id == vendor_id, User.removed_at.is_(None))
    return select(func.count()).select_from(User).where(*own)


def _staff_pins(vendor_id: VendorId) -> Select[Any]:
    own = (StaffPin.vendor_id == vendor_id, StaffPin.retired_at.is_(None))
    return select(func.count()).select_from(StaffPin).where(*own)


def _programs(vendor_id: VendorId) -> Select[Any]:
    own = (LoyaltyProgram.vendor_id == vendor_id, LoyaltyProgram.status != ProgramStatus.INACTIVE)
    return select(func.count()).select_from(LoyaltyProgram).where(*own)


_COUNTED: Final[dict[PlanLimit, Callable[[VendorId], Select[Any]]]] = {
    PlanLimit.CARDS: _open_cards,
    PlanLimit.LOCATIONS: _locations,
    PlanLimit.USERS: _users,
    PlanLimit.STAFF_PINS: _staff_pins,
    PlanLimit.PROGRAMS: _programs,
    PlanLimit.WEBHOOK_ENDPOINTS: endpoints_of,
}
