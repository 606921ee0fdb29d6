"""The operator lets hashes cost more: each password follows when its person signs in next."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select

from punchcard.accounts.access.hashing import cost_of
from punchcard.accounts.access.opening.session_opener import SignedIn, SignInOrigin
from punchcard.accounts.errors import CredentialsInvalid, PasswordWrong
from punchcard.accounts.models import Admin, User
from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.outgoing_mail import mails

pytestmark = pytest.mark.both_databases
BEFORE, AFTER = 4, 6


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


@pytest.fixture
def dearer(context: Context, alice: Shop) -> Iterator[Context]:
    """Start the server again with another cost, when Café Alice is open."""
    assert cost_in(context, alice.email("owner")) == BEFORE
    again = build_context(
        replace(context.settings, password_bcrypt_cost=AFTER, password_bcrypt_threads=2),
        clock=context.clock,
        ids=context.ids,
        database=context.database,
    )
    yield again
    # The database is the test's own, and goes on.
    again.loyalty.till.close()


def cost_in(context: Context, email: str) -> int:
    with context.database.read() as session:
        users = session.scalars(select(User.password_hash).where(User.email == email)).all()
        admins = session.scalars(select(Admin.password_hash).where(Admin.email == email)).all()
    [hashed] = [*users, *admins]
    return cost_of(hashed)


def sign_in(
    context: Context, email: str, password: str = PASSWORD, known: str | None = None
) -> SignedIn:
    origin = SignInOrigin(network="192.0.2.1", user_agent="tests", request_id=None, known=known)
    return context.accounts.sign_in.sign_in(email, password, origin=origin)


@pytest.mark.parametrize("is_admin", [False, True])
def test_a_password_follows_when_its_person_signs_in_and_no_sooner(
    context: Context, alice: Shop, dearer: Context, is_admin: bool
) -> None:
    email = alice.email("owner")
    if is_admin:
        email = "root@platform.example"
        cast.make_admin(context, email)

    with pytest.raises(CredentialsInvalid):
        sign_in(dearer, email, "wrong password")
    assert cost_in(context, email) == BEFORE

    sign_in(dearer, email)
    assert cost_in(context, email) == AFTER
    assert sign_in(dearer, email).access_token
    with pytest.raises(CredentialsInvalid):
        sign_in(dearer, email, "wrong password")


def test_a_password_follows_when_its_person_confirms_it(
    context: Context, alice: Shop, dearer: Context
) -> None:
    email = alice.email("owner")
    subject = sign_in(context, email).subject

    with pytest.raises(PasswordWrong):
        dearer.accounts.sign_in.check_password(subject, "wrong password")
    assert cost_in(context, email) == BEFORE
    assert dearer.accounts.sign_in.check_password(subject, PASSWORD) is None
    assert cost_in(context, email) == AFTER


def test_nothing_that_hangs_on_a_password_ends_when_its_hash_is_made_anew(
    context: Context, clock: ManualClock, alice: Shop, dearer: Context
) -> None:
    email = alice.email("owner")
    here, elsewhere = sign_in(context, email), sign_in(context, email)
    context.accounts.password_reset.request(email, asked_from="192.0.2.1", language="en")
    [*_, asked] = mails(context)
    told = len(mails(context))

    clock.advance(minutes=1)
    sign_in(dearer, email, known=here.known)
    sign_in(dearer, email, known=elsewhere.known)

    assert cost_in(context, email) == AFTER
    # Both browsers are known: nobody is told of a new one.
    assert len(mails(context)) == told
    assert dearer.accounts.credentials.resolve(elsewhere.access_token).id == here.subject.id
    token = asked.facts["link"].partition("?token=")[2]
    dearer.accounts.password_reset.reset(
        token, "a password never used before", asked_from="192.0.2.1", request_id="test"
    )


def test_who_signs_in_twice_at_once_gets_in_twice(
    context: Context, alice: Shop, dearer: Context
) -> None:
    barrier = Barrier(2)

    def come_in(_: int) -> str:
        barrier.wait()
        return sign_in(dearer, alice.email("owner")).access_token

    with ThreadPoolExecutor(2) as pool:
        tokens = set(pool.map(come_in, range(2)))

    assert len(tokens) == 2
    assert cost_in(context, alice.email("owner")) == AFTER
