"""The examples of promotions in docs/rules.md, reckoned by the rules."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from punchcard.kit.ids import PromotionId
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.promotions.promotion_offer import PromotionOffer
from punchcard.loyalty.rules.values import History
from punchcard.loyalty.vocabulary import EffectKind, LimitPeriod
from tests.support.drivers.rules import MONDAY, card, earn, points_program

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
_PROMOTION = re.compile(
    r"(?:(?P<factor>[\d.]+)x|\+(?P<points>\d+))"
    r"(?P<add> add)?(?P<once> once)?(?: of (?P<budget>\d+))?"
)


def examples() -> list[list[str]]:
    section = PAGE.split("\n## Promotions\n")[1].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def promotion(text: str, number: int) -> tuple[PromotionOffer, int | None]:
    told = _PROMOTION.fullmatch(text)
    assert told is not None, text
    offer = PromotionOffer(
        id=PromotionId(f"promotion-{number}"),
        version=1,
        kind=EffectKind.MULTIPLY if told["factor"] else EffectKind.ADD_POINTS,
        factor=Fraction(told["factor"] or 1),
        points=int(told["points"] or 0),
        is_best=told["add"] is None,
        limit_times=1 if told["once"] else None,
        limit_per=LimitPeriod.CARD,
        has_budget=told["budget"] is not None,
    )
    return offer, int(told["budget"]) if told["budget"] else None


@pytest.mark.parametrize("example", examples(), ids=" ".join)
def test_an_example_gives_what_the_page_says(example: list[str]) -> None:
    told, purchases, points = example
    promotions = [promotion(text, n) for n, text in enumerate(told.split(", "))]
    program = points_program(promotions=tuple(offer for offer, _ in promotions))
    left = {offer.id: budget for offer, budget in promotions if budget is not None}
    kept = card()
    for amount in purchases.split(","):
        decision = decide(earn(int(amount)), program, kept, MONDAY, History(budgets=dict(left)))
        kept = decision.card
        for part in (decision.steps[-1][0].details or {}).get("parts", ())[1:]:
            if part["promotion_id"] in left:
                left[part["promotion_id"]] -= part["points"]
    assert kept.points == int(points)


def test_there_are_examples() -> None:
    assert len(examples()) >= 8
