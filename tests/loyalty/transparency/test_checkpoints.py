"""Checkpoints: when they are signed, what they refuse to sign, and where they go."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from punchcard.accounts.mail.mail_queue import MAIL_SEND
from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency import kept_checkpoints
from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
from punchcard.loyalty.transparency.log_status import anchored, log_finding
from punchcard.loyalty.transparency.models import CHECKPOINTS, LEAVES
from punchcard.loyalty.transparency.signing.checkpoint_text import open_checkpoint
from punchcard.loyalty.transparency.signing.checkpoints import CheckpointMaker, LogBroken
from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty, new_private_key
from tests.loyalty.transparency.test_forgeries import kept_aside
from tests.loyalty.transparency.world import World
from tests.support.damage import behind_the_triggers


def maker(context: Context, settings: Settings) -> CheckpointMaker:
    """Make checkpoints as a server that is set otherwise."""
    return CheckpointMaker(
        database=context.database,
        clock=context.clock,
        ids=context.ids,
        settings=settings,
        mail_queue=context.accounts.mail_queue,
    )


def count(context: Context) -> int:
    with context.database.read_connection() as connection:
        return len(kept_checkpoints.kept_notes(connection))


def finding(context: Context, settings: Settings | None = None) -> tuple[str, str]:
    with context.database.read_connection() as connection:
        return log_finding(connection, settings or context.settings, context.clock.now())


def test_a_checkpoint_is_made_when_it_is_due_and_something_is_new(world: World) -> None:
    context, clock = world.context, world.clock
    due = context.loyalty.checkpoint_maker.make_if_due
    assert due() is not None
    assert due() is None
    clock.advance(minutes=61)
    assert due() is None, "nothing is new"
    world.buy(world.cards[0])
    assert due() is not None
    clock.advance(minutes=30)
    world.buy(world.cards[0])
    assert due() is None
    clock.advance(hours=26)
    assert due() is not None
    clock.advance(hours=25)
    assert due() is not None, "a day is enough"
    assert count(context) == 4


def test_nothing_is_signed_that_contradicts_what_was_signed(
    world: World, database_url: str
) -> None:
    context = world.context
    world.checkpoint()
    with kept_aside(database_url):
        world.clock.advance(hours=1)
        world.buy(world.cards[0])
        newest = world.checkpoint()
    state, told = finding(context)
    assert (state, "punchcard ledger verify" in told) == ("error", True)
    with pytest.raises(LogBroken, match=r"an older copy of the database was put back"):
        world.checkpoint()
    assert count(context) == 1

    anew = context.loyalty.checkpoint_maker.make(begins_anew=True).checkpoint

    assert (anew.size, newest.size) == (12, 13)
    assert finding(context)[0] == "ok"
    with context.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "ledger.log_begun_anew")
        event = session.scalars(query).one()
    assert event.new is not None
    assert event.new["entries"] == 12
    world.clock.advance(hours=1)
    world.checkpoint()
    assert not world.verify(newest).is_sound, "what was signed then is gone all the same"


def test_another_key_signs_nothing(world: World, server_settings: Settings) -> None:
    world.checkpoint()
    other = replace(server_settings, log_key=new_private_key())
    with pytest.raises(LogBroken, match="by another key"):
        maker(world.context, other).make()
    assert finding(world.context, other)[0] == "error"
    made = maker(world.context, other).make(begins_anew=True)
    assert open_checkpoint(made.note, load_log_key(other).verifier).size == 12


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_embedded_server_makes_its_key_once(world: World, server_settings: Settings) -> None:
    embedded = replace(server_settings, log_key="")
    path = embedded.data_dir / "log_key"
    assert finding(world.context, embedded)[0] == "warning"
    made = maker(world.context, embedded).make()
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_checkpoint(made.note, load_log_key(embedded).verifier).size == 12
    path.unlink()
    with pytest.raises(LogKeyMissing, match="put log_key back"):
        maker(world.context, embedded).make()
    assert not path.exists()
    assert finding(world.context, embedded)[0] == "warning"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_a_key_nothing_is_signed_and_the_doctor_says_how(
    world: World, server_settings: Settings
) -> None:
    without = replace(server_settings, log_key="")
    assert maker(world.context, without).make_if_due() is None
    state, told = finding(world.context, without)
    assert (state, "openssl genpkey" in told) == ("warning", True)


@pytest.mark.parametrize("key", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAA\n"])
def test_a_key_that_is_none_is_told(settings: Settings, key: str) -> None:
    with pytest.raises(LogKeyMissing, match="PUNCHCARD_LOG_KEY: the key is no"):
        load_log_key(replace(settings, log_key=key))


def test_checkpoints_go_where_the_operator_wants_them(
    world: World, server_settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    wanted = replace(
        server_settings, checkpoint_mail_to="me@far.example", checkpoint_folder=str(folder)
    )
    made = [maker(world.context, wanted).make()]
    world.clock.advance(hours=2)
    made.append(maker(world.context, wanted).make())
    kept = [path.read_text("utf-8") for path in sorted(folder.iterdir())]
    assert kept == [one.note for one in made]
    with world.context.database.read() as session:
        mails = session.scalars(select(OutboxRow).where(OutboxRow.topic == MAIL_SEND)).all()
        (mail_id,) = [row.key for row in mails]
        mail = world.context.accounts.mail_queue.find(session, mail_id)
    assert mail is not None
    assert (mail.to, mail.kind) == ("me@far.example", "checkpoint")
    assert mail.facts["note"] == made[0].note


def test_a_folder_that_cannot_be_written_stops_nothing(
    world: World, server_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    wanted = replace(server_settings, checkpoint_folder=str(tmp_path / "file" / "folder"))
    assert maker(world.context, wanted).make().checkpoint.size == 12
    assert "the checkpoint is not in" in caplog.text


def test_how_far_the_ledger_is_anchored_is_told(world: World) -> None:
    with world.context.database.read_connection() as connection:
        assert anchored(connection) is None
    first = world.checkpoint()
    world.clock.advance(hours=3)
    world.buy(world.cards[0])
    second = world.checkpoint()
    with world.context.database.read_connection() as connection:
        found = anchored(connection)
    assert found is not None
    assert (found.since, found.made_at) == (first.made_at, second.made_at)
    assert (found.entries, found.events) == (13, second.audit_size)
    assert finding(world.context)[0] == "ok"
    world.clock.advance(hours=27)
    assert finding(world.context)[0] == "warning"


def test_a_changed_checkpoint_is_refused(world: World, server_settings: Settings) -> None:
    note = world.context.loyalty.checkpoint_maker.make().note
    key = load_log_key(server_settings).verifier
    with pytest.raises(NoteFaulty):
        open_checkpoint(note.replace("\n12\n", "\n11\n"), key)


def test_a_log_that_was_emptied_is_not_signed_again(world: World, database_url: str) -> None:
    world.checkpoint()
    with behind_the_triggers(database_url) as connection:
        connection.execute(delete(LEAVES))
        connection.execute(delete(CHECKPOINTS))
    with pytest.raises(LogBroken):
        world.checkpoint()
