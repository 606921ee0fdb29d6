"""The console's list of contacts that are kept otherwise than they would be written today."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, as_id
from punchcard.loyalty.cards import contact_faults
from punchcard.loyalty.cards.contact_faults import ROWS_A_LOOK
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/contacts")

_HERE: Final = "/console/contacts"
_FIELD_NAMES: Final = {"email": N_("E-mail address"), "phone": N_("Phone"), "name": N_("Name")}


@router.get("")
def open_wrong_contacts(request: PageRequestDep, after: str = "") -> Response:
    """Look through the next customers after `after`, and show what is kept wrongly of them."""
    return _page(request, request.form(), after=after)


@router.post("/{card_id}/mend")
def mend_contact(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Write what is kept of a card's holder as it would be written today."""
    after = as_id(form.value("after")) or ""
    form.carry_out(request, contact_faults.mend_customer, card_id)
    if not form.is_valid:
        return _page(request, form, after=after, status=409)
    request.context.loyalty.contact_watch.forget(request.vendor_id)
    return request.redirect(f"{_HERE}?after={after}" if after else _HERE, N_("Saved."))


def _page(request: PageRequest, form: Form, *, after: str, status: int = 200) -> Response:
    begin = as_id(after) if after else None
    with request.context.database.read() as session:
        look = contact_faults.look_for_faults(
            session, request.vendor_id, request.subject.country, after_id=begin
        )
    return request.render(
        "console/wrong_contacts.html",
        status=status,
        form=form,
        faults=look.faults,
        field_names=_FIELD_NAMES,
        rows_a_look=ROWS_A_LOOK,
        after=begin or "",
        next_url=f"{_HERE}?after={look.after_id}" if look.after_id else None,
        first_url=_HERE if begin else None,
    )
