"""From what happened to who is told: tried again, given up, brought forward, once for each."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from standardwebhooks import Webhook

from punchcard.connect.errors import (
    WebhookDeliveryNotFound,
    WebhookDeliveryUnderWay,
    WebhookEndpointDisabled,
    WebhookSecretRotated,
)
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks import (
    delivery_service,
    endpoint_service,
    hand_on,
    housekeeping,
)
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, WebhookDeliveryId
from punchcard.kit.settings import Settings
from punchcard.loyalty.programs import program_service, vendor_changes
from tests.connect.desk import (
    Receivers,
    deliveries,
    doing,
    endpoint,
    events,
    sender,
    stored,
    work,
)
from tests.connect.test_events import stamp
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.outgoing_mail import mails

DOWN = WebhookAnswer(status=500, excerpt="out of order")


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let the server send mail, and at most four webhooks at a time."""
    return replace(
        settings,
        smtp_url="smtp://127.0.0.1:9",
        mail_from="shop@example.com",
        webhook_parallel_limit=4,
        webhook_parallel_per_endpoint=2,
    )


@pytest.fixture
def card(alice: Shop) -> CardId:
    return shelf.opened_card(alice, shelf.program(alice, **{"name": "Card", **shelf.HYBRID}))


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


def tell(shop: Shop, times: int = 1) -> None:
    """Let something happen, without any card: the shop's program changes."""
    program = shelf.program(shop)
    for number in range(times):
        doing(shop, program_service.update_program, program.id, {"name": f"Card {number}"})


def test_a_stamp_reaches_the_shops_software_which_knows_the_sender(
    alice: Shop, card: CardId, receivers: Receivers, clock: ManualClock
) -> None:
    secret, _ = endpoint(alice)
    # Their library wants the time of now.
    clock.set(datetime.now(UTC))
    stamp(alice, card)
    work(sender(alice.context, receivers))

    (post,) = receivers.posts
    told = Webhook(secret).verify(post.body, dict(post.headers))
    assert (told["type"], told["data"]["card_id"]) == ("transaction.created", card)
    assert post.id == events(alice.context)[0].id
    (delivery,) = deliveries(alice.context)
    assert (delivery.state, delivery.attempts, delivery.status_code) == ("delivered", 1, 204)


def test_each_endpoint_is_told_what_it_wants(
    alice: Shop, card: CardId, receivers: Receivers
) -> None:
    endpoint(alice, url="https://all.example/")
    endpoint(alice, "reward.ready", url="https://some.example/")
    for _ in range(3):
        stamp(alice, card)
    work(sender(alice.context, receivers))

    told = [(post.url, json.loads(post.body)["type"]) for post in receivers.posts]
    assert sorted(told) == [
        ("https://all.example/", "reward.ready"),
        *[("https://all.example/", "transaction.created")] * 3,
        ("https://some.example/", "reward.ready"),
    ]


