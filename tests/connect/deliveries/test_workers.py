"""Several workers deliver once each, and no receiver holds up another."""

import threading
from collections import Counter
from collections.abc import Callable

from punchcard.connect.vocabulary import DeliveryState
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.kit.clock import ManualClock
from tests.connect.deliveries.happening import DOWN, tell
from tests.connect.webhook_shop import Receivers, deliveries, endpoint, events, sender, work
from tests.support.cast import Shop


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


def test_what_is_known_to_be_in_nobodys_hand_is_sent_at_once(
    alice: Shop, receivers: Receivers
) -> None:
    endpoint(alice)
    tell(alice)
    held: list[Callable[[], None]] = []
    work(sender(alice.context, receivers, launch=held.append))
    next_one = sender(alice.context, receivers)
    with alice.context.database.write() as session:
        next_one.take_over(session, alice.context.clock.now())

    work(next_one)

    assert [post.id for post in receivers.posts] == [events(alice.context)[-1].id]
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
