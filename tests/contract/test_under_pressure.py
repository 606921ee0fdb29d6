"""Full, lost, locked, too often: 503, 423 and 429 with the time to wait, and nothing is written."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from punchcard.api.http.permissions import ACCESS
from punchcard.kit.settings import Settings
from tests.contract.conftest import MADE_AT, Opens, Stage, open_context, open_stage, settings_for
from tests.contract.problems import check_problem, count_rows, nothing_written
from tests.contract.requests import Route, request_of
from tests.contract.world import LOYALTY, populate
from tests.support.cast import PASSWORD
from tests.support.databases import PostgresqlTemplate
from tests.support.waiting import wait_until

STAMP = f"{LOYALTY}/stamp"
NOBODY = {"email": "nobody@nowhere.example", "password": "a wrong password"}
NEW_PASSWORD = {"token": "none", "new_password": "a password never used before"}
ANSWERED_ALWAYS = {
    # Nothing is written, nor hashed slowly, before Google's signature was found good.
    ("POST", "/api/v1/loyalty/google/callback"),
    # Nothing is written before the address of the hook, and its signature, were found good.
    ("POST", "/api/v1/hooks/{kind}/{integration_id}/{secret}"),
    # Beyond the limit it drops what is said, and answers 200 as Apple wants it.
    ("POST", "/api/v1/loyalty/apple/v1/log"),
}
CHANGING_FOR_ALL = sorted(
    route
    for route, rule in ACCESS.items()
    if rule.is_public and route[0] != "GET" and route not in ANSWERED_ALWAYS
)


def test_a_full_queue_is_busy_and_what_was_taken_is_done(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = opens(till_queue_limit=2)
    device, stamp = stage.as_alices("device"), {"card": stage.world.alices["card_id"]}
    many = [{"op": "stamp", "idempotency_key": f"k{n}", **stamp} for n in range(3)]
    is_at_work = Event()
    runner: Any = vars(stage.context.loyalty.till)["_runner"]
    do = runner.do

    def told(submissions: Any) -> Any:
        is_at_work.set()
        return do(submissions)

    monkeypatch.setattr(runner, "do", told)
    with ThreadPoolExecutor(8) as pool:
        # Anyone who holds the one writing connection keeps the till from finishing its batch.
        with stage.context.database.write():
            first = pool.submit(device.post, STAMP, stamp)
            # Before that is in a batch the queue might still be emptied, and have room again.
            assert is_at_work.wait(60)
            sent = [pool.submit(device.post, STAMP, stamp) for _ in range(7)]
            wait_until(lambda: sum(answer.done() for answer in sent) >= 5)
            listed = device.post(f"{LOYALTY}/operations", {"operations": many})
            check_problem(listed, 503, code="busy")
        answers = [answer.result() for answer in (first, *sent)]

    for answer in answers:
        if answer.status_code != 201:
            check_problem(answer, 503, code="busy")
    done = sorted(a.json()["card"]["stamps"] for a in answers if a.status_code == 201)
    assert done == [13, 14, 15]
    assert device.post(STAMP, stamp).json()["card"]["stamps"] == 16


def test_a_database_that_is_locked_by_another_process_is_busy(opens: Opens) -> None:
    stage = opens(database_busy_seconds=0)
    owner, card = stage.as_alices("owner"), stage.world.alices["card_id"]
    path = make_url(stage.context.settings.database_url).database
    assert path is not None

    with nothing_written(stage.context.database), closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_problem(owner.post(STAMP, {"card": card}), 503, code="busy")
        check_problem(owner.post("/vendor/locations", {"name": "x"}), 503, code="busy")
        assert owner.get(f"{LOYALTY}/cards/{card}").status_code == 200

    assert owner.post(STAMP, {"card": card}).status_code == 201


def test_a_lost_database_is_busy_until_it_is_back(
    postgresql_template: PostgresqlTemplate, tmp_path: Path
) -> None:
    with postgresql_template.copy() as url:
        settings = settings_for(url, tmp_path)
        with open_context(settings, MADE_AT) as (context, _):
            world = populate(context)
        with open_stage(world, settings) as stage:
            owner, card = stage.as_alices("owner"), world.alices["card_id"]
            assert owner.post(STAMP, {"card": card}).status_code == 201

            with _lost(url):
                check_problem(owner.post(STAMP, {"card": card}), 503, code="busy")
                check_problem(owner.post("/vendor/locations", {"name": "x"}), 503, code="busy")
                check_problem(owner.get(f"{LOYALTY}/cards"), 503, code="busy")
                check_problem(stage.as_alices("staff").get("/auth/me"), 503, code="busy")
                wrong = {"email": "owner@cafe-alice.example", "password": PASSWORD}
                check_problem(stage.api.post("/auth/token", wrong), 503, code="busy")
                check_problem(stage.api.get(f"/loyalty/cards/{world.alices['token']}"), 503)

            answer = owner.post(STAMP, {"card": card})
            assert (answer.status_code, answer.json()["card"]["stamps"]) == (201, 14)
            assert owner.get(f"{LOYALTY}/cards").status_code == 200


def test_a_locked_pin_says_until_when(opens: Opens) -> None:
    stage = opens()
    device, stock = stage.as_alices("device"), stage.world.alices
    wrong = {"card": stock["strict_card_id"], "staff_pin": "9073", "staff_id": stock["staff_id"]}

    before = count_rows(stage.context.database)
    left = []
    while (answer := device.post(STAMP, wrong)).status_code == 403:
        left.append(check_problem(answer, 403, code="staff_pin_invalid")["remaining_attempts"])
    problem = check_problem(answer, 423, code="staff_pin_locked")

    # The lock stands in the audit trail, with where it came from; nothing else was written.
    written = ("audit_events", "audit_origins")
    audited = {table: before[table] + 1 for table in written}
    assert count_rows(stage.context.database) == {**before, **audited}
    assert left == sorted(left, reverse=True)
    assert problem["locked_until"] > "2026-03-02T09:"
    right = {**wrong, "staff_pin": "4711"}
    check_problem(device.post(STAMP, right), 423, code="staff_pin_locked")
    stage.clock.advance(seconds=int(answer.headers["retry-after"]))
    assert device.post(STAMP, right).status_code == 201


@pytest.mark.parametrize("email", ["owner@cafe-alice.example", "nobody@nowhere.example"])
def test_signing_in_wrong_is_slowed_down_the_same_for_unknown_addresses(
    stage: Stage, email: str
) -> None:
    attempt = {"email": email, "password": "a wrong password"}
    limit = stage.context.settings.sign_in_attempts

    statuses = [stage.api.post("/auth/token", attempt).status_code for _ in range(limit + 1)]
    slowed = check_problem(stage.api.post("/auth/token", attempt), 429, code="too_many_requests")

    assert statuses[: limit - 1] == [401] * (limit - 1)
    assert statuses[-1] == 429
    assert slowed["detail"]


@pytest.mark.parametrize(
    ("setting", "method", "path", "body", "before"),
    [
        ("public_reads_per_minute", "GET", "/loyalty/programs/{slug}", None, 200),
        ("public_reads_per_minute", "GET", "/loyalty/cards/{token}", None, 200),
        ("public_enrolments_per_minute", "POST", "/loyalty/programs/{slug}/enroll", {}, 201),
        ("public_enrolments_per_minute", "POST", "/auth/verify-email", {"token": "none"}, 409),
        ("pairing_attempts_per_minute", "POST", "/devices/pair", {"code": "A", "name": "B"}, 404),
        ("sign_ins_per_minute", "POST", "/auth/token", NOBODY, 401),
        ("sign_ins_per_minute", "POST", "/auth/password-reset/confirm", NEW_PASSWORD, 409),
    ],
)
def test_public_routes_are_limited_per_address(
    opens: Opens, setting: str, method: str, path: str, body: object, before: int
) -> None:
    stage = opens(**{setting: 3})
    whole = path.format_map(stage.world.alices)

    for _ in range(3):
        assert stage.api.call(method, whole, body).status_code == before
    with nothing_written(stage.context.database):
        answer = stage.api.call(method, whole, body)
        check_problem(answer, 429, code="too_many_requests")

    stage.clock.advance(seconds=int(answer.headers["retry-after"]))
    assert stage.api.call(method, whole, body).status_code == before


@pytest.mark.parametrize("route", CHANGING_FOR_ALL, ids=" ".join)
def test_whatever_a_stranger_may_change_is_limited_per_address(opens: Opens, route: Route) -> None:
    limits = [field.name for field in fields(Settings) if field.name.endswith("_per_minute")]
    stage = opens(**dict.fromkeys(limits, 1), smtp_url="log:", sign_in_attempts=9)
    wanted = request_of(route, stage.world.alices)

    assert stage.api.call(**wanted).status_code != 429

    with nothing_written(stage.context.database):
        check_problem(stage.api.call(**wanted), 429, code="too_many_requests")


@contextmanager
def _lost(url: str) -> Iterator[None]:
    """Let nobody into the database, and throw out who is in it."""
    whole = make_url(url)
    server = whole.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{whole.database}" ALLOW_CONNECTIONS false'.encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (whole.database,),
        )
        yield
        connection.execute(f'ALTER DATABASE "{whole.database}" ALLOW_CONNECTIONS true'.encode())
