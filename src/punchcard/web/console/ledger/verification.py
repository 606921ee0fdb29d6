"""Verifying a vendor's ledger from the console: a part a request, so that none takes long.

How far it has come travels with the page, signed; a page with scripts asks for the next part by
itself, one without by a button.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Signer
from punchcard.loyalty.ledger.card_ranges import count_cards, next_span
from punchcard.loyalty.ledger.ledger_verify import Verdict, verify_ledger
from punchcard.loyalty.transparency.log_status import anchored
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/ledger/verify")

CARDS_AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True)
class VerificationProgress:
    """How far a verification has come: `following` is the first card of the next part.

    `damage` is the first that was found: what it is, and the entry or the card.
    """

    vendor_id: VendorId
    cards_total: int
    cards: int = 0
    entries: int = 0
    damage_count: int = 0
    damage: tuple[str, str | None, str] | None = None
    following: str | None = None
    is_done: bool = False


@router.get("")
def open_verification(request: PageRequestDep) -> Response:
    """Explain what is verified, and offer to do it."""
    return request.render(
        "console/ledger_verification.html", progress=None, state="", **_proof(request)
    )


@router.post("")
def verify_part(request: PageRequestDep, form: FormDep) -> Response:
    """Verify the next part of the ledger, the first one if none was before."""
    progress = _verified(request, _read(request, form.value("state")))
    parts = "console/ledger_progress.html"
    return request.render(
        parts if request.is_fragment else "console/ledger_verification.html",
        progress=progress,
        state=_signer(request).sign(asdict(progress)),
        **({} if request.is_fragment else _proof(request)),
    )


def _proof(request: PageRequest) -> dict[str, Any]:
    """Return how far the ledger is anchored, and what its page needs to say so."""
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        return {"anchored": anchored(session.connection()), "timezone": vendor.timezone}


def _verified(request: PageRequest, before: VerificationProgress | None) -> VerificationProgress:
    vendor_id = request.vendor_id
    with request.context.database.snapshot() as connection:
        if before is None:
            total = count_cards(connection, vendor_id=vendor_id)
            before = VerificationProgress(vendor_id=vendor_id, cards_total=total)
        span = next_span(connection, vendor_id, before.following, cards=CARDS_AT_ONCE)
        verdict = verify_ledger(connection, vendor_id=vendor_id, span=span)
    return replace(
        before,
        cards=before.cards + verdict.cards,
        entries=before.entries + verdict.entries,
        damage_count=before.damage_count + verdict.damage_count,
        damage=before.damage or _first(verdict),
        following=span.before,
        is_done=span.before is None,
    )


def _first(verdict: Verdict) -> tuple[str, str | None, str] | None:
    if not verdict.damages:
        return None
    damage = verdict.damages[0]
    return damage.what, damage.entry_id, damage.card_id


def _read(request: PageRequest, state: str) -> VerificationProgress | None:
    """Return how far it has come; None begins anew, also with a state that is not the vendor's."""
    facts = _signer(request).verify(state)
    if facts is None or facts["vendor_id"] != request.vendor_id or facts["is_done"]:
        return None
    return VerificationProgress(**facts)


def _signer(request: PageRequest) -> Signer:
    return Signer(request.context.settings.keys, "ledger verification", "")
