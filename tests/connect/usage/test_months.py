"""What shops used by month: exact, counted once, and never changed once a month is closed."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.plans.models import VendorMonth
from punchcard.connect.usage import bills, month_service, usage_service
from punchcard.connect.usage.month_service import MonthFigures
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.worker.schedule import SHARED_TASKS
from tests.connect import webhook_shop
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.plans_given import give_plan

MARCH = date(2026, 3, 1)


def stamp(shop: Shop, card: str) -> None:
    metadata = OperationMetadata(vendor_id=shop.id, actor=Actor(ActorKind.SYSTEM, None))
    stamp_service.add_stamp(shop.context.loyalty.till, card, **metadata)


def figures(shop: Shop, month: date = MARCH) -> MonthFigures:
    with shop.context.database.read() as session:
        return month_service.figures_of(session, [shop.id], month)[shop.id]


def close(context: Context) -> int:
    with context.database.write() as session:
        return month_service.close_months(session, context.clock.now(), limit=1000)


def go_to(clock: ManualClock, moment: str) -> None:
    clock.advance(seconds=(datetime.fromisoformat(moment) - clock.now()).total_seconds())


def counted(found: MonthFigures) -> tuple[int, int, int, int]:
    return found.open_cards, found.new_cards, found.active_cards, found.entries


def test_a_month_counts_its_own_entries_and_cards(
    alice: Shop, bob: Shop, clock: ManualClock
) -> None:
    program = shelf.program(alice, status="active", pin_policy="off", cooldown_minutes=0)
    first, _second = (shelf.opened_card(alice, program) for _ in range(2))
    go_to(clock, "2026-03-31T23:59:59+00:00")
    stamp(alice, first)
    assert counted(figures(alice)) == (2, 2, 2, 3)
    go_to(clock, "2026-04-01T00:00:00+00:00")
    stamp(alice, first)
    assert counted(figures(alice)) == (2, 2, 2, 3)
    assert counted(figures(alice, date(2026, 4, 1))) == (2, 0, 1, 1)
    assert counted(figures(bob)) == (0, 0, 0, 0)


def test_the_figures_of_a_closed_month_never_change(
    alice: Shop, context: Context, clock: ManualClock
) -> None:
    program = shelf.program(alice, status="active")
    shelf.opened_card(alice, program)
    go_to(clock, "2026-04-01T01:59:59+00:00")
    assert close(context) == 0
    go_to(clock, "2026-04-01T02:00:00+00:00")
    assert close(context) == 1
    kept = figures(alice)
    assert (kept.closed_at, counted(kept)) == (clock.now(), (1, 1, 1, 1))
    shelf.opened_card(alice, program)
    clock.advance(days=1)
    assert close(context) == 0
    assert figures(alice) == kept
    with pytest.raises(DBAPIError), context.database.write() as session:
        session.execute(update(VendorMonth).values(entries=0))


def test_months_that_no_worker_was_there_for_are_closed_once(
    alice: Shop, context: Context, clock: ManualClock
) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    go_to(clock, "2026-06-01T03:00:00+00:00")
    assert close(context) == 3
    assert close(context) == 0
    months = [date(2026, month, 1) for month in (3, 4, 5)]
    assert [figures(alice, month).new_cards for month in months] == [1, 0, 0]
    assert all(figures(alice, month).closed_at for month in months)


def test_a_shop_is_on_no_bill_before_it_was_there(alice: Shop, context: Context) -> None:
    with context.database.read() as session:
        before = month_service.billed_vendors(session, date(2026, 2, 1), limit=9)
        here = month_service.billed_vendors(session, MARCH, limit=9)
    assert (before, [one.vendor.id for one in here]) == ([], [alice.id])


def test_what_the_shops_software_took_is_counted(alice: Shop) -> None:
    receivers = webhook_shop.Receivers()
    webhook_shop.endpoint(alice)
    sender = webhook_shop.sender(alice.context, receivers)
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    receivers.says = lambda post: WebhookAnswer(status=500)
    webhook_shop.work(sender)
    assert receivers.posts
    assert figures(alice).webhook_deliveries == 0
    receivers.says = lambda post: WebhookAnswer(status=204)
    alice.context.clock.advance(days=1)  # type: ignore[attr-defined]
    tried = len(receivers.posts)
    webhook_shop.work(sender)
    assert figures(alice).webhook_deliveries == len(receivers.posts) - tried > 0


def test_mails_to_customers_are_counted_and_those_to_people_are_not(
    alice: Shop, context: Context
) -> None:
    give_plan(alice, mails_per_month=1)
    mail = Mail(kind="points_ending", to="chloe@home.example", language="fr", facts={})
    queue = context.accounts.mail_queue
    with context.database.write() as session:
        queue.enqueue(session, mail)
        assert queue.has_room(session, alice.id)
        queue.enqueue(session, mail, of_vendor=alice.id)
    with context.database.write() as session:
        assert not queue.has_room(session, alice.id)
        # What somebody asked for is sent all the same, and counted.
        queue.enqueue(session, mail, of_vendor=alice.id)
    assert figures(alice).mails == 2


def test_the_file_for_bills_has_names_that_stay(
    alice: Shop, bob: Shop, context: Context, clock: ManualClock
) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    go_to(clock, "2026-04-02T00:00:00+00:00")
    close(context)
    text = b"".join(bills.month_csv(context.database, MARCH)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [
        *("vendor_id", "slug", "month", "open_cards", "new_cards", "active_cards"),
        *("entries", "mails", "webhook_deliveries", "closed_at"),
    ]
    told = [(row["slug"], row["month"], row["new_cards"]) for row in rows]
    assert told == [("cafe-alice", "2026-03", "1"), ("boulangerie-bob", "2026-03", "0")]
    assert rows[0]["closed_at"] == "2026-04-02T00:00:00.000000Z"


def test_usage_stands_beside_the_limits(alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    for _ in range(4):
        shelf.opened_card(alice, program)
    give_plan(alice, cards=5, programs=1, locations=9)
    now = alice.context.clock.now()
    with alice.context.database.read() as session:
        usage = usage_service.usage_of(session, alice.id, now=now)
    told = {use.limit.value: (use.used, use.maximum, use.percent) for use in usage.uses}
    assert told["cards"] == (4, 5, 80)
    assert told["programs"] == (1, 1, 100)
    assert told["locations"] == (1, 9, 11)
    assert told["users"] == (1, None, None)
    assert [use.limit.value for use in usage.near] == ["cards", "programs"]
    assert [use.limit.value for use in usage.uses if use.is_reached] == ["programs"]


def test_the_worker_closes_months(alice: Shop, clock: ManualClock) -> None:
    go_to(clock, "2026-04-01T03:00:00+00:00")
    task = next(one for one in SHARED_TASKS if one.name == "close_months")
    with alice.context.database.write() as session:
        assert task.do(alice.context, session, clock.now()) == 1
    assert figures(alice).closed_at == clock.now()
    assert timedelta(0) < task.every(alice.context.settings) < timedelta(days=1)
