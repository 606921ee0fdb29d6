"""Forgotten passwords, new addresses and confirmations over HTTP."""

from contextlib import closing
from dataclasses import replace

import pytest

from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app, create_worker
from tests.support import cast
from tests.support.cast import PASSWORD
from tests.support.http import Api, InProcess
from tests.support.outgoing_mail import mails

NEW = "a password never used before"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


def token(context: Context) -> str:
    return mails(context)[-1].facts["link"].partition("?token=")[2]


def test_a_forgotten_password_is_reset(api: Api, context: Context) -> None:
    alice = cast.open_cafe_alice(context)
    owner = alice.email("owner")
    unknown = api.post("/auth/password-reset", {"email": "nobody@nowhere.example"})
    known = api.post("/auth/password-reset", {"email": owner})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.status_code == 202

    given = {"token": token(context), "new_password": NEW}
    assert api.post("/auth/password-reset/confirm", given).status_code == 204
    assert api.post("/auth/token", {"email": owner, "password": NEW}).status_code == 200
    again = api.post("/auth/password-reset/confirm", given)
    assert (again.status_code, again.json()["code"]) == (409, "link_invalid")


def test_a_new_address_is_confirmed_by_its_link(api: Api, context: Context) -> None:
    alice = cast.open_cafe_alice(context)
    owner = api.with_token(alice.token())
    given = {"email": "new@alice.example", "current_password": PASSWORD}
    assert owner.post("/auth/email", given).status_code == 202

    answer = api.post("/auth/verify-email", {"token": token(context)})

    assert (answer.status_code, answer.json()) == (200, {"kind": "member"})
    attempt = {"email": "new@alice.example", "password": PASSWORD}
    assert api.post("/auth/token", attempt).status_code == 200


def test_a_visitor_who_enrols_learns_nothing_and_confirms_by_mail(
    api: Api, context: Context
) -> None:
    alice = cast.open_cafe_alice(context)
    owner = api.with_token(alice.token())
    program = owner.post(
        "/vendor/loyalty/programs",
        {
            "name": "Coffee",
            "type": "stamps",
            "status": "active",
            "stamp_reward": {"name": "A coffee"},
        },
    ).json()
    visit = f"/loyalty/programs/{program['slug']}/enroll"
    told = {"customer": {"email": "anna@example.com", "marketing_consent": True}}
    first = api.post(visit, told)
    second = api.post(visit, told)
    assert first.json().keys() == second.json().keys()
    assert mails(context) == []

    create_worker(context).do_work()
    outgoing = mails(context)
    assert [mail.kind for mail in outgoing] == ["customer_welcome"] * 2
    tokens = [mail.facts["link"].partition("?token=")[2] for mail in outgoing]
    assert api.post("/auth/verify-email", {"token": tokens[0]}).json() == {"kind": "customer"}
    other = api.post("/auth/verify-email", {"token": tokens[1]})
    assert (other.status_code, other.json()["code"]) == (409, "address_held_elsewhere")


def test_without_a_mail_server_it_is_said(
    settings: Settings, database_url: str, clock: ManualClock, ids: SystemIds
) -> None:
    with (
        closing(build_context(settings, clock=clock, ids=ids)) as silent,
        InProcess(create_app(silent)) as api,
    ):
        answer = api.post("/auth/password-reset", {"email": "owner@cafe-alice.example"})

    assert (answer.status_code, answer.json()["code"]) == (409, "mail_not_configured")
