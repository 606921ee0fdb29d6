"""A shop that is put in as rows is what the services open, to the last column and word."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from punchcard.accounts.errors import VendorSlugTaken
from punchcard.accounts.events import SecurityEventKept
from punchcard.context import Context, build_context
from punchcard.db.base import Base
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.conftest import MONDAY_MORNING
from tests.contract.conftest import settings_for
from tests.support import cast
from tests.support.databases import PostgresqlTemplate, SqliteTemplate

ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


@pytest.fixture(params=["sqlite", "postgresql"])
def two_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, Settings]]:
    """Give two servers with a fresh database each."""
    folder = tmp_path_factory.mktemp("two")
    if request.param == "sqlite":
        files: SqliteTemplate = request.getfixturevalue("sqlite_template")
        one, two = (files.copy_to(folder / f"{name}.db") for name in ("one", "two"))
        yield settings_for(one, folder), settings_for(two, folder)
        return
    server: PostgresqlTemplate = request.getfixturevalue("postgresql_template")
    with server.copy() as one, server.copy() as two:
        yield settings_for(one, folder), settings_for(two, folder)


def held(context: Context) -> dict[str, list[list[str]]]:
    """Return every row as the database writes it; ids are told by the order of their making."""
    with context.database.read_connection() as connection:
        rows = {
            table.name: [
                [str(value) for value in row]
                for row in connection.execute(text(f"SELECT * FROM {table.name}"))  # noqa: S608
            ]
            for table in Base.metadata.sorted_tables
        }
    found = {one.replace("-", "") for value in rows.values() for one in ID.findall(str(value))}
    places = {one: f"id {place}" for place, one in enumerate(sorted(found))}
    now = str(context.clock.now().replace(tzinfo=None))

    def told(value: str) -> str:
        return ID.sub(lambda one: places[one[0].replace("-", "")], value.replace(now, "now"))

    return {
        name: sorted([told(value) for value in row] for row in held) for name, held in rows.items()
    }


def test_what_is_put_in_is_what_was_opened(two_settings: tuple[Settings, Settings]) -> None:
    left, told = [], []
    for hours, settings in enumerate(two_settings):
        clock = ManualClock(MONDAY_MORNING + timedelta(hours=hours))
        with closing(build_context(settings, clock=clock, ids=SystemIds(clock))) as context:
            events: list[SecurityEventKept] = []
            context.database.subscribe(SecurityEventKept, events.append)
            name = settings.database_url.partition(":")[0]
            shop = cast.open_shop(context, f"chez-{name.partition('+')[0]}", "Chez Zoé")
            left.append(held(context))
            told.append([(e.event, e.origin, e.actor, e.vendor_id == shop.id) for e in events])
            assert shop.token("owner")
    assert left[1] == left[0]
    assert left[0]["audit_events"][0]
    assert told[1] == told[0] != []


def test_a_name_that_is_taken_is_refused_as_the_services_do(context: Context) -> None:
    cast.open_cafe_alice(context)
    with pytest.raises(VendorSlugTaken):
        cast.open_cafe_alice(context)
