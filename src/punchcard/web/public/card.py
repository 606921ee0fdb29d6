"""A customer's own card on the web; the secret token in its address opens it."""

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from punchcard.accounts.rate_limit import counted_address
from punchcard.kit.i18n import N_, as_language
from punchcard.loyalty import card_changes, card_service, customer_service, ledger_reader
from punchcard.loyalty.card_changes import CardChange
from punchcard.loyalty.cards import CardView
from punchcard.loyalty.public_service import page_of
from punchcard.web import assets
from punchcard.web.card_faces import CardFace, face_of_card
from punchcard.web.colours import colours_of
from punchcard.web.visits import FormDep, Visit, VisitDep

router = APIRouter()

_ENTRIES_SHOWN: Final = 10
_ENTRIES_A_PAGE: Final = 50


@router.get("/c/{token}")
def open_card(visit: VisitDep, token: str, welcome: bool = False, part: str = "") -> Response:
    """Show the card: its progress, the code to scan, the latest entries, and the way to wallets.

    `part` "live" answers only what a stamp changes, for the page's own script.
    """
    _count(visit)
    context = visit.context
    with context.database.read() as session:
        now = context.clock.now()
        card = card_service.get_card_by_token(session, token, now=now)
        face = _in_language(visit, face_of_card(session, context, card, _asked(visit)))
        page = page_of(session, card.program_id, now=now)
        entries = ledger_reader.list_card_entries(session, card.id, limit=_ENTRIES_SHOWN + 1)
    template = "public/card_live.html" if part == "live" else "public/card.html"
    return visit.page(
        template,
        token=token,
        card=card,
        face=face,
        vendor=page.vendor,
        program=page.program,
        rewards=list(page.rewards),
        entries=entries[:_ENTRIES_SHOWN],
        has_more=len(entries) > _ENTRIES_SHOWN,
        code=_code(visit, card, face, token),
        links=context.wallets.links_for(token),
        is_new=welcome,
    )


@router.get("/c/{token}/history")
def open_history(visit: VisitDep, token: str, before: str = "") -> Response:
    """Show all entries of the card, newest first, a page at a time."""
    _count(visit)
    context = visit.context
    with context.database.read() as session:
        now = context.clock.now()
        card = card_service.get_card_by_token(session, token, now=now)
        face = _in_language(visit, face_of_card(session, context, card, _asked(visit)))
        program = page_of(session, card.program_id, now=now).program
        entries = ledger_reader.list_card_entries(
            session, card.id, limit=_ENTRIES_A_PAGE + 1, before_id=before or None
        )
    more = entries[_ENTRIES_A_PAGE - 1].id if len(entries) > _ENTRIES_A_PAGE else None
    return visit.page(
        "public/history.html",
        token=token,
        face=face,
        program=program,
        entries=entries[:_ENTRIES_A_PAGE],
        next_url=f"/c/{token}/history?before={more}" if more else None,
    )


@router.post("/c/{token}/language")
def choose_language(visit: VisitDep, token: str, form: FormDep) -> Response:
    """Let the card speak another language from now on, here and in wallets."""
    _count(visit)
    language = as_language(form.value("language"))
    with visit.context.database.write() as session:
        now = visit.context.clock.now()
        card = card_service.get_card_by_token(session, token, now=now)
        if language is not None:
            vendor_id = page_of(session, card.program_id, now=now).vendor.id
            change = CardChange(card={"locale": language})
            card_changes.update_card(session, visit.act(), vendor_id, card.id, change)
    return visit.redirect(f"/c/{token}")


@router.get("/c/{token}/data")
def open_data(visit: VisitDep, token: str) -> Response:
    """Show what the shop knows about the customer, to take along or to have forgotten."""
    _count(visit)
    context = visit.context
    with context.database.read() as session:
        now = context.clock.now()
        card = card_service.get_card_by_token(session, token, now=now)
        face = _in_language(visit, face_of_card(session, context, card, _asked(visit)))
        vendor = page_of(session, card.program_id, now=now).vendor
    return visit.page("public/data.html", token=token, card=card, face=face, vendor=vendor)


@router.post("/c/{token}/erase")
def erase(visit: VisitDep, token: str, form: FormDep) -> Response:
    """Forget the customer; the card goes on as an anonymous one."""
    visit.context.limits.enrolments.take(_address(visit))
    if not form.is_on("sure"):
        return visit.redirect(f"/c/{token}/data", N_("Nothing was deleted: please tick the box."))
    with visit.context.database.write() as session:
        customer_service.erase_customer(session, visit.act(), token)
    return visit.redirect(f"/c/{token}", N_("What we knew about you is deleted."))


@router.get("/c/{token}/card.webmanifest")
def get_manifest(visit: VisitDep, token: str) -> Response:
    """Return what a phone needs to keep the card on its home screen."""
    _count(visit)
    context = visit.context
    with context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=context.clock.now())
        face = face_of_card(session, context, card, _asked(visit))
    background, _ink, _accent = colours_of(face.branding)
    sizes = (("icons/card-192.png", "192x192"), ("icons/card-512.png", "512x512"))
    manifest = {
        "name": face.content.card_name,
        "short_name": face.content.card_name[:30],
        "lang": face.content.language,
        "start_url": f"/c/{token}",
        "scope": f"/c/{token}",
        "display": "standalone",
        "background_color": background,
        "theme_color": background,
        "icons": [
            {"src": assets.address(name), "sizes": size, "type": "image/png", "purpose": "any"}
            for name, size in sizes
        ],
    }
    return visit.finish(JSONResponse(manifest, media_type="application/manifest+json"))


def _code(visit: Visit, card: CardView, face: CardFace, token: str) -> str | None:
    """Return what stands in the code that a till scans; none where the card is of no use."""
    if card.status not in ("active", "blocked"):
        return None
    if face.has_moving_code:
        text = visit.context.moving_codes.code_for(card.number, visit.context.clock.now())
    else:
        text = f"{visit.context.settings.base_url.rstrip('/')}/c/{token}"
    return text


def _asked(visit: Visit) -> str | None:
    return as_language(visit.request.query_params.get("lang", ""))


def _in_language(visit: Visit, face: CardFace) -> CardFace:
    """Let the whole page speak the card's language, whatever the browser's is."""
    visit.language = face.content.language
    return face


def _count(visit: Visit) -> None:
    visit.context.limits.reads.take(_address(visit))


def _address(visit: Visit) -> str:
    client = visit.request.client
    return counted_address(client.host if client else "")
