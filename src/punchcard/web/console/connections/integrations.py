"""The console's pages of integrations: systems that tell of orders, and what came of these."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import location_service, vendor_service
from punchcard.connect.claims.claim_service import state_at
from punchcard.connect.claims.codes import claim_code, claim_url
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.vocabulary import ClaimState
from punchcard.connect.integrations import event_service, integration_service
from punchcard.connect.integrations.event_service import EventRow
from punchcard.connect.integrations.integration_service import ShownSecrets, who_signs
from punchcard.connect.integrations.mapping import (
    WORDS_LIMIT,
    EarnOn,
    IntegrationMapping,
    mapping_of,
)
from punchcard.connect.integrations.models import Integration
from punchcard.connect.integrations.vocabulary import (
    IntegrationEventState,
    IntegrationKind,
    IntegrationStatus,
    WhoSigns,
)
from punchcard.kit.i18n import N_
from punchcard.kit.ids import (
    IntegrationEventId,
    IntegrationId,
    LocationId,
    ProgramId,
    VendorId,
    as_id,
)
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.programs import program_service
from punchcard.web.console.connections import integration_words as words
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

PATH: Final = "/console/integrations"
router = APIRouter(prefix=PATH)

_SHOWN: Final = 50
_LISTED: Final = 200
_SECRET_CHARACTERS: Final = (8, 200)


class _Shown(NamedTuple):
    """A receipt that an order left, to hand to whoever bought: to type, to open, to scan."""

    code: str
    url: str
    expires_at: datetime


class _Sent(NamedTuple):
    """What a page shows of what an integration sent, and how it leads to the rest."""

    events: Sequence[EventRow]
    receipts: dict[IntegrationEventId, _Shown]
    next_url: str | None
    first_url: str | None


class _OfEvent(NamedTuple):
    """A form that stands beside one event of the list, as it came back."""

    event_id: IntegrationEventId
    form: Form


class _Chooses(NamedTuple):
    """What an integration can be for: programs and places, by id."""

    programs: list[tuple[str, str]]
    locations: list[tuple[str, str]]


@router.get("")
def open_integrations(request: PageRequestDep) -> Response:
    """List the integrations, with a form for another one."""
    return _list_page(request, request.form({"kind": IntegrationKind.WOOCOMMERCE}))


@router.post("")
def create_integration(request: PageRequestDep, form: FormDep) -> Response:
    """Connect a system, and show its address and secret, once."""
    with request.context.database.read() as session:
        chooses = _chooses(session, request.vendor_id)
    kind = form.choice("kind", [str(kind) for kind in words.KINDS])
    program = form.choice("program_id", [one for one, _ in chooses.programs])
    location = form.choice("location_id", [one for one, _ in chooses.locations], required=False)
    made: tuple[ShownSecrets, Integration] | None = None
    if form.is_valid and kind is not None and program is not None:
        made = form.carry_out(
            request,
            integration_service.create_integration,
            request.context.connect.integration_secrets,
            program_id=ProgramId(program),
            kind=IntegrationKind(kind),
            name="",
            mapping=IntegrationMapping(),
            location_id=LocationId(location) if location else None,
            limit=request.context.settings.integrations_per_vendor,
        )
    if made is None:
        return _list_page(request, form, status=422)
    return _integration_page(request, made[1].id, status=201, shown=made[0])


@router.get("/{integration_id}")
def open_integration(
    request: PageRequestDep, integration_id: IntegrationId, before: str | None = None
) -> Response:
    """Show an integration, its steps and what it sent, newest first."""
    return _integration_page(request, integration_id, before=before)


@router.post("/{integration_id}")
def update_integration(
    request: PageRequestDep, integration_id: IntegrationId, form: FormDep
) -> Response:
    """Change what of an order counts, and what the integration is called."""
    with request.context.database.read() as session:
        row = integration_service.get_integration(session, request.vendor_id, integration_id)
        chooses = _chooses(session, request.vendor_id)
    location = form.choice("location_id", [one for one, _ in chooses.locations], required=False)
    wanted = {
        "name": form.text("name", required=False, limit=80) or "",
        "location_id": LocationId(location) if location else None,
        "mapping": _mapping(form, row),
    }
    if form.is_valid:
        form.carry_out(request, integration_service.update_integration, integration_id, wanted)
    if not form.is_valid:
        return _integration_page(request, integration_id, form=form, status=form.status)
    return request.redirect(f"{PATH}/{integration_id}", N_("Saved."))


@router.post("/{integration_id}/status")
def switch_integration(
    request: PageRequestDep, integration_id: IntegrationId, form: FormDep
) -> Response:
    """Pause an integration, or let it go on with what came meanwhile."""
    is_on = form.value("status") == IntegrationStatus.ACTIVE
    status = IntegrationStatus.ACTIVE if is_on else IntegrationStatus.PAUSED
    with request.context.database.write() as session:
        integration_service.update_integration(
            session, request.act(), request.vendor_id, integration_id, {"status": status}
        )
    said = N_("The integration goes on.") if is_on else N_("The integration is paused.")
    return request.redirect(f"{PATH}/{integration_id}", said)


@router.post("/{integration_id}/delete")
def delete_integration(
    request: PageRequestDep, integration_id: IntegrationId, form: FormDep
) -> Response:
    """Delete an integration."""
    with request.context.database.write() as session:
        integration_service.delete_integration(
            session, request.act(), request.vendor_id, integration_id
        )
    return request.redirect(PATH, N_("The integration is deleted."))


@router.post("/{integration_id}/secret")
def set_secret(request: PageRequestDep, integration_id: IntegrationId, form: FormDep) -> Response:
    """Keep the signing secret that the other system has made."""
    secret = form.text("signing_secret", limit=_SECRET_CHARACTERS[1])
    is_secret = secret is not None and secret.isascii() and " " not in secret
    if secret is not None and not (is_secret and len(secret) >= _SECRET_CHARACTERS[0]):
        form.fault("signing_secret", N_("This is not a signing secret."))
    if not form.is_valid or secret is None:
        return _integration_page(request, integration_id, secret_form=form, status=422)
    with request.context.database.write() as session:
        integration_service.set_signing_secret(
            session,
            request.act(),
            request.vendor_id,
            integration_id,
            request.context.connect.integration_secrets,
            signing_secret=secret,
        )
    return request.redirect(f"{PATH}/{integration_id}", N_("The signing secret is kept."))


@router.post("/{integration_id}/rotate")
def rotate_integration(
    request: PageRequestDep, integration_id: IntegrationId, form: FormDep
) -> Response:
    """Give an integration a new address and show it, once."""
    made = form.carry_out(
        request,
        integration_service.rotate_integration,
        integration_id,
        request.context.connect.integration_secrets,
        at_once=form.is_on("at_once"),
    )
    return _integration_page(
        request,
        integration_id,
        shown=made and made[0],
        refusal=form.refusal,
        status=form.status,
    )


@router.post("/{integration_id}/events/{event_id}/retry")
def retry_event(
    request: PageRequestDep,
    integration_id: IntegrationId,
    event_id: IntegrationEventId,
    form: FormDep,
) -> Response:
    """Have an event worked on again."""
    form.carry_out(request, event_service.retry_event, integration_id, event_id)
    return _after_event(request, integration_id, _OfEvent(event_id, form), N_("It is tried again."))


@router.post("/{integration_id}/events/{event_id}/assign")
def assign_event(
    request: PageRequestDep,
    integration_id: IntegrationId,
    event_id: IntegrationEventId,
    form: FormDep,
) -> Response:
    """Give an order that is nobody's to a card."""
    card = form.text("card", limit=128)
    if form.is_valid and card is not None:
        try:
            form.carry_out(request, event_service.assign_event, integration_id, event_id, card=card)
        except CardNotFound:
            # Somebody typed it: a slip of theirs, not an address that leads nowhere.
            form.fault("card", N_("The program has no such card. Please check the number."))
    of_event = _OfEvent(event_id, form)
    return _after_event(request, integration_id, of_event, N_("The order goes to that card."))


