"""The poster and the table card that stand on the counter: one sheet of A5 for the printer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import LANGUAGES, N_, Language, as_language
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.rules.logo_rules import is_uploaded
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.pages.card_preview import join_address, words_of
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/poster")

FORMATS: Final = {"poster": N_("Counter poster (A5)"), "tent": N_("Table card to fold (A5)")}
LANGUAGES_MOST: Final = 2


@dataclass(frozen=True, slots=True)
class PosterWords:
    """What the sheet says in one language."""

    language: Language
    card_name: str
    promise: str
    how: str
    note: str


@router.get("")
def open_poster(
    request: PageRequestDep,
    program_id: ProgramId,
    format: str = "poster",
    languages: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> Response:
    """Show the sheet with what to choose around it; printed, only the sheet is there."""
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        vendor = vendor_service.get_vendor(session, request.vendor_id)
    chosen = [found for code in languages or [] if (found := as_language(code))]
    chosen = list(dict.fromkeys(chosen))[:LANGUAGES_MOST] or [as_language(vendor.language) or "en"]
    logo_url = program.branding.get("logo_url")
    url = join_address(request.context, program.slug)
    return request.render(
        "console/poster.html",
        program=program,
        shop_name=vendor.name,
        format=format if format in FORMATS else "poster",
        formats=list(FORMATS.items()),
        chosen=chosen,
        languages=LANGUAGES,
        texts=[poster_words(program, language) for language in chosen],
        join_url=url,
        shown_url=url.split("://", 1)[-1],
        logo=logo_url if is_uploaded(logo_url) else None,
    )


def poster_words(program: LoyaltyProgram, language: Language) -> PosterWords:
    """Return what the sheet says of a program in one language."""
    say = Wording(language).sentence
    return PosterWords(
        language=language,
        card_name=words_of(program.texts, language, "card_name", program.card_name),
        promise=_promise(program, Wording(language)),
        how=say(N_("Scan the code and get your card right away.")),
        note=say(N_("No app, no password, nothing to install.")),
    )


def _promise(program: LoyaltyProgram, wording: Wording) -> str:
    if program.type == ProgramType.POINTS:
        amount = wording.money(program.points_per_amount_minor, program.currency)
        return wording.count(
            program.points_per_currency_unit,
            wording.sentence(N_("{n} point for every {amount} you spend.")),
            wording.sentence(N_("{n} points for every {amount} you spend.")),
            amount=amount,
        )
    reward: Mapping[str, Any] = program.stamp_reward or {}
    if not reward.get("name"):
        return wording.sentence(N_("Collect stamps, get a reward."))
    return wording.count(
        program.stamps_target,
        wording.sentence(N_("{n} stamp, then: {reward}.")),
        wording.sentence(N_("{n} stamps, then: {reward}.")),
        reward=words_of(program.texts, wording.language, "reward_name", reward.get("name")),
    )
