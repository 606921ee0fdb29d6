"""Cards are told of what soon ends: once, in good time, and only while it is there."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import Customer, OutgoingMail
from punchcard.context import Context, build_context
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.jobs.models import ExpiryNotice
from punchcard.loyalty.jobs.notice_keeper import (
    CARDS_NOTICES,
    NoticeKeeper,
    NoticePlace,
    enqueue_notices,
    expire_notices,
)
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import plan_changes
from punchcard.loyalty.rules.dated.notices import notice_time
from punchcard.loyalty.tables import CARDS, PROGRAMS
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind
from tests.connect.webhook_shop import endpoint, events
from tests.loyalty import shelf
from tests.support.books import audited
from tests.support.cast import Shop, by_operator
from tests.support.plans_given import give_plan
from tests.support.post import Post

OUTBOX, NOTICES = table_of(OutboxRow), table_of(ExpiryNotice)
YEAR = {"kind": "fixed", "months": 12, "round_to": "day"}


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context that sends letters."""
    mailing = replace(settings, base_url="https://punch.example/")
    with closing(
        build_context(mailing, clock=clock, ids=ids, database=database, mailer=Post())
    ) as built:
        yield built


@pytest.fixture
def by_till(alice: Shop) -> OperationMetadata:
    """Say who asks."""
    return {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}


@pytest.fixture
def till(context: Context) -> Iterator[Till]:
    """Return the till, and look through the books once a test is done."""
    yield context.loyalty.till
    audited(context.database)


class Notices:
    """A shop whose card has 12 points that end, and what is told of them."""

    def __init__(
        self, context: Context, alice: Shop, clock: ManualClock, by_till: OperationMetadata
    ) -> None:
        self.context, self.alice, self.clock, self.by_till = context, alice, clock, by_till
        self.keeper = context.loyalty.notice_keeper

    def card(self, **fields: Any) -> CardId:
        """Open a card with 12 points, of a customer with an address."""
        rules = {"type": "points", "points_expiry": YEAR, "expiry_notice_days": [30, 7]}
        program = shelf.program(
            self.alice, **{"status": "active", "pin_policy": "off", **rules, **fields}
        )
        card = shelf.opened_card(self.alice, program)
        give_address(self.context, self.alice, card)
        if program.type == "stamps":
            stamp_service.add_stamp(self.context.loyalty.till, card, **self.by_till)
        else:
            self.buy(card)
        return card

    def buy(self, card: CardId) -> None:
        till = self.context.loyalty.till
        points_service.earn_points(till, card, amount_minor=1250, **self.by_till)

    def end_of(self, card: CardId) -> date:
        """Return the last day on which the first of its points are good."""
        with self.context.database.read_connection() as connection:
            due_on: date = connection.scalars(
                select(CARDS.c.due_on).where(CARDS.c.id == card)
            ).one()
        return due_on - timedelta(days=1)

    def go_to(self, day: date) -> None:
        """Make it a quarter past nine of a day, where the shop is."""
        zone = ZoneInfo("Europe/Luxembourg")
        self.clock.set(notice_time(zone, day) + timedelta(minutes=15))

    def run(self) -> int:
        """Let the worker look, and do what it finds; returns how many mails are new."""
        before = len(self.mails())
        with self.context.database.write() as session:
            enqueue_notices(session, self.clock.now())
        for key in self.waiting():
            with self.context.database.write() as session:
                session.execute(OUTBOX.delete().where(OUTBOX.c.topic == CARDS_NOTICES))
            self.keeper.take_turn(key)
        return len(self.mails()) - before

    def waiting(self) -> list[str]:
        with self.context.database.read_connection() as connection:
            of_notices = OUTBOX.c.topic == CARDS_NOTICES
            return list(connection.scalars(select(OUTBOX.c.key).where(of_notices)))

    def mails(self) -> list[Mail]:
        with self.context.database.read() as session:
            ids = session.scalars(select(OutgoingMail.id).order_by(OutgoingMail.id)).all()
            queue = self.context.accounts.mail_queue
            found = [queue.find(session, mail_id) for mail_id in ids]
        return [mail for mail in found if mail is not None]

    def told(self) -> int:
        with self.context.database.read_connection() as connection:
            return int(connection.scalar(select(func.count()).select_from(NOTICES)) or 0)


@pytest.fixture
def shop(
    context: Context, alice: Shop, clock: ManualClock, till: Till, by_till: OperationMetadata
) -> Notices:
    """Open the shop."""
    return Notices(context, alice, clock, by_till)


