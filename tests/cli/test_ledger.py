"""`punchcard ledger verify`: says that all is well, or names what is not and exits with 1."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from punchcard.cli import main
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.settings import Settings
from punchcard.loyalty.operations import Actor, AddStamp, CardKey, CardRef, OpenCard
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.transparency.signing.signed_notes import new_private_key
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support import cast
from tests.support.damage import behind_the_triggers

ACTOR = Actor(ActorKind.SYSTEM, None)


@pytest.fixture
def context(database: Database, known_settings: Settings) -> Iterator[Context]:
    """Let Café Alice stamp one card and Boulangerie Bob open one."""
    with closing(build_context(known_settings, database=database)) as built:
        for shop in (cast.open_cafe_alice(built), cast.open_boulangerie_bob(built)):
            program = shelf.program(shop, status="active", pin_policy="off")
            opening = OpenCard(vendor_id=shop.id, actor=ACTOR, program_id=program.id)
            card = CardRef(CardKey.ID, built.loyalty.till.submit(opening).card.id)
            if shop.slug == "cafe-alice":
                built.loyalty.till.submit(AddStamp(vendor_id=shop.id, actor=ACTOR, card=card))
        yield built


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["ledger", "verify", *arguments])
    shown = capsys.readouterr()
    return int(end.value.code or 0), shown.out, shown.err


def damage_the_stamp(url: str) -> str:
    with behind_the_triggers(url) as connection:
        where = ENTRIES.c.type == "stamp_earned"
        connection.execute(update(ENTRIES).where(where).values(stamps_delta=2))
        return str(connection.execute(select(ENTRIES.c.id).where(where)).scalar_one())


@pytest.mark.usefixtures("context")
def test_a_sound_ledger_is_told_for_people_and_for_machines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys)
    assert (code, out) == (0, "The ledger is sound: 3 entries of 2 cards.\n")
    assert "3/3" in err
    code, out, err = run(capsys, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "entries": 3,
        "cards": 2,
        "is_sound": True,
        "damage_count": 0,
        "damages": [],
    }


@pytest.mark.usefixtures("context")
def test_damage_is_named_and_the_exit_code_tells(
    capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    entry_id = damage_the_stamp(database_url)
    code, out, _ = run(capsys)
    assert code == 1
    assert f"entry {entry_id} of card" in out
    code, out, _ = run(capsys, "--json")
    told: dict[str, Any] = json.loads(out)
    assert (code, told["is_sound"], told["damages"][0]["entry_id"]) == (1, False, entry_id)
    assert told["damages"][0]["what"] == "its hash does not match what it says"


@pytest.mark.usefixtures("context")
def test_only_the_named_shop_is_verified(
    capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    damage_the_stamp(database_url)
    assert run(capsys, "--vendor", "boulangerie-bob")[0] == 0
    assert run(capsys, "--vendor", "cafe-alice")[0] == 1
    code, _, err = run(capsys, "--vendor", "nobody")
    assert (code, err) == (1, "punchcard: There is no such shop.\n")


@pytest.mark.usefixtures("context")
def test_many_damages_are_counted_and_the_first_are_shown(
    capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    wrong = dict.fromkeys(
        ("stamps", "points", "points_carry", "lifetime_stamps", "lifetime_points"), 77
    )
    with behind_the_triggers(database_url) as connection:
        connection.execute(update(ENTRIES).values(actor_id="x", stamps_delta=5, points_delta=5))
        connection.execute(update(CARDS).values(**wrong, lifetime_rewards=77, sequence=77))
    code, out, _ = run(capsys)
    assert code == 1
    assert "more (--json lists them)" in out


@pytest.fixture
def checkpoint(
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Path:
    """Sign the ledger, and keep the checkpoint elsewhere."""
    monkeypatch.setenv("PUNCHCARD_LOG_KEY", new_private_key())
    with pytest.raises(SystemExit) as end:
        main(["ledger", "checkpoint"])
    assert end.value.code in (0, None)
    path = tmp_path / "kept"
    path.write_text(capsys.readouterr().out, "utf-8")
    return path


def test_a_checkpoint_that_was_kept_finds_and_names_what_was_forged(
    checkpoint: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "--against", str(checkpoint))
    assert (code, "Anchored up to the checkpoint of " in out) == (0, True)
    with behind_the_triggers(database_url) as connection:
        where = ENTRIES.c.type == "stamp_earned"
        connection.execute(update(ENTRIES).where(where).values(note="forged"))
        forged = connection.execute(select(ENTRIES.c.id).where(where)).scalar_one()
    code, out, _ = run(capsys, "--against", str(checkpoint))
    assert code == 1
    assert out.startswith("The chains are sound in themselves: 3 entries of 2 cards.\n")
    assert f"entry {forged} of card " in out
    assert "its note was changed" in out
    code, out, _ = run(capsys, "--against", str(checkpoint), "--json")
    log = json.loads(out)["log"]
    assert (code, log["damage_count"], log["damages"][0]["subject_id"]) == (1, 1, forged)
    assert log["anchored_entries"] == 3


@pytest.mark.parametrize("text", ["", "nonsense", "shop\n1\nAAAA\n\n\u2014 shop AAAA\n"])
def test_a_file_that_is_no_checkpoint_is_refused_in_a_line(
    checkpoint: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    checkpoint.write_text(text, "utf-8")
    code, out, err = run(capsys, "--against", str(checkpoint))
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert str(checkpoint) in err


def test_a_checkpoint_is_of_all_shops(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "--against", str(checkpoint), "--vendor", "cafe-alice")
    assert (code, "leave --vendor out" in err) == (1, True)
