"""The examples of tiers in docs/rules.md, reckoned by the rules."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.due_rules import as_of
from punchcard.loyalty.rules.tiers.tier_plan import Tier, TierPlan
from punchcard.loyalty.rules.tiers.tier_rules import tier_view
from punchcard.loyalty.vocabulary import TierBasis, TierDowngrade, TierWindow
from tests.support.drivers.rules import card, earn, points_program

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
TIERS = (Tier("basic", 0), Tier("silver", 100), Tier("gold", 300))


def examples() -> list[list[str]]:
    section = PAGE.split("\n## Tiers\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def noon(day: str) -> datetime:
    local = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=ZoneInfo("Europe/Luxembourg"))
    return local.astimezone(UTC)


@pytest.mark.parametrize("example", examples(), ids=" ".join)
def test_an_example_is_in_the_tier_that_the_page_says(example: list[str]) -> None:
    window, falls, holds, purchases, on, told = example
    plan = TierPlan(
        TIERS,
        TierBasis.POINTS,
        TierWindow(window),
        holds_months=int(holds),
        downgrade=TierDowngrade(falls),
    )
    program = points_program(tier_plan=plan)
    kept = card()
    for purchase in purchases.split(", "):
        day, euros = purchase.split()
        kept = decide(earn(int(euros) * 100), program, kept, noon(day)).card
    now = noon(on)
    view = tier_view(program, as_of(program, kept, now), program.day_of(now))
    assert view is not None
    until = f" until {view.until}" if view.until else ""
    assert f"{view.key}{until}" == told
