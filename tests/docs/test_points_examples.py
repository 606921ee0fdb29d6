"""The examples of what purchases earn in docs/api.md, reckoned by the rules."""

from pathlib import Path

import pytest

from punchcard.kit.money import minor_units
from punchcard.loyalty.rules import decide
from tests.support.drivers.rules import MONDAY, card, earn, points_program

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def examples() -> list[list[str]]:
    section = PAGE.split("\n## What purchases earn\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("example", examples(), ids=" ".join)
def test_an_example_earns_what_the_page_says(example: list[str]) -> None:
    currency, points, per_amount, purchases, earned = example
    rules = points_program(
        currency=currency,
        minor_units=minor_units(currency),
        points_per_currency_unit=int(points),
        points_per_amount_minor=int(per_amount),
    )
    held = card()
    for amount in purchases.split(","):
        held = decide(earn(int(amount)), rules, held, MONDAY).card
    assert held.points == int(earned)


def test_there_are_examples() -> None:
    assert len(examples()) >= 5
