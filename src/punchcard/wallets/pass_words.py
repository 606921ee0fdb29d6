"""The words of a pass in one language: its shop's own, and Punchcard's. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from punchcard.kit.i18n import Language, plural, translate
from punchcard.wallets.pass_facts import (
    GivenFacts,
    MilestoneFacts,
    ProgramFacts,
    RewardFacts,
    TierFacts,
)


@dataclass(frozen=True, kw_only=True)
class PassField:
    """One labelled value; `change_message` is what the phone says when it changes (`%@`)."""

    key: str
    label: str
    value: str | int
    change_message: str | None = None
    is_link: bool = False


class PassPhrases:
    """Finds the words of a program and of Punchcard in one language."""

    def __init__(self, program: ProgramFacts, language: Language) -> None:
        self._texts: Mapping[str, Any] = program.texts.get(language) or {}
        self.language = language

    def own(self, name: str, otherwise: str) -> str:
        """Return the shop's own words in this language, or those it has for all."""
        return str(self._texts.get(name) or otherwise)

    def say(self, sentence: str, **params: Any) -> str:
        """Return a sentence of the catalogues."""
        return translate(sentence, self.language, **params)

    def count(self, n: int, forms: tuple[str, str], **params: Any) -> str:
        """Return the sentence for one or for many, with its `{n}` and other `params` filled."""
        return self.say(plural(n, *forms, self.language), n=n, **params)

    def of_reward(self, reward: RewardFacts | MilestoneFacts | TierFacts | GivenFacts) -> str:
        """Return what a reward or a tier of the program is called in this language."""
        return str((reward.texts.get(self.language) or {}).get("name") or reward.name)
