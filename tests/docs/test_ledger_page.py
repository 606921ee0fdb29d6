"""docs/ledger.md tells the truth: its commands and programs are run against a real ledger."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text

from punchcard.loyalty.ledger.entry import HASHED_FIELDS
from punchcard.loyalty.tables import CARDS
from tests.loyalty.story import Story

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the only block of the page in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def check_chain(story: Story, number: str) -> "subprocess.CompletedProcess[str]":
    path = story.url.removeprefix("sqlite:///")
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", block("python"), path, number],
        capture_output=True,
        text=True,
        check=False,
    )


def number_of(story: Story) -> str:
    with story.context.database.read_connection() as connection:
        query = select(CARDS.c.number).where(CARDS.c.id == story.card_id)
        return str(connection.execute(query).scalar_one())


def test_the_entry_hashed_by_hand_has_the_hash_that_is_told() -> None:
    ran = subprocess.run(["sh", "-c", block("sh")], capture_output=True, text=True, check=True)
    assert ran.stdout == block("text")


def test_the_table_names_every_hashed_value_in_order() -> None:
    rows = re.findall(r"^\| [0-9–]+ \| (.*?) \|", PAGE, re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(rows))
    reward = {"name": "reward_name", "value_minor": "reward_value_minor"}
    assert [reward.get(name, name) for name in named] == list(HASHED_FIELDS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_program_finds_a_card_sound_and_a_changed_entry(story: Story) -> None:
    number = number_of(story)
    sound = check_chain(story, number)
    assert sound.stdout.endswith(": sound\n"), sound.stderr
    story.change(5, reference="another bon")
    assert "entry 5 was changed" in check_chain(story, number).stderr


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_query_returns_nothing_but_what_is_wrong(story: Story) -> None:
    def wrong() -> list[int]:
        with story.context.database.read_connection() as connection:
            statement = text(block("sql").replace(":", r"\:"))
            return [row.sequence for row in connection.execute(statement)]

    assert wrong() == []
    story.change(5, reference="another bon")
    assert wrong() == [5]
