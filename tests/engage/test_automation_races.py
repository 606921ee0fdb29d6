"""Several workers at once: what is given once is given once."""

import threading
from collections import Counter

import pytest

from punchcard.context import Context
from punchcard.engage.automation_keeper import AutomationKeeper
from punchcard.kit.clock import ManualClock
from tests.engage.engaged import (
    at,
    automation,
    coffee_shop,
    entries,
    guest,
    runs,
    stamp,
)
from tests.support.books import audited
from tests.support.cast import Shop
from tests.support.keeper_process import begin_together, running_keepers

pytestmark = pytest.mark.both_databases


def keepers(context: Context, number: int) -> list[AutomationKeeper]:
    till = context.loyalty.till
    return [
        AutomationKeeper(context.database, context.clock, context.ids, till) for _ in range(number)
    ]


def together(*does: threading.Thread) -> None:
    for thread in does:
        thread.start()
    for thread in does:
        thread.join()


def test_workers_that_meet_at_a_birthday_give_one_bonus_each(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    cards = [guest(alice, program, birthday="05-17") for _ in range(30)]
    automation(alice, program.id)
    clock.set(at("2026-05-17T10:00+02:00"))
    together(*(threading.Thread(target=one.take_turn) for one in keepers(context, 4)))
    given = [entries(context, card).count("automation_bonus") for card in cards]
    assert given == [1] * 30
    assert Counter(run.state for run in runs(context)) == {"acted": 30}
    audited(context.database)


def test_workers_that_follow_one_card_keep_its_limit(context: Context, alice: Shop) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program)
    every = {"trigger": "nth_visit", "when": {"visits": 2, "every": True}, "limit_per_year": 2}
    automation(alice, program.id, **every)
    for _ in range(10):
        stamp(alice, anna)
    together(*(threading.Thread(target=one.follow, args=(anna,)) for one in keepers(context, 4)))
    assert entries(context, anna).count("automation_bonus") == 2
    assert [run.occasion for run in runs(context)] == ["visit:2", "visit:4"]
    audited(context.database)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_worker_processes_give_one_bonus_each(
    context: Context, alice: Shop, database_url: str
) -> None:
    program = coffee_shop(alice)
    cards = [guest(alice, program, birthday="05-17") for _ in range(60)]
    automation(alice, program.id)
    with running_keepers(database_url, at("2026-05-17T10:00+02:00"), 2) as processes:
        begin_together(processes)
    given = [entries(context, card).count("automation_bonus") for card in cards]
    assert given == [1] * 60
    assert Counter(run.state for run in runs(context)) == {"acted": 60}
    audited(context.database)
