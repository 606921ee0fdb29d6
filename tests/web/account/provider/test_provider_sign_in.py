"""Signing in by the operator's identity provider, over real HTTP to one on this machine."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.admin_service import create_admin
from punchcard.accounts.models import AuditEvent, User
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.fakes.oidc import Account, FakeProvider, SigningKey
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support.cast import PASSWORD, Shop, by_operator
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.support.provider_visits import back_path, leave, link, press_link, visit

Visitors = Callable[..., Visitor]
OPERATOR = "operator@platform.example"


def actions(context: Context) -> list[tuple[str, object]]:
    """Return what the audit trail tells of sessions and identities, in order."""
    query = select(AuditEvent).where(
        AuditEvent.action.in_(
            ("session.opened", "member.identity_linked", "member.identity_removed")
        )
    )
    with context.database.read() as session:
        rows = session.scalars(query.order_by(AuditEvent.id)).all()
        return [(row.action, (row.new or {}).get("way")) for row in rows]


@pytest.mark.usefixtures("owner_there")
def test_the_first_time_takes_the_password_and_a_button_and_then_neither(
    visitors: Visitors, context: Context, clock: ManualClock, alice: Shop
) -> None:
    owner = visitors()
    assert "Sign in with Acme" in text_of(owner.get("/sign-in"))
    back = visit(owner)
    assert back.headers["location"] == "/sign-in"
    asked = owner.follow(back)
    assert f"Acme knows you as {alice.email('owner')}." in text_of(asked)
    assert f'value="{alice.email("owner")}"' in asked.text
    assert owner.get("/console").status_code == 303

    step = owner.post("/sign-in", email=alice.email("owner"), password=PASSWORD)
    assert step.headers["location"] == "/console/account"
    # Typing the password has linked nothing: a button does.
    with context.database.read() as session:
        assert session.scalars(select(LinkedIdentity)).all() == []
    assert "The account is linked." in text_of(owner.follow(press_link(owner)))

    clock.advance(seconds=1)
    again = visitors()
    assert visit(again).headers["location"] == "/console"
    assert again.get("/console/account").status_code == 200
    assert actions(context) == [
        ("session.opened", "password"),
        ("member.identity_linked", None),
        ("session.opened", "provider"),
    ]


@pytest.mark.usefixtures("owner_there")
def test_who_is_signed_in_links_on_the_account_page_and_removes_it_again(
    visitors: Visitors, context: Context, clock: ManualClock, alice: Shop
) -> None:
    owner = visitors(alice)
    assert "Not linked yet." in text_of(owner.get("/console/account"))
    assert visit(owner).headers["location"] == "/console/account"
    press_link(owner)
    clock.advance(seconds=1)
    other = visitors()
    visit(other)
    assert other.get("/console/account").status_code == 200

    remove = "/console/account/provider/remove"
    owner.client.post(remove, data=form_on(owner.get("/console/account").text, remove))

    assert "Not linked yet." in text_of(owner.get("/console/account"))
    # What the account had opened has ended with it.
    assert other.get("/console/account").status_code == 303
    clock.advance(seconds=1)
    assert visit(visitors()).headers["location"] == "/sign-in"
    assert actions(context)[-1] == ("member.identity_removed", None)


@pytest.mark.usefixtures("owner_there")
def test_one_comes_back_to_the_page_one_wanted(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    link(visitors(), alice.email("owner"))
    clock.advance(seconds=1)
    assert visit(visitors(), "/sign-in/provider?next=/console/pins").headers["location"] == (
        "/console/pins"
    )


def test_an_admin_links_and_signs_in_too(
    visitors: Visitors, context: Context, clock: ManualClock, provider: FakeProvider
) -> None:
    hashed = context.accounts.sign_in.hash_password(PASSWORD)
    with context.database.write() as session:
        create_admin(session, by_operator(context), email=OPERATOR, name="Op", password_hash=hashed)
    provider.account = Account("acme|op", OPERATOR)
    link(visitors(), OPERATOR, "/admin")
    clock.advance(seconds=1)

    assert visit(visitors()).headers["location"] == "/admin"


@pytest.mark.usefixtures("owner_there")
def test_what_is_sensitive_is_confirmed_by_the_provider(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    owner = visitors()
    link(owner, alice.email("owner"))
    clock.advance(minutes=16)
    page = "/console/api-keys"
    step = "/console/account/confirm/provider?next=/console/api-keys"
    asked = leave(owner, step)
    assert asked.request.url.params["prompt"] == "login"
    assert asked.request.url.params["max_age"] == "0"

    back = owner.get(back_path(asked))
    assert back.headers["location"] == page
    remove = "/console/account/provider/remove"
    done = owner.client.post(remove, data=form_on(owner.get("/console/account").text, remove))
    assert done.status_code == 303


def test_a_provider_that_did_not_ask_anew_confirms_nothing(
    visitors: Visitors,
    clock: ManualClock,
    alice: Shop,
    provider: FakeProvider,
    owner_there: Account,
) -> None:
    owner = visitors()
    link(owner, owner_there.email)
    clock.advance(minutes=16)

    def as_of_before(claims: dict[str, object]) -> None:
        claims["auth_time"] = int(clock.now().timestamp()) - 900

    provider.tamper = as_of_before
    answer = visit(owner, "/console/account/confirm/provider")
    assert "That sign-in was not accepted." in text_of(answer)
    remove = "/console/account/provider/remove"
    asked = owner.client.post(remove, data=form_on(owner.get("/console/account").text, remove))
    assert "Is it you?" in text_of(asked)
    assert "Confirm with Acme" in text_of(asked)


@pytest.mark.usefixtures("owner_there")
def test_signing_out_offers_to_sign_out_there_as_well(
    visitors: Visitors, clock: ManualClock, alice: Shop, provider: FakeProvider
) -> None:
    link(visitors(), alice.email("owner"))
    clock.advance(seconds=1)
    owner = visitors()
    visit(owner)
    owner.get("/console/account")
    page = owner.follow(owner.post("/sign-out"))
    assert "Sign out of Acme as well" in text_of(page)

    out = owner.get("/sign-in/provider/out").headers["location"]
    assert out.startswith(f"{provider.issuer}/logout?client_id=punchcard&")
    assert "shop.test%2Fsign-in" in out
    assert "Sign out of Acme" not in text_of(owner.get("/sign-in"))


class TestWithASecondFactorWanted:
    @pytest.fixture
    def server_settings(self, server_settings: Settings) -> Settings:
        return replace(
            server_settings, second_factor_required="owners", oidc_second_factor_acr="strong"
        )

    @pytest.mark.parametrize(
        ("amr", "acr", "is_enough"),
        [(("pwd", "mfa"), None, True), (("pwd",), "strong", True), (("pwd", "otp"), "weak", False)],
    )
    def test_the_provider_s_counts_where_it_says_so(
        self,
        visitors: Visitors,
        context: Context,
        clock: ManualClock,
        alice: Shop,
        provider: FakeProvider,
        owner_there: Account,
        amr: tuple[str, ...],
        acr: str | None,
        is_enough: bool,
    ) -> None:
        with context.database.write() as session:
            owner = session.scalars(select(User).where(User.email == alice.email("owner"))).one()
            session.add(
                LinkedIdentity(
                    id=context.ids.new_id(),
                    user_id=owner.id,
                    issuer=provider.issuer,
                    subject=owner_there.subject,
                    email=owner_there.email,
                    created_at=clock.now(),
                    asked_at=clock.now(),
                )
            )
        clock.advance(seconds=1)
        owner_there.amr, owner_there.acr = amr, acr
        visitor = visitors()
        visit(visitor)

        status = visitor.get("/console").status_code
        assert status == (200 if is_enough else 303)


class TestWhereTheOperatorRequiresIt:
    @pytest.fixture
    def server_settings(self, server_settings: Settings) -> Settings:
        return replace(server_settings, oidc_required="managers")

    def test_a_manager_s_password_alone_opens_nothing_and_an_owner_s_does(
        self, visitors: Visitors, clock: ManualClock, alice: Shop, provider: FakeProvider
    ) -> None:
        alice.hire(Role.MANAGER)
        manager = visitors()
        refused = manager.sign_in(alice.email("manager"), PASSWORD)
        assert "your password alone is not enough" in text_of(refused)
        assert visitors().sign_in(alice.email("owner"), PASSWORD).headers["location"] == "/console"

        provider.account = Account("acme|2", alice.email("manager"))
        link(manager, alice.email("manager"))
        clock.advance(seconds=1)
        assert visit(visitors()).headers["location"] == "/console"

    def test_the_address_of_somebody_else_is_no_way_round(
        self, visitors: Visitors, alice: Shop, provider: FakeProvider
    ) -> None:
        alice.hire(Role.MANAGER)
        provider.account = Account("acme|3", "stranger@elsewhere.example")
        manager = visitors()
        visit(manager)
        refused = manager.sign_in(alice.email("manager"), PASSWORD)
        assert "your password alone is not enough" in text_of(refused)


def test_keys_may_change_at_any_time_and_every_good_algorithm_counts(
    visitors: Visitors,
    clock: ManualClock,
    provider: FakeProvider,
    owner_there: Account,
) -> None:
    link(visitors(), owner_there.email)
    for key_id, algorithm in (("second", "ES256"), ("third", "PS256")):
        clock.advance(minutes=2)
        provider.keys = [SigningKey.new(key_id, algorithm)]
        assert visit(visitors()).headers["location"] == "/console"


def test_a_provider_that_is_away_is_told_and_the_password_still_works(
    visitors: Visitors, alice: Shop, provider: FakeProvider
) -> None:
    provider.is_down = True
    visitor = visitors()
    answer = visitor.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "You can sign in with your password." in text_of(answer)
    assert visitor.sign_in(alice.email("owner"), PASSWORD).headers["location"] == "/console"


def test_who_leaves_the_provider_is_asked_again(visitors: Visitors, provider: FakeProvider) -> None:
    assert "did not let you in" in text_of(visit(visitors()))


def test_a_clock_that_was_put_back_keeps_nobody_out(
    visitors: Visitors, clock: ManualClock, owner_there: Account
) -> None:
    clock.advance(days=30)
    link(visitors(), owner_there.email)
    clock.advance(days=-30)

    assert visit(visitors()).headers["location"] == "/console"
