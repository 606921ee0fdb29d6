"""Programs as the rules see them: read once a version, then kept in memory."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.db.base import table_of
from punchcard.kit.ids import ProgramId
from punchcard.kit.money import minor_units
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rotating_codes import has_rotating_code
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.promotions.promotion_form import LATE_ENDS_DAYS
from punchcard.loyalty.rules.promotions.promotion_offer import PromotionOffer, promotion_of
from punchcard.loyalty.rules.stamps.stamp_rewards import milestones_of
from punchcard.loyalty.rules.tiers.tier_form import given_by
from punchcard.loyalty.rules.tiers.tier_plan import TierGrant, plan_of
from punchcard.loyalty.rules.values import ProgramRules, RewardOffer
from punchcard.loyalty.vocabulary import (
    EntryType,
    PromotionStatus,
    ReferralStatus,
    UnclaimedMilestones,
)

_VENDORS = table_of(Vendor)
_PROGRAMS = table_of(LoyaltyProgram)
_REWARDS = table_of(Reward)
_PROMOTIONS = table_of(Promotion)

_FOLLOWED_BY_REFERRALS: Final = frozenset(
    {
        EntryType.CARD_OPENED,
        EntryType.STAMP_EARNED,
        EntryType.POINTS_EARNED,
        EntryType.VISIT_RECORDED,
        EntryType.VOIDED,
        EntryType.POINTS_REFUNDED,
    }
)
"""The entries that a referral waits for: the visit that earns it, and what undoes that."""

Stamp = tuple[int, datetime]
"""A program's version and the time of its last change: the same stamp, the same rules."""


class ProgramCache:
    """Keeps programs' rules in memory; the caller shows the stamp the database has just told.

    Bounded by `limit` programs; when full it starts anew, which costs one read a program.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._kept: dict[str, tuple[Stamp, ProgramRules]] = {}

    def get(self, program_id: ProgramId, stamp: Stamp) -> ProgramRules | None:
        """Return the rules of a program if the kept ones are those of `stamp`."""
        kept = self._kept.get(program_id)
        return kept[1] if kept is not None and kept[0] == stamp else None

    def load(
        self, connection: Connection | Session, program_ids: Iterable[ProgramId]
    ) -> dict[str, ProgramRules]:
        """Read the rules of `program_ids` (missing ones are left out) and keep them."""
        loaded = load_rules(connection, program_ids)
        if len(self._kept) + len(loaded) > self._limit:
            self._kept.clear()
        for stamp, rules in loaded.values():
            self._kept[rules.id] = (stamp, rules)
        return {program_id: rules for program_id, (_, rules) in loaded.items()}


def load_rules(
    connection: Connection | Session, program_ids: Iterable[ProgramId]
) -> dict[str, tuple[Stamp, ProgramRules]]:
    """Read programs with their offers, as rules, each with its stamp."""
    wanted = sorted(set(program_ids))
    programs = connection.execute(
        select(_PROGRAMS, _VENDORS.c.keeps_events)
        .join(_VENDORS, _VENDORS.c.id == _PROGRAMS.c.vendor_id)
        .where(_PROGRAMS.c.id.in_(wanted))
    ).all()
    offers: dict[str, list[RewardOffer]] = {}
    for reward in connection.execute(
        select(
            _REWARDS.c.program_id,
            _REWARDS.c.points_required,
            _REWARDS.c.valid_from,
            _REWARDS.c.valid_until,
            _REWARDS.c.id,
            _REWARDS.c.name,
            _REWARDS.c.stock_left,
            _REWARDS.c.per_card_limit,
        )
        .where(
            _REWARDS.c.program_id.in_(wanted),
            _REWARDS.c.archived_at.is_(None),
            _REWARDS.c.points_required.is_not(None),
        )
        .order_by(_REWARDS.c.points_required, _REWARDS.c.id)
    ):
        offer = RewardOffer(*reward[1:])
        offers.setdefault(reward.program_id, []).append(offer)
    promotions = load_promotions(connection, programs)
    given = _given_by_tiers(connection, programs)
    return {
        row.id: (
            stamp_of(row),
            _rules_of(row, offers.get(row.id, []), promotions.get(row.id, []), given),
        )
        for row in programs
    }


def stamp_of(row: Any) -> Stamp:
    """Return the stamp of a program's row."""
    return (row.version, row.updated_at)


