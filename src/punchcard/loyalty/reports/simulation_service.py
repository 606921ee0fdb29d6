"""Simulations: a promotion on the purchases that there were, and what it would have cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, select

from punchcard.db.base import table_of
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.ledger.entry import CARRYING
from punchcard.loyalty.ledger.ledger_reader import first_id_at
from punchcard.loyalty.models import Reward
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports.staff_report_service import RECORDED_WITHIN
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.promotions.promotion_offer import promotion_of
from punchcard.loyalty.rules.promotions.simulation import PastPurchase, Simulation
from punchcard.loyalty.rules.stamps.purchase_items import base_of
from punchcard.loyalty.rules.values import ProgramRules
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import ActorKind, EntryType

LONGEST_DAYS: Final = 400
"""Over how many days a promotion can be simulated."""

CHUNK_ENTRIES: Final = 2000

_REWARDS = table_of(Reward)
_PURCHASES: Final = (EntryType.POINTS_EARNED, EntryType.STAMP_EARNED, EntryType.VISIT_RECORDED)
_TYPES: Final = (*{*_PURCHASES, *CARRYING, EntryType.TIER_CHANGED},)

_Carry = Sequence[Any]


class UnitValue(NamedTuple):
    """What a point or a stamp is worth in minor units, by which reward of the program."""

    minor: Fraction
    reward: str


class Simulated(NamedTuple):
    """What came of a simulation; `is_truncated`: there were more entries than are looked at."""

    simulation: Simulation
    entries: int
    is_truncated: bool
    point_value: UnitValue | None
    stamp_value: UnitValue | None

    @property
    def cost_minor(self) -> int | None:
        """Return what was given is worth, rounded up; None where nothing says what it is worth."""
        given = (
            (self.simulation.points, self.point_value),
            (self.simulation.stamps, self.stamp_value),
        )
        if any(number and value is None for number, value in given):
            return None
        cost = sum((number * value.minor for number, value in given if value), Fraction(0))
        return -(-cost.numerator // cost.denominator)


def simulate(
    connection: Connection, promotion: Promotion, *, first: date, last: date, limit_entries: int
) -> Simulated:
    """Return what a promotion would have given from the day `first` to `last`.

    Its own days are left aside, so that what is planned can be tried on what was; its windows,
    limits and budget hold, and begin anew. At most `limit_entries` are looked at.
    Raises InvalidInput for a span that is turned round or too long.
    """
    if last < first:
        raise invalid_field("to", message=N_("Must not be before the first day."))
    if (last - first).days >= LONGEST_DAYS:
        message = N_("No more than {days} days at once.")
        raise invalid_field("from", message=message, days=LONGEST_DAYS)
    _, program = load_rules(connection, [promotion.program_id])[promotion.program_id]
    columns = {c.key: getattr(promotion, c.key) for c in Promotion.__table__.columns}
    offer = promotion_of({**columns, "starts_on": None, "ends_on": None, "ended_at": None})
    budget = promotion.budget or {}
    left = budget.get("points") or budget.get("stamps")
    simulation = Simulation(offer, program.zone, program.minimum_purchase_minor, left)
    replay = _Replay(connection, program, simulation, first, last)
    replay.run(limit_entries)
    point_value = cheapest_point(connection, program.id)
    return Simulated(
        simulation, replay.entries, replay.is_truncated, point_value, stamp_value(program)
    )


def cheapest_point(connection: Connection, program_id: ProgramId) -> UnitValue | None:
    """Return what a point is worth where it buys least; None where no reward says its value."""
    rows = connection.execute(
        select(_REWARDS.c.value_minor, _REWARDS.c.points_required, _REWARDS.c.name).where(
            _REWARDS.c.program_id == program_id,
            _REWARDS.c.archived_at.is_(None),
            _REWARDS.c.value_minor.is_not(None),
            _REWARDS.c.points_required.is_not(None),
        )
    )
    values = [UnitValue(Fraction(worth, points), name) for worth, points, name in rows]
    return min(values, key=lambda value: value.minor, default=None)


def stamp_value(program: ProgramRules) -> UnitValue | None:
    """Return what a stamp of a full card is worth; None where its reward says no value."""
    reward = program.stamp_reward or {}
    worth = reward.get("value_minor")
    if worth is None:
        return None
    return UnitValue(Fraction(worth, program.stamps_target), reward.get("name") or "")


@dataclass(slots=True)
class _Replay:
    """Reads a program's entries of a span and hands them to a simulation."""

    connection: Connection
    program: ProgramRules
    simulation: Simulation
    first: date
    last: date
    entries: int = 0
    is_truncated: bool = False
    carries: dict[CardId, Fraction] = field(default_factory=dict)
    tiers: dict[CardId, str | None] = field(default_factory=dict)

    def run(self, limit_entries: int) -> None:
        since = self.program.midnight(self.first)
        until = self.program.midnight(self.last + timedelta(days=1))
        start = first_id_at(since)
        end = first_id_at(until + RECORDED_WITHIN + timedelta(hours=2))
        after = start
        while rows := self._page(after, end):
            self._look_back(rows, start)
            for row in rows:
                if self.entries >= limit_entries:
                    self.is_truncated = True
                    return
                self.entries += 1
                self._take(row)
            after = rows[-1].id

    def _page(self, after: str, end: str) -> Sequence[Row[Any]]:
        query = select(ENTRIES).where(
            ENTRIES.c.program_id == self.program.id,
            ENTRIES.c.id > after,
            ENTRIES.c.id < end,
            ENTRIES.c.type.in_(_TYPES),
        )
        return self.connection.execute(query.order_by(ENTRIES.c.id).limit(CHUNK_ENTRIES)).all()

    def _look_back(self, rows: Sequence[Row[Any]], start: str) -> None:
        """Find what cards that come for the first time carried before, and their tier then."""
        new = {row.card_id for row in rows} - self.carries.keys()
        self.carries.update(dict.fromkeys(new, Fraction(0)))
        self.tiers.update(dict.fromkeys(new, self._lowest))
        for row in self._latest(new, start, CARRYING):
            self.carries[row.card_id] = self._carry(row)
        if self.simulation.offer.tier_keys:
            for row in self._latest(new, start, (EntryType.TIER_CHANGED,)):
                self.tiers[row.card_id] = _tier_of(row) or self._lowest

    @property
    def _lowest(self) -> str | None:
        """Return the tier of cards that never left it."""
        plan = self.program.tier_plan
        return None if plan is None else plan.tiers[0].key

    def _latest(
        self, cards: set[CardId], start: str, types: Sequence[EntryType]
    ) -> Sequence[Row[Any]]:
        latest = (
            select(ENTRIES.c.card_id, func.max(ENTRIES.c.sequence).label("sequence"))
            .where(ENTRIES.c.card_id.in_(cards), ENTRIES.c.type.in_(types), ENTRIES.c.id <= start)
            .group_by(ENTRIES.c.card_id)
            .subquery()
        )
        is_latest = (ENTRIES.c.card_id == latest.c.card_id) & (
            ENTRIES.c.sequence == latest.c.sequence
        )
        return self.connection.execute(select(ENTRIES).join(latest, is_latest)).all()

    def _take(self, row: Row[Any]) -> None:
        details = row.details or {}
        if row.type == EntryType.TIER_CHANGED:
            self.tiers[row.card_id] = _tier_of(row) or self._lowest
        elif row.type in _PURCHASES:
            self._buy(row, details)
        elif row.type == EntryType.VOIDED:
            self.simulation.void(row.voids)
        elif row.type == EntryType.POINTS_REFUNDED:
            refunded = Fraction(details.get("refunded_points", "0"))
            self.simulation.refund(details["refunds"], row.amount_minor, refunded)
        if row.type in CARRYING:
            self.carries[row.card_id] = self._carry(row)

    def _buy(self, row: Row[Any], details: dict[str, Any]) -> None:
        day = self.program.day_of(row.occurred_at)
        if row.actor_kind == ActorKind.IMPORT or not self.first <= day <= self.last:
            return
        carry = self.carries[row.card_id]
        earned = Fraction(0)
        if row.type in CARRYING:
            whole = row.points_delta + pending_in(details.get("lots", ()))
            earned = whole + self._carry(row) - carry
        self.simulation.buy(
            PastPurchase(
                id=row.id,
                card_id=row.card_id,
                at=row.occurred_at,
                location_id=row.location_id,
                tier=self.tiers[row.card_id],
                amount_minor=row.amount_minor,
                stamps=base_of(row.stamps_delta, details),
                earned=earned,
                carry=carry,
                has_points=row.type in CARRYING
                and row.amount_minor is not None
                and self.program.has_points,
                parts=details.get("parts", ()),
                skus=frozenset(item["sku"] for item in details.get("items", ())),
            )
        )

    def _carry(self, row: Row[Any]) -> Fraction:
        parts = (row.details or {}).get("carry_parts")
        parts = parts or self.program.carry_parts_at(row.program_version)
        return Fraction(row.points_carry_after, parts)


def _tier_of(row: Row[Any]) -> str | None:
    tier: dict[str, str] = (row.details or {}).get("tier") or {}
    return tier.get("key")
