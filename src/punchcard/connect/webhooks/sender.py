"""Sends what is due: several at a time, few to one receiver, fewest to one that fails.

A turn is short and waits for nobody: it writes down what came back, hands on what happened, and
starts as many attempts as there are places. Each attempt has a thread, which holds no connection
to the database. Half of the places are kept from endpoints whose last attempt failed, and each of
those has one: however many receivers are dead, the others do not wait for them.
"""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.signatures import headers_of
from punchcard.connect.webhooks import delivery_queue, hand_on
from punchcard.connect.webhooks.delivery_queue import InHand, Waiting
from punchcard.connect.webhooks.http_sender import PostsBodies
from punchcard.connect.webhooks.outcomes import Outcomes, WebhookOutcome
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.connect.webhooks.secrets import WebhookSecrets
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.i18n import N_
from punchcard.kit.ids import Ids, WebhookEndpointId
from punchcard.kit.metrics.instruments import Tally
from punchcard.kit.settings import Settings
from punchcard.kit.tracing.spans import SpanKind, Tracer, current_span, within
from punchcard.loyalty.vendor_events import VENDOR_EVENTS

_log = logging.getLogger(__name__)

_NO_SECRET: Final = N_("The secret of this endpoint can no longer be read: change it.")
_NOT_SENT: Final = N_("The server could not send this.")
_GRACE_SECONDS: Final = 30
_STOP_SECONDS: Final = 3.0
_TOGETHER: Final = timedelta(milliseconds=250)
"""What happens so soon after what was handed on last is handed on together, within a second."""

_TAKEN: Final = "taken"
_FAILED: Final = "failed"

Launch = Callable[[Callable[[], None]], None]
"""Does something, now or beside what goes on."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What an attempt must know of its endpoint."""

    url: str
    secrets: tuple[str, ...]