def give_address(context: Context, alice: Shop, card: CardId) -> None:
    now = context.clock.now()
    customer = Customer(
        id=context.ids.new_id(),
        vendor_id=alice.id,
        name="Anna",
        email=f"{card}@example.org",
        is_verified=True,
        created_at=now,
        updated_at=now,
    )
    with context.database.write() as session:
        session.add(customer)
        session.flush()
        session.execute(update(CARDS).where(CARDS.c.id == card).values(customer_id=customer.id))


def test_each_notice_goes_out_once_on_its_day_and_says_what_ends_when(shop: Notices) -> None:
    card = shop.card()
    end = shop.end_of(card)
    shop.go_to(end - timedelta(days=31))
    assert shop.run() == 0
    shop.go_to(end - timedelta(days=30))
    assert (shop.run(), shop.run()) == (1, 0)
    [mail] = shop.mails()
    assert mail.kind == "points_ending"
    assert "12" in mail.facts["ends"]
    assert str(end.year) in mail.facts["ends"]
    assert mail.facts["card_link"].startswith("http")
    shop.go_to(end - timedelta(days=8))
    assert shop.run() == 0
    shop.go_to(end - timedelta(days=7))
    assert (shop.run(), shop.run()) == (1, 0)
    shop.go_to(end - timedelta(days=6))
    assert shop.run() == 0


def test_it_waits_for_nine_o_clock_where_the_shop_is(shop: Notices) -> None:
    card = shop.card()
    shop.go_to(shop.end_of(card) - timedelta(days=30))
    shop.clock.set(shop.clock.now() - timedelta(minutes=16))
    assert shop.run() == 0
    shop.clock.advance(minutes=16)
    assert shop.run() == 1


def test_after_a_standstill_only_the_nearest_notice_goes_out(shop: Notices) -> None:
    card = shop.card()
    end = shop.end_of(card)
    shop.go_to(end - timedelta(days=40))
    assert shop.run() == 0
    shop.go_to(end - timedelta(days=3))
    assert (shop.run(), shop.run()) == (1, 0)
    assert shop.told() == 1


def test_nothing_is_told_of_what_was_spent_or_has_ended(shop: Notices) -> None:
    spent, ended = shop.card(), shop.card()
    end = shop.end_of(ended)
    shop.go_to(end - timedelta(days=40))
    assert shop.run() == 0
    till = shop.context.loyalty.till
    points_service.redeem_points(till, spent, reward_id=None, points=12, **shop.by_till)
    shop.go_to(end + timedelta(days=1))
    assert shop.run() == 0
    assert shop.told() == 0


def test_a_run_that_is_done_again_tells_nobody_twice(shop: Notices) -> None:
    cards = [shop.card() for _ in range(3)]
    shop.go_to(shop.end_of(cards[0]) - timedelta(days=30))
    start = NoticePlace(shop.clock.now())
    shop.keeper.tell_some(start)
    shop.keeper.tell_some(start)
    assert len(shop.mails()) == 3


def test_the_shops_own_software_hears_of_points_that_soon_end(shop: Notices) -> None:
    card = shop.card()
    endpoint(shop.alice)
    for days in (30, 7):
        shop.go_to(shop.end_of(card) - timedelta(days=days))
        assert shop.run() == 1
        shop.run()

    bodies = [json.loads(event.body) for event in events(shop.context)]
    assert [body["type"] for body in bodies] == ["points.expiring"] * 2
    assert [body["data"]["points"] for body in bodies] == [12, 12]
    assert {body["data"]["expires_on"] for body in bodies} == {shop.end_of(card).isoformat()}
    assert {body["data"]["card_id"] for body in bodies} == {card}


def test_stamps_that_soon_end_are_no_points(shop: Notices) -> None:
    card = shop.card(type="stamps", points_expiry=None, stamps_expiry=YEAR)
    endpoint(shop.alice)
    shop.go_to(shop.end_of(card) - timedelta(days=7))

    assert shop.run() == 1
    assert events(shop.context) == []


def test_a_turn_that_ends_early_goes_on_where_it_was(shop: Notices) -> None:
    cards = [shop.card() for _ in range(2)]
    shop.go_to(shop.end_of(cards[0]) - timedelta(days=30))
    watch = count(0, 60)
    hasty = NoticeKeeper(
        shop.context.database,
        shop.clock,
        shop.context.loyalty.customer_mail,
        shop.context.ids,
        monotonic=lambda: float(next(watch)),
    )
    hasty.take_turn(NoticePlace(shop.clock.now()).key)
    [key] = shop.waiting()
    assert NoticePlace.parse(key).card_id == max(cards)
    hasty.take_turn(key)
    assert len(shop.mails()) == 2


