"""The console's page of the keys of the vendor's own software."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts import api_key_service
from punchcard.accounts.subjects import (
    LOYALTY_OPERATE,
    LOYALTY_READ,
)
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ApiKeyId
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels import SCOPES
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/api-keys")

_SHOWN: Final = 200


@router.get("")
def open_api_keys(request: PageRequestDep) -> Response:
    """List the keys, with a form for another one."""
    return _list_page(request, request.form({"scopes": [LOYALTY_READ, LOYALTY_OPERATE]}))


@router.post("")
def create_api_key(request: PageRequestDep, form: FormDep) -> Response:
    """Make a key and show it, once."""
    name = form.text("name", limit=120)
    scopes = form.choices("scopes")
    if not scopes:
        form.fault("scopes", N_("Please choose at least one."))
    key = None
    if name and form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            key, _row = api_key_service.create_api_key(
                session, request.act(), request.vendor_id, name=name, scopes=scopes
            )
    if key is None:
        return _list_page(request, form, status=422)
    return _list_page(request, request.form({"scopes": scopes}), status=201, new_key=key)


@router.post("/{api_key_id}/revoke")
def revoke_api_key(request: PageRequestDep, api_key_id: ApiKeyId, form: FormDep) -> Response:
    """Revoke a key: it stops working at once."""
    with request.context.database.write() as session:
        api_key_service.revoke_api_key(session, request.act(), request.vendor_id, api_key_id)
    return request.redirect("/console/api-keys", N_("The key no longer works."))


def _list_page(
    request: PageRequest, form: Form, status: int = 200, new_key: str | None = None
) -> Response:
    with request.context.database.read() as session:
        rows = api_key_service.list_api_keys(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
    return request.render(
        "console/api_keys.html", status=status, form=form, keys=rows, scopes=SCOPES, new_key=new_key
    )
