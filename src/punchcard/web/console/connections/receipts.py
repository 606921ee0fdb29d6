"""The console's pages of receipts: what became of each, and the keys that tills sign them with."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import location_service, vendor_service
from punchcard.connect.claims import claim_service, receipt_keys
from punchcard.connect.claims.codes import claim_code, claim_url
from punchcard.connect.claims.models import ReceiptClaim, ReceiptKey
from punchcard.connect.claims.receipt_texts import receipt_text
from punchcard.connect.claims.vocabulary import ClaimState
from punchcard.connect.claims.words import CLAIM_SOURCES, CLAIM_STATES
from punchcard.connect.integrations.receipt_list import maker_names
from punchcard.kit.i18n import N_
from punchcard.kit.ids import LocationId, ProgramId, ReceiptClaimId, ReceiptKeyId, as_id
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import ProgramStatus
from punchcard.web.console.list_filters import Asked
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

PATH: Final = "/console/receipts"
router = APIRouter(prefix=PATH)

_SHOWN: Final = 50
_LISTED: Final = 200
_TEST: Final = "TEST"
"""The number of the receipt on the sheet; it is over nothing."""


@router.get("")
def open_receipts(request: PageRequestDep, state: str = "", before: str | None = None) -> Response:
    """List the receipts and the keys, with a form for another key."""
    return _list_page(request, request.form(), state=state, before=before)


@router.post("/keys")
def create_key(request: PageRequestDep, form: FormDep) -> Response:
    """Make a key and show its secret, once."""
    name = form.text("name", limit=receipt_keys.NAME_CHARACTERS)
    program_id = as_id(ProgramId(form.text("program_id", limit=36) or ""))
    location_id = as_id(LocationId(form.text("location_id", required=False, limit=36) or ""))
    made: tuple[str, ReceiptKey] | None = None
    if form.is_valid and name and program_id is not None:
        with form.refusals(), request.context.database.write() as session:
            made = receipt_keys.create_key(
                session,
                request.act(),
                request.vendor_id,
                request.context.connect.receipt_secrets,
                program_id=program_id,
                location_id=location_id,
                name=name,
                limit=request.context.settings.receipt_keys_per_vendor,
            )
    if made is None:
        return _list_page(request, form, status=form.status)
    secret, key = made
    return _key_page(request, key.id, secret=secret, status=201)


@router.get("/keys/{key_id}")
def open_key(request: PageRequestDep, key_id: ReceiptKeyId) -> Response:
    """Show how a till prints receipts with this key, with a test receipt to scan."""
    return _key_page(request, key_id)


@router.post("/keys/{key_id}/revoke")
def revoke_key(request: PageRequestDep, key_id: ReceiptKeyId, form: FormDep) -> Response:
    """Revoke a key: what it has signed gives nothing any more."""
    with request.context.database.write() as session:
        receipt_keys.revoke_key(session, request.act(), request.vendor_id, key_id)
    return request.redirect(PATH, N_("The key no longer works."))


@router.post("/{claim_id}/withdraw")
def withdraw_receipt(request: PageRequestDep, claim_id: ReceiptClaimId, form: FormDep) -> Response:
    """Withdraw a receipt whose purchase was cancelled."""
    form.carry_out(request, claim_service.withdraw_claim, claim_id)
    if not form.is_valid:
        return _list_page(request, form, status=form.status)
    return request.redirect(PATH, N_("The receipt is withdrawn."))


def _list_page(
    request: PageRequest,
    form: Form,
    *,
    state: str = "",
    before: str | None = None,
    status: int = 200,
) -> Response:
    wanted = ClaimState(state) if state in set(ClaimState) else None
    with request.context.database.read() as session:
        shown = _claims_shown(session, request, wanted, before)
        keys = receipt_keys.list_keys(session, request.vendor_id, limit=_LISTED)
        programs = program_service.list_programs(
            session, request.vendor_id, after_id=None, limit=_LISTED
        )
        places = location_service.location_names(session, request.vendor_id)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    active = [one for one in programs if one.status is ProgramStatus.ACTIVE]
    return request.render(
        "console/receipts.html",
        status=status,
        form=form,
        filter_form=request.form({"state": wanted or ""}),
        claims=shown.claims,
        codes=shown.codes,
        makers=shown.makers,
        export_urls=Asked({}).files("receipts"),
        currencies={one.id: one.currency for one in programs},
        states=CLAIM_STATES,
        State=ClaimState,
        sources=CLAIM_SOURCES,
        keys=keys,
        programs=[(one.id, one.name) for one in active],
        program_names={one.id: one.name for one in programs},
        places=places,
        timezone=timezone,
        next_url=shown.next_url,
        first_url=PATH if before else None,
    )


class _ClaimsShown(NamedTuple):
    """What the page shows of the receipts, and how it leads to the next."""

    claims: list[tuple[ReceiptClaim, ClaimState]]
    codes: dict[ReceiptClaimId, str]
    makers: Mapping[ReceiptClaimId, str]
    next_url: str | None


def _claims_shown(
    session: Session, request: PageRequest, state: ClaimState | None, before: str | None
) -> _ClaimsShown:
    now = request.context.clock.now()
    claims = claim_service.list_claims(
        session,
        request.vendor_id,
        now=now,
        before_id=as_id(before) if before else None,
        limit=_SHOWN + 1,
        state=state,
    )
    shown = claims[:_SHOWN]
    ahead = f"?state={state or ''}&before={shown[-1].id}" if len(claims) > _SHOWN else None
    return _ClaimsShown(
        claims=[(claim, claim_service.state_at(claim, now)) for claim in shown],
        codes={claim.id: claim_code(claim.code) for claim in shown if claim.code},
        makers=maker_names(session, shown),
        next_url=f"{PATH}{ahead}" if ahead else None,
    )


def _key_page(
    request: PageRequest, key_id: ReceiptKeyId, *, secret: str | None = None, status: int = 200
) -> Response:
    context = request.context
    with context.database.read() as session:
        key = receipt_keys.get_key(session, request.vendor_id, key_id)
        program = program_service.get_program(session, request.vendor_id, key.program_id)
        places = location_service.location_names(session, request.vendor_id)
    signing = context.connect.receipt_secrets.of(key)
    test_url = None
    if signing is not None:
        test = receipt_text(
            key.code,
            signing,
            amount_minor=0,
            reference=_TEST,
            occurred_at=context.clock.now(),
        )
        test_url = claim_url(context.settings.base_url, test)
    return request.render(
        "console/receipt_key.html",
        status=status,
        key=key,
        program=program,
        place=places.get(key.location_id) if key.location_id else None,
        secret=secret,
        form_url=claim_url(
            context.settings.base_url, f"{key.code}.{{minor}}.{{reference}}.{{unix}}.{{mac}}"
        ),
        signed=f"{key.code}.{{minor}}.{{reference}}.{{unix}}",
        test_url=test_url,
    )
