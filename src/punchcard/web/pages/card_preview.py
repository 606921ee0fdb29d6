"""A card as its holder sees it, made of the same content as its passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from punchcard.context import Context
from punchcard.kit.i18n import SOURCE_LANGUAGE, Language, as_language
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import join_path
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.public_service import ProgramPage
from punchcard.loyalty.rotating_codes import has_rotating_code
from punchcard.loyalty.rules.logo_rules import is_uploaded
from punchcard.wallets.card_facts import load_facts, load_programs
from punchcard.wallets.pass_content import PassContent, branding_of, card_language, pass_content
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from punchcard.wallets.sample_cards import sample_card


@dataclass(frozen=True, kw_only=True)
class CardFace:
    """What a page shows of a card: `content` in words, `branding` for its colours.

    `logo` and `hero` are addresses of uploaded pictures: pages load nothing from elsewhere.
    """

    content: PassContent
    branding: Mapping[str, Any]
    logo: str | None
    hero: str | None
    has_rotating_code: bool

    @property
    def news(self) -> str:
        """Return what to tell of the card after a change, as a phone does of its pass."""
        if self.content.is_void:
            return str(self.content.status.value)
        told = [(balance.change_message or "%@", balance) for balance in self.content.balances]
        return ". ".join(text.replace("%@", str(balance.value)) for text, balance in told)


def face_of(program: ProgramFacts, card: CardFacts, language: Language | None = None) -> CardFace:
    """Return how a card looks, in its own language unless another is asked for."""
    logo_url, hero_url = program.branding.get("logo_url"), program.branding.get("hero_url")
    return CardFace(
        content=pass_content(program, card, language or card_language(program, card)),
        branding=branding_of(program, card),
        logo=logo_url if is_uploaded(logo_url) else None,
        hero=hero_url if is_uploaded(hero_url) else None,
        has_rotating_code=has_rotating_code(program.branding),
    )


def face_of_card(
    session: Session,
    context: Context,
    card: CardView,
    language: str | None = None,
    *,
    page: ProgramPage | None = None,
) -> CardFace:
    """Return how somebody's card looks, which was read a moment ago; so was `page`, if it is given.

    `page` is of the card's program.
    """
    facts = load_facts(
        session,
        [card.id],
        context.loyalty.card_links,
        now=context.clock.now(),
        known={card.id: card},
        held=[(page.program, page.vendor)] if page else (),
        has_places=False,
    )[card.id]
    return face_of(facts.program, facts.card, as_language(language) if language else None)


def face_of_program(
    session: Session, program_id: ProgramId, language: str, *, now: datetime
) -> CardFace:
    """Return how a new card of a program looks: two stamps on it, or some points."""
    program = load_programs(session, [program_id], now=now, has_places=False)[program_id]
    return face_of(program, sample_card(program), as_language(language) or SOURCE_LANGUAGE)


def join_address(context: Context, program: LoyaltyProgram) -> str:
    """Return the address at which customers join a program: at its shop's own domain, if any."""
    return context.loyalty.card_links.base_of(program.vendor_id) + join_path(program.slug)


def words_of(texts: Mapping[str, Any], language: str, name: str, otherwise: str | None) -> str:
    """Return the shop's own words in a language, or those it has for all."""
    return str((texts.get(language) or {}).get(name) or otherwise or "")
