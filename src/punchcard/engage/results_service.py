"""What an automation did: how many cards it met, who came back, and what it cost.

Who came back is told of those for whom something was done and of those who were held out, by the
same days: only the difference between the two is the automation's doing. Cards that were merged are
one: what was met on both is counted once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Final

from sqlalchemy import CTE, ColumnElement, Connection, and_, case, func, select
from sqlalchemy.orm import Session

from punchcard.db.base import table_of
from punchcard.db.days import lies_after
from punchcard.engage.card_facts import is_visit
from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.vocabulary import RunState
from punchcard.loyalty.cards.merges.merged_cards import live_merges
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.reports.simulation_service import cheapest_point, stamp_value
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import GrantState

BACK_WITHIN_DAYS: Final = 30
"""For so many days after an occasion it is seen whether a card comes back."""

_MOST_TELLING: Final = (RunState.ACTED, RunState.HELD_OUT, RunState.WAITING, RunState.REFUSED)
"""What is told of an occasion that cards met before they were merged: the first of these."""

_RUNS = table_of(AutomationRun)
_GRANTS = table_of(Grant)


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Cards of one group: how many occasions, of how many the days are over, who came back."""

    occasions: int = 0
    watched: int = 0
    came_back: int = 0

    @property
    def share(self) -> Fraction | None:
        """Return the share that came back of those whose days are over; None without any."""
        return Fraction(self.came_back, self.watched) if self.watched else None


@dataclass(frozen=True, slots=True)
class Results:
    """What an automation did until `as_of`; `cost_minor` is None where no reward says its value.

    `grants_used` of the `grants` were collected: only these cost something.
    """

    as_of: datetime
    acted: ResultGroup
    held_out: ResultGroup
    waiting: int
    refused: int
    points: int
    stamps: int
    grants: int
    grants_used: int
    cost_minor: int | None


def results_of(session: Session, automation: Automation, now: datetime) -> Results:
    """Return what an automation did so far, with one look at each of its runs."""
    connection = session.connection()
    merges = live_merges(automation.program_id)
    met = _occasions(automation, merges)
    counts = {
        RunState(state): int(number)
        for state, number in connection.execute(
            select(met.c.state, func.count()).group_by(met.c.state)
        )
    }
    points, stamps = _given(connection, automation)
    grants, used, worth = _granted(connection, automation)
    return Results(
        as_of=now,
        acted=_group(connection, (met, merges), RunState.ACTED, counts, now),
        held_out=_group(connection, (met, merges), RunState.HELD_OUT, counts, now),
        waiting=counts.get(RunState.WAITING, 0),
        refused=counts.get(RunState.REFUSED, 0),
        points=points,
        stamps=stamps,
        grants=grants,
        grants_used=used,
        cost_minor=_cost(connection, automation, points=points, stamps=stamps, grants=worth),
    )


def _occasions(automation: Automation, merges: CTE) -> CTE:
    """Return the runs of an automation, one an occasion of a card with its parts: `whole`."""
    whole = func.coalesce(merges.c.card_id, _RUNS.c.card_id).label("whole")
    rank = case(*((_RUNS.c.state == state, place) for place, state in enumerate(_MOST_TELLING)))
    place = func.row_number().over(
        partition_by=(whole, _RUNS.c.occasion), order_by=(rank, _RUNS.c.id)
    )
    runs = (
        select(_RUNS.c.state, _RUNS.c.done_at, whole, place.label("place"))
        .outerjoin(merges, merges.c.from_card_id == _RUNS.c.card_id)
        .where(_RUNS.c.automation_id == automation.id)
        .subquery()
    )
    return select(runs.c.state, runs.c.done_at, runs.c.whole).where(runs.c.place == 1).cte()


def _group(
    connection: Connection,
    looked_at: tuple[CTE, CTE],
    state: RunState,
    counts: dict[RunState, int],
    now: datetime,
) -> ResultGroup:
    """Count a group; who came back is only asked of those whose days are over."""
    met, merges = looked_at
    within = timedelta(days=BACK_WITHIN_DAYS)
    seen, done = ENTRIES.c.occurred_at, met.c.done_at
    times = (seen > done, ~lies_after(seen, done, within, connection.dialect), is_visit())

    def came(card: ColumnElement[bool]) -> ColumnElement[bool]:
        return select(ENTRIES.c.id).where(card, *times).correlate(met).exists()

    parts = select(merges.c.from_card_id).where(merges.c.card_id == met.c.whole)
    has_parts = met.c.whole.in_(select(merges.c.card_id))
    by_part = came(ENTRIES.c.card_id.in_(parts.correlate(met)))
    back = came(ENTRIES.c.card_id == met.c.whole) | (has_parts & by_part)
    over = and_(met.c.state == state, done <= now - within)
    watched = connection.scalar(select(func.count()).select_from(met).where(over))
    came_back = connection.scalar(select(func.count()).select_from(met).where(over, back))
    return ResultGroup(counts.get(state, 0), int(watched or 0), int(came_back or 0))


def _given(connection: Connection, automation: Automation) -> tuple[int, int]:
    """Return the points and stamps that were given, without what was voided since."""
    void = ENTRIES.alias("void")
    row = connection.execute(
        select(
            func.sum(ENTRIES.c.points_delta + func.coalesce(void.c.points_delta, 0)),
            func.sum(ENTRIES.c.stamps_delta + func.coalesce(void.c.stamps_delta, 0)),
        )
        .select_from(_RUNS)
        .join(ENTRIES, ENTRIES.c.id == _RUNS.c.entry_id)
        .outerjoin(void, void.c.voids == ENTRIES.c.id)
        .where(_RUNS.c.automation_id == automation.id)
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def _granted(connection: Connection, automation: Automation) -> tuple[int, int, int | None]:
    """Return how many rewards were given, how many were collected, and what those are worth."""
    rows = connection.execute(
        select(_GRANTS.c.state, _GRANTS.c.value_minor, func.count())
        .join(_RUNS, _RUNS.c.grant_id == _GRANTS.c.id)
        .where(_RUNS.c.automation_id == automation.id)
        .group_by(_GRANTS.c.state, _GRANTS.c.value_minor)
    ).all()
    used = [(worth, int(number)) for state, worth, number in rows if state == GrantState.USED]
    is_known = all(worth is not None for worth, _ in used)
    total = sum((worth or 0) * number for worth, number in used)
    return (
        sum(int(number) for *_, number in rows),
        sum(number for _, number in used),
        total if is_known else None,
    )


def _cost(
    connection: Connection, automation: Automation, *, points: int, stamps: int, grants: int | None
) -> int | None:
    """Return what was given at its value, rounded up; None where something has no value."""
    if grants is None:
        return None
    cost = Fraction(grants)
    if points:
        point = cheapest_point(connection, automation.program_id)
        if point is None:
            return None
        cost += points * point.minor
    if stamps:
        _, program = load_rules(connection, [automation.program_id])[automation.program_id]
        stamp = stamp_value(program)
        if stamp is None:
            return None
        cost += stamps * stamp.minor
    return ceil(cost)
