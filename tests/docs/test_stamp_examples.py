"""The examples of stamp cards in docs/rules.md, reckoned by the rules."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from punchcard.loyalty.operations import Operation
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.stamps.milestone_rules import kept_of, milestones_of
from punchcard.loyalty.rules.values import CardState, ProgramRules, StampMilestone
from tests.support.drivers.rules import MONDAY, card, program, redeem_stamps, stamp

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def examples(head: str) -> list[list[str]]:
    """Return the cells of the table that begins with the column `head`."""
    table = PAGE.split(f"\n| {head} |")[1].split("\n\n")[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def lived(rules: ProgramRules, steps: str) -> CardState:
    holder = card()
    for step in steps.split(", "):
        what, _, number = step.partition(" ")
        asked: Operation = redeem_stamps(milestone=int(number) if number else None)
        if what == "stamp":
            asked = stamp(int(number))
        holder = decide(asked, rules, holder, MONDAY).card
    return holder


@pytest.mark.parametrize("example", examples("Full card"), ids=" ".join)
def test_a_card_stands_where_the_page_says(example: list[str]) -> None:
    target, milestones, steps, stamps, lap, rewards, kept = example
    ladder = [] if milestones == "none" else milestones.split()
    rules = program(
        stamps_target=int(target),
        milestones=tuple(StampMilestone(int(at), {"name": at}) for at in ladder),
        cooldown=timedelta(0),
        max_daily_stamps=50,
    )
    holder = lived(rules, steps)
    assert (holder.stamps, holder.kept_standing.lap) == (int(stamps), int(lap))
    shown = [f"{one.at} {one.state}" for one in milestones_of(rules, holder)]
    assert ", ".join(shown) == rewards
    assert " ".join(str(at) for _, at in kept_of(rules, holder)) == kept.replace("none", "")


@pytest.mark.parametrize("example", examples("Rule"), ids=" ".join)
def test_stamps_are_good_as_long_as_the_page_says(example: list[str]) -> None:
    kind, months, stamped, visited, until = example
    rules = program(stamps_expiry=Expiry.parse({"kind": kind, "months": int(months)}))
    holder = card()
    for day in (stamped, visited):
        if day != "none":
            noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
            holder = decide(stamp(), rules, holder, noon).card
    assert {lot.expires_on for lot in holder.kept_standing.stamp_lots} == {until}


def test_there_are_examples() -> None:
    assert len(examples("Full card")) >= 5
    assert len(examples("Rule")) >= 3