def _after_event(
    request: PageRequest, integration_id: IntegrationId, of_event: _OfEvent, said: str
) -> Response:
    form = of_event.form
    if form.is_valid:
        return request.redirect(f"{PATH}/{integration_id}", said)
    return _integration_page(
        request, integration_id, of_event=of_event, refusal=form.refusal, status=form.status
    )


def _mapping(form: Form, row: Integration) -> IntegrationMapping:
    """Return the mapping that the form says; what only the API can say stays as it was."""
    typed = form.text("excluded_skus", required=False, limit=1000) or ""
    skus = tuple(dict.fromkeys(one.strip() for one in typed.split(",") if one.strip()))
    if len(skus) > WORDS_LIMIT or any(len(sku) > 64 for sku in skus):
        form.fault("excluded_skus", N_("At most 50 codes of 64 characters, with commas between."))
    earn_on = form.choice("earn_on", [str(one) for one, _ in words.EARNS_ON])
    flags = {name: form.value(name) == "on" for name, _ in words.FLAGS}
    told = {**flags, "excluded_skus": skus, "earn_on": earn_on or EarnOn.PAID}
    return mapping_of(row.mapping | told)


def _initial(row: Integration) -> dict[str, Any]:
    mapping = mapping_of(row.mapping)
    return {
        "name": row.name,
        "location_id": row.location_id or "",
        "earn_on": mapping.earn_on,
        "excluded_skus": ", ".join(mapping.excluded_skus),
        **{name: "on" if getattr(mapping, name) else "" for name, _ in words.FLAGS},
    }


