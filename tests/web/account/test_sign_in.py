"""Signing in and out on the pages, and the way back to what was wanted."""

from collections.abc import Callable

import pytest

from punchcard.accounts import vendor_service
from punchcard.context import Context
from punchcard.web.page_visitors import SESSION_COOKIE
from tests.support.cast import PASSWORD, Shop, by_operator, make_admin
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "evil.example",
    "javascript:alert(1)",
    "\\\\evil.example",
]


def test_an_owner_comes_into_the_console_and_an_admin_to_the_platform(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    make_admin(context)
    owner, admin = visitors(), visitors()
    assert owner.get("/").headers["location"] == "/sign-in"
    assert owner.sign_in(alice.email("owner"), PASSWORD).headers["location"] == "/console"
    assert owner.get("/").headers["location"] == "/console"
    assert owner.get("/sign-in").headers["location"] == "/console"
    assert admin.sign_in("admin@platform.example", PASSWORD).headers["location"] == "/admin"


def test_a_wrong_password_is_told_and_the_typed_address_stays(
    visitor: Visitor, alice: Shop
) -> None:
    answer = visitor.sign_in(alice.email("owner"), "not the password")
    assert answer.status_code == 422
    assert f'value="{alice.email("owner")}"' in answer.text
    assert "not the password" not in answer.text
    assert SESSION_COOKIE not in visitor.client.cookies
    unknown = visitor.sign_in("nobody@nowhere.example", "not the password")
    assert text_of(unknown) == text_of(answer)


@ON_SQLITE
def test_empty_fields_are_told_one_by_one(visitor: Visitor, alice: Shop) -> None:
    answer = visitor.sign_in("", "")
    assert answer.status_code == 422
    assert answer.text.count("Please fill this in.") == 2


def test_who_tries_too_often_has_to_wait_even_with_the_right_password(
    visitor: Visitor, context: Context, alice: Shop
) -> None:
    for _ in range(context.settings.sign_in_attempts):
        visitor.sign_in(alice.email("owner"), "wrong")
    answer = visitor.sign_in(alice.email("owner"), PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many attempts. Please wait a little." in answer.text


def test_who_is_sent_to_sign_in_comes_back_to_the_page(visitor: Visitor, alice: Shop) -> None:
    sent = visitor.get("/console/members?query=anna")
    assert sent.headers["location"] == "/sign-in?next=/console/members%3Fquery%3Danna"
    page = visitor.follow(sent)
    assert 'name="next" value="/console/members?query=anna"' in page.text
    answer = visitor.post(
        "/sign-in",
        email=alice.email("owner"),
        password=PASSWORD,
        next="/console/members?query=anna",
    )
    assert answer.headers["location"] == "/console/members?query=anna"


@ON_SQLITE
@pytest.mark.parametrize("next", ELSEWHERE)
def test_no_link_leads_elsewhere_through_the_sign_in(
    visitors: Visitors, alice: Shop, next: str
) -> None:
    visitor = visitors()
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", email=alice.email("owner"), password=PASSWORD, next=next)
    assert answer.headers["location"] == "/console"
    again = visitor.client.get("/sign-in", params={"next": next})
    assert again.headers["location"] == "/console"
    visitor.get("/console/account")
    assert visitor.post("/language", language="de", next=next).headers["location"] == "/"


def test_a_session_that_was_ended_elsewhere_leads_to_sign_in_and_back(
    visitors: Visitors, alice: Shop
) -> None:
    here, there = visitors(alice), visitors(alice)
    there.get("/console/account")
    ended = there.post("/console/account/sessions/revoke-others")
    assert "You are signed out everywhere else." in there.follow(ended).text

    assert here.get("/console/account").headers["location"] == "/sign-in?next=/console/account"
    assert there.get("/console/account").status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(
    visitors: Visitors, alice: Shop
) -> None:
    owner, thief = visitors(alice), visitors()
    thief.client.cookies.set(SESSION_COOKIE, owner.client.cookies[SESSION_COOKIE])
    assert thief.get("/console/account").status_code == 200
    owner.get("/console/account")
    out = owner.post("/sign-out")
    assert "You are signed out." in owner.follow(out).text
    assert thief.get("/console/account").status_code == 303


def test_a_suspended_shop_is_told_so_wherever_its_people_knock(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    owner = visitors(alice)
    with context.database.write() as session:
        vendor_service.suspend_vendor(session, by_operator(context), alice.id)
    context.accounts.credentials.invalidate_vendor(alice.id)
    inside = owner.get("/console")
    assert inside.status_code == 403
    assert "This shop is suspended." in inside.text
    assert "ask whoever runs this server" in inside.text
    knocking = visitors().sign_in(alice.email("owner"), PASSWORD)
    assert "This shop is suspended." in knocking.text


@ON_SQLITE
def test_a_form_after_the_session_asks_for_a_sign_in_wherever_it_says_it_stood(
    visitor: Visitor,
) -> None:
    visitor.client.headers["referer"] = "http://["
    wanted = visitor.post("/console/settings/close").headers["location"]
    assert wanted == "/sign-in?next=/console/settings"
    visitor.client.headers["referer"] = "http://shop.test/console/guide/shop"
    wanted = visitor.post("/console/settings/close").headers["location"]
    assert wanted == "/sign-in?next=/console/guide/shop"


@ON_SQLITE
def test_a_form_that_came_too_late_is_told_to_be_lost_and_its_page_opens_again(
    visitor: Visitor,
) -> None:
    answer = visitor.post("/console/members/new", name="Marie Schmit")

    assert answer.headers["location"] == "/sign-in?next=/console/members/new"
    lost = "Your session has ended, so this was not saved. Please sign in and do it once more."
    assert lost in visitor.follow(answer).text
    assert lost not in visitor.get("/sign-in").text


@ON_SQLITE
def test_a_language_is_chosen_before_signing_in_and_stays(visitor: Visitor, alice: Shop) -> None:
    visitor.get("/sign-in")
    visitor.post("/language", language="lu", next="/sign-in")
    assert '<html lang="lb">' in visitor.get("/sign-in").text
    visitor.post("/language", language="xx", next="/sign-in")
    assert '<html lang="lb">' in visitor.get("/sign-in").text


def test_a_language_chosen_before_signing_in_goes_before_the_shops(
    visitor: Visitor, bob: Shop
) -> None:
    """Bob's shop speaks Luxembourgish; who chose English goes on reading English."""
    visitor.get("/sign-in")
    visitor.post("/language", language="en", next="/sign-in")
    assert visitor.sign_in(bob.email("owner"), PASSWORD).status_code == 303
    assert '<html lang="en">' in visitor.get("/console").text


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/console/members?query=Jang&lang=en", "/console/members?query=Jang"),
        ("/console/ledger", "/console/ledger"),
    ],
)
def test_every_page_of_the_console_changes_its_language_in_place(
    visitor: Visitor, alice: Shop, path: str, back: str
) -> None:
    visitor.sign_in(alice.email("owner"), PASSWORD)
    page = visitor.get(path).text
    assert f'name="next" value="{back}"' in page
    answer = visitor.post("/language", language="lb", next=back)
    assert answer.headers["location"] == back
    assert '<html lang="lb">' in visitor.get(back).text


def test_a_page_that_answers_a_form_comes_back_to_where_the_form_stands(
    visitor: Visitor, alice: Shop
) -> None:
    visitor.sign_in(alice.email("owner"), PASSWORD)
    visitor.get("/console/terminals")
    code = visitor.post("/console/terminals/pair")
    assert code.status_code == 200
    assert 'name="next" value="/console/terminals"' in code.text
