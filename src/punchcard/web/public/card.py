"""A customer's own card on the web; the secret token in its address opens it."""

from dataclasses import replace
from typing import Any, Final
from zlib import crc32

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from punchcard.connect.claims import claim_service
from punchcard.kit.i18n import as_language
from punchcard.kit.ids import as_id
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.customer_service import card_of
from punchcard.loyalty.cards.links import own_data_path, public_path
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.programs.referral_terms import promise_of
from punchcard.web.pages.card_preview import CardFace, words_of
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.reward_names import subjects_of
from punchcard.web.pages.tier_told import tier_told
from punchcard.web.public.badges import WalletWays, wallet_ways
from punchcard.web.public.browser_cards import remember_opened
from punchcard.web.public.home_icon import ICON_SIDES, icon_path
from punchcard.web.public.opened_card import OpenedCard, open_by_token
from punchcard.web.public.packing import packed
from punchcard.web.public.reward_dates import ending_soon, last_day_of
from punchcard.web.public.visitors import address_of

router = APIRouter()

_ENTRIES_SHOWN: Final = 5
_ENTRIES_A_PAGE: Final = 50
_NAME_ON_PHONES: Final = 30
_PAGES: Final = ("", "/history", "/data", "/proof")


@router.get("/c/{token}")
def open_card(
    request: PageRequestDep,
    token: str,
    *,
    welcome: bool = False,
    again: bool = False,
    shared: bool = False,
    part: str = "",
) -> Response:
    """Show the card: its progress, the code to scan, the latest entries, and the way to wallets.

    `part` "live" answers only what a stamp changes, for the page's own script. `again`: the poster
    was scanned by the browser that has this card. `shared`: the browser is nobody's own.
    """
    context = request.context
    with context.database.read() as session:
        opened = open_by_token(request, session, token)
        card = opened.card
        entries = ledger_reader.list_card_entries(session, card.id, limit=_ENTRIES_SHOWN + 1)
        names = subjects_of(session, entries[:_ENTRIES_SHOWN], request.language)
        takes_receipts = claim_service.has_receipts(session, opened.page.vendor.id)
    if part != "live" and not shared:
        remember_opened(request, card, token)
    code = _code(request, card, opened.face)
    response = request.render(
        "public/card_live.html" if part == "live" else "public/card.html",
        token=token,
        entries=entries[:_ENTRIES_SHOWN],
        subjects=names,
        has_more=len(entries) > _ENTRIES_SHOWN,
        code=code,
        ways=_ways(request, token, opened, has_code=code is not None),
        home_icon=icon_path(token, opened.face, ICON_SIDES[0]),
        promise=promise_of(opened.page.program, opened.page.promised),
        referral_url=_referral_url(request, opened),
        takes_receipts=takes_receipts,
        is_new=welcome,
        is_again=again,
        **_standing(request, opened),
    )
    packed(request.http, response)
    response.headers["Vary"] += ", User-Agent"
    return response


def _standing(request: PageRequest, opened: OpenedCard) -> dict[str, Any]:
    """Return what the card's page shows of the card, its program and its shop."""
    card, page = opened.card, opened.page
    now = request.context.clock.now()
    return {
        "card": card,
        "face": opened.face,
        "state": _state(card),
        "tier": tier_told(card, page.program, request.language),
        "program_state": _program_state(opened),
        "vendor": page.vendor,
        "program": page.program,
        "rewards": list(page.rewards),
        "ready_ids": {one.id for one in card.ready},
        "words_of": words_of,
        "last_day_of": last_day_of,
        "ending": ending_soon(page.rewards, card.points, page.program.timezone, now=now),
    }


def _ways(request: PageRequest, token: str, opened: OpenedCard, *, has_code: bool) -> WalletWays:
    """Return the ways into the wallets of the phone that opens the page."""
    context = request.context
    base_url = context.loyalty.card_links.base_of(opened.card.vendor_id)
    return wallet_ways(
        context.wallets.service.links_for(token, base_url),
        context.settings.data_dir,
        request.language,
        user_agent=request.http.headers.get("user-agent", ""),
        has_still_code=has_code and not opened.face.has_rotating_code,
    )


