"""`punchcard vendor export` and `import`: a shop in a file, and out of it on another server."""

import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Vendor
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.cli import main
from punchcard.context import Context, build_context
from punchcard.db.migrate import upgrade
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.balances import StampTooSoon
from punchcard.loyalty.operations import Actor, AddStamp, CardKey, CardRef, OpenCard
from punchcard.loyalty.programs import vendor_changes
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support import cast

BY_SYSTEM = Actor(ActorKind.SYSTEM, None)


def settings_of(folder: Path, database_url: str) -> Settings:
    return Settings(
        data_dir=folder,
        database_url=database_url,
        secret_key=f"a secret of 32 characters at least, of {folder.name}",
        pin_pepper="a pepper of 32 characters at least",
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
    )


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Settings:
    """Set up the server that the shop leaves, on both databases in turn."""
    (tmp_path / "here").mkdir()
    return settings_of(tmp_path / "here", database_url)


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    """Set up the server where it arrives, with another secret."""
    (tmp_path / "there").mkdir()
    url = f"sqlite:///{tmp_path / 'there' / 'punchcard.db'}"
    upgrade(url)
    return settings_of(tmp_path / "there", url)


@pytest.fixture
def opened(here: Settings) -> Iterator[Receipt]:
    """Open a card at Café Alice and stamp it."""
    with closing(build_context(here)) as context:
        yield _opened(context)


def _opened(context: Context) -> Receipt:
    alice = cast.open_cafe_alice(context)
    program = shelf.program(alice, status="active", pin_policy="off")
    till = context.loyalty.till
    receipt = till.submit(OpenCard(vendor_id=alice.id, actor=BY_SYSTEM, program_id=program.id))
    card = CardRef(CardKey.ID, receipt.card.id)
    till.submit(AddStamp(vendor_id=alice.id, actor=BY_SYSTEM, card=card))
    return receipt


def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, *arguments: str) -> int:
    """Run a command on a server."""
    for name in ("database_url", "secret_key", "pin_pepper", "data_dir"):
        monkeypatch.setenv(f"PUNCHCARD_{name.upper()}", str(getattr(settings, name)))
    with pytest.raises(SystemExit) as end:
        main(["vendor", *arguments])
    return int(end.value.code or 0)


def test_a_shop_goes_on_where_its_file_was_taken_in(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: Settings,
    there: Settings,
    opened: Receipt,
    tmp_path: Path,
) -> None:
    file = tmp_path / "alice.zip"
    assert run(monkeypatch, here, "export", "cafe-alice", "--to", str(file)) == 0
    assert "Wrote Café Alice (cafe-alice)" in capsys.readouterr().out
    assert (file.stat().st_mode & 0o077, zipfile.is_zipfile(file)) == (0, True)

    assert run(monkeypatch, there, "import", str(file)) == 0
    assert "1 cards. The ledger is sound: 2 entries." in capsys.readouterr().out
    with closing(build_context(there)) as context:
        stamp = AddStamp(
            vendor_id=opened.entry["vendor_id"],
            actor=BY_SYSTEM,
            card=CardRef(CardKey.NUMBER, opened.card.number),
        )
        with pytest.raises(StampTooSoon):
            context.loyalty.till.submit(stamp)


def test_a_shop_that_was_closed_before_it_left_goes_on_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
    here: Settings,
    there: Settings,
    opened: Receipt,
    tmp_path: Path,
) -> None:
    vendor_id, file = opened.entry["vendor_id"], tmp_path / "alice.zip"
    with closing(build_context(here)) as context, context.database.write() as session:
        act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
        vendor_changes.close_vendor(session, act, vendor_id)

    assert run(monkeypatch, here, "export", "cafe-alice", "--to", str(file)) == 0
    assert run(monkeypatch, there, "import", str(file)) == 0

    statuses = []
    for settings in (here, there):
        with closing(build_context(settings)) as context, context.database.read() as session:
            statuses.append(session.get_one(Vendor, vendor_id).status)
    assert statuses == [VendorStatus.CLOSED, VendorStatus.ACTIVE]


def test_what_goes_wrong_is_one_line_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: Settings,
    there: Settings,
    opened: Receipt,
    tmp_path: Path,
) -> None:
    file = tmp_path / "alice.zip"
    assert run(monkeypatch, here, "export", "nobody", "--to", str(file)) == 1
    assert list(tmp_path.glob("*.zip*")) == []
    assert run(monkeypatch, here, "export", "cafe-alice", "--to", str(file)) == 0
    assert run(monkeypatch, here, "export", "cafe-alice", "--to", str(file)) == 1
    assert "is there already" in capsys.readouterr().err

    assert run(monkeypatch, here, "import", str(file)) == 1
    assert "There is a shop “cafe-alice” here already" in capsys.readouterr().err
    file.write_bytes(file.read_bytes()[:-100])
    assert run(monkeypatch, there, "import", str(file)) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert run(monkeypatch, there, "import", str(tmp_path / "none.zip")) == 1
    assert "No such file" in capsys.readouterr().err
