"""A replica that lags, dies, is promoted: what may be old is read there while it keeps up."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from punchcard.cli.doctors.doctor_replica import look_at_replica
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.db.postgresql.replica import Replica
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api, AppTransport, InProcess
from tests.support.pages import Visitor, text_of
from tests.support.waiting import wait_until
from tools.postgresql import THROWAWAY, Standby, postgresql_server, streaming_standby

AGE = "x-data-age-seconds"
CARDS = "/vendor/loyalty/cards"
_MIGRATED = "punchcard_migrated"


@pytest.fixture(scope="module")
def primary() -> Iterator[str]:
    """Start a server, and migrate a database that tests take copies of."""
    # What was answered has been handed to the log, as on a server of a shop: the age counts on it.
    with postgresql_server({**THROWAWAY, "synchronous_commit": "on"}) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_MIGRATED}".encode())
        migrate.upgrade(_named(address, _MIGRATED))
        yield address


@pytest.fixture(scope="module")
def standby(primary: str) -> Iterator[Standby]:
    """Let another server follow it."""
    with streaming_standby(primary) as following:
        yield following


@dataclass
class Pair:
    """A shop on the primary, read from the replica too; `replay` holds the replica up."""

    context: Context
    shop: Shop
    standby: Standby

    @property
    def replica(self) -> Replica:
        """Return the replica of this server."""
        assert self.context.database.replica is not None
        return self.context.database.replica

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Let the replica replay nothing while inside."""
        with psycopg.connect(self.standby.address, autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
            wait_until(lambda: _is_paused(connection))
            try:
                yield
            finally:
                connection.execute("SELECT pg_wal_replay_resume()")

    def wait_until_near(self) -> None:
        """Wait until reads go to the replica, and it has all that was written up to now."""
        with psycopg.connect(self.context.database.address, autocommit=True) as connection:
            written = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
        with psycopg.connect(self.standby.address, autocommit=True) as connection:
            query = b"SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
            wait_until(lambda: connection.execute(query, written).fetchone() == (True,))
        wait_until(self.is_read)

    def is_read(self) -> bool:
        """Return whether the replica is read now."""
        with self.context.database.read_replica() as session:
            return bool(session.scalar(text("SELECT pg_is_in_recovery()")))


def _is_paused(connection: "psycopg.Connection") -> bool:
    return connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() == ("paused",)


def _named(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@contextmanager
def open_pair(
    primary: str, standby: Standby, folder: Path, *, lag_limit_seconds: float
) -> Iterator[Pair]:
    """Give a server whose database is a fresh copy on the primary."""
    name = f"shop_{folder.name.lower().replace('-', '_')}"
    with psycopg.connect(primary, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {_MIGRATED}'.encode())
    settings = Settings(
        data_dir=folder,
        database_url=_named(primary, name),
        database_read_url=_named(standby.address, name),
        database_read_lag_limit_seconds=lag_limit_seconds,
        secret_key="a secret of 32 characters at least",
        pin_pepper="a pepper of 32 characters at least",
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
    )
    with closing(build_context(settings)) as context:
        pair = Pair(context, cast.open_cafe_alice(context), standby)
        pair.wait_until_near()
        yield pair


@pytest.fixture
def patient(primary: str, standby: Standby, tmp_path: Path) -> Iterator[Pair]:
    """Give a server that reads from a replica of any age."""
    with open_pair(primary, standby, tmp_path, lag_limit_seconds=3600) as pair:
        yield pair


@pytest.fixture
def strict(primary: str, standby: Standby, tmp_path: Path) -> Iterator[Pair]:
    """Give a server that reads from a replica at most half a second behind."""
    with open_pair(primary, standby, tmp_path, lag_limit_seconds=0.5) as pair:
        yield pair


@contextmanager
def owner_of(pair: Pair) -> Iterator[Api]:
    with InProcess(create_app(pair.context)) as api:
        yield api.with_token(pair.shop.token())


def numbers(api: Api, **options: dict[str, str]) -> tuple[int, str | None]:
    """Return how many cards the list shows, and how old it says it may be."""
    answer = api.get(CARDS, **options)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"]), answer.headers.get(AGE)


def test_lists_may_be_old_and_say_so_and_what_the_counter_asks_is_new(patient: Pair) -> None:
    shop = patient.shop
    with owner_of(patient) as owner, patient.held_up():
        program = shelf.program(shop, type="points", status="active", pin_policy="off")
        card_id = shelf.opened_card(shop, program)
        shown, age = numbers(owner)
        assert shown == 0
        assert age is not None
        assert int(age) >= 1
        # Who asks for the newest gets it, and so does whoever stands at a counter.
        assert numbers(owner, headers={"Cache-Control": "no-cache"}) == (1, None)
        card = owner.get(f"{CARDS}/{card_id}")
        assert card.status_code == 200
        assert AGE not in card.headers
        found = owner.post(f"{CARDS}/lookup", {"code": card.json()["number"]})
        assert len(found.json()["items"]) == 1
        device = owner.with_token(shop.device())
        assert numbers(device, params={"query": card.json()["number"]}) == (1, None)


@pytest.mark.parametrize(
    "path",
    [
        "/vendor/loyalty/dashboard",
        "/vendor/loyalty/transactions",
        "/vendor/loyalty/staff-report",
        "/vendor/audit-events",
        "/vendor/loyalty/exports/rewards.csv",
        "/vendor/loyalty/exports/locations.xlsx",
    ],
)
def test_figures_and_exports_say_how_old_they_may_be(patient: Pair, path: str) -> None:
    with owner_of(patient) as owner:
        answer = owner.get(path)
    assert answer.status_code == 200
    assert 0 <= int(answer.headers[AGE]) < 60


def test_who_has_just_written_sees_it_and_others_are_told_of_the_age(patient: Pair) -> None:
    program = shelf.program(patient.shop, type="points", status="active", pin_policy="off")
    app = create_app(patient.context)
    with ExitStack() as stack:
        writer, other = (stack.enter_context(Visitor(app)) for _ in range(2))
        for visitor in (writer, other):
            answer = visitor.sign_in(patient.shop.email("owner"), PASSWORD)
            assert answer.status_code == 303
            # To sign in is to write; so long afterwards its mark is forgotten.
            visitor.client.cookies.delete("punchcard_writer")
        patient.wait_until_near()
        stack.enter_context(patient.held_up())
        writer.get("/console/members/new?lang=en")
        sent = writer.post("/console/members/new", program_id=program.id, name="Marie Schmit")
        assert sent.status_code == 303

        fresh = writer.get("/console/members")
        stale = other.get("/console/members?lang=en")

        assert "Marie Schmit" in fresh.text
        assert AGE not in fresh.headers
        assert 'id="data-age"' not in fresh.text
        assert "Marie Schmit" not in stale.text
        assert f"As of up to {stale.headers[AGE]} second" in text_of(stale)
        again = other.get("/console/members", headers={"Cache-Control": "no-cache"})
        assert "Marie Schmit" in again.text


def test_a_replica_too_far_behind_is_left_and_taken_again(
    strict: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "punchcard.db"), owner_of(strict) as owner:
        with strict.held_up():
            program = shelf.program(strict.shop, type="points", status="active", pin_policy="off")
            shelf.opened_card(strict.shop, program)
            wait_until(lambda: not strict.is_read())
            for _ in range(5):
                assert numbers(owner) == (1, None)
            assert strict.replica.lag_seconds is not None
            assert strict.replica.lag_seconds > 0.5
        strict.wait_until_near()
        wait_until(lambda: numbers(owner)[1] is not None)
    told = [record.message for record in caplog.records if "read from" in record.message]
    assert ["behind" in line for line in told] == [True, False]


def test_a_replica_that_is_gone_is_left_at_once_and_taken_again(
    strict: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    with owner_of(strict) as owner, caplog.at_level(logging.WARNING, "punchcard.db"):
        assert numbers(owner)[0] == 0
        strict.standby.stop()
        try:
            # The first may find its connection broken, before anything was read; nobody notices.
            assert [numbers(owner) for _ in range(3)] == [(0, None)] * 3
            finding = look_at_replica(strict.context.settings)
            assert (finding.state, "does not answer" in finding.message) == ("warning", True)
        finally:
            strict.standby.start()
        strict.wait_until_near()
        assert numbers(owner)[1] is not None
    assert sum("read from the primary" in one.message for one in caplog.records) == 1


def test_what_breaks_while_it_is_read_is_read_from_the_primary_next_time(patient: Pair) -> None:
    database = patient.context.database
    with pytest.raises(DBAPIError), database.read_replica() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert not patient.is_read()


def test_what_the_replica_does_not_know_yet_is_asked_of_the_primary(patient: Pair) -> None:
    with owner_of(patient) as owner, patient.held_up():
        program = shelf.program(patient.shop, type="points", status="active")
        bob = cast.open_boulangerie_bob(patient.context)
        figures = owner.get(f"/vendor/loyalty/programs/{program.id}/stats")
        assert figures.status_code == 200
        assert AGE not in figures.headers
        # A shop that the replica has never heard of.
        report = owner.with_token(bob.token()).get("/vendor/loyalty/staff-report")
        assert report.status_code == 200, report.text
        # What nobody has is still not found.
        unknown = owner.get(f"/vendor/loyalty/programs/{bob.id}/stats")
        assert unknown.status_code == 404


def test_nothing_can_be_written_there(patient: Pair) -> None:
    with pytest.raises(DBAPIError), patient.context.database.read_replica() as session:
        session.execute(text("CREATE TABLE never (id integer)"))


def test_a_server_that_follows_nobody_is_no_replica(primary: str, tmp_path: Path) -> None:
    with (
        streaming_standby(primary) as promoted,
        open_pair(primary, promoted, tmp_path, lag_limit_seconds=0.5) as pair,
    ):
        with psycopg.connect(promoted.address, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        wait_until(lambda: not pair.is_read())
        with pair.context.database.read_replica() as session:
            assert session.scalar(text("SELECT pg_is_in_recovery()")) is False
        finding = look_at_replica(pair.context.settings)
        assert (finding.state, "follows nobody" in finding.message) == ("warning", True)


def test_watchers_are_told_how_far_it_is_behind(patient: Pair) -> None:
    app = create_app(patient.context)
    with httpx.Client(
        transport=AppTransport(app, address="127.0.0.1"), base_url="http://shop.test"
    ) as watcher:
        figures = watcher.get("/metrics").text
    assert 'punchcard_replica_lag_seconds{process="0"} 0.' in figures
    assert 'punchcard_database_connections_limit{pool="replica",process="0"} 12.0' in figures
    finding = look_at_replica(patient.context.settings)
    assert finding.state == "ok"
    assert "seconds behind" in finding.message
