"""The console's page of the shop's own domain: which it is, and what proves it."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts.domains import domain_service
from punchcard.accounts.domains.names import DOMAIN_CHARACTERS
from punchcard.connect.domains.domain_keeper import CONSOLE_PATH
from punchcard.connect.domains.proofs import FILE_PATH, record_name, shown_value
from punchcard.kit.i18n import N_
from punchcard.loyalty.programs import vendor_changes
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix=CONSOLE_PATH)

_NOT_FOUND: Final = N_(
    "The record was not found yet. It can take some hours until all name servers have it."
)


@router.get("")
def open_domain(request: PageRequestDep) -> Response:
    """Show the shop's domain and how to prove it, or ask for one."""
    return _page(request, request.form())


@router.post("")
def claim_domain(request: PageRequestDep, form: FormDep) -> Response:
    """Enter a domain, in place of any that there was; it is of use once it is proven."""
    request.require_confirmation(form)
    domain = form.text("domain", limit=DOMAIN_CHARACTERS)
    if form.is_valid and domain:
        with form.refusals(), request.context.database.write() as session:
            before = domain_service.find_domain(session, request.vendor_id)
            was_in_use = before is not None and before.verified_at is not None
            base_url = request.context.settings.base_url
            row = domain_service.claim_domain(
                session, request.act(), request.vendor_id, domain, base_url=base_url
            )
            if was_in_use and row.verified_at is None:
                vendor_changes.change_address(session, request.act(), request.vendor_id)
    if not form.is_valid:
        return _page(request, form)
    return request.redirect(CONSOLE_PATH)


@router.post("/check")
def check_domain(request: PageRequestDep, form: FormDep) -> Response:
    """Look now whether the domain shows that it is the shop's."""
    connect = request.context.connect
    is_proven = False
    with form.refusals():
        connect.domain_limits.take(request.vendor_id)
        is_proven = connect.domain_keeper.check(request.vendor_id, request.act())
    if form.is_valid and not is_proven:
        form.refusal, form.refused_status = request.say(_NOT_FOUND), 409
    if not form.is_valid:
        return _page(request, form)
    return request.redirect(CONSOLE_PATH, N_("The domain is yours, and in use from now on."))


@router.post("/remove")
def remove_domain(request: PageRequestDep, form: FormDep) -> Response:
    """Let the shop have no domain of its own any more."""
    request.require_confirmation(form)
    with form.refusals(), request.context.database.write() as session:
        domain_service.remove_domain(session, request.act(), request.vendor_id)
        vendor_changes.change_address(session, request.act(), request.vendor_id)
    if not form.is_valid:
        return _page(request, form)
    return request.redirect(CONSOLE_PATH, N_("The domain is removed."))


def _page(request: PageRequest, form: Form) -> Response:
    settings = request.context.settings
    with request.context.database.read() as session:
        row = domain_service.find_domain(session, request.vendor_id)
        may_have = domain_service.may_have_domain(session, request.vendor_id)
    return request.render(
        "console/own_domain.html",
        status=form.status,
        form=form,
        own=row,
        may_have=may_have,
        record=record_name(row.domain) if row else None,
        value=shown_value(row.proof) if row else None,
        file_url=f"https://{row.domain}{FILE_PATH}" if row else None,
        server=request.context.shop_addresses.host,
        base_url=settings.base_url,
        lapse_days=settings.domain_lapse_days,
        domain_characters=DOMAIN_CHARACTERS,
    )
