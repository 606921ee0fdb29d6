"""Each thing `punchcard doctor` asks the database, and what it says when that is not right."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text, update

from punchcard.cli.doctors.doctor_database import APPEND_ONLY
from punchcard.connect.integrations import integration_service
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.models import IntegrationEvent
from punchcard.connect.integrations.vocabulary import IntegrationEventState, IntegrationKind
from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.vocabulary import DisabledReason, EndpointStatus
from punchcard.connect.webhooks import endpoint_service
from punchcard.context import build_context
from punchcard.db.append_only import make_append_only
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow, WorkStatus
from punchcard.kit.environment.backup_names import name_of
from punchcard.kit.settings import Settings
from punchcard.loyalty.tables import ENTRIES
from tests.cli.conftest import Punchcard
from tests.connect import webhook_shop
from tests.loyalty import shelf
from tests.support import cast
from tests.support.damage import behind_the_triggers
from tests.support.databases import file_of, opened_file

Finding = dict[str, str]
SECRETS = {name: f"the {name} of 32 characters or more" for name in ("secret_key", "pin_pepper")}
Ask = Callable[[str], Finding]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database of this test's own, that waits for the disk."""
    if request.param == "postgresql":
        address: str = request.getfixturevalue("durable_database_url")
        return address
    copied: str = request.getfixturevalue("sqlite_template").copy_to(tmp_path / "punchcard.db")
    return copied


@pytest.fixture
def own_settings(settings: Settings, url: str) -> dict[str, str]:
    """Set the test's secrets, folder and database; no variable of a database it does not use."""
    names = ("data_dir", "secret_key", "pin_pepper")
    return {"database_url": url, **{name: str(getattr(settings, name)) for name in names}}


@pytest.fixture
def ask(punchcard: Punchcard, own_settings: dict[str, str]) -> Ask:
    """Return a way to ask doctor for one finding."""

    def ask(subject: str) -> Finding:
        ran = punchcard("doctor", "--json", **own_settings)
        found: list[Finding] = ran.json["findings"]
        assert (ran.exit_code == 1) == any(one["state"] == "error" for one in found)
        return next(one for one in found if one["subject"] == subject)

    return ask


@contextmanager
def written(url: str) -> Iterator[Connection]:
    """Give a connection of the product's own."""
    with closing(Database(url)) as database, database.write_connection() as connection:
        yield connection


@pytest.fixture
def card(own_settings: dict[str, str]) -> str:
    """Open Café Alice with a card, by today's clock."""
    settings = Settings(
        database_url=own_settings["database_url"],
        data_dir=Path(own_settings["data_dir"]),
        secret_key=own_settings["secret_key"],
        pin_pepper=own_settings["pin_pepper"],
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
    )
    with closing(build_context(settings)) as context:
        alice = cast.open_cafe_alice(context)
        return shelf.opened_card(alice, shelf.program(alice, status="active", pin_policy="off"))


@pytest.mark.parametrize("subject", ["database", "durability", "clock", "work", "backups"])
def test_what_is_right_is_said_to_be_so(ask: Ask, subject: str) -> None:
    assert ask(subject)["state"] == "ok"


def test_every_secret_of_which_to_keep_a_copy_is_named(ask: Ask) -> None:
    found = ask("secrets")
    assert found["state"] == "ok"
    assert all(told in found["message"] for told in ("secret key", "PIN pepper", "log_key"))


