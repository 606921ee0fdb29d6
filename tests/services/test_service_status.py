"""What shops feel: found within a time, kept for a while, and told since when it is so."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from punchcard.accounts.mail.mail_queue import MAIL_SEND
from punchcard.db.outbox import WorkStatus
from punchcard.db.readiness import Found
from punchcard.db.watch.backlog import Backlog, BacklogPart
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.events import CARD_CHANGED
from punchcard.services.service_status import (
    FRESH,
    KEPT,
    LATE,
    ServicePart,
    ServiceSources,
    ServiceStatus,
)

WELL = Found(answers=True, is_migrated=True, is_writable=True)
AWAY = Found(answers=False, is_migrated=False, is_writable=True)
FULL = Found(answers=True, is_migrated=True, is_writable=False)
STAMPS, CARDS, WALLETS, MAIL = ServicePart


@dataclass
class Server:
    """What a look finds, as the test sets it."""

    clock: ManualClock
    found: Found = WELL
    waiting: dict[str, datetime] = field(default_factory=dict)
    till_runs: bool = True
    looks: int = 0
    find: Callable[[], None] = lambda: None
    timeout_seconds: float = 30.0

    def _find(self) -> Found:
        self.looks += 1
        self.find()
        return self.found

    def _backlog(self) -> Backlog:
        return [
            BacklogPart(topic, WorkStatus.WAITING, 1, since, since)
            for topic, since in self.waiting.items()
        ]

    def status(self, *, has_wallets: bool = True, has_mail: bool = True) -> ServiceStatus:
        """Make what is asked."""
        sources = ServiceSources(
            find=self._find,
            backlog=self._backlog,
            till_runs=lambda: self.till_runs,
            has_wallets=lambda: has_wallets,
            has_mail=lambda: has_mail,
        )
        return ServiceStatus(sources, self.clock, timeout_seconds=self.timeout_seconds)


@pytest.fixture
def server(clock: ManualClock) -> Server:
    """Be well."""
    return Server(clock)


def degraded(status: ServiceStatus) -> dict[ServicePart, datetime | None]:
    return {one.part: one.since for one in status.look().degraded}


def test_parts_that_are_not_set_up_are_not_spoken_of(server: Server) -> None:
    assert [one.part for one in server.status().look().parts] == [STAMPS, CARDS, WALLETS, MAIL]
    bare = server.status(has_wallets=False, has_mail=False)
    assert [one.part for one in bare.look().parts] == [STAMPS, CARDS]
    server.waiting = {MAIL_SEND: server.clock.now() - 2 * LATE}
    assert degraded(server.status(has_mail=False)) == {}


@pytest.mark.parametrize(
    ("found", "till_runs", "parts"),
    [
        (WELL, True, set()),
        (WELL, False, {STAMPS}),
        (FULL, True, {STAMPS}),
        (AWAY, True, {STAMPS, CARDS}),
        (Found(answers=True, is_migrated=False, is_writable=True), True, {STAMPS, CARDS}),
    ],
)
def test_what_does_not_work_is_what_is_felt(
    server: Server, found: Found, till_runs: bool, parts: set[ServicePart]
) -> None:
    server.found, server.till_runs = found, till_runs
    assert set(degraded(server.status())) == parts


@pytest.mark.parametrize(("topic", "part"), [(CARD_CHANGED, WALLETS), (MAIL_SEND, MAIL)])
def test_work_that_waits_for_long_is_late(server: Server, topic: str, part: ServicePart) -> None:
    status = server.status()
    server.waiting = {topic: server.clock.now()}
    server.clock.advance(seconds=LATE.total_seconds())
    assert degraded(status) == {}
    server.clock.advance(seconds=FRESH.total_seconds())
    assert set(degraded(status)) == {part}


def test_since_is_when_it_was_first_found_and_begins_anew_after_it_worked(server: Server) -> None:
    status = server.status()
    server.found = FULL
    first = server.clock.now()
    assert degraded(status) == {STAMPS: first}
    server.clock.advance(minutes=10)
    assert degraded(status) == {STAMPS: first}
    server.found = WELL
    server.clock.advance(minutes=1)
    assert degraded(status) == {}
    server.found = FULL
    server.clock.advance(minutes=1)
    assert degraded(status) == {STAMPS: server.clock.now()}


def test_what_cannot_be_known_while_the_database_is_away_stays_what_it_was(server: Server) -> None:
    status = server.status()
    old = server.clock.now() - 2 * LATE
    server.waiting = {MAIL_SEND: old}
    assert degraded(status) == {MAIL: server.clock.now()}
    since = server.clock.now()
    server.found = AWAY
    server.clock.advance(minutes=1)
    assert degraded(status) == {MAIL: since, STAMPS: server.clock.now(), CARDS: server.clock.now()}


def test_a_look_is_kept_for_a_while_and_glances_do_not_look(server: Server) -> None:
    status = server.status()
    assert status.last is None
    status.look()
    server.clock.advance(seconds=FRESH.total_seconds() - 1)
    status.look()
    assert server.looks == 1
    server.clock.advance(seconds=2)
    status.keep_fresh()
    assert server.looks == 1
    status.look()
    assert server.looks == 2
    server.clock.advance(seconds=KEPT.total_seconds())
    status.keep_fresh()
    assert server.looks == 3
    assert status.last is not None
    assert status.last.at == server.clock.now()


def test_a_clock_that_was_put_back_does_not_keep_an_old_look(server: Server) -> None:
    status = server.status()
    status.look()
    server.clock.set(server.clock.now() - timedelta(days=1))
    status.look()
    assert server.looks == 2


def test_a_database_that_hangs_is_told_within_the_time(server: Server) -> None:
    let_go = threading.Event()
    server.find = lambda: _wait_for(let_go)
    server.timeout_seconds = 0.05
    try:
        assert set(degraded(server.status())) >= {STAMPS, CARDS}
    finally:
        let_go.set()


def _wait_for(event: threading.Event) -> None:
    assert event.wait(30)


def test_a_database_that_fails_while_it_is_asked_says_what_is_known(server: Server) -> None:
    def fail() -> Backlog:
        raise OperationalError("SELECT", {}, Exception("gone"))

    status = server.status()
    sources = status._sources
    broken = ServiceSources(
        find=sources.find,
        backlog=fail,
        till_runs=sources.till_runs,
        has_wallets=sources.has_wallets,
        has_mail=sources.has_mail,
    )
    assert degraded(ServiceStatus(broken, server.clock, timeout_seconds=30.0)) == {}
