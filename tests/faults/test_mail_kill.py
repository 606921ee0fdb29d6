"""Kill a worker that sends mails: none is lost, and one at most comes twice, told by its id."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import OutgoingMail
from punchcard.context import Context, build_context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import load_settings
from punchcard.worker.handlers import MAIL_LANE
from punchcard.worker.loop import Worker
from tests.support.doomed_mails import Doom, dies_sending
from tests.support.mail_server import MailServer, mail_server
from tests.support.server_process import environment_for

GUESTS = ["anna@example.com", "ben@example.com", "chloe@example.com"]
LATER_THAN_ANY_LEASE = timedelta(hours=1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as running:
        yield running


@pytest.fixture
def environment(database_url: str, tmp_path: Path, server: MailServer) -> dict[str, str]:
    """Set a server that sends by a real mail server."""
    told = {f"PUNCHCARD_{name.upper()}": str(value) for name, value in server.settings.items()}
    return {**environment_for(database_url, tmp_path), **told}


@pytest.fixture
def context(environment: dict[str, str], clock: ManualClock) -> Iterator[Context]:
    """Build the next worker's context."""
    with closing(build_context(load_settings(environment), clock=clock)) as built:
        yield built


@pytest.mark.parametrize("is_handed_over", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("doomed", [1, 2], ids=["second", "last"])
def test_a_worker_killed_beside_a_mail_loses_none_and_sends_that_one_again(
    context: Context,
    environment: dict[str, str],
    clock: ManualClock,
    server: MailServer,
    doomed: int,
    is_handed_over: bool,
) -> None:
    for address in GUESTS:
        leave(context, address)

    doom = Doom(clock.now().isoformat(), doomed + 1, is_handed_over)
    assert dies_sending(doom, environment) == -signal.SIGKILL

    # Nobody else takes up what the dead one holds before its lease is over.
    worker = Worker(context, [MAIL_LANE], [])
    assert worker.do_work() == 0
    clock.advance(seconds=LATER_THAN_ANY_LEASE.total_seconds())
    while worker.do_work():
        pass

    twice = [GUESTS[doomed]] if is_handed_over else []
    assert Counter(server.inbox.recipients) == Counter([*GUESTS, *twice])
    ids = {message["To"]: set[str]() for message in server.inbox.messages}
    for message in server.inbox.messages:
        ids[message["To"]].add(message["Message-ID"])
    assert {len(known) for known in ids.values()} == {1}
    assert waiting(context) == 0


def leave(context: Context, address: str) -> None:
    """Leave a mail for the worker."""
    mail = Mail(kind="password_reset", to=address, language="en", facts=facts(address))
    with context.database.write() as session:
        context.accounts.mail_queue.enqueue(session, mail)


def facts(address: str) -> dict[str, str]:
    return {
        "name": address.partition("@")[0],
        "link": "https://punch.example/reset-password?token=x",
        "expires_at": "2026-03-03T10:00:00.000000Z",
    }


def waiting(context: Context) -> int:
    """Return how much of mails is left anywhere."""
    with context.database.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (OutboxRow, OutgoingMail)
        ]
    return sum(count or 0 for count in counts)
