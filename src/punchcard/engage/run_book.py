"""The book of what automations are to do: each occasion of a card is entered once, and then done.

An occasion is entered with the automation's row held, so that several workers count its limits one
after another. What is entered is done by the till under the run's own key: twice is once.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from punchcard.engage.candidates import Met
from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.rules.hold_out import is_held_out
from punchcard.engage.rules.quiet_hours import first_moment
from punchcard.engage.vocabulary import AutomationStatus, RunState
from punchcard.kit.ids import AutomationId, AutomationRunId, CardId, EntryId, GrantId, Ids
from punchcard.loyalty.cards.merges.merged_cards import together
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.rules_loader import zone_of


def enter(
    session: Session,
    automation_id: AutomationId,
    met: Sequence[Met],
    *,
    now: datetime,
    ids: Ids,
) -> int:
    """Enter the cards that an automation meets, once an occasion and within its limit a year.

    Cards that were merged are one: what was entered for one of them is not entered again.
    Who is held out is entered as that. Returns how many were entered.
    """
    automation = _held(session, automation_id)
    if automation is None or automation.status != AutomationStatus.ACTIVE or not met:
        return 0
    program = session.get_one(LoyaltyProgram, automation.program_id)
    due_at = first_moment(now, automation.quiet_hours, zone_of(program))
    book = _Book(session, automation, {one.card_id for one in met})
    rows = []
    for one in met:
        if not book.takes(one):
            continue
        is_out = is_held_out(automation.id, one.card_id, automation.hold_out_percent)
        rows.append(
            {
                "id": AutomationRunId(ids.new_id()),
                "vendor_id": automation.vendor_id,
                "automation_id": automation.id,
                "automation_version": automation.version,
                "card_id": one.card_id,
                "trigger": automation.trigger,
                "occasion": one.occasion.name,
                "year": one.occasion.year,
                "state": RunState.HELD_OUT if is_out else RunState.WAITING,
                "due_at": due_at,
                "done_at": now if is_out else None,
                "created_at": now,
            }
        )
    if rows:
        session.execute(insert(AutomationRun), rows)
    return len(rows)


def settle(
    session: Session,
    run_id: AutomationRunId,
    *,
    now: datetime,
    entry_id: EntryId | None = None,
    grant_id: GrantId | None = None,
    refused_by: str | None = None,
) -> None:
    """Note what became of a run: an entry, or the code of a refusal."""
    state = RunState.ACTED if entry_id is not None else RunState.REFUSED
    told: dict[str, Any] = {"entry_id": entry_id, "grant_id": grant_id, "refused_by": refused_by}
    session.execute(
        update(AutomationRun)
        .where(AutomationRun.id == run_id, AutomationRun.entry_id.is_(None))
        .values(state=state, done_at=now, **told)
    )


def put_run_off(session: Session, run_id: AutomationRunId, until: datetime) -> None:
    """Let a run that waits wait longer, unless it was done meanwhile."""
    session.execute(
        update(AutomationRun)
        .where(AutomationRun.id == run_id, AutomationRun.state == RunState.WAITING)
        .values(due_at=until)
    )


def done_elsewhere(session: Session, runs: Collection[AutomationRun]) -> set[AutomationRunId]:
    """Return which of these runs are those of another card as well: merged since with theirs.

    Of several that wait the first is done.
    """
    groups = together(session, {run.card_id for run in runs})
    merged = [run for run in runs if len(groups[run.card_id]) > 1]
    if not merged:
        return set()
    query = select(AutomationRun).where(
        AutomationRun.card_id.in_({one for run in merged for one in groups[run.card_id]}),
        AutomationRun.automation_id.in_({run.automation_id for run in merged}),
        AutomationRun.state != RunState.REFUSED,
    )
    others = session.scalars(query).all()
    return {
        run.id
        for run in merged
        if any(
            other.card_id in groups[run.card_id] and _comes_before(other, run) for other in others
        )
    }


def _comes_before(other: AutomationRun, run: AutomationRun) -> bool:
    is_same = (other.automation_id, other.occasion) == (run.automation_id, run.occasion)
    is_done = other.state != RunState.WAITING
    return is_same and other.id != run.id and (is_done or other.id < run.id)


def _held(session: Session, automation_id: AutomationId) -> Automation | None:
    return session.scalar(
        select(Automation)
        .where(Automation.id == automation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


class _Book:
    """What was entered before for some cards, and what is entered now."""

    def __init__(
        self, session: Session, automation: Automation, card_ids: Collection[CardId]
    ) -> None:
        self._limit = automation.limit_per_year
        self._known: set[tuple[CardId, str]] = set()
        self._times: dict[tuple[CardId, int], int] = {}
        groups = together(session, card_ids)
        self._whole = {one: group[0] for group in groups.values() for one in group}
        query = (
            select(
                AutomationRun.automation_id,
                AutomationRun.card_id,
                AutomationRun.occasion,
                AutomationRun.year,
            )
            .join(Automation, Automation.id == AutomationRun.automation_id)
            .where(
                AutomationRun.card_id.in_(self._whole),
                AutomationRun.trigger == automation.trigger,
                (Automation.id == automation.id) | (Automation.status == AutomationStatus.ENDED),
            )
        )
        for by, card_id, occasion, year in session.execute(query):
            # One that was ended and made anew does not do a second time what was done.
            whole = self._whole[card_id]
            self._known.add((whole, occasion))
            if by == automation.id:
                self._count(whole, year)

    def takes(self, met: Met) -> bool:
        """Return whether an occasion is new and within the limit; it is counted then."""
        card_id, occasion = self._whole[met.card_id], met.occasion
        if (card_id, occasion.name) in self._known:
            return False
        times = self._times.get((card_id, occasion.year), 0)
        if self._limit is not None and times >= self._limit:
            return False
        self._known.add((card_id, occasion.name))
        self._count(card_id, occasion.year)
        return True

    def _count(self, card_id: CardId, year: int) -> None:
        self._times[card_id, year] = self._times.get((card_id, year), 0) + 1
