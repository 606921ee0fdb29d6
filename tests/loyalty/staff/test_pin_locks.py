"""How long wrong PINs lock, when a PIN is exhausted by them, and what the audit trail says."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.errors.staff import StaffPinInvalid, StaffPinLocked
from punchcard.loyalty.staff import pin_service
from tests.loyalty import shelf
from tests.loyalty.staff.typed_pins import RIGHT, WRONG, attempt, change
from tests.support.cast import Shop, by_operator

pytestmark = pytest.mark.both_databases


def test_a_named_persons_wrong_pins_lock_that_person_and_nobody_else(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    shelf.pin(alice, "6250", name="Ben")
    told = [attempt(alice, WRONG, anna.id) for _ in range(6)]
    assert told == [*(f"wrong, {left} left" for left in (4, 3, 2, 1, 0)), "locked"]
    assert attempt(alice, RIGHT, anna.id) == "locked"
    assert attempt(alice, RIGHT) == "locked"
    assert attempt(alice, "6250") == "Ben"


def test_a_locked_person_is_told_until_when(alice: Shop, clock: ManualClock) -> None:
    anna = shelf.pin(alice, RIGHT)
    for _ in range(5):
        attempt(alice, WRONG, anna.id)
    until = clock.now() + timedelta(minutes=30)
    clock.advance(minutes=10)
    with pytest.raises(StaffPinLocked) as refusal:
        alice.context.loyalty.pin_verifier.verify(shelf.till(alice), RIGHT, anna.id)
    assert refusal.value.facts == {"locked_until": until}
    assert refusal.value.retry_after_seconds == 20 * 60


def test_the_wrong_pin_that_locks_tells_until_when(alice: Shop, clock: ManualClock) -> None:
    anna = shelf.pin(alice, RIGHT)
    for _ in range(4):
        attempt(alice, WRONG, anna.id)
    with pytest.raises(StaffPinInvalid) as refusal:
        alice.context.loyalty.pin_verifier.verify(shelf.till(alice), WRONG, anna.id)
    assert refusal.value.facts == {
        "remaining_attempts": 0,
        "locked_until": clock.now() + timedelta(minutes=30),
    }


def test_a_lock_that_ran_out_starts_counting_anew(alice: Shop, clock: ManualClock) -> None:
    anna = shelf.pin(alice, RIGHT)
    for _ in range(5):
        attempt(alice, WRONG, anna.id)
    clock.advance(minutes=30)
    assert attempt(alice, WRONG, anna.id) == "wrong, 4 left"
    assert attempt(alice, RIGHT, anna.id) == "Anna"
    assert attempt(alice, WRONG, anna.id) == "wrong, 4 left"


def test_unnamed_misses_lock_unnamed_entry_on_that_till_only(
    alice: Shop, clock: ManualClock
) -> None:
    anna = shelf.pin(alice, RIGHT)
    told = [attempt(alice, WRONG) for _ in range(6)]
    assert told == [*(f"wrong, {left} left" for left in (4, 3, 2, 1, 0)), "locked"]
    assert attempt(alice, RIGHT) == "locked"
    assert attempt(alice, RIGHT, anna.id) == "Anna"
    assert attempt(alice, RIGHT, till=2) == "Anna"
    assert shelf.stored_pin(alice.context, anna.id).failed_attempts == 0
    clock.advance(minutes=30)
    assert attempt(alice, RIGHT) == "Anna"
    assert attempt(alice, WRONG) == "wrong, 4 left"


def test_knowing_one_pin_buys_no_guesses_at_the_others(alice: Shop) -> None:
    shelf.pin(alice, RIGHT)
    told = [attempt(alice, digits) for digits in [WRONG, RIGHT] * 5]
    assert told[::2] == [f"wrong, {left} left" for left in (4, 3, 2, 1, 0)]
    assert attempt(alice, RIGHT) == "locked"


def test_unnamed_misses_are_forgotten_after_a_quiet_while(alice: Shop, clock: ManualClock) -> None:
    assert [attempt(alice, WRONG) for _ in range(4)][-1] == "wrong, 1 left"
    clock.advance(minutes=30)
    assert attempt(alice, WRONG) == "wrong, 4 left"


def test_a_name_nobody_has_counts_against_the_till(alice: Shop) -> None:
    shelf.pin(alice, RIGHT)
    assert attempt(alice, RIGHT, "nobody") == "wrong, 4 left"
    assert attempt(alice, WRONG) == "wrong, 3 left"


def test_a_right_pin_of_a_locked_person_harms_nobody(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    for _ in range(5):
        attempt(alice, WRONG, anna.id)
    before = shelf.stored_pin(alice.context, anna.id)
    assert [attempt(alice, RIGHT) for _ in range(9)] == ["locked"] * 9
    after = shelf.stored_pin(alice.context, anna.id)
    assert (after.locked_until, after.failed_attempts) == (
        before.locked_until,
        before.failed_attempts,
    )
    assert attempt(alice, WRONG) == "wrong, 4 left"


def test_limits_come_from_the_pins_program_or_else_from_the_strictest(
    alice: Shop, clock: ManualClock
) -> None:
    lax = shelf.program(alice, pin_max_attempts=9, pin_lockout_minutes=10)
    shelf.program(alice, pin_max_attempts=2, pin_lockout_minutes=60)
    anna = shelf.pin(alice, RIGHT, program_id=lax.id)
    ben = shelf.pin(alice, "6250", name="Ben")
    assert attempt(alice, WRONG, anna.id) == "wrong, 8 left"
    assert attempt(alice, WRONG, ben.id) == "wrong, 1 left"
    assert attempt(alice, WRONG) == "wrong, 1 left"
    assert attempt(alice, WRONG, ben.id) == "wrong, 0 left"
    clock.advance(minutes=59)
    assert attempt(alice, "6250", ben.id) == "locked"
    clock.advance(minutes=1)
    assert attempt(alice, "6250", ben.id) == "Ben"


def test_a_limit_of_one_locks_at_the_first_miss(alice: Shop) -> None:
    shelf.program(alice, pin_max_attempts=1)
    anna = shelf.pin(alice, RIGHT)
    for staff_id in (None, anna.id):
        assert [attempt(alice, WRONG, staff_id) for _ in range(2)] == ["wrong, 0 left", "locked"]


def test_unlocking_lets_the_person_go_on_at_once(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    for _ in range(5):
        attempt(alice, WRONG, anna.id)
    with alice.context.database.write() as session:
        pin_service.unlock_pin(session, by_operator(alice.context), alice.id, anna.id)
    assert attempt(alice, RIGHT, anna.id) == "Anna"


def lock(shop: Shop, staff_id: str | None) -> timedelta:
    """Type wrong PINs until they lock; returns how long the lock lasts."""
    for _ in range(4):
        assert attempt(shop, WRONG, staff_id).startswith("wrong")
    with pytest.raises(StaffPinInvalid) as refusal:
        shop.context.loyalty.pin_verifier.verify(shelf.till(shop), WRONG, staff_id)
    until = refusal.value.facts["locked_until"]
    assert isinstance(until, datetime)
    return until - shop.context.clock.now()


@pytest.mark.parametrize("staff_id", ["anna", None])
def test_each_lock_lasts_twice_as_long_up_to_a_day(
    alice: Shop, clock: ManualClock, staff_id: str | None
) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    lasted = []
    for _ in range(9):
        lasted.append(lock(alice, staff_id))
        assert attempt(alice, RIGHT, staff_id) == "locked"
        clock.advance(seconds=lasted[-1].total_seconds())
    assert [each / timedelta(hours=1) for each in lasted] == [0.5, 1, 2, 4, 8, 16, 24, 24, 24]


@pytest.mark.parametrize("staff_id", ["anna", None])
def test_locks_are_short_again_after_a_day_without_lock_or_wrong_pin(
    alice: Shop, clock: ManualClock, staff_id: str | None
) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    lock(alice, staff_id)
    clock.advance(hours=23)
    assert lock(alice, staff_id) == timedelta(hours=1)
    # An hour of it, nobody could have guessed.
    clock.advance(hours=24)
    assert lock(alice, staff_id) == timedelta(hours=2)
    clock.advance(hours=26)
    assert lock(alice, staff_id) == timedelta(minutes=30)


def test_a_right_pin_in_between_buys_a_thief_no_short_lock(alice: Shop, clock: ManualClock) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    lock(alice, "anna")
    clock.advance(minutes=30)
    assert attempt(alice, RIGHT, "anna") == "Anna"
    assert lock(alice, "anna") == timedelta(hours=1)


def test_a_right_pin_after_the_longest_lock_buys_no_short_one_either(
    alice: Shop, clock: ManualClock
) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    for _ in range(7):
        clock.advance(seconds=lock(alice, "anna").total_seconds())
    assert attempt(alice, RIGHT, "anna") == "Anna"
    assert lock(alice, "anna") == timedelta(hours=24)


def guess_in_vain(shop: Shop, clock: ManualClock, times: int) -> None:
    for _ in range(times // 5):
        clock.advance(seconds=lock(shop, "anna").total_seconds())


def test_a_hundred_wrong_pins_in_a_row_exhaust_the_pin_until_it_is_changed(
    alice: Shop, clock: ManualClock
) -> None:
    anna = shelf.pin(alice, RIGHT, staff_id="anna")
    guess_in_vain(alice, clock, 95)
    told = [attempt(alice, WRONG, "anna") for _ in range(5)]
    assert told == ["wrong, 4 left", "wrong, 3 left", "wrong, 2 left", "wrong, 1 left", "exhausted"]
    clock.advance(days=2)
    with alice.context.database.write() as session:
        pin_service.unlock_pin(session, by_operator(alice.context), alice.id, anna.id)
    for staff_id in ("anna", None):
        assert [attempt(alice, digits, staff_id) for digits in (RIGHT, RIGHT)] == ["exhausted"] * 2
    change(alice, anna, digits="6250")
    assert attempt(alice, "6250", "anna") == "Anna"


def test_a_right_pin_begins_the_count_to_a_hundred_anew(alice: Shop, clock: ManualClock) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    guess_in_vain(alice, clock, 95)
    assert attempt(alice, RIGHT, "anna") == "Anna"
    guess_in_vain(alice, clock, 95)
    assert attempt(alice, RIGHT, "anna") == "Anna"


def test_the_audit_trail_tells_of_locks_and_of_the_credential_they_were_made_with(
    alice: Shop, clock: ManualClock
) -> None:
    anna = shelf.pin(alice, RIGHT, staff_id="anna")
    till = shelf.till(alice)
    lock(alice, None)
    guess_in_vain(alice, clock, 95)
    assert [attempt(alice, WRONG, "anna") for _ in range(5)][-1] == "exhausted"
    with alice.context.database.read() as session:
        locks = session.scalars(
            select(AuditEvent).where(AuditEvent.actor_id == till.id).order_by(AuditEvent.id)
        ).all()
    assert {event.actor_kind for event in locks} == {till.kind}
    told = [(event.action, event.subject_kind, event.subject_id) for event in locks]
    assert told[0] == ("pin_entry.locked", till.kind, till.id)
    assert told[1:] == [
        *[("pin.locked", "staff_pin", anna.id)] * 19,
        ("pin.exhausted", "staff_pin", anna.id),
    ]
    assert locks[1].new == {"locked_until": "2026-03-02T09:30:00.000000Z", "locks": 1}


@pytest.mark.parametrize("days", [2, 365])
def test_a_lock_of_a_clock_that_ran_ahead_holds_nobody_up_for_days(
    alice: Shop, clock: ManualClock, days: int
) -> None:
    anna = shelf.pin(alice, RIGHT)
    clock.advance(days=days)
    for _ in range(6):
        attempt(alice, WRONG, anna.id)
        attempt(alice, WRONG)
    assert (attempt(alice, RIGHT, anna.id), attempt(alice, RIGHT)) == ("locked", "locked")

    clock.advance(days=-days)
    assert attempt(alice, RIGHT) == "Anna"
    assert attempt(alice, RIGHT, anna.id) == "Anna"
    # It still counts, and locks for as long as any does.
    told = [attempt(alice, WRONG, anna.id) for _ in range(6)]
    assert told[-1] == "locked"
    clock.advance(days=1)
    assert attempt(alice, RIGHT, anna.id) == "Anna"
