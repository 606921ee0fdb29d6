"""What the worker looks after by the clock: dates, lost notices, work that nobody needs."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts import vendor_service
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.db.outbox import enqueue_each
from punchcard.db.watch.backlog import backlog_of
from punchcard.fakes.google import Fault
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.events import PROGRAM_CHANGED, SHELF_CHANGED
from punchcard.loyalty.programs import vendor_changes
from punchcard.main import create_worker
from punchcard.wallets.google.google_registry import GOOGLE_CHECK
from punchcard.wallets.google.models import GoogleObject
from punchcard.worker.loop import Worker
from tests.support.cast import by_operator
from tests.support.drivers.till import TillDriver, open_till_driver
from tests.wallets.google_account import Google
from tests.wallets.shown import OpenCards, shown, waiting


def state(context: Context, card: CardId) -> str:
    with context.database.read() as session:
        return context.wallets.service.states(session, [card])[card]["google"]


def keep_house(worker: Worker, clock: ManualClock, **later: float) -> dict[str, int]:
    clock.advance(**later)
    counts = worker.run_tasks()
    for _ in range(5):
        worker.do_work()
    return counts


def topics(context: Context) -> list[str]:
    return [row.topic for row in waiting(context)]


def next_reward(google: Google) -> list[str]:
    return [
        text["body"]
        for one in google.fake.objects.values()
        for text in one["textModulesData"]
        if text["id"] == "reward"
    ]


def test_a_reward_that_begins_or_ends_by_its_date_shows_on_the_pass(
    context: Context, google: Google, alice: TillDriver, worker: Worker, clock: ManualClock
) -> None:
    program, now = alice.program(type="points"), clock.now()
    summer = {"valid_from": now + timedelta(days=3), "valid_until": now + timedelta(days=6)}
    alice.reward(program, name="An ice cream", points_required=50, **summer)
    alice.reward(program, name="A cake", points_required=100)
    context.wallets.google.save_link(alice.card(program))
    keep_house(worker, clock)

    assert keep_house(worker, clock, days=2)["touch_dated_rewards"] == 0
    assert next_reward(google) == ["A cake"]
    assert keep_house(worker, clock, days=2)["touch_dated_rewards"] == 1
    assert next_reward(google) == ["An ice cream"]
    assert keep_house(worker, clock, hours=1)["touch_dated_rewards"] == 0
    assert keep_house(worker, clock, days=2)["touch_dated_rewards"] == 1
    assert next_reward(google) == ["A cake"]
    assert waiting(context) == []


def test_a_shops_new_name_reaches_its_passes(
    context: Context, google: Google, alice: TillDriver, program: ProgramId, worker: Worker
) -> None:
    context.wallets.google.save_link(alice.card(program))
    with context.database.write() as session:
        changes = {"name": "Chez Alice"}
        vendor_changes.update_vendor(session, by_operator(context), alice.vendor_id, changes)

    worker.do_work()

    (of_class,) = google.fake.classes.values()
    assert of_class["issuerName"] == "Chez Alice"


def test_what_no_pass_shows_of_a_shop_touches_no_program(
    context: Context, alice: TillDriver, program: str
) -> None:
    with context.database.write() as session:
        changes = {"keeps_origins": True}
        vendor_changes.update_vendor(session, by_operator(context), alice.vendor_id, changes)
        vendor = vendor_service.get_vendor(session, alice.vendor_id)
        assert vendor.keeps_origins
    assert waiting(context) == []


def test_a_lost_notice_is_made_up_for_within_days(
    context: Context,
    google: Google,
    google_cards: OpenCards,
    worker: Worker,
    clock: ManualClock,
) -> None:
    kept, given_up = google_cards(2)
    names = dict(zip(sorted((kept, given_up)), _objects_by_card(context), strict=True))
    google.fake.objects[names[kept]]["hasUsers"] = True
    context.wallets.google.receive_callback(google.fake.save(names[given_up]))
    google.fake.objects[names[given_up]]["hasUsers"] = False
    keep_house(worker, clock)
    assert (state(context, CardId(kept)), state(context, CardId(given_up))) == (
        "issued",
        "installed",
    )

    assert keep_house(worker, clock, days=8)["check_google_holders"] == 2

    assert (state(context, CardId(kept)), state(context, CardId(given_up))) == ("installed", "none")
    assert keep_house(worker, clock, days=1)["check_google_holders"] == 0


def _objects_by_card(context: Context) -> list[str]:
    with context.database.read() as session:
        found = session.scalars(select(GoogleObject).order_by(GoogleObject.card_id)).all()
    return [f"{context.settings.google_issuer_id}.c.{one.number}" for one in found]


def test_looking_for_lost_notices_goes_on_where_google_failed(
    context: Context,
    google: Google,
    google_cards: OpenCards,
    worker: Worker,
    clock: ManualClock,
) -> None:
    cards = google_cards(3)
    for one in google.fake.objects.values():
        one["hasUsers"] = True
    keep_house(worker, clock)
    google.fake.script(*[Fault(503, method="GET")] * 4)
    keep_house(worker, clock, days=8)

    for _ in range(30):
        keep_house(worker, clock, minutes=5)

    assert [state(context, CardId(card)) for card in cards] == ["installed"] * 3
    assert waiting(context) == []


def test_a_notice_that_comes_while_google_is_asked_counts_more(
    context: Context, google: Google, google_card: CardId
) -> None:
    (object_id,) = google.fake.objects
    asked = context.wallets.google.client.get

    class Interrupted:
        def get(self, *args: Any, **more: Any) -> Any:
            found = asked(*args, **more)
            context.wallets.google.receive_callback(google.fake.save(object_id))
            return found

    context.wallets.google.__dict__["client"] = Interrupted()
    context.wallets.google.check(object_id.rpartition(".")[2])

    assert state(context, google_card) == "installed"


@pytest.fixture
def bare(database: Database, settings: Settings, clock: ManualClock, ids: SystemIds) -> Any:
    """Build a server without any wallet."""
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as built:
        yield built


def test_without_a_wallet_no_work_piles_up_and_one_set_up_later_shows_everything(
    bare: Context, google: Google, clock: ManualClock, ids: SystemIds
) -> None:
    alice = open_till_driver(bare.database, bare.loyalty.till, clock=clock, ids=ids)
    cards = alice.cards(alice.program(cooldown_minutes=0), 4)
    bare.loyalty.till.submit_all([alice.stamp(card) for card in cards])
    assert len(waiting(bare)) == 4

    assert create_worker(bare).run_tasks()["drop_needless_work"] == 4

    assert [
        row.topic for row in waiting(bare) if not row.topic.startswith(("log.", "cards.count"))
    ] == []
    with closing(build_context(google.settings(bare.settings), clock=clock, ids=ids)) as later:
        later.wallets.google.save_link(cards[0])
        assert shown(google) == ["1/10"]


def test_without_a_wallet_word_about_programs_and_holders_goes_as_well(
    bare: Context, clock: ManualClock, ids: SystemIds
) -> None:
    alice = open_till_driver(bare.database, bare.loyalty.till, clock=clock, ids=ids)
    first, second = alice.program(), alice.program()
    with bare.database.write() as session:
        enqueue_each(session, PROGRAM_CHANGED, [first, second], clock.now())
        enqueue_each(session, SHELF_CHANGED, [first], clock.now())
        enqueue_each(session, GOOGLE_CHECK, ["482915361207"], clock.now())

    assert create_worker(bare).run_tasks()["drop_needless_work"] == 4

    with bare.database.read() as session:
        assert [
            row
            for row in backlog_of(session.connection())
            if not row[0].startswith(("log.", "cards.count"))
        ] == []


def test_word_about_a_program_that_has_a_pass_is_kept(
    context: Context,
    google: Google,
    alice: TillDriver,
    program: ProgramId,
    clock: ManualClock,
    settings: Settings,
    ids: SystemIds,
) -> None:
    context.wallets.google.save_link(alice.cards(program, 1)[0])
    create_worker(context).do_work()
    other = alice.program()
    with context.database.write() as session:
        enqueue_each(session, PROGRAM_CHANGED, [program, other], clock.now())
    with closing(build_context(settings, clock=clock, ids=ids)) as off:
        assert create_worker(off).run_tasks()["drop_needless_work"] == 1
        with off.database.read() as session:
            topics = [row[0] for row in backlog_of(session.connection())]
        assert [topic for topic in topics if not topic.startswith(("log.", "cards.count"))] == [
            PROGRAM_CHANGED
        ]


def test_word_about_a_card_that_has_a_pass_outlives_a_time_without_wallets(
    context: Context,
    google: Google,
    alice: TillDriver,
    program: ProgramId,
    clock: ManualClock,
    settings: Settings,
    ids: SystemIds,
) -> None:
    with_pass, without = alice.cards(program, 2)
    context.wallets.google.save_link(with_pass)
    create_worker(context).do_work()
    context.loyalty.till.submit_all([alice.stamp(with_pass), alice.stamp(without)])
    with closing(build_context(settings, clock=clock, ids=ids)) as off:
        assert create_worker(off).run_tasks()["drop_needless_work"] == 1

    create_worker(context).do_work()
    assert shown(google) == ["1/10"]


def test_a_reward_that_is_sold_out_leaves_the_passes_of_all_cards_at_once(
    context: Context, google: Google, alice: TillDriver, worker: Worker, clock: ManualClock
) -> None:
    program = alice.program(type="points")
    mug = alice.reward(program, name="A mug", points_required=50, stock_left=1)
    alice.reward(program, name="A scarf", points_required=600)
    cards = alice.cards(program, 3)
    for card in cards:
        alice.till.submit(alice.earn(card, 20_000))
        context.wallets.google.save_link(card)
    keep_house(worker, clock)
    assert next_reward(google) == ["A mug"] * 3

    sold = alice.till.submit(alice.redeem(cards[0], mug))
    assert topics(context).count(SHELF_CHANGED) == 1
    keep_house(worker, clock)
    assert next_reward(google) == ["A scarf"] * 3

    alice.till.submit(alice.void(sold.entry["id"]))
    keep_house(worker, clock)
    assert next_reward(google) == ["A mug"] * 3


def test_stock_that_is_left_concerns_one_card_alone(
    context: Context, google: Google, alice: TillDriver, worker: Worker, clock: ManualClock
) -> None:
    program = alice.program(type="points")
    mug = alice.reward(program, name="A mug", points_required=50, stock_left=5)
    card = alice.card(program)
    alice.till.submit(alice.earn(card, 20_000))
    alice.till.submit(alice.redeem(card, mug))
    assert SHELF_CHANGED not in topics(context)
