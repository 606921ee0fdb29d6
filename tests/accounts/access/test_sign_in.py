"""Signing in: who gets in, and what guessing costs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts import throttle
from punchcard.accounts.access import session_service
from punchcard.accounts.access.opening.session_opener import SignInOrigin
from punchcard.accounts.errors import (
    CredentialsInvalid,
    PasswordWrong,
    TooManyRequests,
    VendorSuspended,
)
from punchcard.accounts.models import Throttle
from punchcard.accounts.throttle import Limit
from punchcard.accounts.vendor_service import suspend_vendor
from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SessionId
from punchcard.worker.schedule import expire_failures
from tests.support import cast
from tests.support.cast import PASSWORD, Shop, by_operator

WRONG = "wrong password"


def guess(context: Context, email: str, password: str = WRONG) -> None:
    origin = SignInOrigin(network=f"street of {email}", user_agent=None, request_id=None)
    context.accounts.sign_in.sign_in(email, password, origin=origin)


def guess_until_blocked(context: Context, email: str) -> None:
    for _ in range(context.settings.sign_in_attempts):
        with pytest.raises(CredentialsInvalid):
            guess(context, email)


def test_address_is_taken_in_any_case_and_with_spaces(context: Context, alice: Shop) -> None:
    assert cast.sign_in(context, "  Owner@Cafe-Alice.Example ").startswith("at_")


def test_unknown_and_known_addresses_are_refused_and_slowed_down_alike(
    context: Context, alice: Shop
) -> None:
    for email in (alice.email("owner"), "nobody@nowhere.example", "not an address", "\x00@\x00.x"):
        guess_until_blocked(context, email)
        with pytest.raises(TooManyRequests) as refusal:
            guess(context, email)
        assert refusal.value.retry_after_seconds == context.settings.sign_in_slowdown_seconds


def test_an_unknown_address_takes_as_long_as_who_is_here_since_hashes_cost_less(
    context: Context, alice: Shop
) -> None:
    settings = replace(context.settings, password_bcrypt_cost=6)
    dearer = build_context(
        settings, clock=context.clock, ids=context.ids, database=context.database
    )
    rounds = []
    for email in (alice.email("owner"), "nobody@nowhere.example"):
        before = dearer.accounts.password_hasher.rounds
        with pytest.raises(CredentialsInvalid):
            guess(dearer, email)
        rounds.append(dearer.accounts.password_hasher.rounds - before)
    # The database is the test's own, and goes on.
    dearer.loyalty.till.close()

    # Two hashes are compared at least: that of the holder, and of who only claims the address.
    assert rounds == [2 << 6, 2 << 6]


def test_pause_holds_against_the_right_password_too(context: Context, alice: Shop) -> None:
    guess_until_blocked(context, alice.email("owner"))

    with pytest.raises(TooManyRequests):
        guess(context, alice.email("owner"), PASSWORD)


def test_pause_doubles_up_to_its_limit_and_allows_one_guess_each_time(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    guess_until_blocked(context, alice.email("owner"))

    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        with pytest.raises(TooManyRequests) as refusal:
            guess(context, alice.email("owner"))
        assert refusal.value.retry_after_seconds == seconds
        clock.advance(seconds=seconds)
        with pytest.raises(CredentialsInvalid):
            guess(context, alice.email("owner"))


def test_success_forgets_the_failures(context: Context, alice: Shop) -> None:
    for _ in range(context.settings.sign_in_attempts - 1):
        with pytest.raises(CredentialsInvalid):
            guess(context, alice.email("owner"))
    guess(context, alice.email("owner"), PASSWORD)

    guess_until_blocked(context, alice.email("owner"))


@pytest.mark.both_databases
def test_guesses_at_the_same_moment_cannot_slip_past_the_limit(
    context: Context, alice: Shop
) -> None:
    start = threading.Barrier(12)
    known = context.accounts.sign_in.remember_browser(
        context.accounts.credentials.resolve(alice.token()), None
    )

    def attempt(number: int) -> type[Exception] | None:
        start.wait()
        try:
            # From everywhere, so that nobody waits for a place in the queue for bcrypt.
            origin = SignInOrigin(
                network=f"{number}", user_agent=None, request_id=None, known=known
            )
            context.accounts.sign_in.sign_in(alice.email("owner"), f"guess {number}", origin=origin)
        except (CredentialsInvalid, TooManyRequests) as error:
            return type(error)
        return None

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(attempt, range(12)))

    assert answers.count(CredentialsInvalid) == context.settings.known_browser_attempts
    assert answers.count(TooManyRequests) == 12 - context.settings.known_browser_attempts


def test_guessing_at_one_address_harms_no_other(context: Context, alice: Shop, bob: Shop) -> None:
    guess_until_blocked(context, alice.email("owner"))

    assert bob.token().startswith("at_")


@pytest.mark.both_databases
def test_no_address_is_kept_in_the_counters(context: Context, alice: Shop) -> None:
    with pytest.raises(CredentialsInvalid):
        guess(context, alice.email("owner"))

    with context.database.read() as session:
        keys = session.scalars(select(Throttle.key)).all()
    # Where there are several processes, how often the address asks is counted there as well.
    assert len(keys) == (2 if context.database.is_sqlite else 3)
    assert not any("alice" in key for key in keys)


def test_failures_of_another_day_no_longer_count(context: Context, clock: ManualClock) -> None:
    limit = Limit(attempts=2, block_seconds=30, block_limit_seconds=60)
    with context.database.write() as session:
        throttle.fail(session, "till", limit=limit, now=clock.now())
    clock.advance(days=1, seconds=1)

    with context.database.write() as session:
        assert throttle.fail(session, "till", limit=limit, now=clock.now()).failures == 1


def test_counters_that_count_no_more_are_forgotten_within_a_day(
    context: Context, clock: ManualClock
) -> None:
    long = Limit(attempts=1, block_seconds=2 * 86_400, block_limit_seconds=2 * 86_400)
    short = Limit(attempts=9, block_seconds=30, block_limit_seconds=60)
    with context.database.write() as session:
        throttle.fail(session, "blocked", limit=long, now=clock.now())
        throttle.fail(session, "old", limit=short, now=clock.now())
    clock.advance(days=1, seconds=1)
    with context.database.write() as session:
        throttle.fail(session, "new", limit=short, now=clock.now())

    with context.database.write() as session:
        expire_failures(context, session, clock.now())

    with context.database.read() as session:
        assert set(session.scalars(select(Throttle.key))) == {"blocked", "new"}


def test_right_password_of_a_suspended_vendor_is_told_why(context: Context, alice: Shop) -> None:
    with context.database.write() as session:
        suspend_vendor(session, by_operator(context), alice.id)

    with pytest.raises(VendorSuspended):
        alice.token()
    with pytest.raises(CredentialsInvalid):
        guess(context, alice.email("owner"))


def test_every_character_of_a_long_password_counts(context: Context, alice: Shop) -> None:
    subject = context.accounts.credentials.resolve(alice.token())
    long = "a long sentence, " * 6
    context.accounts.sign_in.change_password(
        subject, current=PASSWORD, new=long + "1", request_id=None
    )

    with pytest.raises(CredentialsInvalid):
        guess(context, alice.email("owner"), long + "2")
    assert cast.sign_in(context, alice.email("owner"), long + "1").startswith("at_")


@pytest.mark.parametrize("who", ["member", "admin"])
def test_new_password_ends_the_other_sessions_and_keeps_this_one(
    context: Context, alice: Shop, who: str
) -> None:
    email = alice.email("owner") if who == "member" else "admin@platform.example"
    other = alice.token() if who == "member" else cast.make_admin(context, email)
    mine = cast.sign_in(context, email)
    subject = context.accounts.credentials.resolve(mine)

    context.accounts.sign_in.change_password(
        subject, current=PASSWORD, new="another password", request_id=None
    )

    assert context.accounts.credentials.resolve(mine) == subject
    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(other)
    with pytest.raises(CredentialsInvalid):
        guess(context, email, PASSWORD)


def test_wrong_current_password_is_refused_and_counted(context: Context, alice: Shop) -> None:
    subject = context.accounts.credentials.resolve(alice.token())

    for _ in range(context.settings.known_browser_attempts):
        with pytest.raises(PasswordWrong):
            context.accounts.sign_in.change_password(
                subject, current="wrong", new="another password", request_id=None
            )
    with pytest.raises(TooManyRequests):
        context.accounts.sign_in.change_password(
            subject, current=PASSWORD, new="another password", request_id=None
        )


def test_own_sessions_are_listed_and_revoked(context: Context, alice: Shop, bob: Shop) -> None:
    first, second = alice.token(), alice.token()
    bob.token()
    subject = context.accounts.credentials.resolve(second)
    old = SessionId(context.accounts.credentials.resolve(first).credential_id or "")

    with context.database.read() as session:
        listed = session_service.list_sessions(
            session,
            subject,
            now=context.clock.now(),
            idle=None,
            before_id=None,
            limit=10,
        )
    assert [row.id for row in listed] == [subject.credential_id, old]

    act = by_operator(context)
    with context.database.write() as session:
        mine = type(act)(subject=subject, now=act.now, ids=act.ids)
        session_service.revoke_session(session, mine, old)
    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(first)
