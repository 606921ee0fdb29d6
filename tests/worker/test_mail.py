"""Mails on their way out: sent once, tried again, given up, forgotten."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import OutgoingMail
from punchcard.context import Context, build_context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.main import create_worker
from tests.support import cast
from tests.support.cast import PASSWORD
from tests.support.mail_server import MailServer, links, mail_server

MAIL = Mail(
    kind="password_reset",
    to="anna@example.com",
    language="en",
    facts={
        "name": "Anna",
        "link": "https://punch.example/reset-password?token=x",
        "expires_at": "2026-03-02T10:00:00.000000Z",
    },
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as running:
        yield running


@pytest.fixture
def server_settings(settings: Settings, server: MailServer) -> Settings:
    """Send by a real server; no wallet is set up."""
    return replace(settings, base_url="https://punch.example", **server.settings)


def leave(context: Context) -> None:
    with context.database.write() as session:
        context.accounts.mail_queue.enqueue(session, MAIL)


def waiting(context: Context) -> tuple[list[OutboxRow], list[OutgoingMail]]:
    with context.database.read() as session:
        work = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        mails = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))
        return list(work), list(mails)


def test_a_mail_is_sent_once_and_gone(context: Context, server: MailServer) -> None:
    leave(context)

    create_worker(context).do_work()
    create_worker(context).do_work()

    [message] = server.inbox.messages
    assert message["To"] == "anna@example.com"
    assert links(message) == ["https://punch.example/reset-password?token=x"]
    assert waiting(context) == ([], [])


def test_a_forgotten_password_is_mended_from_the_mail(context: Context, server: MailServer) -> None:
    alice = cast.open_cafe_alice(context)
    context.accounts.password_reset.request(
        alice.email("owner"), asked_from="192.0.2.1", language="en"
    )
    create_worker(context).do_work()

    [link] = links(server.inbox.messages[0])
    link_token = link.removeprefix("https://punch.example/reset-password?token=")
    context.accounts.password_reset.reset(
        link_token, PASSWORD + " anew", asked_from="192.0.2.1", request_id=None
    )

    assert cast.sign_in(context, alice.email("owner"), PASSWORD + " anew").startswith("at_")


def test_a_mail_is_dated_by_the_clock_of_the_server_when_it_leaves(
    context: Context, server: MailServer, clock: ManualClock
) -> None:
    leave(context)
    clock.advance(hours=1)

    create_worker(context).do_work()

    assert server.inbox.messages[0]["Date"] == "Mon, 02 Mar 2026 10:00:00 +0000"


def test_a_message_put_off_is_tried_again_later(
    context: Context, server: MailServer, clock: ManualClock
) -> None:
    server.inbox.refusals.append("450 mailbox busy")
    leave(context)

    create_worker(context).do_work()
    [row], [_] = waiting(context)
    assert (row.status, row.attempts) == ("waiting", 1)
    assert row.available_at > clock.now()

    clock.advance(seconds=10)
    create_worker(context).do_work()
    assert len(server.inbox.messages) == 1
    assert waiting(context) == ([], [])


def test_a_message_put_off_too_often_is_parked_with_its_reason(
    context: Context, server: MailServer, clock: ManualClock
) -> None:
    leave(context)
    for _ in range(context.settings.worker_attempts):
        server.inbox.refusals.append("450 mailbox busy")
        create_worker(context).do_work()
        clock.advance(seconds=context.settings.worker_backoff_limit_seconds)

    [row], _ = waiting(context)
    assert (row.status, row.last_error) == (
        "parked",
        "MailDeferred: the mail server deferred the message (450)",
    )


def test_a_refused_message_is_parked_at_once_without_the_address(
    context: Context, server: MailServer
) -> None:
    server.inbox.refusals.append("550 no mailbox of anna@example.com here")
    leave(context)

    create_worker(context).do_work()

    [row], _ = waiting(context)
    assert row.status == "parked"
    assert "anna" not in (row.last_error or "")


def test_a_mail_server_that_is_away_is_waited_for(
    context: Context, server: MailServer, clock: ManualClock
) -> None:
    away = replace(context.accounts.mailer, port=1)  # type: ignore[type-var]
    leave(context)
    create_worker(replace(context, accounts=replace(context.accounts, mailer=away))).do_work()
    [row], [_] = waiting(context)
    assert (row.status, row.last_error is not None) == ("waiting", True)

    clock.advance(seconds=context.settings.worker_away_limit_seconds)
    create_worker(context).do_work()
    assert len(server.inbox.messages) == 1


def test_a_mail_that_had_its_time_is_not_sent(
    context: Context, server: MailServer, clock: ManualClock
) -> None:
    leave(context)
    clock.advance(days=4)

    create_worker(context).do_work()

    assert server.inbox.messages == []
    assert waiting(context) == ([], [])


def test_the_house_forgets_mails_nobody_sent(context: Context, clock: ManualClock) -> None:
    leave(context)
    clock.advance(days=4)

    assert create_worker(context).run_tasks()["expire_mails"] == 1
    assert waiting(context)[1] == []


def test_without_a_mail_server_what_waits_is_dropped(
    context: Context, settings: Settings, server: MailServer
) -> None:
    leave(context)
    with closing(build_context(settings, clock=context.clock, ids=context.ids)) as silent:
        create_worker(silent).do_work()

    assert waiting(context) == ([], [])
    assert server.inbox.messages == []
