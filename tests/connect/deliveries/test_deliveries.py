"""From what happened to who is told: to whom, signed by which secret, and how long it is kept."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from standardwebhooks import Webhook

from punchcard.connect.errors import WebhookSecretRotated
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks import endpoint_service, hand_on, housekeeping
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.programs import program_service, vendor_changes
from tests.connect.deliveries.happening import DOWN, tell
from tests.connect.test_events import stamp
from tests.connect.webhook_shop import (
    Receivers,
    deliveries,
    doing,
    endpoint,
    events,
    sender,
    stored,
    work,
)
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator


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
