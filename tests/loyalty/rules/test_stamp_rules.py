"""Stamps: cooldown, daily limit, late stamps, the full card."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.errors import DomainError
from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    DailyStampLimitReached,
    NotEnoughStamps,
    StampTooSoon,
)
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.stamp_rules import NextStamp, next_stamp
from punchcard.loyalty.rules.values import BALANCE_LIMIT, CardState, ProgramRules
from tests.support.drivers.rules import (
    MONDAY,
    card,
    points_program,
    program,
    redeem_stamps,
    stamp,
    stamped_at,
)

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")
DAY = timedelta(days=1)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def stamped(
    at: datetime = MONDAY, quantity: int = 1, rules: ProgramRules | None = None
) -> CardState:
    return decide(stamp(quantity), rules or program(), card(), at).card


def test_a_stamp_is_put_on_the_card_and_counts_for_its_lifetime() -> None:
    decision = decide(stamp(), program(), card(stamps=3, lifetime_stamps=7), MONDAY)
    [(entry, after)] = decision.steps
    assert (entry.type, entry.stamps_delta, entry.points_delta) == ("stamp_earned", 1, 0)
    assert (after.stamps, after.lifetime_stamps) == (4, 8)
    assert after.last_activity_at == MONDAY


def test_second_stamp_within_cooldown_is_refused_and_tells_when() -> None:
    with pytest.raises(StampTooSoon) as refusal:
        decide(stamp(), program(), stamped(), MONDAY + minutes(14))
    assert refusal.value.facts == {"next_stamp_at": MONDAY + minutes(15)}


def test_a_refusal_within_cooldown_names_tomorrow_when_the_day_is_used_up() -> None:
    full = stamped(quantity=5)
    with pytest.raises(StampTooSoon) as refusal:
        decide(stamp(), program(), full, MONDAY + minutes(1))
    told = refusal.value.facts["next_stamp_at"]
    assert told == program().start_of_next_day(MONDAY)
    assert told == next_stamp(program(), full, MONDAY + minutes(1)).at


def test_the_next_stamp_is_possible_the_moment_the_cooldown_ends() -> None:
    assert decide(stamp(), program(), stamped(), MONDAY + minutes(15)).card.stamps == 2


def test_without_a_cooldown_stamps_may_follow_at_once() -> None:
    rules = program(cooldown=minutes(0))
    assert decide(stamp(), rules, stamped(rules=rules), MONDAY).card.stamps == 2


def test_several_stamps_at_once_count_against_the_day() -> None:
    full = stamped(quantity=5)
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(stamp(), program(), full, MONDAY + minutes(30))
    assert refusal.value.facts == {
        "next_stamp_at": datetime(2026, 3, 3, tzinfo=LUXEMBOURG),
        "stamps_left_today": 0,
        "max_daily_stamps": 5,
    }


def test_more_stamps_than_the_day_has_left_are_refused_whole() -> None:
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(stamp(3), program(), stamped(quantity=3), MONDAY + minutes(30))
    assert refusal.value.facts["stamps_left_today"] == 2


def test_the_day_begins_at_the_programs_midnight_and_not_at_utcs() -> None:
    before = datetime(2026, 3, 2, 23, 50, tzinfo=LUXEMBOURG)
    full = stamped(before, 5)
    with pytest.raises(DailyStampLimitReached):
        decide(stamp(), program(cooldown=minutes(5)), full, before + minutes(9))
    after = before + minutes(10)
    assert after.astimezone(UTC).date() == date(2026, 3, 2)
    assert decide(stamp(), program(cooldown=minutes(5)), full, after).card.stamps == 6


def test_in_the_short_night_of_spring_the_day_ends_after_23_hours() -> None:
    rules = program(max_daily_stamps=1)
    morning = datetime(2026, 3, 29, tzinfo=LUXEMBOURG)
    full = stamped(morning, rules=rules)
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(stamp(), rules, full, morning.astimezone(UTC) + timedelta(hours=22, minutes=59))
    next_day = refusal.value.facts["next_stamp_at"]
    assert next_day == morning.astimezone(UTC) + timedelta(hours=23)
    assert isinstance(next_day, datetime)
    assert decide(stamp(), rules, full, next_day).card.stamps == 2


def test_in_the_long_night_of_autumn_the_day_lasts_25_hours() -> None:
    rules = program(max_daily_stamps=1)
    morning = datetime(2026, 10, 25, tzinfo=LUXEMBOURG)
    full = stamped(morning, rules=rules)
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(stamp(), rules, full, morning.astimezone(UTC) + timedelta(hours=24, minutes=59))
    assert refusal.value.facts["next_stamp_at"] == morning.astimezone(UTC) + timedelta(hours=25)


def test_the_cooldown_is_real_time_in_the_hour_that_comes_twice() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=LUXEMBOURG).astimezone(UTC)
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=LUXEMBOURG).astimezone(UTC)
    assert decide(stamp(), program(cooldown=minutes(60)), stamped(first), second).card.stamps == 2
    with pytest.raises(StampTooSoon):
        decide(stamp(), program(cooldown=minutes(61)), stamped(first), second)


def test_a_day_that_begins_without_a_midnight_begins_an_hour_later() -> None:
    rules = program(zone=ZoneInfo("Africa/Cairo"), max_daily_stamps=1)
    evening = datetime(2026, 4, 23, 20, tzinfo=ZoneInfo("Africa/Cairo")).astimezone(UTC)
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(stamp(), rules, stamped(evening, rules=rules), evening + minutes(30))
    begins = refusal.value.facts["next_stamp_at"]
    assert isinstance(begins, datetime)
    assert begins == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert decide(stamp(), rules, stamped(evening, rules=rules), begins).card.stamps == 2


def test_a_stamp_reported_late_happened_when_it_happened() -> None:
    at = MONDAY - timedelta(hours=3)
    after = decide(stamp(occurred_at=at), program(), card(), MONDAY).card
    assert (after.last_stamp_at, after.last_activity_at) == (at, at)


@pytest.mark.parametrize("apart", [-14, 14])
def test_a_late_stamp_too_near_to_a_neighbour_is_refused(apart: int) -> None:
    held = stamped(MONDAY + minutes(60))
    neighbours = stamped_at(MONDAY, MONDAY + minutes(60))
    with pytest.raises(StampTooSoon) as refusal:
        decide(stamp(occurred_at=MONDAY + minutes(apart)), program(), held, MONDAY, neighbours)
    assert refusal.value.facts == {"next_stamp_at": MONDAY + minutes(15)}


def test_a_late_stamp_between_two_near_neighbours_waits_for_the_later_one() -> None:
    held = stamped(MONDAY + minutes(20))
    late = stamp(occurred_at=MONDAY + minutes(10))
    for neighbours in (stamped_at(MONDAY, MONDAY + minutes(20)), stamped_at(MONDAY + minutes(20))):
        with pytest.raises(StampTooSoon) as refusal:
            decide(late, program(), held, MONDAY, neighbours)
        assert refusal.value.facts == {"next_stamp_at": MONDAY + minutes(35)}


def test_a_late_stamp_between_its_neighbours_is_added_and_moves_no_clock() -> None:
    held = stamped(MONDAY + minutes(60))
    neighbours = stamped_at(MONDAY, MONDAY + minutes(60))
    late = stamp(occurred_at=MONDAY + minutes(30))
    after = decide(late, program(), held, MONDAY + minutes(90), neighbours).card
    assert (after.stamps, after.stamps_on_day) == (2, 2)
    assert after.last_stamp_at == MONDAY + minutes(60)
    assert after.last_activity_at == MONDAY + minutes(60)


def test_a_late_stamp_counts_on_its_own_day() -> None:
    yesterday = MONDAY - timedelta(days=1)
    held = stamped()
    full = stamped_at(*(yesterday - minutes(20 * n) for n in range(5)), MONDAY)
    with pytest.raises(DailyStampLimitReached):
        decide(stamp(occurred_at=yesterday + minutes(60)), program(), held, MONDAY, full)
    four = stamped_at(*(yesterday - minutes(20 * n) for n in range(4)), MONDAY)
    after = decide(stamp(occurred_at=yesterday + minutes(60)), program(), held, MONDAY, four).card
    assert (after.stamps, after.stamps_on_day) == (2, 1)


def test_late_stamps_with_a_quantity_fill_their_day_too() -> None:
    neighbours = stamped_at(MONDAY, quantity=4)
    held = stamped(MONDAY, 4)
    late = stamp(2, occurred_at=MONDAY - minutes(60))
    with pytest.raises(DailyStampLimitReached) as refusal:
        decide(late, program(), held, MONDAY, neighbours)
    assert refusal.value.facts["stamps_left_today"] == 1


def test_a_full_card_is_exchanged_for_its_reward_and_surplus_stamps_stay() -> None:
    held = card(stamps=13, lifetime_stamps=13)
    [(entry, after)] = decide(redeem_stamps(), program(), held, MONDAY).steps
    assert (entry.type, entry.stamps_delta) == ("stamps_redeemed", -10)
    assert entry.reward == {"name": "A coffee", "value_minor": 350}
    assert (after.stamps, after.lifetime_stamps, after.lifetime_rewards) == (3, 13, 1)


def test_a_card_that_is_not_full_tells_what_is_missing() -> None:
    with pytest.raises(NotEnoughStamps) as refusal:
        decide(redeem_stamps(), program(), card(stamps=7), MONDAY)
    assert refusal.value.facts == {"stamps_missing": 3, "stamps_target": 10}


def test_redeeming_neither_needs_nor_starts_a_cooldown() -> None:
    rules = program(stamps_target=1)
    after = decide(redeem_stamps(), rules, stamped(rules=rules), MONDAY).card
    assert after.stamps == 0
    assert after.last_stamp_at == MONDAY


@pytest.mark.parametrize("operation", [stamp(), redeem_stamps()])
def test_a_points_program_takes_no_stamps(operation: object) -> None:
    with pytest.raises(ProgramTypeMismatch) as refusal:
        decide(operation, points_program(), card(stamps=20), MONDAY)  # type: ignore[arg-type]
    assert refusal.value.facts == {"program_type": "points"}


def test_a_hybrid_program_takes_stamps() -> None:
    assert decide(stamp(), program(type="hybrid"), card(), MONDAY).card.stamps == 1


def test_no_card_holds_more_stamps_than_readers_count_exactly() -> None:
    with pytest.raises(BalanceLimitReached):
        decide(stamp(), program(), card(stamps=BALANCE_LIMIT), MONDAY)


def test_a_refusal_leaves_the_card_as_it_was() -> None:
    held = stamped()
    with pytest.raises(DomainError):
        decide(stamp(), program(), held, MONDAY)
    assert held == stamped()


def test_a_fresh_card_can_be_stamped_now_and_has_the_whole_day() -> None:
    following = next_stamp(program(), card(), MONDAY)
    assert (following.at, following.left_today) == (None, 5)


def test_a_stamped_card_tells_when_it_can_be_stamped_again_and_how_often_today() -> None:
    following = next_stamp(program(), stamped(), MONDAY + minutes(5))
    assert (following.at, following.left_today) == (MONDAY + minutes(15), 4)


def test_a_card_whose_day_is_full_waits_for_tomorrow_or_the_cooldown_whichever_is_later() -> None:
    full = stamped(quantity=5)
    tomorrow = datetime(2026, 3, 3, tzinfo=LUXEMBOURG)
    assert next_stamp(program(), full, MONDAY).at == tomorrow
    rules = program(cooldown=timedelta(days=2))
    assert next_stamp(rules, full, MONDAY).at == MONDAY + timedelta(days=2)


def test_yesterdays_stamps_leave_todays_day_whole() -> None:
    following = next_stamp(program(), stamped(quantity=5), MONDAY + timedelta(days=1))
    assert (following.at, following.left_today) == (None, 5)


def test_a_points_card_has_no_next_stamp() -> None:
    following = next_stamp(points_program(), card(), MONDAY)
    assert (following.at, following.left_today) == (None, 0)


def test_the_cooldown_is_real_time_also_for_moments_told_in_local_time() -> None:
    first = datetime(2026, 3, 29, 1, 50, tzinfo=LUXEMBOURG)
    held = decide(stamp(occurred_at=first), program(), card(), MONDAY).card
    second = stamp(occurred_at=datetime(2026, 3, 29, 3, 0, tzinfo=LUXEMBOURG))
    with pytest.raises(StampTooSoon):
        decide(second, program(), held, MONDAY)


@pytest.mark.parametrize("ahead", [timedelta(minutes=15), timedelta(days=2), timedelta(days=900)])
def test_a_stamp_of_a_clock_that_ran_ahead_holds_nobody_up(ahead: timedelta) -> None:
    held = stamped(MONDAY + ahead)
    assert next_stamp(program(), held, MONDAY) == NextStamp(None, 4 if ahead < DAY else 5)
    after = decide(stamp(), program(), held, MONDAY).card
    assert (after.stamps, after.last_stamp_at) == (2, MONDAY)
    # From then on the clock is believed again, by the till and by what the card says.
    waits = next_stamp(program(), after, MONDAY + minutes(1))
    with pytest.raises(StampTooSoon) as refusal:
        decide(stamp(), program(), after, MONDAY + minutes(1))
    assert refusal.value.facts == {"next_stamp_at": waits.at}


@given(
    ahead=st.integers(-3000, 3000),
    cooldown=st.sampled_from([0, 1, 15, 1500]),
    limit=st.integers(1, 3),
    stamps=st.integers(1, 3),
)
def test_card_and_till_give_one_answer_whatever_the_clock_did(
    ahead: int, cooldown: int, limit: int, stamps: int
) -> None:
    rules = program(cooldown=minutes(cooldown), max_daily_stamps=limit)
    at = MONDAY + minutes(ahead)
    held = card(stamps=stamps, last_stamp_at=at, stamps_day=rules.day_of(at), stamps_on_day=stamps)
    said = next_stamp(rules, held, MONDAY)
    neighbours = stamped_at(at, quantity=stamps)
    if said.at is None:
        assert decide(stamp(), rules, held, MONDAY, neighbours).card.stamps == stamps + 1
        return
    with pytest.raises((StampTooSoon, DailyStampLimitReached)) as refusal:
        decide(stamp(), rules, held, MONDAY, neighbours)
    assert refusal.value.facts["next_stamp_at"] == said.at
