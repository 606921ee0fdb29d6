"""How often one address may call."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts.access.rate_limit import (
    ADDRESSES_LIMIT,
    CredentialLimits,
    PublicLimits,
    RateLimiter,
    SharedBuckets,
    counted_address,
)
from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.models import Throttle
from punchcard.context import Context
from punchcard.kit.clock import ManualClock


def test_an_address_is_let_through_as_often_as_told_and_again_with_time(
    clock: ManualClock,
) -> None:
    limiter = RateLimiter(clock, per_minute=6)
    for _ in range(6):
        limiter.take("a")

    with pytest.raises(TooManyRequests) as refusal:
        limiter.take("a")
    assert refusal.value.retry_after_seconds == 10
    limiter.take("b")
    clock.advance(seconds=10)
    limiter.take("a")
    with pytest.raises(TooManyRequests):
        limiter.take("a")


def test_memory_is_bounded_and_the_busy_are_remembered(clock: ManualClock) -> None:
    limiter = RateLimiter(clock, per_minute=1)
    for number in range(ADDRESSES_LIMIT - 1):
        limiter.take(str(number))
    clock.advance(seconds=61)
    limiter.take("busy")
    limiter.take("newcomer")

    with pytest.raises(TooManyRequests):
        limiter.take("busy")


def test_a_crowd_of_new_addresses_frees_nobody_who_is_being_refused(clock: ManualClock) -> None:
    limiter = RateLimiter(clock, per_minute=1)
    limiter.take("loud")
    let_in = 0

    for number in range(3 * ADDRESSES_LIMIT):
        limiter.take(str(number))
        if number % 1000 == 0:
            clock.advance(seconds=1)
            try:
                limiter.take("loud")
                let_in += 1
            except TooManyRequests:
                pass

    # Half a minute has passed: not even one call is due.
    assert let_in == 0


def test_a_crowd_makes_the_limiter_forget_who_was_seen_longest_ago(clock: ManualClock) -> None:
    limiter = RateLimiter(clock, per_minute=1)
    for number in range(ADDRESSES_LIMIT):
        clock.advance(seconds=0.001)
        limiter.take(str(number))
    limiter.take("one too many")

    limiter.take("0")
    for kept in (ADDRESSES_LIMIT // 2, ADDRESSES_LIMIT - 1, "one too many"):
        with pytest.raises(TooManyRequests):
            limiter.take(str(kept))


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_home_network_counts_as_one(host: str, counted: str) -> None:
    assert counted_address(host) == counted


@pytest.mark.both_databases
def test_what_is_worth_guessing_is_counted_over_all_processes(
    context: Context, clock: ManualClock
) -> None:
    """Two limiters are two processes; an embedded database has one."""
    buckets = SharedBuckets.of(context.database, context.settings)
    settings = replace(
        context.settings,
        sign_ins_per_minute=6,
        pairing_attempts_per_minute=6,
        card_numbers_per_minute=6,
        mail_requests_per_minute=6,
        contact_lookups_per_minute=6,
    )
    one, other = (PublicLimits(settings, clock, buckets) for _ in range(2))
    first, second = (CredentialLimits(settings, clock, buckets) for _ in range(2))
    pairs = [
        (one.sign_ins, other.sign_ins),
        (one.pairings, other.pairings),
        (one.card_numbers, other.card_numbers),
        (one.mails, other.mails),
        (first.contacts, second.contacts),
    ]
    for here, there in pairs:
        taken = [limit.try_take("a") for limit in (here, there) for _ in range(4)]
        expected = 8 if context.database.is_sqlite else 6
        assert sum(taken) == expected
        assert here.try_take("b")
    clock.advance(seconds=60)
    assert all(there.try_take("a") for _, there in pairs)
    with context.database.read() as session:
        keys = session.scalars(select(Throttle.key)).all()
    assert not any(key.endswith(":a") for key in keys)


@pytest.mark.both_databases
def test_who_is_refused_over_all_processes_is_let_through_once_the_wait_is_over(
    context: Context, clock: ManualClock
) -> None:
    buckets = SharedBuckets.of(context.database, context.settings)
    settings = replace(context.settings, sign_ins_per_minute=6)
    one, other = (PublicLimits(settings, clock, buckets).sign_ins for _ in range(2))
    taken = [limit.try_take("a") for limit in (one, other) for _ in range(6)]
    assert sum(taken) == (12 if context.database.is_sqlite else 6)
    clock.advance(seconds=10)
    other.take("a")
    with pytest.raises(TooManyRequests) as refusal:
        other.take("a")
    assert refusal.value.retry_after_seconds == 10
    clock.advance(seconds=10)
    other.take("a")