def _chooses(session: Session, vendor_id: VendorId) -> _Chooses:
    programs = program_service.list_programs(session, vendor_id, limit=_LISTED)
    locations = location_service.location_names(session, vendor_id)
    return _Chooses([(one.id, one.name) for one in programs], list(locations.items()))


def _open_receipts(
    events: Sequence[EventRow], base_url: str, now: datetime
) -> dict[IntegrationEventId, _Shown]:
    """Return the receipts that can be handed out yet, at the newest event of each order."""
    claims = {
        row.claim.id: row
        for row in reversed(events)
        if row.claim is not None and state_at(row.claim, now) is ClaimState.OPEN
    }
    return {row.event.id: _shown(row.claim, base_url) for row in claims.values() if row.claim}


def _shown(claim: ReceiptClaim, base_url: str) -> _Shown:
    assert claim.code is not None
    url = claim_url(base_url, claim.code)
    return _Shown(claim_code(claim.code), url, claim.expires_at)


def _list_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        rows = integration_service.list_integrations(session, request.vendor_id, limit=_LISTED)
        unmatched = {row.id: event_service.count_unmatched(session, row.id) for row in rows}
        chooses = _chooses(session, request.vendor_id)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    return request.render(
        "console/integrations.html",
        status=status,
        form=form,
        integrations=rows,
        unmatched=unmatched,
        programs=chooses.programs,
        program_names=dict(chooses.programs),
        locations=chooses.locations,
        kinds=words.KINDS,
        paused=IntegrationStatus.PAUSED,
        timezone=timezone,
    )


def _integration_page(
    request: PageRequest,
    integration_id: IntegrationId,
    *,
    form: Form | None = None,
    secret_form: Form | None = None,
    status: int = 200,
    before: str | None = None,
    shown: ShownSecrets | None = None,
    refusal: str | None = None,
    of_event: _OfEvent | None = None,
) -> Response:
    with request.context.database.read() as session:
        row = integration_service.get_integration(session, request.vendor_id, integration_id)
        sent = _sent(session, request, row, before)
        unmatched = event_service.count_unmatched(session, row.id)
        chooses = _chooses(session, request.vendor_id)
        program = program_service.get_program(session, request.vendor_id, row.program_id)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    address_of = request.context.connect.hook_receiver.address_of
    if of_event and all(of_event.event_id != one.event.id for one in sent.events):
        # It stands further back in the list than the page shows.
        refusal = refusal or of_event.form.errors.get("card")
    return request.render(
        "console/integration.html",
        status=status,
        form=form or request.form(_initial(row)),
        secret_form=secret_form or request.form({}),
        integration=row,
        kind=words.KINDS[row.kind],
        steps=words.STEPS[row.kind],
        signs=who_signs(row),
        WhoSigns=WhoSigns,
        program=program,
        locations=chooses.locations,
        earns_on=words.EARNS_ON,
        flags=words.FLAGS,
        events=sent.events,
        receipts=sent.receipts,
        unmatched=unmatched,
        next_url=sent.next_url,
        first_url=sent.first_url,
        states=words.STATES,
        reasons=words.REASONS,
        State=IntegrationEventState,
        paused=IntegrationStatus.PAUSED,
        active=IntegrationStatus.ACTIVE,
        url=address_of(row.kind, row.id, shown.address) if shown else None,
        secret=shown.signing if shown else None,
        refusal=refusal,
        of_event=of_event,
        timezone=timezone,
    )


def _sent(session: Session, request: PageRequest, row: Integration, before: str | None) -> _Sent:
    events = event_service.list_events(
        session,
        request.vendor_id,
        row.id,
        before_id=as_id(before) if before else None,
        limit=_SHOWN + 1,
    )
    shown = events[:_SHOWN]
    now, base_url = request.context.clock.now(), request.context.settings.base_url
    is_more = len(events) > _SHOWN
    return _Sent(
        shown,
        _open_receipts(shown, base_url, now),
        next_url=f"{PATH}/{row.id}?before={shown[-1].event.id}" if is_more else None,
        first_url=f"{PATH}/{row.id}" if before else None,
    )
