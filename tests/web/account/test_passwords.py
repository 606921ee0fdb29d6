"""What people open from a mail: a new password, the first one, a confirmed address."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import OutgoingMail
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app, create_worker
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.http import Api
from tests.support.pages import Visitor, text_of

NEW = "a password never used before"
Visitors = Callable[..., Visitor]


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context that writes mails to the log."""
    mailing = replace(settings, smtp_url="log:")
    with closing(build_context(mailing, clock=clock, ids=ids, database=database)) as built:
        yield built


def mails(context: Context) -> list[Mail]:
    with context.database.read() as session:
        ids = session.scalars(select(OutgoingMail.id).order_by(OutgoingMail.id)).all()
        found = [context.accounts.mail_queue.find(session, mail_id) for mail_id in ids]
    return [mail for mail in found if mail is not None]


def link(context: Context) -> str:
    """Return what follows the server's address in the link of the newest mail."""
    return "/" + mails(context)[-1].facts["link"].split("/", 3)[3]


def ask(visitor: Visitor, email: str) -> str:
    """Ask for a link; return what the page says then."""
    visitor.get("/forgot-password")
    return text_of(visitor.follow(visitor.post("/forgot-password", email=email)))


def choose(visitor: Visitor, new: str = NEW, again: str | None = None) -> int:
    answer = visitor.post("/reset-password", new_password=new, again=again or new)
    return answer.status_code


