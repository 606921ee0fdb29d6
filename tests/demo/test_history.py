"""The demonstration: a history that any auditor would accept."""

import shutil
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from punchcard.accounts.access.opening.session_opener import SignInOrigin
from punchcard.accounts.models import AuditEvent, Device
from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.demo.demo_shop import PASSWORD
from punchcard.demo.folder import DemoFolder
from punchcard.demo.shops import SHOPS
from punchcard.loyalty.models import LoyaltyTransaction, StaffPin
from punchcard.loyalty.tables import ENTRIES
from tests.support.books import audited

NOW = datetime(2026, 6, 17, 13, 30, tzinfo=UTC)
DAYS = 9


def build(data_dir: Path, *, days: int = DAYS) -> DemoFolder:
    folder = DemoFolder(data_dir)
    folder.build(now=NOW, days=days, progress=lambda _day: None)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DemoFolder:
    """Build a short history once for all tests that only look at it."""
    return build(tmp_path_factory.mktemp("demo"))


def test_ledger_cards_and_statistics_agree(folder: DemoFolder) -> None:
    with closing(Database(folder.settings().database_url)) as database:
        chains = audited(database)
    types = {entry["type"] for chain in chains.values() for entry in chain}
    assert {"card_opened", "stamp_earned", "points_earned", "voided", "welcome_bonus"} <= types


def test_everything_happened_before_now_and_was_recorded_at_once(folder: DemoFolder) -> None:
    with closing(Database(folder.settings().database_url)) as database:
        chains = audited(database)
    entries = [entry for chain in chains.values() for entry in chain]
    assert len(entries) > 300
    for entry in entries:
        assert NOW - timedelta(days=DAYS) <= entry["occurred_at"] <= entry["created_at"] <= NOW
        assert entry["created_at"] - entry["occurred_at"] <= timedelta(minutes=10)
    assert len({entry["occurred_at"].date() for entry in entries}) >= DAYS - 1


def test_changes_beside_the_till_are_in_the_audit_trail(folder: DemoFolder) -> None:
    with closing(Database(folder.settings().database_url)) as database, database.read() as session:
        made = dict(
            session.execute(
                select(AuditEvent.action, func.count()).group_by(AuditEvent.action)
            ).all()
        )
    assert made["vendor.created"] == len(SHOPS)
    assert made["pin.created"] == sum(p.pin is not None for s in SHOPS for p in s.people)


def test_people_sign_in_with_the_password_and_pins_are_right(folder: DemoFolder) -> None:
    shop = SHOPS[0]
    owner = shop.people[0]
    with closing(build_context(folder.settings())) as context:
        signed_in = context.accounts.sign_in.sign_in(
            shop.email(owner),
            PASSWORD,
            origin=SignInOrigin(network="192.0.2.1", user_agent=None, request_id=None),
        )
        assert owner.pin is not None
        identity = context.loyalty.pin_verifier.verify(signed_in.subject, owner.pin)
    assert identity.name == owner.name


def test_keys_and_secrets_are_for_their_owner_only(folder: DemoFolder) -> None:
    assert set(folder.keys()) == {shop.slug for shop in SHOPS}
    kept = [*(folder.path / "keys").iterdir(), folder.path / "secret_key"]
    kept.append(folder.path / "web_shop.json")
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_the_same_day_gives_the_same_history(folder: DemoFolder, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert _told(again) == _told(folder)


def test_an_interrupted_build_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)

    def interrupt(_day: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.build(now=NOW, days=2, progress=interrupt)
    assert folder.was_interrupted
    assert not folder.is_built
    folder = build(tmp_path, days=1)
    assert folder.is_built
    assert not folder.was_interrupted


def test_removing_takes_the_demonstration_and_nothing_else(
    folder: DemoFolder, tmp_path: Path
) -> None:
    shutil.copytree(folder.path, tmp_path / "demo")
    real = tmp_path / "punchcard.db"
    real.write_text("a real shop's data")
    DemoFolder(tmp_path).remove()
    assert list(tmp_path.iterdir()) == [real]


def _told(folder: DemoFolder) -> list[tuple[object, ...]]:
    wanted = select(
        LoyaltyTransaction.type,
        LoyaltyTransaction.stamps_after,
        LoyaltyTransaction.points_after,
        LoyaltyTransaction.occurred_at,
    )
    with closing(Database(folder.settings().database_url)) as database, database.read() as session:
        return sorted(tuple(row) for row in session.execute(wanted))


def test_pins_and_terminals_were_used_when_the_ledger_says_so(folder: DemoFolder) -> None:
    with closing(Database(folder.settings().database_url)) as database, database.read() as session:
        pins = session.scalars(select(StaffPin)).all()
        devices = session.scalars(select(Device)).all()
        latest = dict(
            session.execute(
                select(ENTRIES.c.staff_pin_id, func.max(ENTRIES.c.occurred_at)).group_by(
                    ENTRIES.c.staff_pin_id
                )
            ).all()
        )
    # Another test has used the first owner's.
    others = [pin for pin in pins if pin.name != SHOPS[0].people[0].name]
    assert {pin.last_used_at for pin in others} == {latest[pin.id] for pin in others}
    assert all(device.last_used_at is not None for device in devices)
    assert len({device.name for device in devices}) == len(devices)
