"""People have a test sent, a delivery sent again, and what was missed replayed."""

import json
from collections.abc import Callable

import pytest

from punchcard.connect.errors import (
    WebhookDeliveryNotFound,
    WebhookDeliveryUnderWay,
    WebhookEndpointDisabled,
)
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks import delivery_service, endpoint_service
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import WebhookDeliveryId
from tests.connect.deliveries.happening import DOWN, tell
from tests.connect.webhook_shop import Receivers, deliveries, doing, endpoint, events, sender, work
from tests.support.cast import Shop


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
