"""What the rewards of ledger entries are called in the reader's language."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.loyalty.ledger.ledger_reader import ReadEntry
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.web.pages.card_preview import words_of


def reward_names(
    session: Session, entries: Sequence[ReadEntry], language: str
) -> Mapping[str, str]:
    """Return the name of the reward that each entry gave out, by the entry's id.

    An entry keeps the name its reward had then. Where the reward still has that name, it is told
    in `language` if the shop has words of its own in it.
    """
    given = [entry for entry in entries if (entry.row["reward"] or {}).get("name")]
    if not given:
        return {}
    translations = _of_rewards(session, given, language) | _of_programs(session, given, language)
    names = {}
    for entry in given:
        recorded = str(entry.row["reward"]["name"])
        source = entry.row["reward_id"] or entry.row["program_id"]
        known, translated = translations.get(source, (None, None))
        names[entry.id] = translated if translated and known == recorded else recorded
    return names


_Names = dict[str, tuple[str | None, str]]


def _of_rewards(session: Session, entries: Sequence[ReadEntry], language: str) -> _Names:
    wanted = {entry.row["reward_id"] for entry in entries if entry.row["reward_id"]}
    rows = session.execute(
        select(Reward.id, Reward.name, Reward.texts).where(Reward.id.in_(wanted))
    )
    return {row.id: (row.name, words_of(row.texts, language, "name", None)) for row in rows}


def _of_programs(session: Session, entries: Sequence[ReadEntry], language: str) -> _Names:
    wanted = {entry.row["program_id"] for entry in entries if not entry.row["reward_id"]}
    columns = LoyaltyProgram.id, LoyaltyProgram.stamp_reward, LoyaltyProgram.texts
    return {
        row.id: (
            (row.stamp_reward or {}).get("name"),
            words_of(row.texts, language, "reward_name", None),
        )
        for row in session.execute(select(*columns).where(LoyaltyProgram.id.in_(wanted)))
    }
