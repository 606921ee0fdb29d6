"""What hangs and stands in the shop: posters, table cards, and the code alone for a printer."""

from collections.abc import Callable, Mapping
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
from punchcard.web.console.programs.poster_fit import hyphenated
from punchcard.web.console.programs.poster_sheets import SHEETS, SheetWords, step_of
from punchcard.web.pages import drawings
from punchcard.web.pages.card_preview import join_address, words_of
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.page_request import PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/poster")

LANGUAGES_MOST: Final = 2
_HOLES_MOST: Final = 15


@dataclass(frozen=True, slots=True)
class PosterWords:
    """What the sheet says in one language; long words hold soft hyphens."""

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
    """Show the sheet with what to choose around it; printed, only the sheet is there.

    Who chose more languages than a sheet has room for is told so, and sees none.
    """
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        vendor = vendor_service.get_vendor(session, request.vendor_id)
    chosen = [found for code in languages or [] if (found := as_language(code))]
    chosen = list(dict.fromkeys(chosen)) or [as_language(vendor.language) or "en"]
    has_room = len(chosen) <= LANGUAGES_MOST
    logo_url = program.branding.get("logo_url")
    logo = logo_url if is_uploaded(logo_url) else None
    url = join_address(request.context, program)
    texts = [poster_words(program, language) for language in chosen[:LANGUAGES_MOST]]
    names = names_of(texts)
    shop_name = hyphenated(vendor.name)
    # A card that bears the shop's name says it once.
    is_named = shop_name.casefold() in [name.casefold() for _language, name in names]
    sheet = SHEETS.get(format) or SHEETS["poster"]
    holes = program.stamps_target if program.type != ProgramType.POINTS else 0
    words = SheetWords(
        shop_name="" if is_named else shop_name,
        card_names=[name for _language, name in names],
        promises=[text.promise for text in texts],
        advice=[text.how if sheet.is_brief else f"{text.how} {text.note}" for text in texts],
        url=url.split("://", 1)[-1],
        has_logo=logo is not None,
        has_holes=0 < holes <= _HOLES_MOST,
    )
    return request.render(
        "console/poster.html",
        status=200 if has_room else 422,
        has_room=has_room,
        program=program,
        sheet=sheet,
        sheets=list(SHEETS.values()),
        words=words,
        milestones=[one["at"] for one in (program.stamp_rewards or ())[:-1]],
        step=step_of(sheet, words),
        chosen=chosen,
        languages=LANGUAGES,
        names=names,
        texts=texts,
        join_url=url,
        logo=logo,
    )


@router.get("/code.png")
def download_png(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Return the code alone as a PNG file, for whoever prints something else."""
    return _code_file(request, program_id, drawings.png_file, "image/png", "png")


@router.get("/code.svg")
def download_svg(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Return the code alone as an SVG file, which is sharp in every size."""
    return _code_file(request, program_id, drawings.svg_file, "image/svg+xml", "svg")


def _code_file(
    request: PageRequest,
    program_id: ProgramId,
    draw: Callable[[str], bytes],
    media_type: str,
    ending: str,
) -> Response:
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
    content = draw(join_address(request.context, program))
    name = f"{program.slug}-qr.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return request.finish(Response(content, media_type=media_type, headers=headers))


def poster_words(program: LoyaltyProgram, language: Language) -> PosterWords:
    """Return what the sheet says of a program in one language."""
    say = Wording(language).sentence
    return PosterWords(
        language=language,
        card_name=hyphenated(words_of(program.texts, language, "card_name", program.card_name)),
        promise=hyphenated(_promise(program, Wording(language))),
        how=say(N_("Scan the code and get your card right away.")),
        note=say(N_("No app, no password, nothing to install.")),
    )


def names_of(texts: list[PosterWords]) -> list[tuple[Language, str]]:
    """Return the names of the card, each once: languages without words of their own share one."""
    names: dict[str, tuple[Language, str]] = {}
    for words in texts:
        names.setdefault(words.card_name.casefold(), (words.language, words.card_name))
    return list(names.values())


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
