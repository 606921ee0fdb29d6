"""A town that has lived for weeks, whose bakery leaves; and where it arrives, with other keys."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

import pytest
from sqlalchemy import insert, select

from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Vendor
from punchcard.accounts.subjects import SYSTEM
from punchcard.connect.archive.arrival import Arrival, move_in
from punchcard.connect.archive.departure import write_archive
from punchcard.connect.archive.manifest import Manifest
from punchcard.connect.archive.unloading import Unloading
from punchcard.connect.imports import import_files
from punchcard.connect.webhooks import endpoint_service
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.demo.boulangerie_bob import BAKERY
from punchcard.demo.cafe_alice import CAFE
from punchcard.demo.folder import DemoFolder
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds, VendorId
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.wallets.models import AppleDeviceRegistration, ApplePass
from tests.support.made_once import made_once

NOW = datetime(2026, 6, 17, 13, 30, tzinfo=UTC)
DAYS = 20
OTHER_KEYS = Keyring("another server's secret, of 32 characters")
NOBODYS_HASH = "a hash of a password that nobody knows"
TAG = 4711
"""The last update tag of a pass that a phone has seen."""


@dataclass(frozen=True)
class Home:
    """A server where shops live: its database and its keys."""

    database: Database
    keys: Keyring

    def act(self) -> Act:
        """Act as the operator does."""
        clock = ManualClock(NOW)
        return Act(subject=SYSTEM, now=NOW, ids=SystemIds(clock))

    def leaves(self, vendor_id: VendorId) -> tuple[bytes, Manifest]:
        """Write a shop's archive."""
        out = BytesIO()
        with self.database.snapshot() as connection:
            manifest = write_archive(connection, vendor_id, out, keys=self.keys, now=NOW)
        return out.getvalue(), manifest

    def takes_in(self, archive: bytes) -> Manifest:
        """Take a shop in."""
        arrival = Arrival(Unloading(self.keys, NOBODYS_HASH), Path(gettempdir()))
        return move_in(self.database, self.act(), BytesIO(archive), arrival)


@dataclass(frozen=True)
class Town:
    """The demonstration after some weeks, its bakery with a webhook, a file and a pass."""

    home: Home
    bakery_id: VendorId
    cafe_id: VendorId


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Live some weeks, and connect what the demonstration does not."""

    def live(folder: Path) -> None:
        DemoFolder(folder).build(now=NOW, days=DAYS, progress=lambda _day: None)

    folder = DemoFolder(made_once(tmp_path_factory, "weeks-of-a-demo", live))
    clock = ManualClock(NOW)
    with closing(build_context(folder.settings(), clock=clock, ids=SystemIds(clock))) as context:
        with context.database.read() as session:
            ids = {slug: id for slug, id in session.execute(select(Vendor.slug, Vendor.id))}
        home = Home(context.database, context.settings.keys)
        _connect(context, home, ids[BAKERY.slug])
        yield Town(home, ids[BAKERY.slug], ids[CAFE.slug])


def _connect(context: Context, home: Home, bakery_id: VendorId) -> None:
    limits = import_files.file_limits(context.settings)
    file = import_files.read_file(b"email,points\nnew@home.example,12\n", limits)
    with context.database.write() as session:
        endpoint_service.create_endpoint(
            session,
            home.act(),
            bakery_id,
            context.connect.webhook_secrets,
            url="https://shop.example/hooks",
            types=(),
            description="",
            limit=1,
        )
        program_id = session.scalars(
            select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == bakery_id)
        ).first()
        assert program_id is not None
        import_files.create_import(
            session, home.act(), bakery_id, program_id, name="old.csv", file=file
        )
        card_id = session.scalars(
            select(LoyaltyCard.id).where(LoyaltyCard.vendor_id == bakery_id).limit(1)
        ).one()
        session.execute(
            insert(ApplePass).values(
                serial_number="pass-1",
                card_id=card_id,
                update_tag=TAG - 1,
                pushed_tag=0,
                modified_at=int(NOW.timestamp()),
                fingerprint=b"f" * 32,
                created_at=NOW,
            )
        )
        session.execute(
            insert(AppleDeviceRegistration).values(
                id=context.ids.new_id(),
                device_library_id="phone",
                push_token="ab" * 32,
                serial_number="pass-1",
                card_id=card_id,
                update_tag=TAG,
                bad_token_count=0,
                created_at=NOW,
                updated_at=NOW,
            )
        )


@pytest.fixture(scope="session")
def archive(town: Town) -> bytes:
    """Write the bakery's archive, once."""
    return town.home.leaves(town.bakery_id)[0]


@pytest.fixture(scope="session")
def cafes_archive(town: Town) -> bytes:
    """Write the café's archive, once."""
    return town.home.leaves(town.cafe_id)[0]


@pytest.fixture
def elsewhere(database: Database) -> Home:
    """Stand before another server, empty, on both databases in turn."""
    return Home(database, OTHER_KEYS)
