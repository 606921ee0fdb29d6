"""What `/metrics` tells: right types, and each figure moves with what it counts."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from punchcard.api.http.permissions import ACCESS
from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.outbox import PermanentFailure, RetryLater
from punchcard.kit.clock import ManualClock
from punchcard.kit.environment.backup_names import BACKUPS, name_of
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.prometheus import near, told_by

EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 60}
STAMP = "/api/v1/vendor/loyalty/stamp"


def test_counters_are_counters_and_waits_are_histograms(context: Context) -> None:
    with near(context) as client:
        client.get("/healthz")
        types = {family.name: family.type for family in told_by(client).families}
    counters = ("till_accepted", "till_refused", "till_failed", "till_batches", "requests")
    histograms = ("till_wait_seconds", "till_batch_seconds", "till_commit_seconds")
    assert {types[f"punchcard_{name}"] for name in counters} == {"counter"}
    assert {types[f"punchcard_{name}"] for name in histograms} == {"histogram"}
    assert types["punchcard_till_batch_operations"] == "histogram"
    assert types["punchcard_till_waiting"] == "gauge"


def test_the_till_tells_batches_waits_and_refusals_by_code(context: Context, alice: Shop) -> None:
    card = shelf.opened_card(alice, shelf.program(alice, **EASY))
    headers = {"Authorization": f"Bearer {alice.api_key('loyalty:operate')}"}
    with near(context) as client:
        before = told_by(client)
        assert client.post(STAMP, json={"card": card}, headers=headers).status_code == 201
        again = client.post(STAMP, json={"card": card}, headers=headers)
        assert again.json()["code"] == "stamp_too_soon"
        told = told_by(client)

    def moved(name: str, **labels: str) -> float:
        return (told.value(name, **labels) or 0) - (before.value(name, **labels) or 0)

    assert moved("punchcard_till_accepted_total") == 1
    assert moved("punchcard_till_refused_total") == 1
    assert moved("punchcard_till_failed_total") == 0
    assert moved("punchcard_till_refusals_total", code="stamp_too_soon") == 1
    assert moved("punchcard_till_batches_total") == 2
    assert moved("punchcard_till_batch_operations_count") == 2
    assert moved("punchcard_till_batch_operations_sum") == 2
    assert moved("punchcard_till_wait_seconds_count") == 2
    assert moved("punchcard_till_batch_seconds_count") == 2
    assert moved("punchcard_till_commit_seconds_count") == 2
    assert moved("punchcard_requests_total", method="POST", route=STAMP, status="201") == 1
    assert moved("punchcard_request_refusals_total", code="stamp_too_soon", status="409") == 1


def test_requests_are_told_by_the_template_of_their_route(context: Context, alice: Shop) -> None:
    key = alice.api_key("loyalty:read")
    with near(context) as client:
        for number in range(3):
            client.get(
                f"/api/v1/vendor/loyalty/cards/nobody-{number}",
                headers={"Authorization": f"Bearer {key}"},
            )
            client.get(f"/nothing/here/{number}")
            client.head("/healthz")
            client.get("/sign-in")
        told = told_by(client)
    routes = told.labels("punchcard_requests_total", "route")
    known = {path for _, path in ACCESS} | {"/healthz", "/metrics", "/sign-in", "none"}
    assert routes <= known
    card = "/api/v1/vendor/loyalty/cards/{card_id}"
    assert told.value("punchcard_requests_total", route=card, status="404") == 3
    assert told.value("punchcard_requests_total", route="none", status="404") == 3
    assert told.value("punchcard_requests_total", route="/healthz", method="HEAD") == 3
    assert told.value("punchcard_request_refusals_total", code="not_found", status="404") == 3
    assert told.value("punchcard_request_refusals_total", status="404") == 6
    assert told.value("punchcard_request_seconds_count", route="/sign-in") == 3


def test_refused_sign_ins_are_counted(context: Context, api: Api, alice: Shop) -> None:
    with near(context) as client:
        api.post("/auth/token", {"email": alice.email("owner"), "password": "wrong one"})
        told = told_by(client)
    assert told.value("punchcard_security_events_total", event="session.refused") == 1


def test_queues_tell_how_old_the_oldest_work_is_and_how_late(
    context: Context, clock: ManualClock
) -> None:
    with context.database.write() as session:
        outbox.enqueue(session, "mail.send", "one", clock.now())
    clock.advance(seconds=50)
    with context.database.write() as session:
        outbox.enqueue(session, "mail.send", "two", clock.now())
    clock.advance(seconds=10)
    with near(context) as client:
        told = told_by(client)
    assert told.value("punchcard_outbox_rows", topic="mail.send", status="waiting") == 2
    assert told.value("punchcard_outbox_oldest_seconds", topic="mail.send") == 60
    assert told.value("punchcard_outbox_overdue_seconds", topic="mail.send") == 60


def test_work_that_waits_for_its_next_attempt_is_old_but_not_overdue(
    context: Context, clock: ManualClock
) -> None:
    def away(_context: Context, _key: str) -> None:
        raise RetryLater("away", retry_after=timedelta(minutes=5))

    with context.database.write() as session:
        outbox.enqueue(session, "mail.send", "one", clock.now())
    clock.advance(seconds=30)
    Worker(context, [{"mail.send": away}], []).do_work()
    clock.advance(seconds=30)
    with near(context) as client:
        told = told_by(client)
    assert told.value("punchcard_outbox_oldest_seconds", topic="mail.send") == 60
    assert told.value("punchcard_outbox_overdue_seconds", topic="mail.send") == 0
    assert told.value("punchcard_work_total", topic="mail.send", outcome="retried") == 1


def test_work_is_counted_by_what_became_of_it(context: Context, clock: ManualClock) -> None:
    def handle(_context: Context, key: str) -> None:
        if key == "bad":
            raise PermanentFailure("never")

    with context.database.write() as session:
        for key in ("bad", "good", "better"):
            outbox.enqueue(session, "sweep", key, clock.now())
    Worker(context, [{"sweep": handle}], []).do_work()
    with near(context) as client:
        told = told_by(client)
        ready = client.get("/readyz").json()
    assert told.value("punchcard_work_total", topic="sweep", outcome="done") == 2
    assert told.value("punchcard_work_total", topic="sweep", outcome="parked") == 1
    assert told.value("punchcard_work_seconds_count", topic="sweep") == 3
    assert told.labels("punchcard_worker_age_seconds", "lane") == {"sweep"}
    assert ready["worker_age_seconds"] >= 0


def test_a_server_whose_worker_has_not_begun_says_so(context: Context) -> None:
    with near(context) as client:
        assert client.get("/readyz").json()["worker_age_seconds"] is None


def test_errors_of_the_database_are_counted_by_kind(context: Context) -> None:
    with near(context) as client:
        before = told_by(client).value("punchcard_database_errors_total") or 0
        with pytest.raises(SQLAlchemyError), context.database.read_connection() as connection:
            connection.execute(text("SELECT nothing FROM nowhere"))
        told = told_by(client)
    assert told.value("punchcard_database_errors_total") == before + 1
    assert told.value("punchcard_database_connections") is not None
    assert (told.value("punchcard_database_connections_limit") or 0) >= 12


def test_a_pool_without_a_free_connection_is_counted(context: Context) -> None:
    with near(context) as client:
        before = told_by(client).value("punchcard_database_errors_total", kind="pool") or 0
        context.database.metrics.note_exhausted()
        told = told_by(client)
    assert told.value("punchcard_database_errors_total", kind="pool") == before + 1


def test_memory_and_descriptors_are_those_of_this_process(context: Context) -> None:
    with near(context) as client:
        told = told_by(client)
    assert (told.value("punchcard_process_resident_memory_bytes") or 0) > 10_000_000
    assert (told.value("punchcard_process_open_fds") or 0) > 0


def test_no_label_names_a_shop_or_a_card(context: Context, alice: Shop) -> None:
    card = shelf.opened_card(alice, shelf.program(alice, **EASY))
    key = alice.api_key("loyalty:operate")
    with near(context) as client:
        client.post(STAMP, json={"card": card}, headers={"Authorization": f"Bearer {key}"})
        page = client.get("/metrics").text
    for secret in (card, alice.id, key, "alice"):
        assert secret not in page


def test_the_age_of_the_newest_backup_is_told_once_there_is_one(
    context: Context, clock: ManualClock
) -> None:
    folder = context.settings.data_dir / BACKUPS
    with near(context) as client:
        assert told_by(client).value("punchcard_backup_age_seconds") is None
        folder.mkdir()
        for hours, ending in ((30, ""), (7, ""), (1, ".unfinished"), (-9999, "")):
            made = clock.now() - timedelta(hours=hours)
            (folder / f"{name_of(made, is_embedded=True)}{ending}").touch()
        assert told_by(client).value("punchcard_backup_age_seconds") == 7 * 3600
