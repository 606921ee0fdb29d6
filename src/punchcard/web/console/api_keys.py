"""The console's page of the keys of the vendor's own software."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts import api_key_service, vendor_service
from punchcard.accounts.models import ApiKey
from punchcard.accounts.subjects import (
    LOYALTY_OPERATE,
    LOYALTY_READ,
)
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ApiKeyId
from punchcard.web.console.bulk import BulkAction, bulk_page, names_in
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.roles import SCOPE_NAMES, SCOPES
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/api-keys")

_SHOWN: Final = 200
_LIVES: Final = (
    ("30", N_("30 days")),
    ("90", N_("90 days")),
    ("365", N_("One year")),
    ("730", N_("Two years")),
    ("0", N_("No end")),
)
"""How many days a key is good for, and how that is called."""


@router.get("")
def open_api_keys(request: PageRequestDep) -> Response:
    """List the keys, with a form for another one."""
    return _list_page(request, _empty(request, [LOYALTY_READ, LOYALTY_OPERATE]))


@router.post("")
def create_api_key(request: PageRequestDep, form: FormDep) -> Response:
    """Make a key and show it, once."""
    request.require_confirmation(form)
    name = form.text("name", limit=120)
    days = form.choice("days", [days for days, _ in _LIVES], required=False)
    scopes = form.choices("scopes")
    if not scopes:
        form.fault("scopes", N_("Please choose at least one."))
    key = None
    if name and form.is_valid:
        now = request.context.clock.now()
        with form.refusals(), request.context.database.write() as session:
            key, _row = api_key_service.create_api_key(
                session,
                request.act(),
                request.vendor_id,
                name=name,
                scopes=scopes,
                expires_at=api_key_service.default_end(
                    now, request.context.settings.api_key_days if days is None else int(days)
                ),
            )
    if key is None:
        return _list_page(request, form, status=422)
    return _list_page(request, _empty(request, scopes), status=201, new_key=key)


_AT_ONCE: Final = {
    "revoke": BulkAction(
        do=api_key_service.revoke_api_key,
        title=N_("Revoke these keys?"),
        meaning=N_("Anything that uses them stops working at once."),
        done=N_("Revoked keys: {n}"),
        is_dangerous=True,
    ),
}


@router.post("/bulk")
def revoke_api_keys(request: PageRequestDep, form: FormDep) -> Response:
    """Revoke the keys that were chosen in the list."""
    return bulk_page(request, form, _AT_ONCE, names_in(ApiKey), at="/console/api-keys")


@router.post("/{api_key_id}/revoke")
def revoke_api_key(request: PageRequestDep, api_key_id: ApiKeyId, form: FormDep) -> Response:
    """Revoke a key: it stops working at once."""
    with request.context.database.write() as session:
        api_key_service.revoke_api_key(session, request.act(), request.vendor_id, api_key_id)
    return request.redirect("/console/api-keys", N_("The key no longer works."))


def _empty(request: PageRequest, scopes: list[str]) -> Form:
    """Return a new form: it offers the life of a key that the operator has set, or a shorter."""
    wanted = request.context.settings.api_key_days
    days = max((int(days) for days, _ in _LIVES if int(days) <= wanted), default=0)
    return request.form({"scopes": scopes, "days": str(days)})


def _list_page(
    request: PageRequest, form: Form, status: int = 200, new_key: str | None = None
) -> Response:
    with request.context.database.read() as session:
        keys = api_key_service.list_api_keys(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    return request.render(
        "console/api_keys.html",
        status=status,
        form=form,
        keys=keys,
        scopes=SCOPES,
        scope_names=SCOPE_NAMES,
        lives=_LIVES,
        new_key=new_key,
        timezone=timezone,
    )
