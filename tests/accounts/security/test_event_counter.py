"""Security events that anybody can cause are counted: no flood fills the trail or the log."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent, AuditOrigin
from punchcard.accounts.security.event_counter import SecurityEventCounter
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SecurityEvent, SubjectKind
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.security.request_origin import RequestOrigin
from punchcard.kit.settings import Settings

HERE = RequestOrigin("203.0.113.9", b"Firefox")
TILL = Subject(kind=SubjectKind.DEVICE, id="01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d")


@dataclass
class Booth:
    """A counter, what it told the log, and what it wrote down."""

    counter: SecurityEventCounter
    database: Database
    clock: ManualClock
    lines: list[dict[str, Any]] = field(default_factory=list)

    def flush(self) -> int:
        with self.database.write() as session:
            return self.counter.flush(session, self.clock.now())

    def rows(self) -> list[AuditEvent]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


@pytest.fixture
def booth(database: Database, clock: ManualClock, ids: SystemIds, settings: Settings) -> Booth:
    lines: list[dict[str, Any]] = []

    def write(event: object, origin: object, actor: str, facts: dict[str, Any]) -> None:
        lines.append({"event": event, "origin": origin, "actor": actor, **facts})

    return Booth(
        SecurityEventCounter(database, clock, ids, settings, write), database, clock, lines
    )


def test_the_first_is_written_at_once_and_the_rest_once_an_hour(booth: Booth) -> None:
    booth.counter.note(SecurityEvent.TOKEN_REFUSED, HERE)
    assert booth.flush() == 1
    for _ in range(1000):
        booth.counter.note(SecurityEvent.TOKEN_REFUSED, HERE)
    assert booth.flush() == 0
    booth.clock.advance(hours=1)
    assert booth.flush() == 1
    assert [row.new["count"] for row in booth.rows() if row.new] == [1, 1000]
    booth.clock.advance(hours=1)
    assert booth.flush() == 0


def test_a_row_says_who_from_where_and_since_when(booth: Booth) -> None:
    began = booth.clock.now()
    booth.counter.note(SecurityEvent.ACCESS_REFUSED, HERE, actor=TILL, refusal="not_allowed")
    booth.clock.advance(seconds=5)
    booth.counter.note(SecurityEvent.ACCESS_REFUSED, HERE, actor=TILL, refusal="not_allowed")
    booth.flush()
    (row,) = booth.rows()
    assert (row.action, row.actor_kind, row.actor_id) == ("access.refused", "device", TILL.id)
    assert row.new == {
        "count": 2,
        "refusal": "not_allowed",
        "first_at": began.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "last_at": booth.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    with booth.database.read() as session:
        (origin,) = session.scalars(select(AuditOrigin))
    assert (origin.address, origin.user_agent) == ("203.0.113.9", "Firefox")


def test_a_home_with_many_addresses_is_one(booth: Booth) -> None:
    for number in range(50):
        booth.counter.note(SecurityEvent.TOKEN_REFUSED, RequestOrigin(f"2001:db8::{number:x}"))
    assert booth.flush() == 1
    with booth.database.read() as session:
        assert [one.address for one in session.scalars(select(AuditOrigin))] == ["2001:db8::/64"]


def test_a_flood_from_many_addresses_has_a_bound_and_is_counted_all_the_same(
    booth: Booth, settings: Settings
) -> None:
    for number in range(settings.security_events_limit * 3):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        booth.counter.note(
            SecurityEvent.SIGN_IN_REFUSED, RequestOrigin(address), account=f"{number}"
        )
    assert booth.flush() == settings.security_events_limit + 1
    counts = [row.new["count"] for row in booth.rows() if row.new]
    assert sum(counts) == settings.security_events_limit * 3
    # Those who are known are not driven out by strangers.
    booth.counter.note(SecurityEvent.PERSONAL_DATA_READ, HERE, actor=TILL)
    booth.flush()
    assert booth.rows()[-1].actor_id == TILL.id


def test_the_log_is_told_a_few_times_a_minute_and_then_how_often_it_was(
    booth: Booth, settings: Settings
) -> None:
    most = settings.security_lines_per_minute
    for _ in range(most + 30):
        booth.counter.note(SecurityEvent.PIN_REFUSED, HERE, actor=TILL)
    assert [line["count"] for line in booth.lines] == [None] * most
    booth.clock.advance(minutes=1)
    booth.counter.note(SecurityEvent.PIN_REFUSED, HERE, actor=TILL)
    assert booth.lines[-1]["count"] == 31
    assert booth.lines[-1]["actor"] == f"device:{TILL.id}"


def test_whoever_looks_at_customers_has_one_row_an_hour_wherever_they_are(booth: Booth) -> None:
    for number in range(40):
        origin = RequestOrigin(f"198.51.100.{number}")
        booth.counter.note(SecurityEvent.PERSONAL_DATA_READ, origin, actor=TILL)
    assert booth.flush() == 1
    (row,) = booth.rows()
    assert row.new is not None
    assert row.new["count"] == 40
    assert len(booth.lines) == 1


def test_what_is_left_is_written_as_the_process_ends(booth: Booth) -> None:
    booth.counter.note(SecurityEvent.TOKEN_REFUSED, HERE)
    booth.flush()
    booth.counter.note(SecurityEvent.TOKEN_REFUSED, HERE)
    booth.counter.close()
    assert [row.new["count"] for row in booth.rows() if row.new] == [1, 1]


def test_an_address_that_was_typed_is_told_again_and_not_read(booth: Booth) -> None:
    one, again = (
        booth.counter.account("alice@shop.example"),
        booth.counter.account("alice@shop.example"),
    )
    assert one == again != booth.counter.account("bob@shop.example")
    assert "alice" not in one