def test_an_earlier_end_that_nobody_booked_yet_hides_no_later_one(shop: Notices) -> None:
    card = shop.card()
    first = shop.end_of(card)
    shop.go_to(first - timedelta(days=300))
    shop.buy(card)
    with shop.context.database.read_connection() as connection:
        [standing] = connection.scalars(select(CARDS.c.standing).where(CARDS.c.id == card))
    second = date.fromisoformat(standing["lots"][1][0])
    with shop.context.database.write() as session:
        days = (second - first).days - 1
        session.execute(update(PROGRAMS).values(expiry_notice_days=[days]))
    # What ended yesterday is booked when no till can tell of a visit before that any more.
    shop.go_to(first + timedelta(days=1))
    assert shop.run() == 1
    assert str(second.year) in shop.mails()[0].facts["ends"]


def test_stamps_that_end_are_told_of_too(shop: Notices) -> None:
    fields = {"type": "stamps", "points_expiry": None, "stamps_expiry": YEAR}
    card = shop.card(**fields, stamp_reward={"name": "A coffee"})
    shop.go_to(shop.end_of(card) - timedelta(days=7))
    assert shop.run() == 1
    assert "1" in shop.mails()[0].facts["ends"]


def test_points_that_end_are_told_of_although_new_ones_do_not(shop: Notices) -> None:
    card = shop.card()
    with shop.context.database.write() as session:
        session.execute(update(PROGRAMS).values(points_expiry=None))
    shop.go_to(shop.end_of(card) - timedelta(days=7))
    assert shop.run() == 1


def test_a_program_without_notices_tells_nothing(shop: Notices) -> None:
    card = shop.card(expiry_notice_days=None)
    shop.go_to(shop.end_of(card) - timedelta(days=30))
    assert shop.run() == 0
    with shop.context.database.write() as session:
        assert enqueue_notices(session, shop.clock.now()) == 0


def test_above_the_mails_of_the_plan_the_pass_alone_tells(shop: Notices) -> None:
    card = shop.card()
    give_plan(shop.alice, mails_per_month=0)
    shop.go_to(shop.end_of(card) - timedelta(days=30))
    assert (shop.run(), shop.told()) == (0, 1)
    with shop.context.database.write() as session:
        plan_changes.give_plan(session, by_operator(shop.context), shop.alice.id, None)
    shop.go_to(shop.end_of(card) - timedelta(days=7))
    assert shop.run() == 1


def test_without_an_address_the_pass_alone_tells(shop: Notices) -> None:
    card = shop.card()
    with shop.context.database.write() as session:
        session.execute(update(CARDS).where(CARDS.c.id == card).values(customer_id=None))
        session.execute(OUTBOX.delete())
    shop.go_to(shop.end_of(card) - timedelta(days=30))
    assert shop.run() == 0
    with shop.context.database.read_connection() as connection:
        changed = OUTBOX.c.topic == "card.changed"
        assert connection.scalars(select(OUTBOX.c.key).where(changed)).all() == [card]


def test_what_was_told_is_forgotten_a_month_after_the_end(shop: Notices) -> None:
    card = shop.card()
    end = shop.end_of(card)
    shop.go_to(end - timedelta(days=7))
    shop.run()
    with shop.context.database.write() as session:
        assert expire_notices(session, shop.clock.now()) == 0
        assert expire_notices(session, shop.clock.now() + timedelta(days=60)) == 1


def test_a_shop_whose_zone_changed_is_asked_by_its_new_clock(shop: Notices) -> None:
    card = shop.card()
    with shop.context.database.write() as session:
        session.execute(update(PROGRAMS).values(timezone="Pacific/Auckland"))
    end = shop.end_of(card)
    shop.clock.set(notice_time(ZoneInfo("Pacific/Auckland"), end - timedelta(days=30)))
    assert shop.run() == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("ahead_days", [2, 400])
def test_after_a_clock_that_ran_ahead_notices_go_out_on_their_days(
    shop: Notices, ahead_days: int
) -> None:
    end = shop.end_of(shop.card())
    shop.go_to(end - timedelta(days=40))
    shop.run()
    shop.go_to(end - timedelta(days=40 - ahead_days))
    shop.run()
    shop.go_to(end - timedelta(days=39))
    assert shop.run() == 0
    shop.go_to(end - timedelta(days=30))
    assert (shop.run(), shop.run()) == (1, 0)
    shop.go_to(end - timedelta(days=7))
    assert (shop.run(), shop.run()) == (1, 0)
