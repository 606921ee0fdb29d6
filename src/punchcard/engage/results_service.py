"""What an automation did: how many cards it met, who came back, and what it cost.

Who came back is told of those for whom something was done and of those who were held out, by the
same days: only the difference between the two is the automation's doing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Final

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.orm import Session

from punchcard.db.base import table_of
from punchcard.db.days import lies_after
from punchcard.engage.card_facts import is_visit
from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.vocabulary import RunState
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.reports.simulation_service import cheapest_point, stamp_value
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import GrantState

BACK_WITHIN_DAYS: Final = 30
"""For so many days after an occasion it is seen whether a card comes back."""

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
    counts = {
        RunState(state): int(number)
        for state, number in connection.execute(
            select(_RUNS.c.state, func.count())
            .where(_RUNS.c.automation_id == automation.id)
            .group_by(_RUNS.c.state)
        )
    }
    points, stamps = _given(connection, automation)
    grants, used, worth = _granted(connection, automation)
    return Results(
        as_of=now,
        acted=_group(connection, automation, RunState.ACTED, counts, now),
        held_out=_group(connection, automation, RunState.HELD_OUT, counts, now),
        waiting=counts.get(RunState.WAITING, 0),
        refused=counts.get(RunState.REFUSED, 0),
        points=points,
        stamps=stamps,
        grants=grants,
        grants_used=used,
        cost_minor=_cost(connection, automation, points=points, stamps=stamps, grants=worth),
    )


def _group(
    connection: Connection,
    automation: Automation,
    state: RunState,
    counts: dict[RunState, int],
    now: datetime,
) -> ResultGroup:
    """Count a group; who came back is only asked of those whose days are over."""
    within = timedelta(days=BACK_WITHIN_DAYS)
    seen, done = ENTRIES.c.occurred_at, _RUNS.c.done_at
    came = (
        select(ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id == _RUNS.c.card_id,
            seen > done,
            ~lies_after(seen, done, within, connection.dialect),
            is_visit(),
        )
        .exists()
    )
    over = and_(
        _RUNS.c.automation_id == automation.id, _RUNS.c.state == state, done <= now - within
    )
    watched = connection.scalar(select(func.count()).select_from(_RUNS).where(over))
    came_back = connection.scalar(select(func.count()).select_from(_RUNS).where(over, came))
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
