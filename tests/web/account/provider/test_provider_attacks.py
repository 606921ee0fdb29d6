"""What nobody gets in by: each forgery on its own, against a sign-in that is good without it.

The owner's account is linked, so whatever is refused here would have opened a session.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from punchcard.accounts import user_service, vendor_service
from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.models import User
from punchcard.accounts.vocabulary import Role, SecurityEvent
from punchcard.context import Context
from punchcard.fakes.oidc import (
    Account,
    Claims,
    FakeProvider,
    SigningKey,
    signed_with_public_key,
    signing_input,
    unsigned,
)
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support.cast import PASSWORD, Shop, by_operator
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.support.provider_visits import START, back_path, leave, link, visit
from tests.web.account.test_sign_in import ELSEWHERE

Visitors = Callable[..., Visitor]
VISIT_COOKIE = "punchcard_visit"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REFUSED = "That sign-in was not accepted."


@pytest.fixture
def linked(visitors: Visitors, clock: ManualClock, owner_there: Account) -> Account:
    """Link the owner's account, and let a second go by."""
    link(visitors(), owner_there.email)
    clock.advance(seconds=1)
    return owner_there


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/console").status_code == 200


def of_another_key(provider: FakeProvider, claims: Claims) -> str:
    return provider.token_of(claims, key=SigningKey.new(provider.keys[-1].key_id))


def of_an_unknown_key(provider: FakeProvider, claims: Claims) -> str:
    return provider.token_of(claims, key=SigningKey.new("nobody's"))


def with_a_changed_claim(provider: FakeProvider, claims: Claims) -> str:
    good = provider.token_of(claims).split(".")
    other = provider.token_of({**claims, "sub": "acme|2"}).split(".")
    return f"{good[0]}.{other[1]}.{good[2]}"


def no_token(_: FakeProvider, __: Claims) -> str:
    return "no token"


def half_a_character(_: FakeProvider, __: Claims) -> str:
    return "a.b.\ud800"


def signed_in_a_list_of_ways(_: FakeProvider, claims: Claims) -> str:
    return signing_input({"alg": ["RS256"], "typ": "JWT"}, claims) + ".AA"


def nested_too_deep(_: FakeProvider, __: Claims) -> str:
    head = base64.urlsafe_b64encode(b"[" * 6000).rstrip(b"=").decode()
    return f"{head}.e30.AA"


@ON_SQLITE
@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_with_public_key,
        of_another_key,
        of_an_unknown_key,
        with_a_changed_claim,
        no_token,
        half_a_character,
        signed_in_a_list_of_ways,
        nested_too_deep,
    ],
)
@pytest.mark.usefixtures("linked")
def test_a_token_that_the_provider_did_not_sign(
    visitors: Visitors,
    context: Context,
    provider: FakeProvider,
    forge: Callable[[FakeProvider, Claims], str],
) -> None:
    provider.forge = forge
    visitor = visitors()

    answer = visit(visitor)

    assert REFUSED in text_of(answer)
    assert not is_in(visitor)
    assert context.accounts.security.events.counts()[(SecurityEvent.SIGN_IN_REFUSED.value,)] == 1


CHANGES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "of another visit"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://login.other.example"},
    "another audience": {"aud": "another client"},
    "several audiences and no party": {"aud": ["punchcard", "another client"]},
    "another party": {"azp": "another client"},
    "over": {"exp": 1_000_000_000},
    "long ago": {"iat": 1_000_000_000},
    "not yet": {"iat": 4_000_000_000, "exp": 4_000_000_300},
    "never over": {"exp": None},
    "an end that is no number": {"exp": "tomorrow"},
    "nobody": {"sub": ""},
    "no text": {"sub": 1},
    "half a character in its nonce": {"nonce": "\ud800"},
    "half a character in its name": {"sub": "acme|\ud800"},
    "half a character in its issuer": {"iss": "https://login\ud800.example"},
    "half a character in its audience": {"aud": "\ud800"},
    "half a character in its party": {"azp": "\ud800"},
}


@ON_SQLITE
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.usefixtures("linked")
def test_a_token_that_was_not_made_for_this_visit(
    visitors: Visitors, provider: FakeProvider, change: dict[str, Any]
) -> None:
    def tamper(claims: Claims) -> None:
        claims.update(change)
        for name in [name for name, value in change.items() if value is None]:
            del claims[name]

    provider.tamper = tamper
    visitor = visitors()

    assert REFUSED in text_of(visit(visitor))
    assert not is_in(visitor)


@ON_SQLITE
@pytest.mark.usefixtures("linked")
def test_several_audiences_are_good_with_us_as_the_party(
    visitors: Visitors, provider: FakeProvider
) -> None:
    provider.tamper = lambda claims: claims.update(
        aud=["punchcard", "another client"], azp="punchcard"
    )

    assert visit(visitors()).headers["location"] == "/console"