def test_a_forgotten_password_is_chosen_anew_and_ends_every_session(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    at_home, elsewhere = visitors(), visitors(alice)
    ask(at_home, alice.email("owner"))
    at_home.follow(at_home.get(link(context)))
    assert choose(at_home) == 303
    page = at_home.get("/sign-in").text
    assert f'value="{alice.email("owner")}"' in page
    assert re.search(r'id="password"[^>]*autofocus', page)

    assert elsewhere.get("/console").headers["location"].startswith("/sign-in")
    assert at_home.sign_in(alice.email("owner"), PASSWORD).status_code == 422
    assert at_home.sign_in(alice.email("owner"), NEW).status_code == 303


def test_an_address_that_nobody_has_is_answered_the_same(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    known = ask(visitors(), alice.email("owner"))
    unknown = ask(visitors(), "nobody@nowhere.example")
    assert known == unknown
    assert "Check your e-mail" in known
    assert [mail.to for mail in mails(context)] == [alice.email("owner")]


def test_the_token_leaves_the_address_bar_and_no_script_can_read_it(
    visitor: Visitor, context: Context, alice: Shop
) -> None:
    ask(visitor, alice.email("owner"))
    answer = visitor.get(link(context))
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset-password")
    assert answer.headers["referrer-policy"] == "no-referrer"
    cookie = next(
        one for one in answer.headers.get_list("set-cookie") if one.startswith("punchcard_reset")
    )
    assert "HttpOnly" in cookie
    page = visitor.follow(answer)
    assert link(context).partition("=")[2] not in page.text


def test_following_a_link_alone_changes_nothing(
    visitor: Visitor, context: Context, alice: Shop
) -> None:
    ask(visitor, alice.email("owner"))
    visitor.follow(visitor.get(link(context)))
    assert visitor.sign_in(alice.email("owner"), PASSWORD).status_code == 303


def test_a_link_works_once_and_then_offers_another(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    ask(visitors(), alice.email("owner"))
    used = link(context)
    for status in (303, 409):
        visitor = visitors()
        page = visitor.follow(visitor.get(used))
        if status == 409:
            assert page.status_code == 409
            assert "This link is no longer valid" in page.text
            assert 'action="/forgot-password"' in page.text
        else:
            assert choose(visitor) == status


def test_a_link_ends_after_its_time(
    visitor: Visitor, context: Context, alice: Shop, clock: ManualClock
) -> None:
    ask(visitor, alice.email("owner"))
    visitor.follow(visitor.get(link(context)))
    clock.advance(minutes=context.settings.password_reset_minutes)
    assert choose(visitor) == 409


@pytest.mark.parametrize(
    ("new", "again", "fault"),
    [
        ("short", "short", "At least 8 characters;"),
        (NEW, "something else", "The passwords do not match."),
    ],
)
def test_a_password_is_long_enough_and_typed_twice(
    visitor: Visitor, context: Context, alice: Shop, new: str, again: str, fault: str
) -> None:
    ask(visitor, alice.email("owner"))
    visitor.follow(visitor.get(link(context)))
    answer = visitor.post("/reset-password", new_password=new, again=again)
    assert answer.status_code == 422
    assert fault in text_of(answer)
    assert new not in answer.text


@pytest.mark.parametrize("token", ["x", "é", "x" * 3000, "a\nb", "%00"])
def test_a_forged_link_is_refused_in_words(visitor: Visitor, token: str) -> None:
    for path in ("/reset-password", "/verify-email"):
        answer = visitor.client.get(path, params={"token": token})
        page = visitor.follow(answer)
        if path == "/verify-email":
            page = visitor.post(path)
        assert page.status_code == 409
        assert "This link is no longer valid" in page.text


def test_asking_too_often_has_to_wait(visitors: Visitors, context: Context, alice: Shop) -> None:
    answers = []
    for _ in range(context.settings.mails_per_address + 1):
        visitor = visitors()
        visitor.get("/forgot-password")
        answers.append(visitor.post("/forgot-password", email=alice.email("owner")))
    assert [answer.status_code for answer in answers[:-1]] == [303] * (len(answers) - 1)
    assert "Too many attempts" in answers[-1].text


def test_somebody_invited_chooses_the_first_password(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    owner, invited = visitors(alice), visitors()
    owner.get("/console/people")
    answer = owner.post("/console/people", name="Zoé", email="zoe@alice.example", role="staff")
    assert "The invitation to Zoé is on its way." in owner.follow(answer).text

    invited.follow(invited.get(link(context)))
    assert choose(invited) == 303
    assert invited.sign_in("zoe@alice.example", NEW).headers["location"] == "/console"


def test_the_first_owner_of_a_new_shop_is_invited_and_the_admin_is_told(
    visitors: Visitors, context: Context
) -> None:
    make_admin(context)
    admin, invited = visitors(), visitors()
    admin.sign_in("admin@platform.example", PASSWORD)
    shop = {"name": "Chez Carla", "slug": "chez-carla", "language": "fr", "currency": "EUR"}
    owner = {"owner_name": "Carla", "owner_email": "carla@carla.example", "password": ""}
    admin.get("/admin/vendors/new")
    answer = admin.post("/admin/vendors/new", **shop, **owner, timezone="Europe/Paris")
    told = text_of(admin.follow(answer))
    assert "Chez Carla is open. Carla gets a mail to choose a password." in told

    invited.follow(invited.get(link(context)))
    assert choose(invited) == 303
    assert invited.sign_in("carla@carla.example", NEW).headers["location"] == "/console"


def test_an_invitation_that_was_lost_is_sent_again(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    owner, invited = visitors(alice), visitors()
    owner.get("/console/people")
    owner.post("/console/people", name="Zoé", email="zoe@alice.example", role="staff")
    again = re.search(r"/console/people/[0-9a-f-]{36}/invite", owner.get("/console/people").text)
    assert again is not None
    assert "The invitation to Zoé is on its way." in owner.follow(owner.post(again[0])).text
    assert [mail.to for mail in mails(context)] == ["zoe@alice.example"] * 2

    invited.follow(invited.get(link(context)))
    assert choose(invited) == 303
    assert invited.sign_in("zoe@alice.example", NEW).status_code == 303
    assert "/invite" not in owner.get("/console/people").text


def test_nobody_is_flooded_with_invitations(
    visitors: Visitors, context: Context, alice: Shop, bob: Shop
) -> None:
    owner = visitors(alice)
    owner.get("/console/people")
    owner.post("/console/people", name="Zoé", email="zoe@alice.example", role="staff")
    again = re.search(r"/console/people/[0-9a-f-]{36}/invite", owner.get("/console/people").text)
    assert again is not None
    answers = [owner.post(again[0]).status_code for _ in range(10)]
    assert answers[0] == 303
    assert answers[-1] == 429
    stranger = visitors(bob)
    stranger.get("/console/people")
    assert stranger.post(again[0]).status_code == 404


def test_a_new_address_counts_once_its_link_was_followed_and_the_button_pressed(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    owner = visitors(alice)
    owner.get("/console/account")
    wrong = owner.post("/console/account/email", email="new@alice.example", current_password="no")
    assert wrong.status_code == 422
    asked = owner.post(
        "/console/account/email", email="new@alice.example", current_password=PASSWORD
    )
    assert "We sent a link to new@alice.example." in owner.follow(asked).text

    owner.follow(owner.get(link(context)))
    assert visitors().sign_in("new@alice.example", PASSWORD).status_code == 422
    assert owner.post("/verify-email").status_code == 303
    assert visitors().sign_in("new@alice.example", PASSWORD).status_code == 303


def test_a_customer_confirms_an_address_and_is_thanked(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    customer = visitors(language="fr")
    api = Api(customer.client)
    wanted: dict[str, object] = {"name": "Coffee", "type": "stamps", "status": "active"}
    wanted |= {"stamp_reward": {"name": "A coffee"}}
    program = api.with_token(alice.token()).post("/vendor/loyalty/programs", wanted).json()
    told = {"customer": {"email": "anna@example.com"}}
    assert api.post(f"/loyalty/programs/{program['slug']}/enroll", told).status_code == 201
    create_worker(context).do_work()
    customer.follow(customer.get(link(context)))
    thanked = customer.follow(customer.post("/verify-email"))
    assert thanked.status_code == 200
    assert thanked.request.url.path == "/verify-email/done"
    again = visitors()
    again.follow(again.get(link(context)))
    assert again.post("/verify-email").status_code == 303


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_mail_server_the_page_says_whom_to_ask(
    settings: Settings, database: Database, clock: ManualClock, ids: SystemIds
) -> None:
    with (
        closing(build_context(settings, clock=clock, ids=ids, database=database)) as silent,
        Visitor(create_app(silent)) as visitor,
    ):
        page = visitor.get("/forgot-password")
        assert "This server does not send e-mail." in text_of(page)
        visitor.get("/sign-in")
        refused = visitor.post("/forgot-password", email="a@b.example")
    assert "Mail is not configured here." in refused.text
