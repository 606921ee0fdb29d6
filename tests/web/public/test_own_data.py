"""A customer's data on the web: a hint by the link, everything with a proof, deletion with undo."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from starlette.types import ASGIApp

from punchcard.accounts.models import Customer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.main import create_worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.support.outgoing_mail import mails
from tests.support.pages import Visitor, text_of

TOLD = {"name": "Ana", "email": "ana@example.com", "birthday_day": "29", "birthday_month": "2"}


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log, and let people stay signed in while a customer can still undo."""
    return replace(settings, smtp_url="log:", access_token_hours=200, session_idle_minutes=0)


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, which asks for no PIN and no wait."""
    return shelf.program(
        alice, status="active", pin_policy="off", cooldown_minutes=0, max_daily_stamps=50
    )


@pytest.fixture
def path(visitor: Visitor, coffee: LoyaltyProgram) -> str:
    """Join as Ana; returns the path of her card."""
    visitor.get(f"/join/{coffee.slug}")
    answer = visitor.post(f"/join/{coffee.slug}", **TOLD)
    return str(answer.headers["location"]).split("?")[0]


@pytest.fixture
def till(app: ASGIApp, alice: Shop) -> Iterator[Api]:
    """Stand at Café Alice's till."""
    with InProcess(app) as api:
        yield api.with_token(alice.token())


@pytest.fixture
def owner(visitors: Callable[..., Visitor], alice: Shop) -> Visitor:
    """Look at pages as the owner of Café Alice."""
    return visitors(alice, "owner")


def card_of(context: Context) -> LoyaltyCard:
    with context.database.read() as session:
        return session.query(LoyaltyCard).one()


def email_of(context: Context) -> str | None:
    with context.database.read() as session:
        return session.query(Customer).one().email


def asked(visitor: Visitor, path: str) -> str:
    """Ask for a proof; return the page that shows the code."""
    visitor.get(f"{path}/data")
    return str(visitor.post(f"{path}/proof-of-person").headers["location"])


def typed(owner: Visitor, context: Context, page: str) -> None:
    """Type the code that stands on a page, as a manager does who sees it."""
    here = f"/console/members/{card_of(context).id}"
    owner.get(here)
    code = page.split('class="card-number">')[1].split("<", maxsplit=1)[0]
    answer = owner.post(f"{here}/proof-of-person", code=code)
    assert answer.status_code == 303
    assert "Confirmed." in owner.follow(answer).text


def test_the_link_hints_at_what_is_known(visitor: Visitor, path: str) -> None:
    said = text_of(visitor.get(f"{path}/data"))
    assert "a…@example.com" in said
    assert "ana@example.com" not in said
    assert "February" not in said


@pytest.mark.parametrize("below", ["", "/data.html", "/data.json"])
def test_a_wrong_proof_opens_nothing(visitor: Visitor, path: str, below: str) -> None:
    for secret in ("x", "A" * 22, "%00"):
        answer = visitor.get(f"{path}/yours/{secret}{below}")
        assert answer.status_code == 403
        assert "ana@example.com" not in text_of(answer)


def test_the_code_opens_everything_once_a_manager_has_typed_it(
    visitor: Visitor, owner: Visitor, path: str, till: Api, context: Context
) -> None:
    body = {"card": path.removeprefix("/c/"), "quantity": 3}
    assert till.post("/vendor/loyalty/stamp", body).status_code == 201
    here = asked(visitor, path)
    waiting = visitor.get(here)
    assert "ana@example.com" not in text_of(waiting)
    for below in ("/data.html", "/data.json"):
        assert visitor.get(here + below).status_code == 403
    assert visitor.post(f"{here}/erase", sure="on").status_code == 403

    typed(owner, context, waiting.text)
    shown = text_of(visitor.get(here + "?lang=de"))
    assert "ana@example.com" in shown
    assert "29. Februar" in shown

    file = visitor.get(f"{here}/data.html")
    assert 'filename="card-data.html"' in file.headers["content-disposition"]
    for known in ("Ana", "ana@example.com", "Coffee card", "+3"):
        assert known in text_of(file)
    # The file needs nothing beside it, now or in ten years.
    assert "/static/" not in file.text
    assert "<script" not in file.text
    assert visitor.get(f"{here}/data.json").json()["customer"]["email"] == "ana@example.com"


def test_a_wrong_code_is_told_to_the_manager(
    visitor: Visitor, owner: Visitor, path: str, context: Context
) -> None:
    asked(visitor, path)
    here = f"/console/members/{card_of(context).id}"
    owner.get(here)
    answer = owner.post(f"{here}/proof-of-person", code="12")
    assert answer.status_code == 422
    assert "This code is not valid." in text_of(answer)


def test_a_confirmed_address_gets_the_link(visitor: Visitor, path: str, context: Context) -> None:
    with context.database.write() as session:
        session.query(Customer).one().email_verified_at = context.clock.now()
    visitor.get(f"{path}/data")
    answer = visitor.post(f"{path}/proof-of-person")
    assert answer.headers["location"] == f"{path}/data"
    [mail] = [one for one in mails(context) if one.kind == "customer_proof"]
    link = mail.facts["link"].removeprefix(context.settings.base_url)
    assert "ana@example.com" in text_of(visitor.get(link))


def test_nothing_is_deleted_without_the_tick_or_from_elsewhere(
    visitor: Visitor, owner: Visitor, path: str, context: Context
) -> None:
    here = asked(visitor, path)
    typed(owner, context, visitor.get(here).text)
    visitor.get(here)
    visitor.post(f"{here}/erase")
    assert visitor.post(f"{here}/erase", csrf="0", sure="on").status_code == 403
    assert "will be deleted" not in visitor.get(f"{path}/data").text


@pytest.mark.parametrize("by", ["nobody", "customer", "shop"])
def test_a_deletion_waits_three_days_and_can_be_undone(
    visitor: Visitor,
    owner: Visitor,
    path: str,
    context: Context,
    clock: ManualClock,
    by: str,
) -> None:
    here = asked(visitor, path)
    typed(owner, context, visitor.get(here).text)
    visitor.get(here)
    told = visitor.follow(visitor.post(f"{here}/erase", sure="on"))
    assert "Your data will be deleted" in text_of(told)
    assert email_of(context) == "ana@example.com"

    console = f"/console/members/{card_of(context).id}"
    assert "asked to have their data deleted" in owner.get(console).text
    if by == "customer":
        assert "Your data is kept." in visitor.follow(visitor.post(f"{path}/keep")).text
    elif by == "shop":
        kept = owner.follow(owner.post(f"{console}/keep-customer"))
        assert "data is kept." in kept.text
    clock.advance(hours=context.settings.erasure_undo_hours)
    create_worker(context).run_tasks()
    assert email_of(context) == (None if by == "nobody" else "ana@example.com")
    assert "asked to have their data deleted" not in owner.get(console).text
