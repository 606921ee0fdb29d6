"""Accounts at the provider that others remove, or that are of a provider of before."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.admin_service import create_admin
from punchcard.accounts.models import AuditEvent, User
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.fakes.oidc import Account, FakeProvider
from punchcard.kit.clock import ManualClock
from tests.support.cast import PASSWORD, Shop, by_operator
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.support.provider_visits import leave, link, press_link, visit

Visitors = Callable[..., Visitor]
OPERATOR = "operator@platform.example"


@pytest.fixture
def manager(
    visitors: Visitors, clock: ManualClock, provider: FakeProvider, alice: Shop
) -> tuple[str, Visitor]:
    """Let a manager sign in by the provider; returns their id and their browser."""
    user_id = alice.hire(Role.MANAGER)
    provider.account = Account("acme|m", alice.email("manager"))
    link(visitors(), alice.email("manager"))
    clock.advance(seconds=1)
    browser = visitors()
    assert visit(browser).headers["location"] == "/console"
    clock.advance(seconds=1)
    return user_id, browser


def removals(context: Context) -> list[tuple[str | None, object]]:
    """Return who removed a linked account, and what of it the audit trail keeps."""
    query = select(AuditEvent).where(AuditEvent.action == "member.identity_removed")
    with context.database.read() as session:
        return [(row.actor_id, row.old) for row in session.scalars(query)]


def test_an_owner_removes_the_link_of_a_colleague(
    visitors: Visitors,
    context: Context,
    alice: Shop,
    manager: tuple[str, Visitor],
) -> None:
    user_id, browser = manager
    owner = visitors(alice)
    page = owner.get(f"/console/people/{user_id}").text
    action = f"/console/people/{user_id}/remove-identity"

    done = owner.follow(owner.client.post(action, data=form_on(page, action)))

    assert "The account is no longer linked." in text_of(done)
    # What it had opened has ended, and it opens nothing more; the password does.
    assert browser.get("/console").status_code == 303
    assert visit(visitors()).headers["location"] == "/sign-in"
    assert visitors(alice, "manager").get("/console").status_code == 200
    with context.database.read() as session:
        owner_id = session.scalars(select(User.id).where(User.email == alice.email("owner"))).one()
    assert removals(context) == [(owner_id, {"email": alice.email("manager")})]
    assert action not in owner.get(f"/console/people/{user_id}").text


def test_a_manager_removes_nobody_s(
    visitors: Visitors, context: Context, manager: tuple[str, Visitor], alice: Shop
) -> None:
    user_id, browser = manager
    csrf = form_on(browser.get("/console/account").text, "/console/account/password")["csrf"]

    for path in (f"/console/people/{user_id}", f"/admin/vendors/{alice.id}"):
        of = f"/{user_id}" if "admin" in path else ""
        sent = browser.client.post(f"{path}/remove-identity{of}", data={"csrf": csrf})
        assert sent.status_code == 403

    assert removals(context) == []


def test_an_admin_removes_the_link_of_an_owner(
    visitors: Visitors, context: Context, clock: ManualClock, owner_there: Account, alice: Shop
) -> None:
    link(visitors(), owner_there.email)
    clock.advance(seconds=1)
    hashed = context.accounts.sign_in.hash_password(PASSWORD)
    with context.database.write() as session:
        create_admin(session, by_operator(context), email=OPERATOR, name="Op", password_hash=hashed)
        owner_id = session.scalars(select(User.id).where(User.email == owner_there.email)).one()
    admin = visitors()
    admin.sign_in(OPERATOR, PASSWORD)
    action = f"/admin/vendors/{alice.id}/remove-identity/{owner_id}"

    admin.client.post(action, data=form_on(admin.get(f"/admin/vendors/{alice.id}").text, action))

    assert visit(visitors()).headers["location"] == "/sign-in"
    assert len(removals(context)) == 1


def test_an_account_at_a_provider_of_before_is_none_and_makes_room_for_another(
    visitors: Visitors, context: Context, owner_there: Account
) -> None:
    link(visitors(), owner_there.email)
    before = {"issuer": "https://login.before.example"}
    with context.database.write() as session:
        session.execute(update(LinkedIdentity).values(**before))
    owner = visitors()
    assert visit(owner).headers["location"] == "/sign-in"

    owner.sign_in(owner_there.email, PASSWORD)
    assert "knows you as" in text_of(owner.get("/console/account"))
    press_link(owner)

    with context.database.read() as session:
        assert len(session.scalars(select(LinkedIdentity)).all()) == 1


def test_who_is_signed_in_and_leaves_the_provider_stays_on_their_own_page(
    visitors: Visitors, provider: FakeProvider, alice: Shop
) -> None:
    provider.account = None
    owner = visitors(alice)
    left = leave(owner)

    page = owner.get(left.headers["location"].removeprefix("http://shop.test"))

    assert page.status_code == 422
    assert "The other sign-in was left, or it did not let you in." in text_of(page)
    assert "Where you are signed in" in text_of(page)
