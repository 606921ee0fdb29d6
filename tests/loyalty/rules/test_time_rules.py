"""When something may have happened: what comes late, and how far back it may lie."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from punchcard.loyalty.errors.balances import DailyStampLimitReached, LatePurchaseLimitReached
from punchcard.loyalty.errors.till import OccurredAtOutOfRange
from punchcard.loyalty.operations import Actor, OpenCard
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.time_rules import LATE_DAYS, LATE_PURCHASES, is_late
from punchcard.loyalty.rules.values import History
from punchcard.loyalty.vocabulary import COMES_BY_ITSELF, ActorKind, EntryType
from tests.support.drivers.rules import MONDAY, card, earn, points_program, program, stamp, void

HOUR = timedelta(hours=1)
IMPORT = Actor(ActorKind.IMPORT, "import 1")


def recorded(stamps: int) -> History:
    return History(recorded_stamps=stamps)


@pytest.mark.parametrize(
    ("ask", "rules"), [(stamp(occurred_at=MONDAY - HOUR), program()), (earn(500), points_program())]
)
def test_nothing_happens_to_a_card_before_it_was_opened(ask: Any, rules: Any) -> None:
    ask.occurred_at = MONDAY - HOUR
    opened_at = MONDAY - timedelta(minutes=59)
    with pytest.raises(OccurredAtOutOfRange) as refusal:
        decide(ask, rules, card(enrolled_at=opened_at), MONDAY)
    assert refusal.value.facts == {"earliest": opened_at, "latest": MONDAY}
    assert decide(ask, rules, card(enrolled_at=MONDAY - HOUR), MONDAY).at == MONDAY - HOUR


@pytest.mark.parametrize(("seconds", "is_taken"), [(1, True), (30, True), (31, False)])
def test_a_clock_a_little_behind_the_opening_is_read_as_the_opening(
    seconds: int, is_taken: bool
) -> None:
    opened = card(enrolled_at=MONDAY)
    ask = stamp(occurred_at=MONDAY - timedelta(seconds=seconds))
    if is_taken:
        decision = decide(ask, program(), opened, MONDAY + HOUR / 60)
        assert (decision.at, decision.card.last_stamp_at) == (MONDAY, MONDAY)
    else:
        with pytest.raises(OccurredAtOutOfRange):
            decide(ask, program(), opened, MONDAY + HOUR / 60)


@pytest.mark.parametrize(
    ("ask", "opened_at", "earliest"),
    [
        (stamp(occurred_at=MONDAY - HOUR), MONDAY - HOUR / 2, "09:30"),
        (void(occurred_at=MONDAY - HOUR), MONDAY - 2 * HOUR, "09:50"),
    ],
    ids=["before the card", "late void"],
)
def test_when_it_may_be_is_told_by_the_clocks_of_the_program(
    ask: Any, opened_at: datetime, earliest: str
) -> None:
    with pytest.raises(OccurredAtOutOfRange) as refusal:
        decide(ask, program(), card(enrolled_at=opened_at), MONDAY)
    told = refusal.value.told("de")
    assert told == (
        f"Der Zeitpunkt des Vorgangs muss zwischen 02.03.2026, {earliest} und 02.03.2026, 10:00"
        " liegen."
    )


def test_a_void_is_of_now_whoever_asks() -> None:
    with pytest.raises(OccurredAtOutOfRange):
        decide(void(occurred_at=MONDAY - HOUR), program(), card(), MONDAY)


def test_only_an_import_opens_a_card_of_former_days() -> None:
    told: dict[str, Any] = {"vendor_id": "v", "program_id": "p", "occurred_at": MONDAY - HOUR}
    with pytest.raises(OccurredAtOutOfRange):
        decide(OpenCard(actor=Actor(ActorKind.MEMBER, "m"), **told), program(), card(), MONDAY)
    opened = decide(OpenCard(actor=IMPORT, **told), program(), card(), MONDAY).card
    assert opened.enrolled_at == MONDAY - HOUR


def test_late_stamps_count_against_the_day_they_are_recorded_on() -> None:
    rules = program(max_daily_stamps=5)
    late = stamp(2, occurred_at=MONDAY - 30 * HOUR)
    fits = LATE_DAYS * 5 - 2
    assert decide(late, rules, card(), MONDAY, recorded(fits)).card.stamps == 2
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(late, rules, card(), MONDAY, recorded(fits + 1))
    assert refusal.value.code == "daily_stamp_limit_reached"
    assert refusal.value.facts["max_daily_stamps"] == LATE_DAYS * 5
    assert refusal.value.facts["next_stamp_at"] == rules.start_of_next_day(MONDAY)


def test_late_purchases_have_a_number_a_day_and_purchases_of_now_none() -> None:
    late = earn(500, occurred_at=MONDAY - 30 * HOUR)
    rules = points_program()
    fits = History(late_purchases=LATE_PURCHASES - 1)
    assert decide(late, rules, card(), MONDAY, fits).card.points == 5
    with pytest.raises(LatePurchaseLimitReached) as refusal:
        decide(late, rules, card(), MONDAY, History(late_purchases=LATE_PURCHASES))
    assert refusal.value.facts["next_purchase_at"] == rules.start_of_next_day(MONDAY)
    assert decide(earn(500), rules, card(), MONDAY).card.points == 5


@pytest.mark.parametrize(
    ("minutes", "kind", "late"),
    [
        (10, ActorKind.DEVICE, False),
        (10.001, ActorKind.DEVICE, True),
        (4320, ActorKind.API_KEY, True),
        (4320, ActorKind.IMPORT, False),
        (-1, ActorKind.DEVICE, False),
    ],
)
def test_late_is_what_was_recorded_more_than_ten_minutes_after(
    minutes: float, kind: ActorKind, late: bool
) -> None:
    assert is_late(entry(minutes, kind, EntryType.STAMP_EARNED)) is late


@pytest.mark.parametrize("kind", sorted(COMES_BY_ITSELF))
def test_what_comes_by_itself_is_never_late(kind: EntryType) -> None:
    assert not is_late(entry(4320, ActorKind.DEVICE, kind))


def entry(minutes: float, actor: ActorKind, kind: EntryType) -> dict[str, Any]:
    """Return an entry that was recorded so long after it happened."""
    created: datetime = MONDAY
    return {
        "type": kind,
        "actor_kind": actor,
        "occurred_at": created - timedelta(minutes=minutes),
        "created_at": created,
    }