class WebhookSender:
    """What one process sends; several may do so at once, and share what is due."""

    topics: Final = (VENDOR_EVENTS,)

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        http: PostsBodies,
        secrets: WebhookSecrets,
        outcomes: Outcomes,
        wake: Callable[[], None],
        launch: Launch | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._parallel = settings.webhook_parallel_limit
        self._parallel_each = settings.webhook_parallel_per_endpoint
        self._lease = timedelta(seconds=2 * settings.webhook_timeout_seconds + _GRACE_SECONDS)
        self._http = http
        self._secrets = secrets
        self._outcomes = outcomes
        self._wake = wake
        self._launch = launch or _in_a_thread
        self._tracer = tracer
        self._finished: queue.SimpleQueue[WebhookOutcome] = queue.SimpleQueue()
        self._running: Counter[WebhookEndpointId] = Counter()
        self._failing: set[WebhookEndpointId] = set()
        self._handed_at: datetime | None = None
        self._is_behind = False
        self._is_over = threading.Condition()
        self.attempts: Final = Tally("outcome")
        """What became of the attempts of this process: `taken` or `failed`."""

    def take_over(self, session: Session, now: datetime) -> None:
        """Let what others had in hand be sent at once: they are known to be gone."""
        delivery_queue.end_leases(session, now)

    def take_turn(self, *, is_hurried: bool = True) -> int:
        """Do what can be done without waiting; returns how many things that were.

        Unless it is hurried, what goes on happening is handed on four times a second: on SQLite the
        next stamp waits for whoever writes.
        """
        settled = self._settle()
        now = self._clock.now()
        is_early = not (is_hurried or self._is_behind) and self._has_just_handed_on(now)
        if is_early and not settled:
            return 0
        with self._database.autocommit_connection() as connection:
            has_left, has_endpoints = delivery_queue.look(connection, now)
        handed = 0
        if has_left and not is_early:
            with self._database.write() as session:
                delivery_queue.take_back_lost(session, now)
                handed = hand_on.hand_on(session, self._ids, now)
            self._handed_at, self._is_behind = now, handed == hand_on.EVENTS_AT_ONCE
        return settled + handed + (self._start(now) if has_endpoints else 0)

    def _has_just_handed_on(self, now: datetime) -> bool:
        # A clock that was put back is no reason to wait.
        return self._handed_at is not None and self._handed_at <= now < self._handed_at + _TOGETHER

    def end(self) -> None:
        """Wait a moment for what is being sent, and write it down; the rest is sent again."""
        with self._is_over:
            self._is_over.wait_for(
                lambda: self._finished.qsize() >= self._running.total(), timeout=_STOP_SECONDS
            )
        self._settle()

    def _settle(self) -> int:
        """Write down what came back since the last turn, in one transaction."""
        finished: list[WebhookOutcome] = []
        while not self._finished.empty():
            finished.append(self._finished.get())
        if not finished:
            return 0
        # Before it is written: an outcome that is lost with the database is sent again.
        self._running.subtract(outcome.work.endpoint_id for outcome in finished)
        self._running = +self._running
        with self._database.write() as session:
            self._outcomes.write(session, finished)
        return len(finished)

    def _start(self, now: datetime) -> int:
        """Start as many attempts as there are places for."""
        with self._database.read() as session:
            waiting = delivery_queue.waiting_endpoints(session, now)
        self._failing = {one.endpoint_id for one in waiting if one.is_failing} | {
            endpoint_id for endpoint_id in self._failing if self._running[endpoint_id]
        }
        places = self._places(waiting)
        if not places:
            return 0
        with self._database.write() as session:
            claimed = [
                work
                for endpoint_id, free in places.items()
                for work in delivery_queue.claim_deliveries(
                    session, endpoint_id, limit=free, now=now, lease=self._lease
                )
            ]
            targets = self._targets(delivery_queue.endpoints(session, list(places)), now)
        self._running.update(work.endpoint_id for work in claimed)
        for work in claimed:
            self._launch(partial(self._attempt, work, targets[work.endpoint_id]))
        return len(claimed)

    def _places(self, waiting: list[Waiting]) -> dict[WebhookEndpointId, int]:
        """Return how many attempts may begin for each endpoint."""
        left = self._parallel - self._running.total()
        failing = sum(self._running[endpoint_id] for endpoint_id in self._failing)
        left_of_failing = self._parallel // 2 - failing
        places: dict[WebhookEndpointId, int] = {}
        for one in waiting:
            most = 1 if one.is_failing else self._parallel_each
            free = min(left, most - self._running[one.endpoint_id])
            if one.is_failing:
                free = min(free, left_of_failing)
            if free <= 0:
                continue
            places[one.endpoint_id] = free
            left -= free
            left_of_failing -= free if one.is_failing else 0
        return places

    def _targets(
        self, endpoints: Mapping[WebhookEndpointId, WebhookEndpoint], now: datetime
    ) -> dict[WebhookEndpointId, _Target]:
        return {
            endpoint_id: _Target(row.url, tuple(self._secrets.signing(row, now)))
            for endpoint_id, row in endpoints.items()
        }

    def _attempt(self, work: InHand, target: _Target) -> None:
        try:
            answer = self._traced_answer(work, target)
        except Exception:
            _log.exception("a webhook could not be sent")
            answer = WebhookAnswer(error=_NOT_SENT)
        self.attempts.add((_TAKEN if answer.is_taken else _FAILED,))
        with self._is_over:
            self._finished.put(WebhookOutcome(work, answer))
            self._is_over.notify_all()
        self._wake()

    def _traced_answer(self, work: InHand, target: _Target) -> WebhookAnswer:
        if self._tracer is None:
            return self._answer(work, target)
        span = self._tracer.follow("webhook", work.traceparent, SpanKind.CLIENT)
        with within(span):
            answer = self._answer(work, target)
            if span is not None:
                span.note("punchcard.attempts", work.attempts)
                span.note("http.response.status_code", answer.status or 0)
        return answer

    def _answer(self, work: InHand, target: _Target) -> WebhookAnswer:
        if not target.secrets:
            return WebhookAnswer(error=_NO_SECRET)
        body = work.body.encode()
        headers = headers_of(target.secrets, work.event_id, self._clock.now(), body)
        if (span := current_span.get()) is not None:
            headers = {**headers, "traceparent": span.traceparent}
        return self._http.post(target.url, headers, body)


def _in_a_thread(do: Callable[[], None]) -> None:
    threading.Thread(target=do, name="webhook", daemon=True).start()
