"""Nobody keeps anybody out: strangers' guesses, and what the person notices of them."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts.access.opening.session_opener import SignedIn, SignInOrigin
from punchcard.accounts.errors import CredentialsInvalid, PasswordWrong, TooManyRequests
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import AccessToken, AuditEvent, Vendor
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support.cast import PASSWORD, Shop
from tests.support.outgoing_mail import mails

WRONG = "wrong password"
STREET, CAFE = "198.51.100.7", "192.0.2.1"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


def mails_of(context: Context, to: str | None = None) -> list[Mail]:
    return [mail for mail in mails(context) if to in (None, mail.to)]


def sign_in(
    context: Context, shop: Shop, password: str = PASSWORD, *, network: str = CAFE, **more: str
) -> SignedIn:
    origin = SignInOrigin(network=network, user_agent="tests", request_id=None)
    return context.accounts.sign_in.sign_in(
        shop.email("owner"), password, origin=replace(origin, **more)
    )


def guess(context: Context, shop: Shop, **origin: str) -> None:
    with pytest.raises(CredentialsInvalid):
        sign_in(context, shop, WRONG, **origin)


def guess_until_blocked(context: Context, shop: Shop, **origin: str) -> None:
    for _ in range(context.settings.sign_in_attempts):
        guess(context, shop, **origin)
    with pytest.raises(TooManyRequests):
        sign_in(context, shop, WRONG, **origin)


def test_guesses_of_one_network_keep_nobody_out_of_another(context: Context, alice: Shop) -> None:
    guess_until_blocked(context, alice, network=STREET)

    assert sign_in(context, alice).subject.vendor_id == alice.id


def test_a_known_browser_gets_in_while_its_own_network_guesses(
    context: Context, alice: Shop
) -> None:
    known = sign_in(context, alice).known
    guess_until_blocked(context, alice)

    with pytest.raises(TooManyRequests):
        sign_in(context, alice)
    assert sign_in(context, alice, known=known).access_token


def test_a_known_browser_gets_in_while_the_whole_world_guesses(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    known = sign_in(context, alice).known
    for number in range(context.settings.sign_in_attempts_per_address):
        guess(context, alice, network=f"2001:db8:0:{number:x}::1")

    with pytest.raises(TooManyRequests):
        sign_in(context, alice, network="203.0.113.9")
    assert sign_in(context, alice, known=known).access_token


def test_a_known_browser_that_guesses_waits_too(context: Context, alice: Shop) -> None:
    known = sign_in(context, alice).known
    for _ in range(context.settings.known_browser_attempts):
        guess(context, alice, known=known)

    with pytest.raises(TooManyRequests):
        sign_in(context, alice, known=known)


def test_a_browser_is_known_for_one_person_and_until_the_password_changes(
    context: Context, alice: Shop, bob: Shop
) -> None:
    session = sign_in(context, alice)
    guess_until_blocked(context, bob)
    with pytest.raises(TooManyRequests):
        sign_in(context, bob, known=session.known)

    context.accounts.sign_in.change_password(
        session.subject, current=PASSWORD, new="another sentence", request_id=None
    )
    guess_until_blocked(context, alice)
    with pytest.raises(TooManyRequests):
        sign_in(context, alice, "another sentence", known=session.known)


def test_a_browser_is_known_no_more_after_its_days(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    known = sign_in(context, alice).known
    clock.advance(days=context.settings.known_browser_days, seconds=1)
    guess_until_blocked(context, alice)

    with pytest.raises(TooManyRequests):
        sign_in(context, alice, known=known)


def test_several_people_of_one_browser_are_all_known(
    context: Context, alice: Shop, bob: Shop
) -> None:
    known = sign_in(context, alice).known
    both = sign_in(context, bob, known=known).known
    guess_until_blocked(context, alice)
    guess_until_blocked(context, bob)

    assert sign_in(context, alice, known=both).access_token
    assert sign_in(context, bob, known=both).access_token


@pytest.mark.parametrize("shown", ["", "~", "x.y", "~" * 500, "é", "x" * 3000, "\x00~a.b"])
def test_what_no_server_issued_makes_nobody_known(
    context: Context, alice: Shop, shown: str
) -> None:
    guess_until_blocked(context, alice)

    with pytest.raises(TooManyRequests):
        sign_in(context, alice, known=shown)


def test_a_running_session_changes_its_password_while_strangers_guess(
    context: Context, alice: Shop
) -> None:
    subject = sign_in(context, alice).subject
    guess_until_blocked(context, alice)
    guess_until_blocked(context, alice, network=STREET)

    context.accounts.sign_in.change_password(
        subject, current=PASSWORD, new="another sentence", request_id=None
    )


def test_wrong_passwords_in_a_session_count_against_that_session_alone(
    context: Context, alice: Shop
) -> None:
    first, second = sign_in(context, alice).subject, sign_in(context, alice).subject
    for _ in range(context.settings.known_browser_attempts):
        with pytest.raises(PasswordWrong):
            context.accounts.sign_in.confirm_password(first, WRONG)
    with pytest.raises(TooManyRequests):
        context.accounts.sign_in.confirm_password(first, PASSWORD)

    context.accounts.sign_in.confirm_password(second, PASSWORD)
    assert sign_in(context, alice).access_token


def test_a_person_is_told_once_a_day_that_somebody_guesses(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    for network in (STREET, "203.0.113.1", "203.0.113.2"):
        guess_until_blocked(context, alice, network=network)
    assert [mail.kind for mail in mails_of(context, alice.email("owner"))] == ["guessed_at"]
    with context.database.read() as session:
        told = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "member.guessed_at")
        ).all()
    assert [(event.vendor_id, event.new) for event in told] == [(alice.id, None)]

    clock.advance(days=1, seconds=1)
    guess_until_blocked(context, alice, network=STREET)
    kinds = [mail.kind for mail in mails_of(context, alice.email("owner"))]
    assert kinds == ["guessed_at", "guessed_at"]


def test_guesses_at_nobody_mail_nobody(context: Context) -> None:
    origin = SignInOrigin(network=STREET, user_agent=None, request_id=None)
    for _ in range(context.settings.sign_in_attempts):
        with pytest.raises(CredentialsInvalid):
            context.accounts.sign_in.sign_in("nobody@nowhere.example", WRONG, origin=origin)

    assert mails_of(context) == []


def test_a_new_browser_is_told_and_a_known_one_is_not(context: Context, alice: Shop) -> None:
    known = sign_in(context, alice).known
    assert mails_of(context) == []

    sign_in(context, alice, known=known)
    assert mails_of(context) == []

    sign_in(context, alice, user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    [mail] = mails_of(context, alice.email("owner"))
    assert mail.kind == "new_browser"
    assert mail.facts["browser"] == "Firefox · Linux"
    assert CAFE not in str(mail)


def test_the_same_program_without_a_memory_is_told_of_once_a_day(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    for _ in range(4):
        sign_in(context, alice)

    assert [mail.kind for mail in mails_of(context)] == ["new_browser"]


def test_where_a_session_comes_from_is_kept_coarsely_where_the_shop_says_so(
    context: Context, alice: Shop
) -> None:
    quiet = sign_in(context, alice).subject.credential_id
    with context.database.write() as session:
        session.get_one(Vendor, alice.id).keeps_origins = True
    near = sign_in(context, alice).subject.credential_id
    far = sign_in(context, alice, network="2001:db8:1:2::3").subject.credential_id

    with context.database.read() as session:
        kept = [session.get_one(AccessToken, one).network for one in (quiet, near, far)]
    assert kept == [None, "192.0.2.0/24", "2001:db8:1::/48"]