def test_what_goes_on_happening_is_handed_on_four_times_a_second(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    endpoint(alice)
    program = shelf.program(alice)
    one = sender(alice.context, receivers)
    names = (f"Card {number}" for number in count())

    def told_after(milliseconds: int) -> int:
        """Let something happen, and a worker look as it does when it is woken."""
        doing(alice, program_service.update_program, program.id, {"name": next(names)})
        clock.advance(milliseconds=milliseconds)
        while one.take_turn(is_hurried=False):
            pass
        return len(receivers.posts)

    # The first at once, the others with the first that comes after a quarter of a second.
    assert [told_after(0), told_after(100), told_after(100), told_after(100)] == [1, 1, 1, 4]
    # What nothing comes after waits for the next second at most.
    assert told_after(1) == 4
    while one.take_turn():
        pass
    assert len(receivers.posts) == 5
    # A clock that is put back makes nobody wait.
    clock.advance(minutes=-1)
    assert told_after(0) == 6


def test_many_that_happened_at_once_are_handed_on_one_part_after_the_other(
    alice: Shop, receivers: Receivers
) -> None:
    endpoint(alice)
    one = sender(alice.context, receivers)
    tell(alice, hand_on.EVENTS_AT_ONCE + 2)
    while one.take_turn(is_hurried=False):
        pass
    happened = events(alice.context)
    assert len(happened) > hand_on.EVENTS_AT_ONCE
    assert Counter(post.id for post in receivers.posts) == Counter(event.id for event in happened)


def test_what_fails_is_tried_ten_times_in_the_rhythm_of_the_standard(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    endpoint(alice)
    tell(alice)
    receivers.says = lambda post: DOWN
    one = sender(alice.context, receivers)
    waits, bodies = [], set()
    for _ in range(10):
        work(one)
        bodies.add((receivers.posts[-1].id, receivers.posts[-1].body))
        due = deliveries(alice.context)[0].due_at
        waits.append(due - clock.now())
        clock.set(due)
    work(one)

    minutes = [0, 5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440]
    assert waits[:9] == [timedelta(minutes=one) for one in minutes[1:]]
    assert (len(receivers.posts), len(bodies)) == (10, 1)
    (delivery,) = deliveries(alice.context)
    assert (delivery.state, delivery.attempts, delivery.answer) == ("failed", 10, "out of order")


def test_the_time_of_each_attempt_is_signed_anew(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    endpoint(alice)
    tell(alice)
    receivers.says = lambda post: DOWN
    one = sender(alice.context, receivers)
    work(one)
    clock.advance(seconds=5)
    work(one)

    first, second = (int(post.headers["webhook-timestamp"]) for post in receivers.posts)
    assert second - first == 5


def test_who_is_gone_is_told_nothing_more_and_the_owner_hears_of_it(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    _, endpoint_id = endpoint(alice, description="The till's own list")
    tell(alice)
    receivers.says = lambda post: WebhookAnswer(status=410)
    one = sender(alice.context, receivers)
    work(one)
    tell(alice)
    clock.advance(days=2)
    work(one)

    assert len(receivers.posts) == 1
    row = stored(alice.context, endpoint_id)
    assert (row.status, row.disabled_reason) == ("disabled", "gone")
    assert [(mail.kind, mail.to, mail.facts["endpoint"]) for mail in mails(alice.context)] == [
        ("webhook_gone", "owner@cafe-alice.example", "The till's own list")
    ]


def test_five_days_of_failures_switch_it_off_and_the_owner_hears_of_it_once(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    _, endpoint_id = endpoint(alice)
    receivers.says = lambda post: DOWN
    one = sender(alice.context, receivers)
    states = []
    for _ in range(7):
        tell(alice)
        work(one)
        states.append(stored(alice.context, endpoint_id).status)
        clock.advance(days=1)

    assert states == ["active"] * 5 + ["disabled"] * 2
    assert stored(alice.context, endpoint_id).disabled_reason == "failing"
    assert [mail.kind for mail in mails(alice.context)] == ["webhook_failing"]


def test_one_success_in_between_begins_the_days_anew(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    _, endpoint_id = endpoint(alice)
    one = sender(alice.context, receivers)
    for day in range(12):
        receivers.says = lambda post, day=day: DOWN if day % 4 else WebhookAnswer(status=200)  # type: ignore[misc]
        tell(alice)
        work(one)
        clock.advance(days=1)

    assert stored(alice.context, endpoint_id).status == EndpointStatus.ACTIVE


def test_who_asks_for_a_pause_gets_it_for_everything(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    endpoint(alice)
    tell(alice)
    receivers.says = lambda post: WebhookAnswer(status=429, retry_after=timedelta(minutes=20))
    one = sender(alice.context, receivers)
    work(one)
    receivers.says = lambda post: WebhookAnswer(status=204)
    tell(alice)
    clock.advance(minutes=19)
    work(one)
    assert len(receivers.posts) == 1

    clock.advance(minutes=1)
    work(one)

    assert len(receivers.posts) == 3
    assert {one.state for one in deliveries(alice.context)} == {DeliveryState.DELIVERED}


def test_nobody_can_ask_for_a_pause_without_end(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    endpoint(alice)
    tell(alice)
    receivers.says = lambda post: WebhookAnswer(status=503, retry_after=timedelta(days=3650))
    one = sender(alice.context, receivers)
    work(one)
    clock.advance(days=1)
    work(one)

    assert len(receivers.posts) == 2


def test_a_worker_that_dies_with_a_delivery_leaves_it_to_the_next(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    endpoint(alice)
    tell(alice)
    held: list[Callable[[], None]] = []
    killed = sender(alice.context, receivers, launch=held.append)
    work(killed)
    next_one = sender(alice.context, receivers)
    work(next_one)
    assert (len(held), receivers.posts) == (1, [])

    clock.advance(seconds=61)
    work(next_one)
    # Not dead, but slow: what it writes down now is no longer its own.
    receivers.says = lambda post: DOWN
    held[0]()
    work(killed)

    assert [post.id for post in receivers.posts] == [events(alice.context)[-1].id] * 2
    (delivery,) = deliveries(alice.context)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


def test_two_workers_deliver_each_event_once(alice: Shop, receivers: Receivers) -> None:
    endpoint(alice, url="https://one.example/")
    endpoint(alice, url="https://two.example/")
    tell(alice, times=30)
    ready = threading.Barrier(2)

    def run() -> None:
        one = sender(alice.context, receivers)
        ready.wait()
        work(one)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(sender(alice.context, receivers))

    told = Counter((post.url, post.id) for post in receivers.posts)
    assert len(told) == 2 * len(events(alice.context))
    assert set(told.values()) == {1}


def test_a_receiver_that_does_not_answer_keeps_nobody_else_waiting(
    alice: Shop, bob: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    for number in range(6):
        endpoint(alice, url=f"https://dead-{number}.example/")
    endpoint(bob, url="https://quick.example/")
    hanging: list[Callable[[], None]] = []
    answered: list[Callable[[], None]] = []

    def launch(do: Callable[[], None]) -> None:
        # What is posted to a dead one comes back at the very end, if at all.
        target = do.args[1].url  # type: ignore[attr-defined]
        (hanging if "dead" in target else answered).append(do)
        if "quick" in target:
            do()

    one = sender(alice.context, receivers, launch=launch)
    receivers.says = lambda post: DOWN if "dead" in post.url else WebhookAnswer(status=204)
    # Once each, so that it is known who fails.
    tell(alice)
    work(one)
    while hanging:
        for do in [hanging.pop() for _ in range(len(hanging))]:
            do()
        work(one)
    clock.advance(minutes=10)
    tell(alice, times=20)
    work(one)
    assert len(hanging) == 2, "half of four places"

    tell(bob, times=10)
    work(one)

    theirs = [post for post in receivers.posts if "quick" in post.url]
    assert len(theirs) == len([e for e in events(bob.context) if e.vendor_id == bob.id])


def test_one_receiver_gets_few_at_a_time(alice: Shop, receivers: Receivers) -> None:
    endpoint(alice)
    tell(alice, times=10)
    held: list[Callable[[], None]] = []
    one = sender(alice.context, receivers, launch=held.append)
    work(one)
    assert len(held) == 2

    while held:
        held.pop(0)()
        work(one)

    assert len({post.id for post in receivers.posts}) == len(receivers.posts) == 10


def test_what_waited_for_an_endpoint_that_was_off_is_sent_once_it_is_on(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    _, endpoint_id = endpoint(alice)
    receivers.says = lambda post: DOWN
    one = sender(alice.context, receivers)
    tell(alice)
    work(one)
    doing(alice, endpoint_service.update_endpoint, endpoint_id, {"status": EndpointStatus.DISABLED})
    clock.advance(hours=1)
    work(one)
    assert len(receivers.posts) == 1

    receivers.says = lambda post: WebhookAnswer(status=200)
    doing(alice, endpoint_service.update_endpoint, endpoint_id, {"status": EndpointStatus.ACTIVE})
    work(one)

    assert [one.state for one in deliveries(alice.context)] == [DeliveryState.DELIVERED]
    row = stored(alice.context, endpoint_id)
    assert (row.failing_since, row.disabled_reason) == (None, None)


def test_a_shop_that_is_closed_or_suspended_tells_nothing(
    alice: Shop, receivers: Receivers
) -> None:
    endpoint(alice)
    tell(alice)
    with alice.context.database.write() as session:
        vendor_changes.suspend_vendor(session, by_operator(alice.context), alice.id)
    work(sender(alice.context, receivers))

    assert receivers.posts == []


def test_both_secrets_sign_for_a_day(alice: Shop, receivers: Receivers, clock: ManualClock) -> None:
    clock.set(datetime.now(UTC))
    context = alice.context
    former, endpoint_id = endpoint(alice)
    secret, _ = doing(
        alice, endpoint_service.rotate_secret, endpoint_id, context.connect.webhook_secrets
    )
    tell(alice)
    one = sender(context, receivers)
    work(one)
    post = receivers.posts[-1]
    assert Webhook(secret).verify(post.body, dict(post.headers))
    assert Webhook(former).verify(post.body, dict(post.headers))
    assert post.headers["webhook-signature"].count("v1,") == 2

    clock.advance(hours=24)
    tell(alice)
    work(one)
    assert receivers.posts[-1].headers["webhook-signature"].count("v1,") == 1


def test_a_secret_is_not_changed_twice_a_day_unless_others_have_seen_it(
    alice: Shop, receivers: Receivers
) -> None:
    secrets = alice.context.connect.webhook_secrets
    _, endpoint_id = endpoint(alice)
    doing(alice, endpoint_service.rotate_secret, endpoint_id, secrets)

    with pytest.raises(WebhookSecretRotated):
        doing(alice, endpoint_service.rotate_secret, endpoint_id, secrets)

    doing(alice, endpoint_service.rotate_secret, endpoint_id, secrets, at_once=True)
    tell(alice)
    work(sender(alice.context, receivers))
    assert receivers.posts[-1].headers["webhook-signature"].count("v1,") == 1


def test_a_test_reaches_one_endpoint_whatever_it_wants_to_be_told(
    alice: Shop, receivers: Receivers
) -> None:
    _, endpoint_id = endpoint(alice, "card.erased", url="https://one.example/")
    endpoint(alice, url="https://two.example/")
    doing(alice, delivery_service.send_test, endpoint_id)
    work(sender(alice.context, receivers))

    told = [(post.url, json.loads(post.body)["type"]) for post in receivers.posts]
    assert told == [("https://one.example/", "webhook.test")]


def test_a_delivery_is_sent_again_by_hand_under_the_same_id(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    _, endpoint_id = endpoint(alice)
    tell(alice)
    receivers.says = lambda post: DOWN
    one = sender(alice.context, receivers)
    for _ in range(10):
        work(one)
        clock.set(deliveries(alice.context)[0].due_at)
    receivers.says = lambda post: WebhookAnswer(status=200)
    (failed,) = deliveries(alice.context)
    assert failed.state == DeliveryState.FAILED

    doing(alice, delivery_service.retry_delivery, endpoint_id, failed.id)
    work(one)

    assert len({post.id for post in receivers.posts}) == 1
    assert deliveries(alice.context)[0].state == DeliveryState.DELIVERED


def test_what_is_being_sent_is_not_sent_again_by_hand(alice: Shop, receivers: Receivers) -> None:
    _, endpoint_id = endpoint(alice)
    tell(alice)
    held: list[Callable[[], None]] = []
    work(sender(alice.context, receivers, launch=held.append))
    (delivery,) = deliveries(alice.context)

    with pytest.raises(WebhookDeliveryUnderWay):
        doing(alice, delivery_service.retry_delivery, endpoint_id, delivery.id)
    missing = WebhookDeliveryId(alice.context.ids.new_id())
    with pytest.raises(WebhookDeliveryNotFound):
        doing(alice, delivery_service.retry_delivery, endpoint_id, missing)


def test_a_replay_sends_what_was_missed_and_what_was_not(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    _, first = endpoint(alice, "card.erased")
    tell(alice)
    clock.advance(minutes=1)
    since = clock.now()
    tell(alice, times=2)
    work(sender(alice.context, receivers))
    assert receivers.posts == []
    doing(alice, endpoint_service.update_endpoint, first, {"types": []})
    clock.advance(minutes=1)

    done = doing(alice, delivery_service.replay, first, since=since)
    work(sender(alice.context, receivers))
    again = doing(alice, delivery_service.replay, first, since=since)
    work(sender(alice.context, receivers))

    assert (done.events, done.next_since, again.events) == (2, None, 2)
    ids = [event.id for event in events(alice.context) if event.created_at >= since]
    assert [post.id for post in receivers.posts] == ids * 2


def test_a_long_replay_says_where_to_go_on(
    alice: Shop, receivers: Receivers, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_service, "REPLAY_LIMIT", 2)
    _, endpoint_id = endpoint(alice)
    since = clock.now()
    for _ in range(3):
        tell(alice)
        clock.advance(minutes=1)
    one = sender(alice.context, receivers)
    work(one)

    done = doing(alice, delivery_service.replay, endpoint_id, since=since)
    rest = doing(alice, delivery_service.replay, endpoint_id, since=done.next_since)

    assert (done.events, rest.events, rest.next_since) == (2, 1, None)


def test_nothing_is_sent_to_an_endpoint_that_is_off(alice: Shop) -> None:
    _, endpoint_id = endpoint(alice)
    doing(alice, endpoint_service.update_endpoint, endpoint_id, {"status": EndpointStatus.DISABLED})

    for do, options in (
        (delivery_service.send_test, {}),
        (delivery_service.replay, {"since": alice.context.clock.now()}),
    ):
        with pytest.raises(WebhookEndpointDisabled):
            doing(alice, do, endpoint_id, **options)


def test_after_its_days_everything_is_forgotten_a_part_at_a_time(
    alice: Shop, receivers: Receivers, clock: ManualClock
) -> None:
    context = alice.context
    endpoint(alice)
    _, deleted = endpoint(alice)
    tell(alice, times=3)
    work(sender(context, receivers))
    doing(alice, endpoint_service.delete_endpoint, deleted)
    for _ in range(5):
        forget(context, clock.now() - timedelta(days=30), limit=2)
    assert len(deliveries(context)) == len(events(context))

    clock.advance(days=31)
    for _ in range(9):
        forget(context, clock.now() - timedelta(days=30), limit=2)

    assert (deliveries(context), events(context)) == ([], [])


def forget(context: Context, before: datetime, *, limit: int) -> None:
    with context.database.write() as session:
        housekeeping.forget_webhooks(session, before=before, limit=limit)


@pytest.mark.both_databases
@pytest.mark.parametrize("is_in_hand", [False, True], ids=["waiting", "in hand"])
def test_what_a_clock_left_that_ran_ahead_is_delivered_at_once(
    alice: Shop, receivers: Receivers, clock: ManualClock, is_in_hand: bool
) -> None:
    endpoint(alice)
    clock.advance(days=3)
    tell(alice)
    held: list[Callable[[], None]] = []
    receivers.says = lambda post: DOWN
    work(sender(alice.context, receivers, launch=held.append if is_in_hand else lambda do: do()))
    assert [one.state for one in deliveries(alice.context)] == [
        DeliveryState.SENDING if is_in_hand else DeliveryState.WAITING
    ]

    clock.advance(days=-3)
    receivers.says = lambda post: WebhookAnswer(status=204)
    work(sender(alice.context, receivers))

    assert [one.state for one in deliveries(alice.context)] == [DeliveryState.DELIVERED]
