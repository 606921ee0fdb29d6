"""The rewards of a stamp card as a program tells them: a list, and the full card's beside it."""

from typing import Any

import pytest

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.rules.stamps.stamp_rewards import (
    all_rewards,
    item_faults,
    milestones_of,
    with_all_rewards,
)

COFFEE = {"name": "A coffee", "value_minor": 350}
COOKIE = {"at": 5, "name": "A cookie"}
ONE: dict[str, Any] = {"stamps_target": 10, "stamp_reward": COFFEE, "texts": {}}
TWO: dict[str, Any] = {**ONE, "stamp_rewards": [COOKIE, {"at": 10, **COFFEE}]}


def test_a_list_says_what_a_full_card_is() -> None:
    rewards = [COOKIE, {"at": 8, "name": "A cake"}]
    told = with_all_rewards(ONE, {"stamp_rewards": rewards})
    assert told == {
        "stamp_rewards": rewards,
        "stamps_target": 8,
        "stamp_reward": {"name": "A cake"},
    }


def test_one_reward_needs_no_list() -> None:
    told = with_all_rewards(TWO, {"stamp_rewards": [{"at": 12, "name": "A cake"}]})
    assert (told["stamp_rewards"], told["stamps_target"]) == (None, 12)


@pytest.mark.parametrize("empty", [None, []])
def test_an_empty_list_leaves_the_full_card(empty: Any) -> None:
    assert with_all_rewards(TWO, {"stamp_rewards": empty}) == {"stamp_rewards": None}


def test_the_last_reward_goes_where_a_full_card_goes() -> None:
    told = with_all_rewards(TWO, {"stamps_target": 12})
    assert told["stamp_rewards"] == [COOKIE, {"at": 12, **COFFEE}]
    told = with_all_rewards(TWO, {"stamp_reward": {"name": "A cake"}})
    assert told["stamp_rewards"] == [COOKIE, {"at": 10, "name": "A cake"}]


def test_what_says_nothing_of_rewards_is_left_alone() -> None:
    assert with_all_rewards(TWO, {"name": "Tea card"}) == {"name": "Tea card"}
    assert with_all_rewards(ONE, {"stamps_target": 5}) == {
        "stamps_target": 5,
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"stamps_target": 5}, ["stamps_target"]),
        ({"stamp_rewards": [COOKIE, COOKIE]}, ["stamp_rewards", 1, "at"]),
        ({"stamp_rewards": [{**COOKIE, "at": 6}, COOKIE]}, ["stamp_rewards", 1, "at"]),
        ({"stamp_rewards": [COOKIE], "stamps_target": 10}, ["stamps_target"]),
        ({"stamp_rewards": [COOKIE], "stamp_reward": COFFEE}, ["stamp_reward"]),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_field(
    fields: dict[str, Any], field: list[Any]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_all_rewards(TWO, fields)
    assert [fault["loc"] for fault in refusal.value.errors] == [field]


def test_what_was_read_can_be_written_again() -> None:
    shown = all_rewards(
        TWO["stamp_rewards"], target=10, reward=COFFEE, texts={"fr": {"reward_name": "Un café"}}
    )
    told = with_all_rewards(TWO, {**TWO, "stamp_rewards": shown})
    kept = {name: told[name] for name in ("stamp_rewards", "stamps_target", "stamp_reward")}
    assert kept == {name: TWO[name] for name in kept}
    assert told["texts"] == {"fr": {"reward_name": "Un café"}}


def test_the_words_of_the_full_card_are_the_programs() -> None:
    texts = {"fr": {"name": "Carte", "reward_name": "Un thé"}, "de": {"name": "Karte"}}
    last = {"at": 10, **COFFEE, "texts": {"fr": {"name": "Un café"}, "lb": {"name": "E Kaffi"}}}
    told = with_all_rewards({**ONE, "texts": texts}, {"stamp_rewards": [last]})
    assert told["texts"] == {
        "fr": {"name": "Carte", "reward_name": "Un café"},
        "de": {"name": "Karte"},
        "lb": {"reward_name": "E Kaffi"},
    }
    [shown] = all_rewards(None, target=10, reward=COFFEE, texts=told["texts"])
    assert shown == last


def test_a_program_without_a_reward_shows_none() -> None:
    assert all_rewards(None, target=10, reward=None, texts={}) == []
    assert milestones_of(None) == ()


def test_the_rules_see_what_stands_before_the_full_card() -> None:
    [one] = milestones_of(TWO["stamp_rewards"])
    assert (one.at, one.reward) == (5, {"name": "A cookie"})


def test_an_item_has_one_rule() -> None:
    rule = {"sku": "latte", "stamps": 1}
    [fault] = item_faults([rule, {"sku": "beans", "stamps": 2}, {**rule, "stamps": 3}])
    assert fault["loc"] == ["stamps_per_item", 2, "sku"]
