"""What a stamp causes is one trace, from the request to the push and the webhook."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import httpx
import pytest

from punchcard.context import Context, build_context
from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.db.outbox import RetryLater
from punchcard.fakes.apns import Apns
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.kit.tracing.spans import current_span, within
from punchcard.main import create_app, create_worker
from punchcard.worker.loop import Worker
from tests.connect.webhook_shop import endpoint
from tests.loyalty import shelf
from tests.support import cast
from tests.support.http import AppTransport
from tests.support.otlp_receiver import Collector, attributes, lowered, open_collector
from tests.support.receiver import Receiver, open_receiver
from tests.support.waiting import wait_until
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.phone import Phone

STAMP = "/api/v1/vendor/loyalty/stamp"
EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Collect traces."""
    with open_collector() as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Receive webhooks."""
    with open_receiver() as opened:
        yield opened


@pytest.fixture
def server_settings(
    settings: Settings, chain: AppleChain, apns: Apns, collector: Collector
) -> Settings:
    """Trace everything, push, and let webhooks go to this machine."""
    return replace(
        with_certificates(settings, chain, apns.url),
        otlp_endpoint=collector.address,
        otlp_sample_rate=1.0,
        otlp_headers="authorization=Bearer secret, x-shop=all",
        webhook_allowed_networks="127.0.0.0/8",
    )


def stamp_and_work(
    context: Context,
    receiver: Receiver,
    traceparent: str | None,
    *,
    elsewhere: Context | None = None,
) -> str:
    """Stamp a card that stands on a phone, and do all that follows; returns the card's id.

    It is done by a worker of `elsewhere`, another process, if that is given.
    """
    alice = cast.open_cafe_alice(context)
    card = shelf.opened_card(alice, shelf.program(alice, **EASY))
    Phone(context, card, "token-0").add()
    # Of the opening nothing is told: what is sent is the stamp.
    endpoint(alice, url=receiver.url)
    worker = create_worker(elsewhere or context)
    sent = (elsewhere or context).connect.webhook_sender.attempts
    while worker.do_work():
        pass
    wait_until(lambda: worker.do_work() == 0)
    before = sent.total()
    headers = {"Authorization": f"Bearer {alice.api_key('loyalty:operate')}"}
    if traceparent is not None:
        headers["traceparent"] = traceparent
    with httpx.Client(
        transport=AppTransport(create_app(context)), base_url="http://shop.test"
    ) as client:
        assert client.post(STAMP, json={"card": card}, headers=headers).status_code == 201
        client.get("/api/v1/vendor/loyalty/cards/none", headers=headers)

    def is_told() -> bool:
        worker.do_work()
        # The receiver hears of it before the sender has its answer, and ends what it traced.
        return sent.total() > before

    wait_until(is_told)
    return card


def test_a_stamp_is_one_trace_from_the_request_to_the_push_and_the_webhook(
    database: Database,
    server_settings: Settings,
    clock: ManualClock,
    ids: SystemIds,
    collector: Collector,
    receiver: Receiver,
) -> None:
    with closing(
        build_context(server_settings, clock=clock, ids=ids, database=database)
    ) as context:
        card = stamp_and_work(context, receiver, f"00-{TRACE}-{CALLER}-01")
    request, *_ = collector.named(f"POST {STAMP}")
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == CALLER
    assert request.kind == request.SPAN_KIND_SERVER
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.route": STAMP,
        "http.response.status_code": 201,
    }
    ours = [span for span in collector.spans if span.trace_id.hex() == TRACE]
    paths = [collector.path_of(span) for span in ours]
    to_batch = [f"POST {STAMP}", "till batch"]
    assert [*to_batch, "commit"] in paths
    assert [*to_batch, "work card.changed", "push to Apple"] in paths
    assert [*to_batch, "webhook"] in paths
    (push,) = [span for span in ours if span.name == "push to Apple"]
    assert attributes(push) == {"punchcard.pushes": 1, "punchcard.pushes_taken": 1}
    # The receiver can go on with it.
    (webhook,) = [span for span in ours if span.name == "webhook"]
    _, headers, _ = receiver.heard[-1]
    sent = f"00-{TRACE}-{webhook.span_id.hex()}-01"
    assert lowered(headers)["traceparent"] == sent
    # A refusal is told by its code, and whoever brought it by nothing.
    lost = collector.named("GET /api/v1/vendor/loyalty/cards/{card_id}")[-1]
    assert attributes(lost)["punchcard.code"] == "card_not_found"
    everything = str(collector.requests)
    for told in (card, "cafe-alice", "token-0", "Bearer", "203.0.113.7", "127.0.0.1"):
        assert told not in everything
    assert {one["authorization"] for one in collector.headers} == {"Bearer secret"}


def test_what_another_process_does_belongs_to_the_trace_of_its_stamp(
    database: Database,
    server_settings: Settings,
    clock: ManualClock,
    ids: SystemIds,
    collector: Collector,
    receiver: Receiver,
) -> None:
    with (
        closing(build_context(server_settings, clock=clock, ids=ids, database=database)) as context,
        closing(
            build_context(server_settings, clock=clock, ids=ids, database=database)
        ) as elsewhere,
    ):
        assert context.tracer is not elsewhere.tracer
        stamp_and_work(context, receiver, f"00-{TRACE}-{CALLER}-01", elsewhere=elsewhere)
    ours = [span for span in collector.spans if span.trace_id.hex() == TRACE]
    paths = [collector.path_of(span) for span in ours]
    to_batch = [f"POST {STAMP}", "till batch"]
    assert [*to_batch, "work card.changed", "push to Apple"] in paths
    assert [*to_batch, "webhook"] in paths


def test_work_that_is_tried_again_stays_in_its_trace(
    database: Database, server_settings: Settings, clock: ManualClock, collector: Collector
) -> None:
    with closing(build_context(server_settings, clock=clock, database=database)) as context:
        assert context.tracer is not None
        with within(context.tracer.begin("a request")), database.write() as session:
            outbox.enqueue(session, "mail.send", "1", clock.now())

        def fail(*_: object) -> None:
            raise RetryLater("the mail server is away")

        worker = Worker(context, [{"mail.send": fail}], [])
        assert worker.do_work() == 1
        clock.advance(hours=1)
        assert worker.do_work() == 1
    begun, *_ = collector.named("a request")
    attempts = collector.named("work mail.send")
    assert [attributes(one)["punchcard.attempts"] for one in attempts] == [1, 2]
    assert {one.parent_span_id for one in attempts} == {begun.span_id}


def test_newer_work_on_what_waits_belongs_to_the_newest_trace(
    database: Database, server_settings: Settings, clock: ManualClock, collector: Collector
) -> None:
    with closing(build_context(server_settings, clock=clock, database=database)) as context:
        assert context.tracer is not None
        for name in ("first", "second"):
            with within(context.tracer.begin(name)), database.write() as session:
                outbox.enqueue(session, "mail.send", "1", clock.now())
        # What is not traced leaves the word of what was.
        with database.write() as session:
            outbox.enqueue(session, "mail.send", "1", clock.now())
        done = Worker(context, [{"mail.send": lambda *_: None}], []).do_work()
    assert done == 1
    (second,), (work,) = collector.named("second"), collector.named("work mail.send")
    assert work.parent_span_id == second.span_id


def test_what_nobody_began_begins_here(
    database: Database,
    server_settings: Settings,
    clock: ManualClock,
    ids: SystemIds,
    collector: Collector,
    receiver: Receiver,
) -> None:
    with closing(
        build_context(server_settings, clock=clock, ids=ids, database=database)
    ) as context:
        stamp_and_work(context, receiver, "no-such-thing")
    request, *_ = collector.named(f"POST {STAMP}")
    assert request.parent_span_id == b""
    resources = [one.resource for sent in collector.requests for one in sent.resource_spans]
    names = {a.key: a.value.string_value for one in resources for a in one.attributes}
    assert names["service.name"] == "punchcard"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_not_sampled_is_not_recorded_whatever_its_caller_says(
    database: Database,
    server_settings: Settings,
    clock: ManualClock,
    ids: SystemIds,
    collector: Collector,
    receiver: Receiver,
) -> None:
    none = replace(server_settings, otlp_sample_rate=0.0)
    with closing(build_context(none, clock=clock, ids=ids, database=database)) as context:
        stamp_and_work(context, receiver, f"00-{TRACE}-{CALLER}-01")
    assert collector.spans == []
    _, headers, _ = receiver.heard[-1]
    assert "traceparent" not in lowered(headers)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_of_several_requests_is_linked_to_each(
    database: Database,
    server_settings: Settings,
    clock: ManualClock,
    ids: SystemIds,
    collector: Collector,
) -> None:
    with closing(
        build_context(server_settings, clock=clock, ids=ids, database=database)
    ) as context:
        assert context.tracer is not None
        one, two = context.tracer.begin("one"), context.tracer.begin("two")
        assert one is not None
        assert two is not None
        batch = one.child("till batch", links=[two])
        batch.end()
        one.end()
        two.end()
        assert current_span.get() is None
    (sent,) = collector.named("till batch")
    (first,), (second,) = collector.named("one"), collector.named("two")
    assert sent.parent_span_id == first.span_id
    assert [link.span_id for link in sent.links] == [second.span_id]
