"""The page that says whether everything works, and the console's notice when a shop feels it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from punchcard.accounts.mail.mail_queue import MAIL_SEND
from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.readiness import Found
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from punchcard.services.service_status import LATE, ServiceSources, ServiceStatus
from tests.support.cast import PASSWORD, Shop
from tests.support.pages import Visitor, text_of

NOTICE = 'id="service-notice"'


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Set a mail server up."""
    return replace(settings, smtp_url="smtp://127.0.0.1:9", mail_from="shop@example.com")


def leave_old_mail(context: Context, clock: ManualClock) -> None:
    with context.database.write() as session:
        outbox.enqueue(session, MAIL_SEND, "none", clock.now())
    clock.advance(seconds=LATE.total_seconds() + 60)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Everything works"),
        ("fr", "Tout fonctionne"),
        ("de", "Alles funktioniert"),
        ("lb", "Alles fonctionnéiert"),
    ],
)
def test_it_says_that_all_is_well_in_four_languages(
    visitors: Callable[..., Visitor], language: str, told: str
) -> None:
    answer = visitors(language=language).get("/status")
    assert answer.status_code == 200
    assert told in answer.text
    assert "notice warn" not in answer.text


def test_it_says_what_is_late_and_since_when_and_nothing_of_why(
    context: Context, clock: ManualClock, visitor: Visitor
) -> None:
    leave_old_mail(context, clock)
    page = visitor.get("/status").text
    assert "Something does not work as it should" in page
    assert "They arrive late." in page
    assert "Since 2 Mar 2026, 09:16 UTC." in page
    # The mail server's address, topics, numbers and errors are the operator's.
    for inside in ("127.0.0.1", MAIL_SEND, "outbox", "smtp", "SMTP"):
        assert inside not in page


def test_a_part_that_is_not_set_up_is_not_spoken_of(visitor: Visitor) -> None:
    page = text_of(visitor.get("/status"))
    assert "Cards in wallets" not in page
    assert "E-mails" in page


def test_the_owner_reads_it_in_the_console_and_is_led_there(
    context: Context, clock: ManualClock, alice: Shop, visitors: Callable[..., Visitor]
) -> None:
    owner = visitors(alice)
    context.service_status.look()
    assert NOTICE not in owner.get("/console").text
    leave_old_mail(context, clock)
    context.service_status.keep_fresh()
    page = owner.get("/console")
    assert NOTICE in page.text
    assert "E-mails arrive late." in text_of(page)
    assert 'href="/status"' in page.text


def test_a_console_asks_nothing_of_the_database_for_it(
    context: Context, alice: Shop, visitors: Callable[..., Visitor]
) -> None:
    assert NOTICE not in visitors(alice).get("/console").text
    assert context.service_status.last is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_shown_while_the_database_is_away_also_to_who_is_signed_in(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    away = ServiceSources(
        find=lambda: Found(answers=False, is_migrated=False, is_writable=True),
        backlog=list,
        till_runs=lambda: True,
        has_wallets=lambda: False,
        has_mail=lambda: False,
    )
    status = ServiceStatus(away, clock, timeout_seconds=30.0)
    with Visitor(create_app(replace(context, service_status=status))) as owner:
        assert owner.sign_in(alice.email("owner"), PASSWORD).status_code == 303
        answer = owner.get("/status")
    assert answer.status_code == 200
    assert "Nothing can be booked at the moment" in answer.text
    assert "Cards and pages may not open at the moment." in answer.text