@ON_SQLITE
@pytest.mark.parametrize("email", ["anna\ud800@home.example", "an\nna@home.example"])
def test_an_address_that_is_no_text_is_none(
    visitors: Visitors, provider: FakeProvider, email: str
) -> None:
    provider.account = Account("acme|9", email)
    visitor = visitors()

    assert "That account may not sign in here" in text_of(visit(visitor))
    assert visitor.get("/sign-in").status_code == 200


@ON_SQLITE
@pytest.mark.usefixtures("linked")
def test_what_is_not_asked_for_may_hold_half_a_character(
    visitors: Visitors, provider: FakeProvider
) -> None:
    provider.tamper = lambda claims: claims.update(name="\ud83d", acr="\ud83d", amr=["\ud83d"])

    assert visit(visitors()).headers["location"] == "/console"


@ON_SQLITE
@pytest.mark.usefixtures("linked")
def test_a_short_key_counts_for_nothing(
    visitors: Visitors, clock: ManualClock, provider: FakeProvider
) -> None:
    clock.advance(minutes=2)
    provider.keys = [SigningKey.new("short", bits=1024)]

    assert REFUSED in text_of(visit(visitors()))


@pytest.mark.usefixtures("linked")
def test_an_answer_counts_in_the_browser_that_asked_alone(visitors: Visitors) -> None:
    attacker, victim, stranger = visitors(), visitors(), visitors()
    answer = back_path(leave(attacker))
    leave(victim)

    for other in (victim, stranger):
        assert REFUSED in text_of(other.get(answer))
        assert not is_in(other)
    assert attacker.get(answer).headers["location"] == "/console"


@pytest.mark.parametrize("is_careless", [False, True])
@pytest.mark.usefixtures("linked")
def test_an_answer_counts_once_even_where_the_provider_takes_codes_twice(
    visitors: Visitors, provider: FakeProvider, is_careless: bool
) -> None:
    provider.is_careless = is_careless
    visitor, thief = visitors(), visitors()
    answer = back_path(leave(visitor))
    kept = visitor.client.cookies[VISIT_COOKIE]
    assert visitor.get(answer).headers["location"] == "/console"

    assert VISIT_COOKIE not in visitor.client.cookies
    thief.client.cookies.set(VISIT_COOKIE, kept)
    assert REFUSED in text_of(thief.get(answer))
    assert not is_in(thief)


@ON_SQLITE
@pytest.mark.usefixtures("linked")
def test_a_visit_that_took_too_long(
    visitors: Visitors, clock: ManualClock, context: Context
) -> None:
    visitor = visitors()
    answer = back_path(leave(visitor))
    clock.advance(minutes=context.settings.oidc_sign_in_minutes)

    assert REFUSED in text_of(visitor.get(answer))


@ON_SQLITE
@pytest.mark.usefixtures("linked")
def test_an_answer_of_another_provider(visitors: Visitors, provider: FakeProvider) -> None:
    provider.tells_issuer = True
    visitor = visitors()
    answer = back_path(leave(visitor))
    other = answer.replace(answer.partition("&iss=")[2], "https%3A%2F%2Flogin.other.example")

    assert REFUSED in text_of(visitor.get(other))
    assert visit(visitor).headers["location"] == "/console"


@ON_SQLITE
def test_an_answer_that_does_not_say_whose_it_is_where_the_provider_always_does(
    visitors: Visitors, provider: FakeProvider, owner_there: Account
) -> None:
    provider.tells_issuer = True
    visitor = visitors()
    answer = back_path(leave(visitor)).partition("&iss=")[0]

    assert owner_there.email
    assert REFUSED in text_of(visitor.get(answer))


@ON_SQLITE
@pytest.mark.parametrize("next", ELSEWHERE)
@pytest.mark.usefixtures("linked")
def test_no_link_leads_elsewhere_through_the_provider(visitors: Visitors, next: str) -> None:
    answer = visit(visitors(), f"{START}?{urlencode({'next': next})}")

    assert answer.headers["location"] == "/console"


@ON_SQLITE
@pytest.mark.parametrize("told", [False, "true", 1, None])
def test_an_address_that_the_provider_has_not_confirmed(
    visitors: Visitors, provider: FakeProvider, alice: Shop, told: Any
) -> None:
    provider.account = Account("acme|9", alice.email("owner"), email_verified=told)

    answer = visit(visitors())

    assert "That account may not sign in here" in text_of(answer)


def test_the_address_of_another_shop_s_owner_links_nothing(
    visitors: Visitors, context: Context, provider: FakeProvider, alice: Shop, bob: Shop
) -> None:
    provider.account = Account("acme|bob", alice.email("owner"))
    bobs = visitors(bob)
    assert visit(bobs).headers["location"] == "/console/account"
    action = "/console/account/provider/link"

    answer = bobs.client.post(action, data=form_on(bobs.get("/console/account").text, action))

    assert "Ce compte a une autre adresse e-mail que la vôtre ici" in text_of(answer)
    with context.database.read() as session:
        assert session.scalars(select(LinkedIdentity)).all() == []
    # And who comes with it as nobody has to know the other's password.
    stranger = visitors()
    visit(stranger)
    assert not is_in(stranger)