@router.get("/c/{token}/history")
def open_history(request: PageRequestDep, token: str, before: str = "") -> Response:
    """Show all entries of the card, newest first, a page at a time."""
    with request.context.database.read() as session:
        opened = open_by_token(request, session, token)
        entries = ledger_reader.list_card_entries(
            session, opened.card.id, limit=_ENTRIES_A_PAGE + 1, before_id=as_id(before)
        )
        names = subjects_of(session, entries[:_ENTRIES_A_PAGE], request.language)
    more = entries[_ENTRIES_A_PAGE - 1].id if len(entries) > _ENTRIES_A_PAGE else None
    return request.render(
        "public/history.html",
        token=token,
        face=opened.face,
        program=opened.page.program,
        entries=entries[:_ENTRIES_A_PAGE],
        subjects=names,
        next_url=f"{public_path(token)}/history?before={more}" if more else None,
        first_url=f"{public_path(token)}/history" if before else None,
    )


@router.post("/c/{token}/language")
def choose_language(request: PageRequestDep, token: str, form: FormDep) -> Response:
    """Let the card speak another language from now on, here and in wallets."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    language = as_language(form.value("language"))
    with request.context.database.write() as session:
        opened = open_by_token(request, session, token)
        if language is not None:
            change = CardChange(card={"locale": language})
            act = replace(request.act(), subject=holder(card_of(session, token)))
            card_changes.update_card(session, act, opened.page.vendor.id, opened.card.id, change)
    here, pages = form.value("next"), [public_path(token) + page for page in _PAGES]
    is_own = here in pages or here.startswith(own_data_path(token, ""))
    return request.redirect(here if is_own else pages[0])


@router.get("/c/{token}/card.webmanifest")
def get_manifest(request: PageRequestDep, token: str) -> Response:
    """Return what a phone needs to keep the card on its home screen."""
    with request.context.database.read() as session:
        face = open_by_token(request, session, token).face
    background = face.content.background_color
    manifest = {
        "id": public_path(token),
        "name": _name_at_home(face),
        "short_name": face.content.vendor_name[:_NAME_ON_PHONES],
        "lang": face.content.language,
        "start_url": public_path(token),
        "scope": public_path(token),
        "display": "standalone",
        "background_color": background,
        "theme_color": background,
        "icons": [
            {
                "src": icon_path(token, face, side),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": purpose,
            }
            for side in ICON_SIDES
            for purpose in ("any", "maskable")
        ],
    }
    return request.finish(JSONResponse(manifest, media_type="application/manifest+json"))


def _referral_url(request: PageRequest, opened: OpenedCard) -> str | None:
    """Return the link by which the card brings friends; none while it is of no use itself."""
    if opened.face.content.is_void or not opened.page.program.self_enrollment:
        return None
    card = opened.card
    return request.context.loyalty.card_links.referral_url(
        card.id, card.referral_slug, card.vendor_id
    )


def _name_at_home(face: CardFace) -> str:
    """Return what stands under the icon: several shops may have a "Stamp card"."""
    shop, card = face.content.vendor_name, face.content.card_name
    return card if shop.casefold() in card.casefold() else f"{shop}: {card}"


def _state(card: CardView) -> str:
    """Return what differs when the card does; see `stateOf` in `card.js`."""
    tier = f"/{card.tier.key}.{card.tier.progress}" if card.tier else ""
    return f"{card.stamps}/{card.points}/{card.rewards_ready}{tier}/{card.status}"


def _program_state(opened: OpenedCard) -> str:
    """Return what differs when the program does, or which rewards there are; see `card.js`."""
    offered = " ".join(reward.id for reward in opened.page.rewards)
    void = "void" if opened.face.content.is_void else "open"
    return f"{opened.page.program.version}/{crc32(offered.encode()):x}/{void}"


def _code(request: PageRequest, card: CardView, face: CardFace) -> str | None:
    """Return what stands in the code that a till scans; none while the card is of no use."""
    if face.content.is_void:
        return None
    if face.has_rotating_code:
        return request.context.loyalty.rotating_codes.code_for(
            card.number, request.context.clock.now()
        )
    return card.number