def zone_of(program: LoyaltyProgram) -> ZoneInfo:
    """Return the time zone in which a program counts its days."""
    return ZoneInfo(program.timezone)


def is_bringing(referral: Mapping[str, Any] | None) -> bool:
    """Return whether cards bring friends by what their program promises."""
    return referral is not None and referral["status"] == ReferralStatus.ACTIVE


def load_promotions(
    connection: Connection | Session, programs: Iterable[Row[Any]]
) -> dict[str, list[PromotionOffer]]:
    """Read the promotions of programs that a purchase may get something of, by program.

    Those that ended not long before the program last changed are among them: a purchase that is
    told late may have been made while they were on.
    """
    changed_at = {row.id: row.updated_at for row in programs}
    found: dict[str, list[PromotionOffer]] = {}
    kept = _PROMOTIONS.c.status.in_((PromotionStatus.ACTIVE, PromotionStatus.ENDED))
    for row in connection.execute(
        select(_PROMOTIONS)
        .where(_PROMOTIONS.c.program_id.in_(sorted(changed_at)), kept)
        .order_by(_PROMOTIONS.c.id)
    ):
        since = changed_at[row.program_id] - timedelta(days=LATE_ENDS_DAYS)
        is_ended = row.status == PromotionStatus.ENDED
        if is_ended and (row.ended_at is None or row.ended_at < since):
            continue
        found.setdefault(row.program_id, []).append(promotion_of(dict(row._mapping)))
    return found


def _given_by_tiers(
    connection: Connection | Session, programs: Iterable[Row[Any]]
) -> dict[str, TierGrant]:
    """Read the rewards that tiers give, by their ids; nothing is asked where none gives any."""
    wanted = {reward_id for row in programs for reward_id in given_by(row.tiers)}
    if not wanted:
        return {}
    query = select(_REWARDS.c.id, _REWARDS.c.name, _REWARDS.c.value_minor).where(
        _REWARDS.c.id.in_(sorted(wanted))
    )
    return {
        row.id: TierGrant(row.id, row.name, row.value_minor) for row in connection.execute(query)
    }


def _rules_of(
    row: Row[Any],
    offers: list[RewardOffer],
    promotions: list[PromotionOffer],
    given: Mapping[str, TierGrant],
) -> ProgramRules:
    return ProgramRules(
        id=row.id,
        vendor_id=row.vendor_id,
        type=row.type,
        status=row.status,
        currency=row.currency,
        minor_units=minor_units(row.currency),
        zone=ZoneInfo(row.timezone),
        stamps_target=row.stamps_target,
        stamp_reward=row.stamp_reward,
        points_per_currency_unit=row.points_per_currency_unit,
        points_per_amount_minor=row.points_per_amount_minor,
        minimum_purchase_minor=row.minimum_purchase_minor,
        minimum_redemption_points=row.minimum_redemption_points,
        welcome_stamps=row.welcome_stamps,
        welcome_points=row.welcome_points,
        cooldown=timedelta(minutes=row.cooldown_minutes),
        max_daily_stamps=row.max_daily_stamps,
        pin_policy=row.pin_policy,
        void_policy=row.void_policy,
        version=row.version,
        offers=tuple(offers),
        has_rotating_code=has_rotating_code(row.branding),
        carry_parts=tuple((since, parts) for since, parts in row.carry_parts or ()),
        points_expiry=Expiry.parse(row.points_expiry),
        points_activation_days=row.points_activation_days,
        return_grace_days=row.return_grace_days,
        stamps_expiry=Expiry.parse(row.stamps_expiry),
        promotions=tuple(promotions),
        milestones=milestones_of(row.stamp_rewards),
        keeps_milestones=row.unclaimed_milestones == UnclaimedMilestones.KEEP,
        stamps_per_item={one["sku"]: one["stamps"] for one in row.stamps_per_item or ()},
        max_stamps_per_visit=row.max_stamps_per_visit,
        tier_plan=plan_of(row.tiers, row.tier_rules, row.type, given),
        followed=_followed(row),
        referral_slug=row.slug if is_bringing(row.referral) else None,
        keeps_events=row.keeps_events,
    )


def _followed(row: Row[Any]) -> frozenset[EntryType]:
    """Return the entries that an automation waits for, or what was ever promised to friends."""
    types = frozenset(EntryType(one) for one in row.followed or ())
    return types if row.referral is None else types | _FOLLOWED_BY_REFERRALS
