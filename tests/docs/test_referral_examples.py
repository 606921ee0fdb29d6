"""The examples of referrals in docs/rules.md, reckoned by the rules."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from punchcard.engage.rules.referrals import FriendEvent, earning_visit
from punchcard.loyalty.vocabulary import EntryType, PinPolicy, ReferralState

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Friends\n")[1].split("\n## ")[0]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
_TOLD = re.compile(
    r"(?P<signed>signed )?(?P<kind>stamp|paid|refund|void)"
    r"(?: (?P<amount>\d+))?(?: of (?P<about>\d))?"
)
_KINDS = {
    "stamp": EntryType.STAMP_EARNED,
    "paid": EntryType.POINTS_EARNED,
    "refund": EntryType.POINTS_REFUNDED,
    "void": EntryType.VOIDED,
}


def examples() -> list[list[str]]:
    table = SECTION.split("\nWhich visit")[1].split("\nA friend is")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def event(number: int, text: str) -> FriendEvent:
    told = _TOLD.fullmatch(text)
    assert told is not None, text
    return FriendEvent(
        id=str(number),
        type=_KINDS[told["kind"]],
        at=NOW,
        is_signed=told["signed"] is not None,
        amount_minor=int(told["amount"]) if told["amount"] else None,
        about=told["about"],
    )


@pytest.mark.parametrize("example", examples(), ids=" ".join)
def test_the_visit_that_the_page_says_earns_it(example: list[str]) -> None:
    pins, minimum, happened, earned_by = example
    events = [event(number, one) for number, one in enumerate(happened.split(", "), start=1)]
    terms = {"minimum_purchase_minor": int(minimum)}
    visit = earning_visit(terms, PinPolicy(pins), events)
    assert (visit.id if visit else "nothing") == earned_by


def test_every_state_is_explained() -> None:
    assert [state for state in ReferralState if f"| `{state}` |" not in SECTION] == []
    assert len(examples()) >= 8
