"""A pause of a clock that ran ahead holds nobody up for days."""

from datetime import timedelta

import pytest

from punchcard.accounts import throttle
from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.throttle import Limit
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock

LIMIT = Limit(attempts=1, block_seconds=60, block_limit_seconds=3600)
MINUTE = timedelta(minutes=1)
AHEAD = pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=365)])


@AHEAD
@pytest.mark.both_databases
def test_a_pause_ends_with_the_clock_that_was_wrong(
    database: Database, clock: ManualClock, ahead: timedelta
) -> None:
    clock.set(clock.now() + ahead)
    with database.write() as session:
        throttle.fail(session, "anna", limit=LIMIT, now=clock.now())
        with pytest.raises(TooManyRequests):
            throttle.fail(session, "anna", limit=LIMIT, now=clock.now())

    clock.set(clock.now() - ahead)
    with database.write() as session:
        throttle.fail(session, "anna", limit=LIMIT, now=clock.now())
        # What was missed still counts: the pause doubles.
        with pytest.raises(TooManyRequests) as refusal:
            throttle.fail(session, "anna", limit=LIMIT, now=clock.now())
    assert refusal.value.retry_after_seconds == 120


def test_a_pause_of_a_clock_that_differs_a_little_holds(
    database: Database, clock: ManualClock
) -> None:
    day = Limit(attempts=1, block_seconds=86_400, block_limit_seconds=86_400)
    with database.write() as session:
        throttle.fail(session, "anna", limit=day, now=clock.now() + timedelta(minutes=4))
        with pytest.raises(TooManyRequests):
            throttle.fail(session, "anna", limit=day, now=clock.now())


@AHEAD
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_turns_are_taken_again_when_the_clock_is_right(
    database: Database, clock: ManualClock, ahead: timedelta
) -> None:
    def take() -> timedelta | None:
        with database.write() as session:
            return throttle.take_turn(session, "door", lasts=MINUTE, ahead=MINUTE, now=clock.now())

    clock.set(clock.now() + ahead)
    assert (take(), take()) == (None, MINUTE)
    clock.set(clock.now() - ahead)
    assert (take(), take()) == (None, MINUTE)
