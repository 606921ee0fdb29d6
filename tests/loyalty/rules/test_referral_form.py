"""What may be promised for bringing a friend."""

from typing import Any

import pytest

from punchcard.loyalty.rules.promises.referral_form import referral_faults, rewards_of
from punchcard.loyalty.vocabulary import ProgramType


def faults(program_type: str = "hybrid", **referral: Any) -> list[list[str]]:
    found = referral_faults(referral, ProgramType(program_type), frozenset({"cake"}))
    return [fault["loc"][1:] for fault in found]


@pytest.mark.parametrize(
    "referral",
    [
        {"friend": {"points": 5}},
        {"referrer": {"reward_id": "cake"}, "friend": {"stamps": 1}},
        {"friend": {"points": 5}, "minimum_purchase_minor": 500},
    ],
)
def test_what_a_program_has_can_be_promised(referral: dict[str, Any]) -> None:
    assert faults(**referral) == []


@pytest.mark.parametrize(
    ("program_type", "referral", "place"),
    [
        ("hybrid", {}, ["friend"]),
        ("hybrid", {"referrer": None, "friend": {}}, ["friend"]),
        ("hybrid", {"friend": {"points": 5, "stamps": 1}}, ["friend", "stamps"]),
        ("hybrid", {"referrer": {"reward_id": "gone"}}, ["referrer", "reward_id"]),
        ("stamps", {"friend": {"points": 5}}, ["friend", "points"]),
        ("points", {"friend": {"stamps": 5}}, ["friend", "stamps"]),
        (
            "stamps",
            {"friend": {"stamps": 1}, "minimum_purchase_minor": 1},
            ["minimum_purchase_minor"],
        ),
    ],
)
def test_what_does_not_fit_is_named(
    program_type: str, referral: dict[str, Any], place: list[str]
) -> None:
    assert faults(program_type, **referral) == [place]


def test_the_rewards_that_are_promised() -> None:
    promised = {"referrer": {"reward_id": "cake"}, "friend": {"points": 1}}
    assert rewards_of(promised) == {"cake"}
