"""`punchcard stats rebuild`: compares, tells, corrects."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import update

from punchcard.accounts.subjects import SYSTEM
from punchcard.cli import main
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.operations import Actor, OpenCard
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support import cast


@pytest.fixture
def context(database: Database, known_settings: Settings) -> Iterator[Context]:
    """Let Café Alice open one card, and let the command line find it."""
    with closing(build_context(known_settings, database=database)) as context:
        alice = cast.open_cafe_alice(context)
        program = shelf.program(alice, status="active")
        actor = Actor(ActorKind(SYSTEM.kind), None)
        context.loyalty.till.submit(
            OpenCard(vendor_id=alice.id, actor=actor, program_id=program.id)
        )
        context.loyalty.till.close()
        yield context


def damage(context: Context) -> None:
    with context.database.write_connection() as connection:
        connection.execute(update(DailyRollup).values(cards_opened=5))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["stats", "rebuild", *arguments])
    shown = capsys.readouterr()
    return int(end.value.code or 0), shown.out, shown.err


@pytest.mark.usefixtures("context")
def test_no_difference_is_told_for_people_and_for_machines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(capsys, "--check")[:2] == (0, "Entries: 1. Days: 1. No difference.\n")
    code, out, err = run(capsys, "--json")
    told: dict[str, Any] = json.loads(out)
    assert (code, err) == (0, "")
    assert told == {
        "entries": 1,
        "days": 1,
        "differences": 0,
        "corrected": False,
        "first_differences": [],
    }


def test_a_check_tells_the_difference_and_corrects_nothing(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(context)
    for _ in range(2):
        code, out, err = run(capsys, "--check")
        assert code == 1
        assert "cards_opened: kept 5, ledger 1" in out
        assert "punchcard stats rebuild" in err


def test_the_rebuild_corrects_the_difference(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(context)
    code, out, _ = run(capsys, "--json")
    told = json.loads(out)
    assert (code, told["differences"], told["corrected"]) == (0, 1, True)
    assert told["first_differences"][0]["kept"] == {"cards_opened": 5}
    assert told["first_differences"][0]["ledger"] == {"cards_opened": 1}
    assert run(capsys, "--check")[0] == 0
