"""A delivery that fails is tried again in a rhythm, paused where asked, and given up."""

from datetime import timedelta

from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.kit.clock import ManualClock
from tests.connect.deliveries.happening import DOWN, tell
from tests.connect.webhook_shop import Receivers, deliveries, endpoint, sender, stored, work
from tests.support.cast import Shop
from tests.support.outgoing_mail import mails


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
