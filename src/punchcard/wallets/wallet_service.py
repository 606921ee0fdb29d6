"""All wallets as one: links to a card's passes, and keeping those passes up to date.

A wallet that the operator has not set up has no link and nothing to do: nothing fails for it.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, delete, exists, func, select, update
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.dialects import id_as_text
from punchcard.db.outbox import OutboxRow, PermanentFailure, RetryLater, WorkStatus
from punchcard.kit.clock import Clock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.kit.settings import Settings
from punchcard.loyalty.events import CARD_CHANGED, PROGRAM_CHANGED, SHELF_CHANGED
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.wallets.google.google_registry import GOOGLE_CHECK
from punchcard.wallets.google.models import GoogleObject, WalletFanout
from punchcard.wallets.models import ApplePass
from punchcard.wallets.platform import Platform
from punchcard.wallets.vocabulary import WalletState

_REASON_CHARACTERS: Final = 500


@dataclass(frozen=True)
class PassLinks:
    """Where the passes of one card are; None for a wallet that is not set up."""

    apple: str | None
    google: str | None


@dataclass(frozen=True)
class FanoutProgress:
    """How far a program's redesign has reached its cards."""

    program_id: ProgramId
    program_version: int
    cards_total: int
    cards_done: int
    cards_failed: int
    last_error: str | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class OutboxBacklog:
    """Changes that wait for their passes; what is parked failed for good, or for too long."""

    topic: str
    waiting: int
    parked: int
    last_error: str | None


@dataclass(frozen=True)
class WalletStatus:
    """How wallets stand: which are set up, what waits, and which redesigns are under way.

    `faults` says of a wallet what keeps it from handing out passes.
    """

    configured: list[str]
    faults: dict[str, str]
    work: list[OutboxBacklog]
    redesigns: list[FanoutProgress]


