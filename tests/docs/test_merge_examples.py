"""The examples of merges in the rules: what two cards are together is what the rules reckon."""

import re
from pathlib import Path

import pytest

from punchcard.kit.ids import CardId, MergeId
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.rules.decide import decide_merge
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.values import CardState, StampMilestone
from punchcard.loyalty.vocabulary import ProgramType
from tests.support.drivers.rules import MONDAY, adjust, program

_LINES = re.findall(
    r"^\| (\d+s[^|]*) \| (\d+s[^|]*) \| (\d+s[^|]*) \|$",
    Path("docs/rules.md").read_text(encoding="utf-8").split("## Two cards of one person")[1],
    re.MULTILINE,
)
_PROGRAM = program(
    type=ProgramType.HYBRID,
    stamps_target=10,
    milestones=(StampMilestone(5, {"name": "A biscuit"}),),
)


def card_of(text: str, card_id: str) -> CardState:
    words = text.split()
    lap = int(words[words.index("lap") + 1]) if "lap" in words else 1
    claimed = (5,) if "claimed" in words else ()
    standing = Standing(lap=lap, claimed=claimed)
    return CardState(
        id=CardId(card_id),
        stamps=int(words[0].removesuffix("s")),
        points=sum(int(word[:-1]) for word in words if re.fullmatch(r"\d+p", word)),
        standing=None if standing == Standing() else standing,
    )


def test_there_are_examples() -> None:
    assert len(_LINES) == 5


@pytest.mark.parametrize(("stays", "other", "together"), _LINES)
def test_the_example_is_what_the_rules_reckon(stays: str, other: str, together: str) -> None:
    asked = adjust(1)
    merge = MergeCards(
        vendor_id=asked.vendor_id,
        actor=asked.actor,
        card=CardRef(CardKey.ID, "a"),
        from_card=CardRef(CardKey.ID, "b"),
        merge_id=MergeId("m"),
        is_by_till=False,
    )
    cards = (card_of(stays, "a"), card_of(other, "b"))
    after = decide_merge(merge, _PROGRAM, cards, MONDAY).target.card
    expected = card_of(together, "a")
    assert (after.stamps, after.points) == (expected.stamps, expected.points)
    assert after.kept_standing.lap == expected.kept_standing.lap
    assert after.kept_standing.claimed == expected.kept_standing.claimed