def test_a_table_and_a_trigger_that_are_missing_are_named(ask: Ask, url: str) -> None:
    with written(url) as connection:
        connection.execute(text("DROP TABLE secret_checks"))
    with behind_the_triggers(url) as connection:
        if not url.startswith("sqlite"):
            connection.execute(text("ALTER TABLE loyalty_transactions DISABLE TRIGGER USER"))
    found = ask("database")
    assert found["state"] == "error"
    assert "secret_checks" in found["message"]
    assert "the trigger that keeps loyalty_transactions append-only" in found["message"]
    if not url.startswith("sqlite"):
        assert "audit_events append-only" not in found["message"]


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_postgresql_that_forgets_at_a_power_cut_is_an_error(
    request: pytest.FixtureRequest, punchcard: Punchcard, settings: Settings, setting: str
) -> None:
    # The tests' usual server forgets on purpose, which makes it quick.
    with request.getfixturevalue("postgresql_template").copy() as address:
        names = ("data_dir", "secret_key", "pin_pepper")
        own = {name: str(getattr(settings, name)) for name in names}
        ran = punchcard("doctor", "--json", database_url=address, **own)
    [found] = [one for one in ran.json["findings"] if one["subject"] == "durability"]
    assert (ran.exit_code, found["state"]) == (1, "error")
    assert f"{setting} is off" in found["message"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_an_error(ask: Ask, url: str, card: str) -> None:
    find = "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_audit_events_subject'"
    with opened_file(url) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute(find).fetchone()
        (page,) = connection.execute("PRAGMA page_size").fetchone()
    with file_of(url).open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(bytes(page))
    found = ask("durability")
    assert found["state"] == "error"
    assert "restore a backup" in found["message"]
    assert "\n" not in found["message"]


def test_an_entry_of_tomorrow_tells_of_a_clock_that_jumped(ask: Ask, url: str, card: str) -> None:
    assert ask("clock")["state"] == "ok"
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with behind_the_triggers(url) as connection:
        connection.execute(update(ENTRIES).values(created_at=tomorrow))
        if url.startswith("sqlite"):
            for table in APPEND_ONLY:
                make_append_only(connection, table)
    found = ask("clock")
    assert found["state"] == "warning"
    assert f"{tomorrow:%Y-%m-%d}" in found["message"]


def waiting(minutes: int, status: WorkStatus) -> dict[str, object]:
    """Return a piece of work that was due so long ago."""
    due = datetime.now(UTC) - timedelta(minutes=minutes)
    row = {"topic": "card.changed", "key": f"{status}{minutes}", "status": status, "attempts": 0}
    return {**row, "available_at": due, "created_at": due}


def test_work_that_nobody_does_is_counted(ask: Ask, url: str) -> None:
    rows = table_of(OutboxRow)
    with written(url) as connection:
        connection.execute(insert(rows), [waiting(29, WorkStatus.WAITING)])
    assert ask("work")["state"] == "ok"
    with written(url) as connection:
        connection.execute(insert(rows), [waiting(31 + n, WorkStatus.WAITING) for n in range(2)])
    overdue = ask("work")
    assert overdue["state"] == "warning"
    assert overdue["message"].startswith("2 pieces of work have been due for more than 30 minutes")
    assert "given up" not in overdue["message"]


def test_work_that_was_given_up_is_counted(ask: Ask, url: str) -> None:
    with written(url) as connection:
        connection.execute(insert(table_of(OutboxRow)), [waiting(1, WorkStatus.PARKED)])
    given_up = ask("work")
    assert given_up["state"] == "warning"
    assert given_up["message"].startswith("1 were given up.")


@pytest.mark.parametrize("is_embedded", [True, False])
def test_backups_are_looked_for_once_there_is_a_card(
    ask: Ask, settings: Settings, card: str, is_embedded: bool
) -> None:
    now = datetime.now(UTC)
    name = name_of(now, is_embedded=is_embedded)
    folder = settings.data_dir / "backups"
    none = ask("backups")
    assert (none["state"], none["message"].startswith("There is none in")) == ("warning", True)
    folder.mkdir()
    # One that was cut off is none.
    (folder / f"{name}.unfinished").touch()
    assert ask("backups")["state"] == "warning"
    made = folder / name
    made.touch()
    assert ask("backups")["state"] == "ok"
    made.rename(folder / name_of(now - timedelta(days=9), is_embedded=is_embedded))
    old = ask("backups")
    assert (old["state"], "nightly" in old["message"]) == ("warning", True)
    # A clock ran wrong once: that one says nothing of how old the newest is.
    (folder / name_of(now + timedelta(days=400), is_embedded=is_embedded)).touch()
    assert ask("backups") == old


def test_a_database_that_is_not_there_is_an_error(punchcard: Punchcard) -> None:
    address = "postgresql://nobody@127.0.0.1:1/none"
    ran = punchcard("doctor", "--json", database_url=address, **SECRETS)
    [found] = [one for one in ran.json["findings"] if one["subject"] == "database"]
    assert (ran.exit_code, found["state"]) == (1, "error")
    assert found["message"].startswith("It does not answer: ")


@pytest.mark.parametrize(
    ("settings", "subject", "state", "told"),
    [
        ({"secret_key": "short"}, "secrets", "error", "PUNCHCARD_SECRET_KEY"),
        (
            {**SECRETS, "pin_pepper": SECRETS["secret_key"]},
            "secrets",
            "error",
            "must differ",
        ),
        ({"mail_servr": "x"}, "settings", "warning", "PUNCHCARD_MAIL_SERVR"),
        ({"live_streams_limit": "9000000"}, "connections", "warning", "raise ulimit -n"),
        ({"live_streams_limit": "40"}, "connections", "warning", "it gets 20, not the 50"),
        (
            {**SECRETS, "database_url": "no address"},
            "settings",
            "error",
            "it must begin with sqlite:/// or postgresql://",
        ),
        ({"smtp_url": "smtp://127.0.0.1:1"}, "mail", "error", ""),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_is_set_wrongly_is_named(
    punchcard: Punchcard, settings: dict[str, str], subject: str, state: str, told: str
) -> None:
    ran = punchcard("doctor", "--json", **settings)
    [found] = [one for one in ran.json["findings"] if one["subject"] == subject]
    assert (found["state"], told in found["message"]) == (state, True)


def test_webhooks_that_fail_or_were_given_up_are_counted(
    ask: Ask, own_settings: dict[str, str]
) -> None:
    settings = Settings(
        database_url=own_settings["database_url"],
        data_dir=Path(own_settings["data_dir"]),
        secret_key=own_settings["secret_key"],
        pin_pepper=own_settings["pin_pepper"],
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
    )
    with closing(build_context(settings)) as context:
        shop = cast.open_cafe_alice(context)
        _, failing = webhook_shop.endpoint(shop)
        _, gone = webhook_shop.endpoint(shop)
        _, deleted = webhook_shop.endpoint(shop)
        with context.database.write() as session:
            session.get_one(WebhookEndpoint, failing).failing_since = context.clock.now()
            row = session.get_one(WebhookEndpoint, gone)
            row.status, row.disabled_reason = EndpointStatus.DISABLED, DisabledReason.GONE
        webhook_shop.doing(shop, endpoint_service.delete_endpoint, deleted)

    found = ask("webhooks")

    assert found["state"] == "warning"
    assert "Endpoints of shops: 1, failing: 1, given up: 1." in found["message"]


def test_integrations_whose_orders_are_refused_or_wait_are_told(
    ask: Ask, own_settings: dict[str, str]
) -> None:
    settings = Settings(
        database_url=own_settings["database_url"],
        data_dir=Path(own_settings["data_dir"]),
        secret_key=own_settings["secret_key"],
        pin_pepper=own_settings["pin_pepper"],
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
    )
    assert ask("integrations")["state"] == "ok"
    with closing(build_context(settings)) as context:
        shop = cast.open_cafe_alice(context)
        program = shelf.program(shop, type="points", stamp_reward=None)
        now = context.clock.now()
        with context.database.write() as session:
            _, row = integration_service.create_integration(
                session,
                cast.by_operator(context),
                shop.id,
                context.connect.integration_secrets,
                program_id=program.id,
                kind=IntegrationKind.GENERIC,
                name="",
                mapping=IntegrationMapping(),
                location_id=None,
                limit=20,
            )
            for state, minutes in (("failed", 1), ("waiting", 20), ("waiting", 1), ("done", 20)):
                event = IntegrationEvent(
                    id=context.ids.new_id(),
                    integration_id=row.id,
                    part=0,
                    topic="",
                    state=IntegrationEventState(state),
                    received_at=now - timedelta(minutes=minutes),
                )
                session.add(event)

    found = ask("integrations")

    assert found["state"] == "warning"
    assert "Integrations of shops: 1, events refused in 7 days: 1." in found["message"]
    assert "1 wait for more than 15 minutes" in found["message"]
