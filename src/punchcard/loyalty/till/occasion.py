"""When an operation happened, as the ledger may keep it: how far which caller may date back."""

from datetime import datetime, timedelta

from punchcard.accounts import vendor_service
from punchcard.accounts.access.presence import DevicePresences, Span
from punchcard.accounts.subjects import Subject
from punchcard.db.database import Database
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.till import NotYetHistory, OccurredAtOutOfRange
from punchcard.loyalty.rules.time_rules import LATE


class Occasions:
    """Says of one caller's requests when they happened; a terminal's answers are read once."""

    def __init__(
        self,
        database: Database,
        presences: DevicePresences,
        settings: Settings,
        subject: Subject,
        now: datetime,
    ) -> None:
        self._database = database
        self._presences = presences
        self._subject = subject
        self._device_id = subject.device_id
        self._now = now
        self._earliest = now - timedelta(hours=settings.offline_grace_hours)
        self._skew = timedelta(seconds=settings.clock_skew_seconds)
        self._spans: list[Span] | None = None

    def may_block(self, occurred_at: datetime | None) -> bool:
        """Tell whether checking this time waits for the database.

        What is refused does: it is told by the shop's clocks.
        """
        if occurred_at is None:
            return False
        if not self._is_in_grace(occurred_at):
            return True
        is_known = self._spans is not None and self._answered_in(occurred_at) is None
        return self._is_late(occurred_at) and not is_known

    def checked(self, occurred_at: datetime, *, is_history: bool) -> datetime:
        """Return when it happened, never ahead of now: a clock that runs ahead a little is now.

        History lies any time back, and not in the last minutes: what is of now goes the counter's
        way, with its PIN. All else lies at most `offline_grace_hours` back, and what a
        terminal tells late lies where the server answered it nothing: see `presence`.
        Raises OccurredAtOutOfRange, its moments as the vendor's clocks show them.
        """
        try:
            return self._checked(occurred_at, is_history=is_history)
        except OccurredAtOutOfRange as refusal:
            with self._database.autocommit_connection() as connection:
                zone = vendor_service.zone_of(connection, self._subject.vendor_id)
            raise refusal.by_clocks_of(zone) from None

    def _checked(self, occurred_at: datetime, *, is_history: bool) -> datetime:
        if is_history:
            return self._checked_history(occurred_at)
        if not self._is_in_grace(occurred_at):
            raise OccurredAtOutOfRange(earliest=self._earliest, latest=self._now)
        if self._is_late(occurred_at):
            self._check_silence(occurred_at)
        return min(occurred_at, self._now)

    def _is_in_grace(self, occurred_at: datetime) -> bool:
        return self._earliest <= occurred_at <= self._now + self._skew

    def _checked_history(self, occurred_at: datetime) -> datetime:
        latest = self._now - LATE
        if occurred_at > latest:
            raise NotYetHistory(earliest=None, latest=latest)
        return occurred_at

    def _is_late(self, occurred_at: datetime) -> bool:
        return self._device_id is not None and self._now - occurred_at > LATE

    def _check_silence(self, occurred_at: datetime) -> None:
        """Refuse what a terminal says it did while it was answered: it could have said so then.

        Its clock may differ a little: a span counts from a little after it began to before its end.
        """
        assert self._device_id is not None
        if self._spans is None:
            self._spans = self._presences.spans(self._device_id, self._earliest)
        if (span := self._answered_in(occurred_at)) is not None:
            raise OccurredAtOutOfRange(earliest=span.ended_at, latest=self._now)

    def _answered_in(self, occurred_at: datetime) -> Span | None:
        """Return the known span in which the terminal was answered at that time, if any."""
        for span in self._spans or ():
            if span.began_at + self._skew <= occurred_at < span.ended_at - self._skew:
                return span
        return None
