"""What a program says about the rewards of its stamp card: milestones and the full card. Pure.

`stamps_target`, `stamp_reward` and the words of it in `texts` are those of the full card, and
`stamp_rewards` names all rewards, the full card's last. Whichever is set, the others follow. A
program with one reward keeps no list.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from punchcard.kit.errors import InvalidInput
from punchcard.kit.i18n import N_
from punchcard.loyalty.rules.values import StampMilestone

REWARDS_LIMIT: Final = 5
"""How many rewards a stamp card has at most, the full card's included."""
ITEM_RULES_LIMIT: Final = 200
SKU_CHARACTERS: Final = 64
STAMP_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {"max_stamps_per_visit": (1, 50)}

STAMP_CARD: Final = ("stamps_target", "stamp_reward", "stamp_rewards", "texts")
"""The fields of a program that tell its rewards."""

_WORDS: Final = {"name": "reward_name", "description": "reward_description"}
_REWARD_FIELDS: Final = ("name", "description", "value_minor")

Document = Mapping[str, Any]


def milestones_of(rewards: Sequence[Document] | None) -> tuple[StampMilestone, ...]:
    """Return the rewards before the full card's, as the rules see them."""
    return tuple(StampMilestone(one["at"], _reward_of(one)) for one in (rewards or ())[:-1])


def all_rewards(
    rewards: Sequence[Document] | None,
    *,
    target: int,
    reward: Document | None,
    texts: Mapping[str, Document],
) -> list[dict[str, Any]]:
    """Return every reward of a stamp card as callers see it, the full card's last.

    None while the full card has no reward yet.
    """
    if not reward:
        return []
    last: dict[str, Any] = {"at": target, **reward}
    if words := _last_texts(texts):
        last["texts"] = words
    return [*(dict(one) for one in (rewards or ())[:-1]), last]


def with_all_rewards(before: Document, fields: Document) -> dict[str, Any]:
    """Return a program's changed `fields` with those that follow from them.

    `before` are its fields until now. Raises InvalidInput for rewards that contradict one another.
    """
    told = dict(fields)
    if "stamp_rewards" in told:
        rewards = told["stamp_rewards"] or None
        if rewards:
            _check_order(rewards)
            _check_last(rewards[-1], told)
            told.update(_of_last(rewards[-1], {**before, **told}))
        told["stamp_rewards"] = [dict(one) for one in rewards or ()]
    elif "stamps_target" in told or "stamp_reward" in told:
        if before.get("stamp_rewards"):
            told["stamp_rewards"] = [dict(one) for one in before["stamp_rewards"]]
    else:
        return told
    if "stamp_rewards" in told:
        told["stamp_rewards"] = _with_last(told["stamp_rewards"], {**before, **told})
    return told


def item_faults(rules: Iterable[Document] | None) -> list[dict[str, Any]]:
    """Return what is wrong with how many stamps items give: `{loc, message, params}`."""
    faults, seen = [], set[str]()
    for place, rule in enumerate(rules or ()):
        if rule["sku"] in seen:
            loc = ["stamps_per_item", place, "sku"]
            faults.append(_fault(loc, N_("The same item stands there twice.")))
        seen.add(rule["sku"])
    return faults


def _check_order(rewards: Sequence[Document]) -> None:
    for place, (one, following) in enumerate(pairwise(rewards), start=1):
        if following["at"] <= one["at"]:
            sentence = N_("Each reward needs more stamps than the one before it.")
            raise InvalidInput([_fault(["stamp_rewards", place, "at"], sentence)])


def _check_last(last: Document, told: Document) -> None:
    """Refuse fields that say of the full card something else than the list does."""
    if told.get("stamps_target", last["at"]) != last["at"]:
        sentence = N_("The last reward stands at another number of stamps than the full card.")
        raise InvalidInput([_fault(["stamps_target"], sentence)])
    reward = told.get("stamp_reward")
    if reward is not None and _reward_of(reward) != _reward_of(last):
        sentence = N_("The last reward is another one than that of the full card.")
        raise InvalidInput([_fault(["stamp_reward"], sentence)])


def _of_last(last: Document, program: Document) -> dict[str, Any]:
    """Return the fields of a program that repeat the last reward."""
    fields: dict[str, Any] = {"stamps_target": last["at"], "stamp_reward": _reward_of(last)}
    if words := last.get("texts"):
        texts = {language: dict(said) for language, said in (program.get("texts") or {}).items()}
        for language, said in words.items():
            named = {_WORDS[name]: text for name, text in said.items() if name in _WORDS}
            texts[language] = {**texts.get(language, {}), **named}
        fields["texts"] = texts
    return fields


def _with_last(rewards: list[dict[str, Any]], program: Document) -> list[dict[str, Any]] | None:
    """Return the list as it is kept: the last one as the program has it, None for one alone."""
    target, milestones = program["stamps_target"], rewards[:-1]
    if not milestones or not program.get("stamp_reward"):
        return None
    if milestones[-1]["at"] >= target:
        sentence = N_("There is a reward at {at} stamps: a full card needs more than that.")
        fault = _fault(["stamps_target"], sentence, at=milestones[-1]["at"])
        raise InvalidInput([fault])
    return [*milestones, {"at": target, **_reward_of(program["stamp_reward"])}]


def _last_texts(texts: Mapping[str, Document]) -> dict[str, dict[str, str]]:
    found = {}
    for language, said in texts.items():
        words = {name: said[kept] for name, kept in _WORDS.items() if said.get(kept)}
        if words:
            found[language] = words
    return found


def _reward_of(document: Document) -> dict[str, Any]:
    return {n: document[n] for n in _REWARD_FIELDS if document.get(n) is not None}


def _fault(loc: list[Any], sentence: str, **params: Any) -> dict[str, Any]:
    return {"loc": loc, "message": sentence, "params": params}
