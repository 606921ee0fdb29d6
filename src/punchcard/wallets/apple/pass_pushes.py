"""What follows from each push: phones that are gone are forgotten, others tried again."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from punchcard.db.database import Database
from punchcard.db.outbox import RetryLater
from punchcard.kit.clock import Clock
from punchcard.kit.metrics.instruments import Tally
from punchcard.kit.tracing.spans import SpanKind, child_of_current, within
from punchcard.wallets.apple import apple_registry as registry
from punchcard.wallets.apple.apns import ApnsClient, PushResult
from punchcard.wallets.vocabulary import PushVerdict

_BAD_TOKEN_LIMIT: Final = 2
# One bad token is a phone's; many at once are ours, and then no phone may be forgotten for it.
_BAD_TOKENS_SUSPICIOUS: Final = 0.05
_FEW_TOKENS: Final = 20
_OPERATOR_TAKES: Final = timedelta(minutes=15)

_log = logging.getLogger(__name__)


class AppleAway(RetryLater):
    """Apple's push service did not take a push now."""


class AppleRefuses(RetryLater):
    """Apple refuses this operator's pushes: the certificate, the topic or the address is wrong."""


@dataclass(frozen=True)
class Unwoken:
    """The tokens that are still to be pushed to, and why."""

    tokens: frozenset[str]
    error: RetryLater | None

    def raise_if_any(self) -> None:
        """Raise the reason if there is one."""
        if self.error is not None:
            raise self.error


class PassPushes:
    """Sends pushes and keeps the registrations in step with what Apple says of them."""

    def __init__(self, client: ApnsClient, database: Database, clock: Clock, counts: Tally) -> None:
        self._client = client
        self._database = database
        self._clock = clock
        self._counts = counts
        self._stopped_until: datetime | None = None
        self._stopped_by = ""

    def send(self, push_tokens: Sequence[str]) -> Unwoken:
        """Wake the phones with these tokens; returns those that could not be reached."""
        now = self._clock.now()
        if self._stopped_until is not None and now < self._stopped_until:
            return _stopped(push_tokens, self._stopped_by)
        with within(child_of_current("push to Apple", SpanKind.CLIENT)) as span:
            results = self._client.push(push_tokens) if push_tokens else []
            if span is not None:
                taken = sum(result.verdict == PushVerdict.TAKEN for result in results)
                span.note("punchcard.pushes", len(results))
                span.note("punchcard.pushes_taken", taken)
        for result in results:
            self._counts.add((result.verdict.value,))
        stopped_by = _reason_to_stop(results)
        if stopped_by:
            _log.error("Apple refuses our pushes (%s): see punchcard doctor.", stopped_by)
            self._stopped_until, self._stopped_by = now + _OPERATOR_TAKES, stopped_by
        self._keep_registrations(results, now, is_trusted=not stopped_by)
        if stopped_by:
            return _stopped(
                [r.push_token for r in results if r.verdict != PushVerdict.TAKEN], stopped_by
            )
        return _unwoken(results)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _keep_registrations(
        self, results: Sequence[PushResult], now: datetime, *, is_trusted: bool
    ) -> None:
        taken = [result.push_token for result in results if result.verdict == PushVerdict.TAKEN]
        gone = [result for result in results if result.verdict == PushVerdict.GONE]
        bad = [r.push_token for r in results if r.verdict == PushVerdict.BAD_TOKEN and is_trusted]
        if not (taken or gone or bad):
            return
        with self._database.write() as session:
            registry.record_pushes(session, taken, now=now)
            for result in gone:
                # A phone that registered again since then is not gone.
                since = _moment(result.gone_since) or now
                registry.delete_token(session, result.push_token, registered_before=since)
            for token in bad:
                registry.count_bad_token(session, token, limit=_BAD_TOKEN_LIMIT)


def _reason_to_stop(results: Sequence[PushResult]) -> str:
    for result in results:
        if result.verdict == PushVerdict.STOPPED:
            return f"{result.status} {result.reason}" if result.status else result.reason
    bad = sum(result.verdict == PushVerdict.BAD_TOKEN for result in results)
    if len(results) >= _FEW_TOKENS and bad > len(results) * _BAD_TOKENS_SUSPICIOUS:
        return f"BadDeviceToken for {bad} of {len(results)}"
    return ""


def _stopped(push_tokens: Sequence[str], reason: str) -> Unwoken:
    error = AppleRefuses(f"Apple refuses our pushes: {reason}", retry_after=_OPERATOR_TAKES)
    return Unwoken(frozenset(push_tokens), error if push_tokens else None)


def _unwoken(results: Sequence[PushResult]) -> Unwoken:
    waiting = [result for result in results if result.verdict == PushVerdict.RETRY]
    if not waiting:
        return Unwoken(frozenset(), None)
    seconds = max((result.retry_after or 0.0 for result in waiting), default=0.0)
    reason = f"{waiting[0].status or 'no answer'} {waiting[0].reason}"
    error = AppleAway(
        f"Apple took no push for {len(waiting)} phones: {reason}",
        retry_after=timedelta(seconds=seconds) if seconds else None,
    )
    return Unwoken(frozenset(result.push_token for result in waiting), error)


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
