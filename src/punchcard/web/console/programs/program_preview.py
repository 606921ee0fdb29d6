"""The card of a program as customers will see it, while someone still types."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from punchcard.kit.i18n import Language, as_language
from punchcard.kit.ids import ProgramId
from punchcard.wallets.card_facts import load_programs
from punchcard.wallets.pass_content import TEXT, ProgramFacts
from punchcard.web.pages.card_preview import CardFace, face_of, sample_card
from punchcard.web.pages.theme_css import colours_of, contrast

LANGUAGE_FIELD: Final = "preview_language"
"""The field of the form that says in which language the card is shown."""
_SHOWN: Final = (
    "name",
    "card_name",
    "stamps_target",
    "stamp_reward",
    "terms_text",
    "branding",
    "texts",
)
_MAY_BE_NONE: Final = ("stamp_reward", "terms_text")


@dataclass(frozen=True, slots=True)
class Preview:
    """A sample card in one language, and how well its text can be read.

    `is_ink_replaced`: the chosen colour cannot be read, so cards show black or white instead.
    """

    face: CardFace
    language: Language
    contrast: float
    is_ink_replaced: bool


def preview_of(
    session: Session,
    program_id: ProgramId,
    language: str,
    *,
    now: datetime,
    typed: Mapping[str, Any] | None = None,
) -> Preview:
    """Return how a card of the program looks with the `typed` fields; wrong ones stay as saved."""
    facts = load_programs(session, [program_id], now=now)[program_id]
    facts = _with_typed(facts, typed or {})
    shown = as_language(language) or as_language(facts.vendor_language) or "en"
    background, ink, _accent = colours_of(facts.branding)
    chosen = str(facts.branding.get("text_color") or TEXT).lower()
    return Preview(
        face=face_of(facts, sample_card(facts), shown),
        language=shown,
        contrast=round(contrast(background, ink), 1),
        is_ink_replaced=chosen != ink,
    )


def _with_typed(facts: ProgramFacts, typed: Mapping[str, Any]) -> ProgramFacts:
    known = {
        name: typed[name]
        for name in _SHOWN
        if name in typed and (typed[name] is not None or name in _MAY_BE_NONE)
    }
    return replace(facts, **known)
