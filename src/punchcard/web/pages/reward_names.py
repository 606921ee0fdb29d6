"""What the rewards and tiers of ledger entries are called in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.ledger.ledger_reader import ReadEntry
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.reports.month_report_service import GivenReward
from punchcard.web.pages.card_preview import words_of
from punchcard.web.pages.tier_told import tier_name

_Names = dict[str, dict[str, str]]
"""By the id of a reward or program: each name that stands there today, and what it is in words."""


def subjects_of(session: Session, entries: Sequence[ReadEntry], language: str) -> Mapping[str, str]:
    """Return the name of the reward that each entry gave out, or of the tier that it brings to.

    By the entry's id; for rewards see `names_of`.
    """
    given = {
        entry.id: GivenReward(
            entry.row["program_id"], entry.row["reward_id"], str(entry.row["reward"]["name"])
        )
        for entry in entries
        if (entry.row["reward"] or {}).get("name")
    }
    names = names_of(session, given.values(), language)
    rewards = {entry_id: names[reward] for entry_id, reward in given.items()}
    return {**rewards, **_tiers_reached(session, entries, language)}


def grant_names(session: Session, grants: Sequence[Grant], language: str) -> Mapping[str, str]:
    """Return the name of the reward that each grant gives, by the grant's id; see `names_of`."""
    given = {one.id: GivenReward(one.program_id, one.reward_id, one.reward_name) for one in grants}
    names = names_of(session, given.values(), language)
    return {grant_id: names[reward] for grant_id, reward in given.items()}


def ready_names(session: Session, cards: Sequence[CardView], language: str) -> Mapping[str, str]:
    """Return the name of the best reward that each card can have now, by the card's id.

    Cards without one, and rewards without a name, are left out; see `names_of`.
    """
    best = {
        card.id: GivenReward(card.program_id, card.ready[0].id, card.ready[0].name)
        for card in cards
        if card.ready and card.ready[0].name
    }
    names = names_of(session, best.values(), language)
    return {card_id: names[reward] for card_id, reward in best.items()}


def names_of(
    session: Session, given: Iterable[GivenReward], language: str
) -> Mapping[GivenReward, str]:
    """Return what rewards that were given are called in `language`.

    The ledger keeps the name a reward had then. Where the reward still has that name, it is told
    in `language` if the shop has words of its own in it.
    """
    wanted = set(given)
    if not wanted:
        return {}
    translations = _of_rewards(session, wanted, language) | _of_programs(session, wanted, language)
    return {
        reward: translations.get(reward.source, {}).get(reward.name) or reward.name
        for reward in wanted
    }


def _tiers_reached(session: Session, entries: Sequence[ReadEntry], language: str) -> dict[str, str]:
    reached = {
        entry.id: (entry.row["program_id"], entry.tier_key) for entry in entries if entry.tier_key
    }
    if not reached:
        return {}
    wanted = {program_id for program_id, _ in reached.values()}
    query = select(LoyaltyProgram.id, LoyaltyProgram.tiers).where(LoyaltyProgram.id.in_(wanted))
    tiers = {row.id: row.tiers or () for row in session.execute(query)}
    return {
        entry_id: tier_name(tiers.get(program_id, ()), key, language)
        for entry_id, (program_id, key) in reached.items()
    }


def _of_rewards(session: Session, given: Iterable[GivenReward], language: str) -> _Names:
    wanted = {reward.reward_id for reward in given if reward.reward_id}
    rows = session.execute(
        select(Reward.id, Reward.name, Reward.texts).where(Reward.id.in_(wanted))
    )
    return {row.id: {row.name: words_of(row.texts, language, "name", None)} for row in rows}


def _of_programs(session: Session, given: Iterable[GivenReward], language: str) -> _Names:
    wanted = {reward.program_id for reward in given if not reward.reward_id}
    columns = (
        LoyaltyProgram.id,
        LoyaltyProgram.stamp_reward,
        LoyaltyProgram.stamp_rewards,
        LoyaltyProgram.texts,
    )
    found: _Names = {}
    for row in session.execute(select(*columns).where(LoyaltyProgram.id.in_(wanted))):
        full_card = (row.stamp_reward or {}).get("name", "")
        found[row.id] = {
            # Those on the way have their words beside them.
            **{
                one["name"]: words_of(one.get("texts") or {}, language, "name", None)
                for one in row.stamp_rewards or ()
            },
            full_card: words_of(row.texts, language, "reward_name", None),
        }
    return found
