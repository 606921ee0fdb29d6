"""When a terminal had its line: what the server noted of its own answers."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete

from punchcard.accounts.access.presence import SILENCE, DevicePresences, expire
from punchcard.accounts.models import Device, DevicePresence
from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import DeviceId, SystemIds
from tests.support.cast import Shop

NIGHT = timedelta(hours=9)


@pytest.fixture
def device(context: Context, alice: Shop, clock: ManualClock) -> DeviceId:
    """Pair a terminal of which nothing is noted yet."""
    device_id = DeviceId(context.ids.new_id())
    with context.database.write() as session:
        session.add(
            Device(
                id=device_id,
                vendor_id=alice.id,
                name="Till",
                token_hash=device_id.encode()[:32],
                paired_at=clock.now(),
            )
        )
    return device_id


def flush(presences: DevicePresences, database: Database) -> None:
    with database.write() as session:
        presences.flush(session)


def spans(presences: DevicePresences, device: DeviceId) -> list[tuple[datetime, datetime]]:
    found = presences.spans(device, datetime(2020, 1, 1).astimezone())
    return sorted((one.began_at, one.ended_at) for one in found)


def test_answers_close_together_are_one_span_and_a_silence_parts_them(
    context: Context, device: DeviceId, clock: ManualClock
) -> None:
    presences, start = DevicePresences(context.database), clock.now()
    for seconds in (0, 59, 59, 60, 1):
        clock.advance(seconds=seconds)
        presences.note(device, clock.now())
    noted = [
        (start, start + timedelta(seconds=118)),
        (start + timedelta(seconds=178), start + timedelta(seconds=179)),
    ]
    assert spans(presences, device) == noted
    flush(presences, context.database)
    assert spans(presences, device) == noted


def test_two_processes_that_answer_in_turns_see_one_span(
    context: Context, device: DeviceId, clock: ManualClock
) -> None:
    one, two = DevicePresences(context.database), DevicePresences(context.database)
    start = clock.now()
    for presences in (one, two, one, two, one):
        presences.note(device, clock.now())
        clock.advance(seconds=40)
    ended = clock.now() - timedelta(seconds=40)
    flush(two, context.database)
    flush(one, context.database)
    assert spans(one, device) == spans(two, device) == [(start, ended)]


def test_what_is_forgotten_is_what_nothing_can_be_dated_back_to(
    context: Context, device: DeviceId, clock: ManualClock
) -> None:
    presences = DevicePresences(context.database)
    presences.note(device, clock.now())
    clock.advance(days=7)
    presences.note(device, clock.now())
    flush(presences, context.database)
    with context.database.write() as session:
        assert expire(session, clock.now() - NIGHT) >= 1
    assert spans(presences, device) == [(clock.now(), clock.now())]


def test_a_terminal_that_is_gone_by_then_is_passed_over(
    context: Context, clock: ManualClock
) -> None:
    presences = DevicePresences(context.database)
    presences.note(DeviceId(SystemIds(clock).new_id()), clock.now())
    flush(presences, context.database)


PAUSES = st.lists(st.integers(0, 200), min_size=1, max_size=25)


def test_whoever_answers_and_whenever_it_is_written_down_the_silences_stay_the_same(
    context: Context, device: DeviceId, clock: ManualClock
) -> None:
    @examples(max_examples=25, deadline=None, database=None)
    @given(
        pauses=PAUSES,
        whose=st.lists(st.booleans(), min_size=25, max_size=25),
        every=st.integers(1, 9),
    )
    def same(pauses: list[int], whose: list[bool], every: int) -> None:
        with context.database.write() as session:
            session.execute(delete(DevicePresence))
        processes = [DevicePresences(context.database) for _ in range(2)]
        moments = []
        for number, seconds in enumerate(pauses):
            clock.advance(seconds=seconds)
            processes[whose[number]].note(device, clock.now())
            moments.append(clock.now())
            if number % every == 0:
                flush(processes[number % 2], context.database)
        for one in processes:
            flush(one, context.database)
        expected = [[moments[0], moments[0]]]
        for moment in moments[1:]:
            if moment - expected[-1][1] < SILENCE:
                expected[-1][1] = moment
            else:
                expected.append([moment, moment])
        assert spans(processes[0], device) == [(a, b) for a, b in expected]

    same()
