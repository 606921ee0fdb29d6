"""Quiet hours of automations: what is due in them waits for their end, and no longer."""

from zoneinfo import ZoneInfo

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.worker.schedule import SHARED_TASKS
from tests.engage.engaged import at, automation, coffee_shop, guest, points, states, work
from tests.support.cast import Shop

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")


def _guest_of_quiet_hours(alice: Shop, begin: str, end: str) -> CardId:
    """Return the card of a guest whose birthday an automation keeps, at its hours, on 17 May."""
    program = coffee_shop(alice)
    anna = guest(alice, program, birthday="05-17")
    automation(alice, program.id, quiet_hours={"from": begin, "to": end})
    return anna


def test_quiet_hours_put_it_off_to_the_morning(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    anna = _guest_of_quiet_hours(alice, "21:00", "08:00")
    clock.set(at("2026-05-17T00:10+02:00"))
    work(context)
    assert (states(context), points(context, anna)) == (["waiting"], 0)
    clock.set(at("2026-05-17T08:00+02:00"))
    work(context)
    assert (states(context), points(context, anna)) == (["acted"], 5)


def test_what_a_standstill_kept_until_the_evening_waits_for_the_next_morning(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    anna = _guest_of_quiet_hours(alice, "21:00", "08:00")
    clock.set(at("2026-05-17T00:10+02:00"))
    work(context)
    clock.set(at("2026-05-17T22:00+02:00"))
    work(context)
    assert (states(context), points(context, anna)) == (["waiting"], 0)
    clock.set(at("2026-05-18T07:59+02:00"))
    work(context)
    assert (states(context), points(context, anna)) == (["waiting"], 0)
    clock.set(at("2026-05-18T08:00+02:00"))
    work(context)
    assert (states(context), points(context, anna)) == (["acted"], 5)


def test_quiet_hours_that_leave_a_minute_of_the_day_open_put_nothing_off_for_ever(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    anna = _guest_of_quiet_hours(alice, "08:01", "08:00")
    [task] = [one for one in SHARED_TASKS if one.name == "run_automations"]
    look, every = at("2026-05-17T00:10:30+02:00"), task.every(context.settings)
    ends = at("2026-05-19T00:00+02:00")
    while look < ends:
        # What a look finds at other times of the day, the one before found too.
        if look.astimezone(LUXEMBOURG).hour in (0, 7, 8):
            clock.set(look)
            work(context)
        look += every
    assert (states(context), points(context, anna)) == (["acted"], 5)
