"""Full, lost, locked, too often: 503, 423 and 429 with the time to wait, and nothing is written."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.contract.conftest import MADE_AT, Opens, Stage, open_context, open_stage, settings_for
from tests.contract.problems import check_problem, nothing_written
from tests.contract.world import LOYALTY, populate
from tests.support.cast import PASSWORD
from tests.support.databases import PostgresqlTemplate

STAMP = f"{LOYALTY}/stamp"


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something another thread does, half a minute at most."""
    pause = threading.Event()
    for _ in range(30_000):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it never came to be")


def test_a_full_queue_is_busy_and_what_was_taken_is_done(opens: Opens) -> None:
    stage = opens(till_queue_limit=2)
    device, stamp = stage.as_alices("device"), {"card": stage.world.alices["card_id"]}
    many = [{"op": "stamp", "idempotency_key": f"k{n}", **stamp} for n in range(3)]

    with ThreadPoolExecutor(8) as pool:
        # Whoever holds the one writing connection keeps the till from finishing its batch.
        with stage.context.database.write():
            sent = [pool.submit(device.post, STAMP, stamp) for _ in range(8)]
            # Two at most are in the batch and two in the queue.
            wait_until(lambda: sum(answer.done() for answer in sent) >= 4)
            listed = device.post(f"{LOYALTY}/operations", {"operations": many})
            check_problem(listed, 503, code="busy")
        answers = [answer.result() for answer in sent]

    for answer in answers:
        if answer.status_code != 201:
            check_problem(answer, 503, code="busy")
    done = sorted(a.json()["card"]["stamps"] for a in answers if a.status_code == 201)
    assert done == list(range(13, 13 + len(done)))
    assert 2 <= len(done) <= 4
    assert device.post(STAMP, stamp).json()["card"]["stamps"] == 13 + len(done)


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

    with nothing_written(stage.context.database):
        left = []
        while (answer := device.post(STAMP, wrong)).status_code == 403:
            left.append(check_problem(answer, 403, code="staff_pin_invalid")["remaining_attempts"])
        problem = check_problem(answer, 423, code="staff_pin_locked")

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
        ("pairing_attempts_per_minute", "POST", "/devices/pair", {"code": "A", "name": "B"}, 404),
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
