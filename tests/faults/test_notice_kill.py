"""Kill a worker that tells cards of what soon ends: no mail goes out twice, and none is lost."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from punchcard.accounts.models import Customer, OutgoingMail
from punchcard.context import Context, build_context
from punchcard.db.outbox import OutboxRow, WorkStatus
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, CustomerId
from punchcard.kit.settings import load_settings
from punchcard.loyalty.jobs.models import ExpiryNotice
from punchcard.loyalty.jobs.notice_keeper import CARDS_NOTICES, enqueue_notices
from punchcard.loyalty.jobs.parts import CARDS_AT_ONCE
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.rules.dated.notices import notice_time
from punchcard.worker.handlers import ENGAGE_LANE, LONG_WORK_LANE, MAIL_LANE
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support import cast
from tests.support.books import audited
from tests.support.doomed_notices import Round, dies_telling
from tests.support.post import Post
from tests.support.server_process import environment_for

NOTICE_DAYS = 30
CARDS = 2 * CARDS_AT_ONCE + 5
LATER_THAN_ANY_LEASE = timedelta(hours=1)


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Set a server that sends mails."""
    return {
        **environment_for(database_url, tmp_path),
        "PUNCHCARD_BASE_URL": "https://punch.example/",
        "PUNCHCARD_PASSWORD_BCRYPT_COST": "4",
    }


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def context(environment: dict[str, str], clock: ManualClock, post: Post) -> Iterator[Context]:
    """Build the next worker's context."""
    settings = load_settings(environment)
    with closing(build_context(settings, clock=clock, mailer=post)) as built:
        yield built


def open_cards(context: Context) -> None:
    """Open the shop with cards whose points all end on one day, each with an address of its own."""
    alice = cast.open_cafe_alice(context)
    program = shelf.program(
        alice,
        type="points",
        status="active",
        pin_policy="off",
        welcome_points=5,
        points_expiry={"kind": "fixed", "months": 12, "round_to": "day"},
        expiry_notice_days=[NOTICE_DAYS],
    )
    cards = [shelf.opened_card(alice, program) for _ in range(CARDS)]
    with context.database.write() as session:
        for card in cards:
            session.add(guest(context, alice, card))
            session.flush()
            session.get_one(LoyaltyCard, card).customer_id = customer_id(card)


def day_of_notice(context: Context) -> datetime:
    """Return a quarter past nine of the day on which they are to be told, where the shop is."""
    with context.database.read() as session:
        [due_on] = session.scalars(select(LoyaltyCard.due_on).distinct())
    assert due_on is not None
    # Due on the day after the last on which they are good.
    day = due_on - timedelta(days=1 + NOTICE_DAYS)
    return notice_time(ZoneInfo("Europe/Luxembourg"), day) + timedelta(minutes=15)


def customer_id(card: CardId) -> CustomerId:
    return CustomerId(card)


def guest(context: Context, alice: cast.Shop, card: CardId) -> Customer:
    return Customer(
        id=customer_id(card),
        vendor_id=alice.id,
        name="Anna",
        email=f"{card}@example.org",
        is_verified=True,
        created_at=context.clock.now(),
        updated_at=context.clock.now(),
    )


def told(context: Context) -> tuple[int, int]:
    """Return how many notices are noted, and how many mails were left or sent for them."""
    with context.database.read() as session:
        notices, mails = (
            session.scalar(select(func.count()).select_from(table))
            for table in (ExpiryNotice, OutgoingMail)
        )
    return notices or 0, mails or 0


@pytest.mark.parametrize(
    ("mails", "committed"),
    [
        (1, 0),
        (CARDS_AT_ONCE, 0),
        (CARDS_AT_ONCE + 1, CARDS_AT_ONCE),
        (CARDS, 2 * CARDS_AT_ONCE),
        (CARDS + 1, CARDS),
    ],
    ids=["at the first", "before a commit", "after one", "at the last", "before it is noted"],
)
def test_a_killed_worker_tells_nobody_twice_and_forgets_nobody(
    context: Context,
    environment: dict[str, str],
    clock: ManualClock,
    post: Post,
    mails: int,
    committed: int,
) -> None:
    open_cards(context)
    clock.set(day_of_notice(context))
    with context.database.write() as session:
        assert enqueue_notices(session, clock.now()) == 1

    one = Round(clock.now().isoformat(), mails)
    assert dies_telling(one, environment) == -signal.SIGKILL
    assert told(context) == (committed, committed)
    assert told_by_outbox(context) == [WorkStatus.CLAIMED]

    clock.advance(seconds=LATER_THAN_ANY_LEASE.total_seconds())
    worker = Worker(context, [LONG_WORK_LANE, ENGAGE_LANE, MAIL_LANE], [])
    while worker.do_work():
        pass
    assert told_by_outbox(context) == []
    to = Counter(message.to for message in post.messages)
    assert (len(to), set(to.values())) == (CARDS, {1})
    assert told(context)[0] == CARDS
    with context.database.write() as session:
        assert enqueue_notices(session, clock.now()) == 0
    audited(context.database)


def told_by_outbox(context: Context) -> list[WorkStatus]:
    """Return how far the run has come, as the outbox says."""
    with context.database.read() as session:
        query = select(OutboxRow.status).where(OutboxRow.topic == CARDS_NOTICES)
        return list(session.scalars(query))
