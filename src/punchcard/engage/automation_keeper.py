"""Does what automations do: turn by turn, through the till, once whatever happens in between.

A day that comes is worked towards window by window, and the place is kept: after a standstill the
days are made up for. What happens on a card leaves word in the outbox with its entry.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.engage.candidates import DaySpan, Met, met_by_entries, met_in_window, window_end
from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.run_book import done_elsewhere, enter, put_run_off, settle
from punchcard.engage.run_operations import DueRun, operation_of
from punchcard.engage.vocabulary import BY_DAY, AutomationStatus, RunState
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import AutomationId, CardId, GrantId, Ids
from punchcard.loyalty.errors.cards import CardWasReplaced
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.turns import ONE_KEY, GoesOn, Monotonic, Turns
from punchcard.loyalty.vocabulary import ProgramStatus

AUTOMATIONS_DUE: Final = "automations.due"
"""A day has come for an automation, or something it is to do has waited. There is one key."""

CATCH_UP_DAYS: Final = 31
"""After a standstill, days that lie further back are not made up for."""

DONE_ELSEWHERE: Final = "automation_done"
"""Why a run is refused whose occasion was met by a card that is one with its own by now."""

_RUNS_AT_ONCE: Final = 50
_ENTERED_AT_ONCE: Final = 500
# Somewhere on earth it is a day later already.
_FURTHEST_ZONE: Final = timedelta(hours=14)
# A shop that changes its time zone may have reached tomorrow.
_ZONE_CHANGE: Final = timedelta(days=1)
_ACTIVE: Final = AutomationStatus.ACTIVE


def enqueue_automations(session: Session, now: datetime) -> int:
    """Leave word when a day has come for an automation or a run is due; returns whether so."""
    if not (_has_waiting(session, now) or _behind(session, now)):
        return 0
    outbox.enqueue(session, AUTOMATIONS_DUE, ONE_KEY, now)
    return 1


class AutomationKeeper:
    """Finds whom automations meet and does what they are to do, for a while at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        till: Till,
        *,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._till = till
        self._turns = Turns(database, clock, AUTOMATIONS_DUE, monotonic)

    def take_turn(self) -> None:
        """Look at days that have come and do what is due, for a while; leave word if more is."""

        def do_and_reach(now: datetime, goes_on: GoesOn) -> bool:
            is_done = self.do(now, goes_on=goes_on)
            is_done = self.reach(now, goes_on=goes_on) and is_done
            return self.do(now, goes_on=goes_on) and is_done

        self._turns.take(do_and_reach)

    def follow(self, card_id: CardId) -> None:
        """Do what automations wait for on a card on which something happened."""
        now = self._clock.now()
        with self._database.read() as session:
            program = session.scalar(
                select(LoyaltyProgram)
                .join(LoyaltyCard, LoyaltyCard.program_id == LoyaltyProgram.id)
                .where(LoyaltyCard.id == card_id)
            )
            if program is None:
                return
            met = [
                (one.id, met_by_entries(session.connection(), program, one, card_id, now))
                for one in _active_of(session, program)
            ]
        for automation_id, occasions in met:
            self._enter(automation_id, occasions, now)
        self.do(now, card_id=card_id)

    def reach(self, now: datetime, *, goes_on: Callable[[], bool] = lambda: True) -> bool:
        """Work towards the day that it is for each automation; returns whether all are there."""
        with self._database.read() as session:
            behind = _behind(session, now)
        for automation_id in behind:
            while self._reach_on(automation_id, now):
                if not goes_on():
                    return False
        return True

    def do(
        self,
        now: datetime,
        *,
        card_id: CardId | None = None,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Do what is due, of one card or of all; returns whether nothing is left of it."""
        while rows := self._due(now, card_id):
            rows = self._without_doubles(self._out_of_quiet_hours(rows, now), now)
            operations = [operation_of(row, now, self._ids) for row in rows]
            outcomes = self._till.submit_all(operations)
            if not self._settle(rows, outcomes, now) or not goes_on():
                return False
        return True

    def _reach_on(self, automation_id: AutomationId, now: datetime) -> bool:
        """Look at one window of cards for an automation; returns whether there is more to do."""
        with self._database.read() as session:
            automation = session.get(Automation, automation_id)
            if automation is None or automation.status != _ACTIVE:
                return False
            program = session.get_one(LoyaltyProgram, automation.program_id)
            today = _today(program.timezone, now)
            assert automation.reached_on is not None
            reached_on = _believed(automation.reached_on, today)
            if reached_on >= today:
                return False
            target = automation.reaching_on or today
            earliest = target - timedelta(days=CATCH_UP_DAYS)
            span = DaySpan(max(reached_on + timedelta(days=1), earliest), target, now)
            after, connection = automation.reached_card_id, session.connection()
            until = window_end(connection, program, after)
            met = met_in_window(connection, program, automation, span, after=after, until=until)
        self._enter(automation_id, met, now)
        with self._database.write() as session:
            _note_place(session, automation_id, was=(automation.version, after), on=(target, until))
        return True

    def _enter(self, automation_id: AutomationId, met: Sequence[Met], now: datetime) -> None:
        for start in range(0, len(met), _ENTERED_AT_ONCE):
            part = met[start : start + _ENTERED_AT_ONCE]
            with self._database.write() as session:
                enter(session, automation_id, part, now=now, ids=self._ids)

    def _due(self, now: datetime, card_id: CardId | None) -> list[DueRun]:
        query = (
            select(AutomationRun, Automation, LoyaltyProgram.timezone, LoyaltyCard.number)
            .join(Automation, Automation.id == AutomationRun.automation_id)
            .join(LoyaltyProgram, LoyaltyProgram.id == Automation.program_id)
            .join(LoyaltyCard, LoyaltyCard.id == AutomationRun.card_id)
            .where(AutomationRun.state == RunState.WAITING, AutomationRun.due_at <= now)
            .order_by(AutomationRun.due_at, AutomationRun.id)
            .limit(_RUNS_AT_ONCE)
        )
        if card_id is not None:
            query = query.where(AutomationRun.card_id == card_id)
        with self._database.read() as session:
            rows = session.execute(query).all()
            session.expunge_all()
        return [DueRun(*row) for row in rows]

    def _out_of_quiet_hours(self, rows: Sequence[DueRun], now: datetime) -> list[DueRun]:
        """Return the runs that may be done now; after a standstill the others are put off."""
        put_off = {row.run.id: until for row in rows if (until := row.waits_until(now)) > now}
        if put_off:
            with self._database.write() as session:
                for run_id, until in put_off.items():
                    put_run_off(session, run_id, until)
        return [row for row in rows if row.run.id not in put_off]

    def _without_doubles(self, rows: Sequence[DueRun], now: datetime) -> list[DueRun]:
        """Return the runs that are to be done; what was done for a merged card is not again."""
        with self._database.read() as session:
            doubles = done_elsewhere(session, [row.run for row in rows])
        if doubles:
            with self._database.write() as session:
                for run_id in doubles:
                    settle(session, run_id, now=now, refused_by=DONE_ELSEWHERE)
        return [row for row in rows if row.run.id not in doubles]

    def _settle(
        self, rows: Sequence[DueRun], outcomes: Sequence[Receipt | DomainError], now: datetime
    ) -> bool:
        """Note what became of runs; returns whether the till took them all."""
        is_taken = True
        with self._database.write() as session:
            for (run, *_), outcome in zip(rows, outcomes, strict=True):
                if isinstance(outcome, Receipt):
                    told = outcome.entry["details"] or {}
                    grant_id = GrantId(told["grant_id"]) if "grant_id" in told else None
                    given = {"entry_id": outcome.entry["id"], "grant_id": grant_id}
                    settle(session, run.id, now=now, **given)
                elif outcome.kind is Kind.BUSY or isinstance(outcome, CardWasReplaced):
                    # Its number was changed in between: the next look finds the new one.
                    is_taken = False
                else:
                    settle(session, run.id, now=now, refused_by=outcome.code)
        return is_taken


def _active_of(session: Session, program: LoyaltyProgram) -> Sequence[Automation]:
    """Return the automations of a program that entries set off."""
    query = select(Automation).where(
        Automation.program_id == program.id,
        Automation.status == _ACTIVE,
        Automation.trigger.not_in(BY_DAY),
    )
    return session.scalars(query.order_by(Automation.id)).all()


def _behind(session: Session, now: datetime) -> list[AutomationId]:
    """Return the automations for which a day has come that they have not reached."""
    latest = (now + _FURTHEST_ZONE).date()
    reached_on = Automation.reached_on
    rows = session.execute(
        select(Automation.id, Automation.reached_on, LoyaltyProgram.timezone)
        .join(LoyaltyProgram, LoyaltyProgram.id == Automation.program_id)
        .where(
            Automation.status == _ACTIVE,
            Automation.trigger.in_(BY_DAY),
            or_(reached_on < latest, reached_on > latest + _ZONE_CHANGE),
            LoyaltyProgram.status == ProgramStatus.ACTIVE,
        )
        .order_by(Automation.id)
    )
    days = [(row.id, row.reached_on, _today(row.timezone, now)) for row in rows]
    return [one for one, reached, today in days if _believed(reached, today) < today]


def _believed(reached_on: date, today: date) -> date:
    """Return the day that an automation has reached, yesterday where that lies ahead by days.

    A clock ran ahead then. What was given meanwhile is noted, and is not given again.
    """
    return reached_on if reached_on <= today + _ZONE_CHANGE else today - timedelta(days=1)


def _has_waiting(session: Session, now: datetime) -> bool:
    query = select(AutomationRun.id).where(
        AutomationRun.state == RunState.WAITING, AutomationRun.due_at <= now
    )
    return session.scalar(query.limit(1)) is not None


def _note_place(
    session: Session,
    automation_id: AutomationId,
    *,
    was: tuple[int, CardId | None],
    on: tuple[date, CardId | None],
) -> None:
    """Note how far a look came, unless another worker was faster or the automation has changed."""
    version, after = was
    target, until = on
    place: dict[str, Any] = {"reaching_on": target, "reached_card_id": until}
    if until is None:
        place = {"reached_on": target, "reaching_on": None, "reached_card_id": None}
    same = (
        Automation.reached_card_id.is_(None)
        if after is None
        else (Automation.reached_card_id == after)
    )
    session.execute(
        update(Automation)
        .where(Automation.id == automation_id, Automation.version == version, same)
        .values(**place)
    )


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
