"""The examples of automations in docs/rules.md, reckoned by the rules."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from punchcard.engage.rules.occasions import CardDates, occasion_on
from punchcard.engage.vocabulary import Trigger

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def examples() -> list[list[str]]:
    section = PAGE.split("\nExamples, of a birthday:\n")[1].split("\nEach occasion")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("example", examples(), ids=" ".join)
def test_a_birthday_is_met_on_the_day_the_page_says(example: list[str]) -> None:
    birthday, told, days_before, looked_at, met_on, year = example
    opened = date.fromisoformat(told)
    card = CardDates(opened, opened, birthday, opened)
    when = {"days_before": int(days_before)}
    day = date.fromisoformat(looked_at)
    while (occasion := occasion_on(Trigger.BIRTHDAY, when, card, day)) is None:
        day += timedelta(days=1)
    assert (day.isoformat(), occasion.name) == (met_on, year)


def test_every_trigger_is_explained() -> None:
    table = PAGE.split("\n## Automations\n")[1]
    assert [trigger for trigger in Trigger if f"| `{trigger}` |" not in table] == []
    assert len(examples()) >= 6
