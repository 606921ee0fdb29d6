"""The card of a program as customers will see it, while someone still types."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from punchcard.kit.i18n import Language, as_language
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.wallets.card_colours import ACCENT, TEXT, card_colours, contrast
from punchcard.wallets.card_facts import load_programs
from punchcard.wallets.pass_facts import ProgramFacts
from punchcard.wallets.sample_cards import sample_card
from punchcard.web.pages.card_preview import CardFace, face_of

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
class EarningExample:
    """What one purchase earns by the rule; `has_rest`: a part of a point is kept on the card."""

    amount_minor: int
    currency: str
    points: int
    has_rest: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A sample card in one language, and how well its text can be read.

    `is_ink_replaced`: the chosen colour cannot be read, so cards show black or white instead.
    `earning` is an example of what purchases earn; None where they earn nothing.
    `is_accent_replaced`: stamps could not be told from the background, so they have another shade.
    """

    face: CardFace
    language: Language
    contrast: float
    is_ink_replaced: bool
    earning: EarningExample | None
    is_accent_replaced: bool


def preview_of(
    session: Session,
    program_id: ProgramId,
    language: str,
    *,
    now: datetime,
    typed: Mapping[str, Any] | None = None,
) -> Preview:
    """Return how a card of the program looks with the `typed` fields; wrong ones stay as saved."""
    facts = load_programs(session, [program_id], now=now, has_places=False)[program_id]
    program = session.get_one(LoyaltyProgram, program_id)
    earning = None if program.type == ProgramType.STAMPS else _earning(program, typed or {})
    return preview_of_facts(_with_typed(facts, typed or {}), language, earning)


def preview_of_facts(
    facts: ProgramFacts, language: str, earning: EarningExample | None = None
) -> Preview:
    """Return how a card of such a program looks, in the shop's language unless another is asked."""
    shown = as_language(language) or as_language(facts.vendor_language) or "en"
    colours = card_colours(facts.branding)
    ink = str(facts.branding.get("text_color") or TEXT).lower()
    accent = str(facts.branding.get("accent_color") or ACCENT).lower()
    return Preview(
        face=face_of(facts, sample_card(facts), shown),
        language=shown,
        contrast=round(contrast(colours.background, colours.ink), 1),
        is_ink_replaced=ink != colours.ink,
        is_accent_replaced=accent != colours.accent,
        earning=earning,
    )


def earning_example(points: int, per_amount_minor: int, currency: str) -> EarningExample:
    """Return what two and a half times the amount earns, on a card that carries nothing."""
    amount = per_amount_minor * 5 // 2
    earned, rest = divmod(amount * points, per_amount_minor)
    return EarningExample(amount, currency, earned, rest > 0)


def _earning(program: LoyaltyProgram, typed: Mapping[str, Any]) -> EarningExample:
    rule = ("points_per_currency_unit", "points_per_amount_minor")
    points, per_amount = (typed.get(name) or getattr(program, name) for name in rule)
    return earning_example(points, per_amount, program.currency)


def _with_typed(facts: ProgramFacts, typed: Mapping[str, Any]) -> ProgramFacts:
    known = {
        name: typed[name]
        for name in _SHOWN
        if name in typed and (typed[name] is not None or name in _MAY_BE_NONE)
    }
    return replace(facts, **known)
