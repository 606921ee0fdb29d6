"""Cards in Google Wallet: from the first link to the last stamp, whatever fails in between."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial

import httpx
import pytest
from sqlalchemy import select

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.fakes.google import Fault
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.models import LoyaltyCard
from punchcard.main import create_worker
from punchcard.wallets.google.callback import NoticeNotGenuine
from punchcard.wallets.google.google_errors import GoogleAway
from punchcard.wallets.google.models import GoogleObject
from punchcard.worker.loop import Worker
from tests.support.cast import by_operator
from tests.support.drivers.till import TillDriver, open_till_driver
from tests.support.waiting import PATIENCE_SECONDS
from tests.wallets.google_account import ISSUER, Google
from tests.wallets.shown import OpenCards, shown, waiting, work_until_done

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def the_object(context: Context) -> GoogleObject:
    with context.database.read() as session:
        return session.scalars(select(GoogleObject)).one()


def test_a_link_puts_the_card_there_and_opens_it(
    context: Context, google: Google, alice: TillDriver, program: ProgramId
) -> None:
    link = context.wallets.google.save_link(alice.card(program))

    answer = httpx.get(link, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 200
    assert "0/10" in answer.text
    assert (len(google.fake.classes), len(google.fake.objects)) == (1, 1)
    assert google.fake.refused == []


def test_asking_for_the_link_again_sends_nothing_new(
    context: Context, google: Google, google_card: CardId
) -> None:
    sent = len(google.fake.requests)

    context.wallets.google.save_link(google_card)

    assert len(google.fake.requests) == sent


def test_a_card_nobody_asked_a_link_for_stays_unknown_to_google(
    context: Context, google: Google, alice: TillDriver, program: ProgramId, worker: Worker
) -> None:
    context.loyalty.till.submit(alice.stamp(alice.card(program)))

    worker.do_work()

    assert google.fake.requests == []
    assert waiting(context) == []


def test_five_quick_stamps_make_one_update_that_shows_the_newest(
    context: Context, google: Google, alice: TillDriver, google_card: CardId, worker: Worker
) -> None:
    worker.do_work()
    for _ in range(5):
        context.loyalty.till.submit(alice.stamp(google_card))

    worker.do_work()

    assert shown(google) == ["5/10"]
    assert google.fake.count("PATCH", "loyaltyObject") == 1


def test_a_fourth_stamp_of_a_day_arrives_silently(
    context: Context, google: Google, alice: TillDriver, google_card: CardId, worker: Worker
) -> None:
    for _ in range(5):
        context.loyalty.till.submit(alice.stamp(google_card))
        worker.do_work()

    assert shown(google) == ["5/10"]
    (moments,) = google.fake.notified.values()
    assert len(moments) == len(the_object(context).notified_at) == 3


FAULTS = {
    "busy": [Fault(503)] * 3,
    "broken": [Fault(500)] * 4,
    "too fast": [Fault(429, headers={"Retry-After": "30"})],
    "token refused": [Fault(401)],
    "no answer after the write": [Fault(None, after=True)],
    "error after the write": [Fault(500, after=True)],
    "token server broken": [Fault(500, path="/token")] * 2,
    "no rights for a while": [Fault(403)] * 5,
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS.keys())
@only_sqlite
def test_whatever_fails_google_shows_the_ledger_in_the_end(
    context: Context,
    google: Google,
    alice: TillDriver,
    google_card: CardId,
    worker: Worker,
    clock: ManualClock,
    faults: list[Fault],
) -> None:
    worker.do_work()
    clock.advance(hours=2)
    google.fake.script(*faults)
    context.loyalty.till.submit(alice.stamp(google_card, 3))

    work_until_done(worker, clock)

    assert shown(google) == ["3/10"]
    assert waiting(context) == []
    assert sum(map(len, google.fake.notified.values())) == 1


def test_what_google_lost_is_made_again(
    context: Context, google: Google, alice: TillDriver, google_card: CardId, worker: Worker
) -> None:
    google.fake.classes.clear()
    google.fake.objects.clear()
    context.loyalty.till.submit(alice.stamp(google_card))

    worker.do_work()

    assert shown(google) == ["1/10"]
    assert len(google.fake.classes) == 1


@only_sqlite
def test_an_hour_without_google_parks_nothing(
    context: Context,
    google: Google,
    alice: TillDriver,
    google_cards: OpenCards,
    worker: Worker,
    clock: ManualClock,
) -> None:
    cards = google_cards(5)
    worker.do_work()
    google.fake.script(*[Fault(503)] * 1000)
    for card in cards:
        context.loyalty.till.submit(alice.stamp(CardId(card), 2))
    for _ in range(60):
        worker.do_work()
        clock.advance(minutes=1)
    assert {row.status for row in waiting(context)} == {"waiting"}

    google.fake.heal()
    work_until_done(worker, clock, rounds=10)

    assert shown(google) == ["2/10"] * 5
    assert waiting(context) == []


def test_a_worker_that_died_between_sending_and_noting_it_sends_again_without_harm(
    context: Context,
    google: Google,
    alice: TillDriver,
    google_card: CardId,
    worker: Worker,
    clock: ManualClock,
) -> None:
    worker.do_work()
    before = the_object(context)
    context.loyalty.till.submit(alice.stamp(google_card))
    worker.do_work()
    with context.database.write() as session:
        row = session.get_one(GoogleObject, before.number)
        row.fingerprint, row.balance = before.fingerprint, before.balance
        row.notified_at, row.sending_until = [], clock.now()
        announce_cards_changed(session, [google_card], clock.now())

    worker.do_work()

    assert shown(google) == ["1/10"]
    assert sum(map(len, google.fake.notified.values())) == 1


def test_a_replaced_card_gets_a_new_object_and_the_old_one_tells_nothing_more(
    context: Context, google: Google, alice: TillDriver, program: ProgramId, worker: Worker
) -> None:
    card = alice.card(program)
    context.loyalty.till.submit(alice.stamp(card, 4))
    context.wallets.google.save_link(card)
    (old,) = google.fake.objects
    with context.database.write() as session:
        card_changes.replace_card(
            session, by_operator(context), alice.vendor_id, card, context.loyalty.card_sealer
        )

    worker.do_work()
    context.wallets.google.save_link(card)

    assert google.fake.objects[old]["state"] == "INACTIVE"
    assert "barcode" not in google.fake.objects[old]
    assert shown(google) == ["0/10", "4/10"]


@pytest.mark.both_databases
def test_many_workers_never_have_two_requests_for_one_card_under_way(
    context: Context, google: Google, alice: TillDriver, google_card: CardId
) -> None:
    def stamp_and_refresh() -> None:
        for _ in range(4):
            context.loyalty.till.submit(alice.stamp(google_card))
            try:
                context.wallets.service.refresh(google_card)
            except GoogleAway:
                continue

    threads = [threading.Thread(target=stamp_and_refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    context.wallets.service.refresh(google_card)

    assert google.fake.overlaps == 0
    assert shown(google) == ["16/10"]


def test_notices_say_who_holds_the_card_and_count_once(
    context: Context, google: Google, google_card: CardId
) -> None:
    (object_id,) = google.fake.objects
    saved = google.fake.save(object_id)

    assert [context.wallets.google.receive_callback(saved) for _ in range(3)] == [
        True,
        False,
        False,
    ]
    with context.database.read() as session:
        states = context.wallets.service.states(session, [google_card])
    assert states == {google_card: {"apple": "none", "google": "installed"}}

    context.wallets.google.receive_callback(google.fake.remove(object_id))
    assert the_object(context).state == "removed"


def test_after_google_changes_its_root_key_only_the_new_one_counts(
    context: Context, google: Google, alice: TillDriver, program: ProgramId, clock: ManualClock
) -> None:
    context.wallets.google.save_link(alice.card(program))
    (object_id,) = google.fake.objects
    old = google.fake.save(object_id)
    assert context.wallets.google.receive_callback(old)
    google.fake.signer.rotate()
    with pytest.raises(NoticeNotGenuine):
        context.wallets.google.receive_callback(google.fake.save(object_id))

    clock.advance(hours=12)

    assert context.wallets.google.receive_callback(google.fake.save(object_id))


def test_a_wallet_that_is_not_set_up_has_no_link_and_nothing_fails(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> None:
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as context:
        links = context.wallets.service.links_for("x" * 22, "https://shop.example")
        assert (links.apple, links.google) == (None, None)
        counter = open_till_driver(database, context.loyalty.till, clock=clock, ids=ids)
        context.wallets.service.refresh(counter.card(counter.program()))


@only_sqlite
def test_a_committed_stamp_wakes_the_worker_at_once(
    database: Database, settings: Settings, google: Google, ids: SystemIds, clock: ManualClock
) -> None:
    chosen = replace(google.settings(settings), worker_idle_seconds=3600.0)
    context = build_context(chosen, clock=clock, ids=ids, database=database)
    with closing(context):
        alice = open_till_driver(database, context.loyalty.till, clock=clock, ids=ids)
        card = alice.card(alice.program(cooldown_minutes=0, max_daily_stamps=50))
        context.wallets.google.save_link(card)
        worker = create_worker(context)
        worker.start()

        def has_heard(times: int) -> bool:
            return google.fake.count("PATCH", "loyaltyObject") >= times

        try:
            for told in range(1, 8):
                context.loyalty.till.submit(alice.stamp(card))
                _wait_until(partial(has_heard, told))
        finally:
            worker.stop()


def _wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that an idle worker would do within the hour only."""
    gives_up_at = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < gives_up_at
        time.sleep(0.01)


def test_every_body_that_was_ever_sent_was_fit_for_google(
    context: Context, google: Google, alice: TillDriver, worker: Worker
) -> None:
    for kind in ("stamps", "points", "hybrid"):
        card = alice.card(alice.program(type=kind, terms_text="Be kind."))
        context.wallets.google.save_link(card)
        if kind != "stamps":
            context.loyalty.till.submit(alice.earn(card, 1250))
    with context.database.read() as session:
        assert session.scalars(select(LoyaltyCard)).first()

    worker.do_work()

    assert google.fake.refused == []
    assert all(name.startswith(f"{ISSUER}.") for name in google.fake.objects)
