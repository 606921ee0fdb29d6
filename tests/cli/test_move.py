"""`punchcard move`: all of a database in another one, the same on both sides, or nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from punchcard.accounts.subjects import SYSTEM
from punchcard.cli import main
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.db.migrate import upgrade
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.balances import StampTooSoon
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyCard, LoyaltyTransaction
from punchcard.loyalty.operations import Actor, AddStamp, CardKey, CardRef, OpenCard
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support import cast
from tests.support.databases import PostgresqlTemplate

BY_SYSTEM = Actor(ActorKind(SYSTEM.kind), None)


@pytest.fixture
def filled(database_url: str, settings: Settings) -> str:
    """Let Café Alice open a card and stamp it; its entries are of both forms."""
    with closing(build_context(settings)) as context:
        _fill(context)
    return database_url


def _fill(context: Context) -> None:
    alice = cast.open_cafe_alice(context)
    program = shelf.program(
        alice, status="active", pin_policy="off", stamps_expiry={"kind": "fixed", "months": 12}
    )
    opened = context.loyalty.till.submit(
        OpenCard(vendor_id=alice.id, actor=BY_SYSTEM, program_id=program.id)
    )
    card = CardRef(CardKey.ID, opened.card.id)
    context.loyalty.till.submit(AddStamp(vendor_id=alice.id, actor=BY_SYSTEM, card=card))


@pytest.fixture
def empty(
    database_url: str, tmp_path: Path, postgresql_template: PostgresqlTemplate
) -> Iterator[str]:
    """Give an empty database of the other kind."""
    if not database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'target.db'}"
        return
    with postgresql_template.lend() as url:
        yield url


def moved(source: str, target: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["move", "--from", source, "--to", target])
    return int(end.value.code or 0)


def told(url: str) -> list[tuple[object, ...]]:
    """Return what a ledger says, and that it is sound."""
    with closing(Database(url)) as database:
        with database.snapshot() as connection:
            assert verify_ledger(connection).is_sound
        with database.read() as session:
            details = LoyaltyTransaction.details
            query = select(LoyaltyTransaction.id, LoyaltyTransaction.hash, details)
            entries = session.execute(query.order_by(LoyaltyTransaction.id)).all()
            cards = session.execute(select(LoyaltyCard.id, LoyaltyCard.token_sealed)).all()
    return [*(tuple(row) for row in entries), *(tuple(row) for row in cards)]


def test_a_database_moves_to_the_other_kind_and_back(
    filled: str, empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = told(filled)
    assert len(before) == 3

    assert moved(filled, empty) == 0
    assert "The ledger is sound: 2 entries." in capsys.readouterr().out
    assert told(empty) == before

    home = f"sqlite:///{tmp_path / 'home.db'}"
    assert moved(empty, home) == 0
    assert told(home) == before


def test_the_server_goes_on_where_it_moved_to(filled: str, empty: str, settings: Settings) -> None:
    assert moved(filled, empty) == 0
    with closing(build_context(replace(settings, database_url=empty))) as context:
        with context.database.read() as session:
            card = session.scalars(select(LoyaltyCard)).one()
        stamp = AddStamp(
            vendor_id=card.vendor_id, actor=BY_SYSTEM, card=CardRef(CardKey.NUMBER, card.number)
        )
        with pytest.raises(StampTooSoon):
            context.loyalty.till.submit(stamp)


def test_a_target_that_holds_something_is_left_alone(
    filled: str, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved(filled, empty) == 0
    assert moved(filled, empty) == 1
    assert "not empty" in capsys.readouterr().err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_table_that_nobody_knows_is_not_left_behind_in_silence(
    filled: str, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Database(filled)) as database, database.write() as session:
        session.execute(text("CREATE TABLE notes_of_ours (id integer)"))

    assert moved(filled, empty) == 1

    assert "notes_of_ours" in capsys.readouterr().err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_ledger_moves_nowhere(
    filled: str, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Database(filled)) as database, database.write() as session:
        session.execute(text("UPDATE loyalty_cards SET stamps = 7"))

    assert moved(filled, empty) == 1

    assert "The ledger of the source is damaged" in capsys.readouterr().err
    upgrade(empty)
    with closing(Database(empty)) as database, database.read() as session:
        assert session.scalar(select(func.count()).select_from(LoyaltyCard)) == 0