def test_the_account_decides_and_not_the_address_it_has_today(
    visitors: Visitors, provider: FakeProvider, alice: Shop, bob: Shop, linked: Account
) -> None:
    # Somebody else was given the address at the provider: another account, which opens nothing.
    provider.account = Account("acme|new", linked.email)
    visitor = visitors()
    assert visit(visitor).headers["location"] == "/sign-in"
    assert not is_in(visitor)

    # And the account goes on opening its own, whatever its address is now.
    provider.account = Account(linked.subject, bob.email("owner"))
    assert visit(visitors()).headers["location"] == "/console"


def test_a_person_who_was_removed_is_let_in_no_more(
    visitors: Visitors, context: Context, clock: ManualClock, provider: FakeProvider, alice: Shop
) -> None:
    user_id = alice.hire(Role.MANAGER)
    provider.account = Account("acme|m", alice.email("manager"))
    link(visitors(), alice.email("manager"))
    with context.database.write() as session:
        user_service.remove_user(session, by_operator(context), alice.id, user_id)
    clock.advance(seconds=1)
    visitor = visitors()

    assert visit(visitor).headers["location"] == "/sign-in"
    assert not is_in(visitor)
    # Hired again, they link the account again.
    alice.hire(Role.MANAGER)
    clock.advance(seconds=1)
    link(visitors(), alice.email("manager"))
    with context.database.read() as session:
        assert len(session.scalars(select(LinkedIdentity)).all()) == 1


@pytest.mark.usefixtures("linked")
def test_a_suspended_shop_is_told_so(visitors: Visitors, context: Context, alice: Shop) -> None:
    with context.database.write() as session:
        vendor_service.suspend_vendor(session, by_operator(context), alice.id)

    assert "This shop is suspended." in text_of(visit(visitors()))


@ON_SQLITE
def test_a_visit_that_began_in_one_session_confirms_no_other(
    visitors: Visitors, clock: ManualClock, linked: Account
) -> None:
    here = visitors()
    visit(here)
    clock.advance(minutes=16)
    answer = back_path(leave(here, "/console/account/confirm/provider"))
    there = visitors()
    there.sign_in(linked.email, PASSWORD)
    there.client.cookies.set(VISIT_COOKIE, here.client.cookies[VISIT_COOKIE])

    assert REFUSED in text_of(there.get(answer))


@ON_SQLITE
@pytest.mark.usefixtures("linked")
def test_forged_keys_make_the_provider_be_asked_once_a_minute(
    visitors: Visitors, clock: ManualClock, provider: FakeProvider
) -> None:
    clock.advance(minutes=2)
    before = provider.requests["/keys"]
    provider.forge = of_an_unknown_key
    for _ in range(4):
        visit(visitors())

    assert provider.requests["/keys"] == before + 1


@ON_SQLITE
def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    visitors: Visitors, provider: FakeProvider
) -> None:
    address, provider.issuer = provider.issuer, "https://login.other.example"
    answer = visitors().get(START)

    assert address != provider.issuer
    assert answer.status_code == 503


@ON_SQLITE
class TestWithTheOperatorsRules:
    @pytest.fixture
    def server_settings(self, server_settings: Settings) -> Settings:
        return replace(
            server_settings, oidc_email_domains="cafe-alice.example", oidc_for="owners,admins"
        )

    def test_other_domains_are_kept_out_also_after_they_were_linked(
        self, visitors: Visitors, clock: ManualClock, linked: Account, alice: Shop
    ) -> None:
        assert linked.email.endswith(f"@{alice.slug}.example")
        linked.email = "owner@elsewhere.example"
        assert "may not sign in here" in text_of(visit(visitors()))
        linked.email, linked.email_verified = alice.email("owner"), False
        assert "may not sign in here" in text_of(visit(visitors()))
        linked.email_verified = True
        clock.advance(seconds=1)
        assert visit(visitors()).headers["location"] == "/console"

    def test_who_may_not_cannot_link(
        self, visitors: Visitors, context: Context, provider: FakeProvider, alice: Shop
    ) -> None:
        alice.hire(Role.MANAGER)
        provider.account = Account("acme|m", alice.email("manager"))
        manager = visitors(alice, "manager")
        assert visit(manager).headers["location"] == "/console/account"
        page = manager.get("/console/account")
        assert "Sign in with Acme" not in text_of(page)
        csrf = form_on(page.text, "/console/account/password")["csrf"]
        refused = manager.client.post("/console/account/provider/link", data={"csrf": csrf})

        assert refused.status_code != 303
        with context.database.read() as session:
            assert session.scalars(select(LinkedIdentity)).all() == []


@ON_SQLITE
def test_an_owner_whose_password_is_changed_keeps_the_account_that_is_linked(
    visitors: Visitors, context: Context, linked: Account
) -> None:
    with context.database.write() as session:
        owner = session.scalars(select(User).where(User.email == linked.email)).one()
        owner.password_hash = context.accounts.sign_in.hash_password("another long password")

    assert visit(visitors()).headers["location"] == "/console"