class Wallets:
    """All wallets together."""

    def __init__(
        self,
        platforms: Sequence[Platform],
        *,
        database: Database,
        clock: Clock,
        settings: Settings,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._platforms = platforms
        self._database = database
        self._clock = clock
        self._settings = settings
        self._stopwatch = stopwatch

    @property
    def configured(self) -> list[Platform]:
        """Return the wallets that are set up."""
        return [platform for platform in self._platforms if platform.is_configured]

    def faults(self) -> dict[str, str]:
        """Return of each wallet what the operator must put right, if anything.

        Each fault is also logged, the first time it is asked for.
        """
        return {one.name: fault for one in self._platforms if (fault := one.fault)}

    def links_for(self, token: str | None, base: str) -> PassLinks:
        """Return where the passes of the card with this token are; `base` begins the links."""
        if token is None:
            return PassLinks(apple=None, google=None)
        found = {one.name: one.link_for(token, base) for one in self.configured}
        return PassLinks(apple=found.get("apple"), google=found.get("google"))

    def states(
        self, session: Session, card_ids: Collection[CardId]
    ) -> dict[CardId, dict[str, WalletState]]:
        """Return for each card in which wallets it is: none, issued or installed."""
        by_name = {one.name: one.records.states(session, card_ids) for one in self.configured}
        return {
            card_id: {name: by_name.get(name, {}).get(card_id, WalletState.NONE) for name in _NAMES}
            for card_id in card_ids
        }

    def refresh(self, card_id: CardId) -> None:
        """Bring a card's passes up to date in every wallet.

        Raises RetryLater or PermanentFailure.
        """
        if failed := self._refresh_cards([card_id], is_urgent=True):
            raise PermanentFailure(failed[card_id])

    def refresh_program(self, program_id: ProgramId) -> None:
        """Bring what a program's cards share, then each card, up to date, as far as a turn goes.

        What is left waits in the outbox and goes on behind the last card that is done, also after
        a restart. Raises RetryLater or PermanentFailure.
        """
        _each(self.configured, lambda platform: platform.refresh_program(program_id))
        ends = self._stopwatch() + self._settings.fanout_turn_seconds
        fanout = self._begin(program_id)
        while fanout is not None and fanout.finished_at is None:
            fanout = self._step(fanout)
            if fanout is not None and self._stopwatch() >= ends:
                with self._database.write() as session:
                    outbox.enqueue(session, PROGRAM_CHANGED, program_id, self._clock.now())
                return

    def progress(self, session: Session, program_id: ProgramId) -> FanoutProgress | None:
        """Return how far the latest redesign of a program is, None if there was none."""
        fanout = session.get(WalletFanout, program_id)
        return _progress(fanout) if fanout is not None else None

    def unfinished(self, session: Session, *, limit: int = 100) -> list[FanoutProgress]:
        """Return the redesigns that are under way, the oldest first."""
        wanted = select(WalletFanout).where(WalletFanout.finished_at.is_(None))
        rows = session.scalars(wanted.order_by(WalletFanout.started_at).limit(limit))
        return [_progress(row) for row in rows]

    def cards_in(self, session: Session, program_ids: Collection[ProgramId]) -> dict[str, int]:
        """Return how many cards of these programs have a pass, by the wallets that are set up."""
        return {
            one.name: sum(one.records.count_cards(session, each) for each in program_ids)
            for one in self.configured
        }

    def status(self, session: Session) -> WalletStatus:
        """Return how wallets stand."""
        return WalletStatus(
            configured=[one.name for one in self.configured],
            faults=self.faults(),
            work=[_work(session, topic) for topic in _TOPICS],
            redesigns=self.unfinished(session),
        )

    def retry_parked(self, session: Session) -> int:
        """Let what was parked be tried again; returns how much that was."""
        rows = session.scalars(
            select(OutboxRow).where(
                OutboxRow.topic.in_(_TOPICS), OutboxRow.status == WorkStatus.PARKED
            )
        ).all()
        for row in rows:
            outbox.enqueue(session, row.topic, row.key, self._clock.now())
            session.delete(row)
        return len(rows)

    def drop_needless_work(self, session: Session) -> int:
        """While no wallet is set up, drop word about cards and programs that have no pass anywhere.

        A pass shows what the card is when it is made, so that nothing is missed when a wallet is
        set up later. Word about what has a pass is kept for that day, but Google is asked about its
        holders anew then.
        """
        if self.configured:
            return 0
        passes, objects = table_of(ApplePass), table_of(GoogleObject)
        of_pass = select(LoyaltyCard.program_id).join(passes, passes.c.card_id == LoyaltyCard.id)
        of_object = select(objects.c.program_id)
        connection = session.connection()

        def is_key(column: Any) -> ColumnElement[bool]:
            return id_as_text(connection, column) == OutboxRow.key

        of_program = [
            of_pass.where(is_key(LoyaltyCard.program_id)).exists(),
            of_object.where(is_key(objects.c.program_id)).exists(),
        ]
        has_pass = {
            CARD_CHANGED: [
                exists().where(is_key(passes.c.card_id)),
                exists().where(is_key(objects.c.card_id)),
            ],
            PROGRAM_CHANGED: of_program,
            SHELF_CHANGED: of_program,
            GOOGLE_CHECK: [],
        }
        return sum(_drop(session, topic, kept) for topic, kept in has_pass.items())

    def _begin(self, program_id: ProgramId) -> WalletFanout | None:
        """Return how far this version of the program is, from the start if it is a new one."""
        now = self._clock.now()
        with self._database.write() as session:
            program = session.get(LoyaltyProgram, program_id)
            if program is None:
                return None
            fanout = session.get(WalletFanout, program_id)
            if fanout is not None and fanout.program_version == program.version:
                return fanout
            counts = [one.records.count_cards(session, program_id) for one in self.configured]
            fanout = fanout or WalletFanout(program_id=program_id)
            fanout.program_version, fanout.after_card_id = program.version, None
            fanout.cards_total = max(counts, default=0)
            fanout.cards_done = fanout.cards_failed = 0
            fanout.last_error = fanout.finished_at = None
            fanout.started_at = fanout.updated_at = now
            session.add(fanout)
            return fanout

    def _step(self, fanout: WalletFanout) -> WalletFanout | None:
        """Do the next cards; returns where that leads, None when someone else goes on."""
        limit = self._settings.fanout_chunk_cards
        with self._database.read() as session:
            after, program_id = fanout.after_card_id, fanout.program_id
            found = {
                card_id
                for one in self.configured
                for card_id in one.records.next_cards(session, program_id, after=after, limit=limit)
            }
        card_ids = sorted(found)[:limit]
        failed = self._refresh_cards(card_ids, is_urgent=False)
        now = self._clock.now()
        changes: dict[str, Any] = {
            "after_card_id": card_ids[-1] if card_ids else after,
            "cards_done": fanout.cards_done + len(card_ids),
            "cards_failed": fanout.cards_failed + len(failed),
            "updated_at": now,
            "finished_at": None if card_ids else now,
        }
        if failed:
            changes["last_error"] = next(iter(failed.values()))[:_REASON_CHARACTERS]
        return self._advance(fanout, changes)

    def _advance(self, fanout: WalletFanout, changes: dict[str, Any]) -> WalletFanout | None:
        # Only from where this worker stood: another may go on, or a newer version begin.
        is_where_it_was = (
            WalletFanout.program_id == fanout.program_id,
            WalletFanout.program_version == fanout.program_version,
            WalletFanout.after_card_id.is_not_distinct_from(fanout.after_card_id),
        )
        statement = update(WalletFanout).where(*is_where_it_was).values(**changes)
        with self._database.write() as session:
            result = session.execute(statement.execution_options(synchronize_session=False))
            if not cast("CursorResult[Any]", result).rowcount:
                return None
            session.expire_all()
            return session.get(WalletFanout, fanout.program_id)

    def _refresh_cards(self, card_ids: Sequence[CardId], *, is_urgent: bool) -> dict[CardId, str]:
        failed: dict[CardId, str] = {}
        if card_ids:
            _each(
                self.configured,
                lambda one: failed.update(one.refresh_cards(card_ids, is_urgent=is_urgent)),
            )
        return failed


_NAMES: Final = ("apple", "google")
_TOPICS: Final = (CARD_CHANGED, PROGRAM_CHANGED)


def _work(session: Session, topic: str) -> OutboxBacklog:
    of_topic = OutboxRow.topic == topic
    counts = select(OutboxRow.status, func.count()).where(of_topic).group_by(OutboxRow.status)
    number = {status: count for status, count in session.execute(counts)}
    reason = select(OutboxRow.last_error).where(of_topic, OutboxRow.last_error.is_not(None))
    return OutboxBacklog(
        topic=topic,
        waiting=number.get(WorkStatus.WAITING, 0) + number.get(WorkStatus.CLAIMED, 0),
        parked=number.get(WorkStatus.PARKED, 0),
        last_error=session.scalar(reason.order_by(OutboxRow.id.desc()).limit(1)),
    )


def _drop(session: Session, topic: str, kept: Sequence[ColumnElement[bool]]) -> int:
    """Drop the waiting work of a topic unless one of `kept` is true of it; returns how much."""
    statement = delete(OutboxRow).where(
        OutboxRow.topic == topic,
        OutboxRow.status == WorkStatus.WAITING,
        *(~one for one in kept),
    )
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def _each(platforms: Sequence[Platform], do: Callable[[Platform], None]) -> None:
    """Do it for every wallet: one that is away keeps no other one waiting. Raises RetryLater."""
    away: RetryLater | None = None
    for platform in platforms:
        try:
            do(platform)
        except RetryLater as error:
            away = error
    if away is not None:
        raise away


def _progress(fanout: WalletFanout) -> FanoutProgress:
    return FanoutProgress(
        program_id=fanout.program_id,
        program_version=fanout.program_version,
        cards_total=fanout.cards_total,
        cards_done=fanout.cards_done,
        cards_failed=fanout.cards_failed,
        last_error=fanout.last_error,
        started_at=fanout.started_at,
        updated_at=fanout.updated_at,
        finished_at=fanout.finished_at,
    )
