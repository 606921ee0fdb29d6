"""The console's pages of webhooks: where what happens is sent to, and what became of it."""

from datetime import timedelta
from typing import Any, Final

import orjson
from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks import delivery_service, endpoint_service
from punchcard.connect.webhooks.addresses import URL_CHARACTERS, webhook_address
from punchcard.kit.i18n import N_
from punchcard.kit.ids import WebhookDeliveryId, WebhookEndpointId, as_id
from punchcard.loyalty.vocabulary import VendorEventType
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.connections import EVENT_NAMES, REASONS
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

PATH: Final = "/console/webhooks"
router = APIRouter(prefix=PATH)

_SHOWN: Final = 50
_LISTED: Final = 200
_TYPES: Final = {str(one): name for one, name in EVENT_NAMES.items() if one != VendorEventType.TEST}
"""What an endpoint may be told, and what that is called."""
_SPANS: Final = (
    ("1", N_("The last hour")),
    ("24", N_("The last day")),
    ("168", N_("The last seven days")),
    ("720", N_("The last 30 days")),
)
"""How many hours a replay goes back, and how that is called."""
_STATES: Final = {
    DeliveryState.WAITING: N_("waiting"),
    DeliveryState.SENDING: N_("being sent"),
    DeliveryState.DELIVERED: N_("delivered"),
    DeliveryState.FAILED: N_("failed"),
}


@router.get("")
def open_webhooks(request: PageRequestDep) -> Response:
    """List the endpoints, with a form for another one."""
    return _list_page(request, request.form())


@router.post("")
def create_webhook(request: PageRequestDep, form: FormDep) -> Response:
    """Make an endpoint and show its secret, once."""
    wanted = _wanted(request, form)
    made: tuple[str, WebhookEndpoint] | None = None
    if form.is_valid:
        made = form.carry_out(
            request,
            endpoint_service.create_endpoint,
            request.context.connect.webhook_secrets,
            **wanted,
            limit=request.context.settings.webhook_endpoints_per_vendor,
        )
    if made is None:
        return _list_page(request, form, status=422)
    secret, endpoint = made
    return _webhook_page(request, endpoint.id, status=201, secret=secret)


@router.get("/{endpoint_id}")
def open_webhook(
    request: PageRequestDep, endpoint_id: WebhookEndpointId, before: str | None = None
) -> Response:
    """Show an endpoint and what was sent to it, newest first."""
    return _webhook_page(request, endpoint_id, before=before)


@router.post("/{endpoint_id}")
def update_webhook(
    request: PageRequestDep, endpoint_id: WebhookEndpointId, form: FormDep
) -> Response:
    """Change where an endpoint is, and what it is told."""
    with request.context.database.read() as session:
        form.merge(_initial(endpoint_service.get_endpoint(session, request.vendor_id, endpoint_id)))
    wanted = _wanted(request, form)
    if form.is_valid:
        update, guard = endpoint_service.update_endpoint, form.guard(_initial)
        form.carry_out(request, update, endpoint_id, wanted, guard=guard)
    if not form.is_valid:
        return _webhook_page(request, endpoint_id, form=form, status=form.status)
    return request.redirect(f"{PATH}/{endpoint_id}", N_("Saved."))


@router.post("/{endpoint_id}/status")
def switch_webhook(
    request: PageRequestDep, endpoint_id: WebhookEndpointId, form: FormDep
) -> Response:
    """Switch an endpoint off, or on again."""
    is_on = form.value("status") == EndpointStatus.ACTIVE
    wanted = {"status": EndpointStatus.ACTIVE if is_on else EndpointStatus.DISABLED}
    with request.context.database.write() as session:
        endpoint_service.update_endpoint(
            session, request.act(), request.vendor_id, endpoint_id, wanted
        )
    said = N_("The webhook is on.") if is_on else N_("The webhook is off.")
    return request.redirect(f"{PATH}/{endpoint_id}", said)


@router.post("/{endpoint_id}/delete")
def delete_webhook(
    request: PageRequestDep, endpoint_id: WebhookEndpointId, form: FormDep
) -> Response:
    """Delete an endpoint."""
    with request.context.database.write() as session:
        endpoint_service.delete_endpoint(session, request.act(), request.vendor_id, endpoint_id)
    return request.redirect(PATH, N_("The webhook is deleted."))


@router.post("/{endpoint_id}/rotate")
def rotate_webhook(
    request: PageRequestDep, endpoint_id: WebhookEndpointId, form: FormDep
) -> Response:
    """Give an endpoint a new secret and show it, once."""
    secrets, at_once = request.context.connect.webhook_secrets, form.is_on("at_once")
    made = form.carry_out(
        request, endpoint_service.rotate_secret, endpoint_id, secrets, at_once=at_once
    )
    secret = made and made[0]
    return _webhook_page(
        request, endpoint_id, secret=secret, refusal=form.refusal, status=form.status
    )


@router.post("/{endpoint_id}/test")
def send_test(request: PageRequestDep, endpoint_id: WebhookEndpointId, form: FormDep) -> Response:
    """Send an endpoint a test."""
    form.carry_out(request, delivery_service.send_test, endpoint_id)
    return _sent(request, endpoint_id, form, N_("The test is on its way."))


@router.post("/{endpoint_id}/replay")
def replay(request: PageRequestDep, endpoint_id: WebhookEndpointId, form: FormDep) -> Response:
    """Send an endpoint again what happened lately."""
    hours = form.choice("hours", [hours for hours, _ in _SPANS])
    if hours is not None:
        since = request.context.clock.now() - timedelta(hours=int(hours))
        form.carry_out(request, delivery_service.replay, endpoint_id, since=since)
    return _sent(request, endpoint_id, form, N_("What happened since then is on its way."))


@router.post("/{endpoint_id}/deliveries/{delivery_id}/retry")
def retry_delivery(
    request: PageRequestDep,
    endpoint_id: WebhookEndpointId,
    delivery_id: WebhookDeliveryId,
    form: FormDep,
) -> Response:
    """Send one delivery again."""
    form.carry_out(request, delivery_service.retry_delivery, endpoint_id, delivery_id)
    return _sent(request, endpoint_id, form, N_("It is sent again."))


def _sent(request: PageRequest, endpoint_id: WebhookEndpointId, form: Form, said: str) -> Response:
    if not form.is_valid:
        return _webhook_page(request, endpoint_id, refusal=form.refusal, status=form.status)
    return request.redirect(f"{PATH}/{endpoint_id}", said)


def _wanted(request: PageRequest, form: Form) -> dict[str, Any]:
    """Return what the form says of an endpoint; faults stand in it."""
    networks = request.context.connect.webhook_networks
    return {
        "url": form.checked("url", webhook_address, networks=networks),
        "description": form.text("description", required=False, limit=200) or "",
        "types": [one for one in _TYPES if form.is_on(f"type_{one}")],
    }


def _initial(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        **{f"type_{one}": one in endpoint.types for one in _TYPES},
    }


def _list_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        endpoints = endpoint_service.list_endpoints(session, request.vendor_id, limit=_LISTED)
    return request.render(
        "console/webhooks.html",
        status=status,
        form=form,
        endpoints=endpoints,
        types=_TYPES,
        event_names=EVENT_NAMES,
        off=EndpointStatus.DISABLED,
        url_characters=URL_CHARACTERS,
    )


def _webhook_page(
    request: PageRequest,
    endpoint_id: WebhookEndpointId,
    *,
    form: Form | None = None,
    status: int = 200,
    before: str | None = None,
    secret: str | None = None,
    refusal: str | None = None,
) -> Response:
    with request.context.database.read() as session:
        endpoint = endpoint_service.get_endpoint(session, request.vendor_id, endpoint_id)
        rows = delivery_service.list_deliveries(
            session,
            request.vendor_id,
            endpoint_id,
            before_id=as_id(before) if before else None,
            limit=_SHOWN + 1,
        )
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    shown = rows[:_SHOWN]
    return request.render(
        "console/webhook.html",
        status=status,
        form=form or request.form(_initial(endpoint)),
        replay_form=request.form({"hours": "24"}),
        endpoint=endpoint,
        deliveries=[(one, event, _pretty(event.body)) for one, event in shown],
        next_url=f"{PATH}/{endpoint.id}?before={shown[-1][0].id}" if len(rows) > _SHOWN else None,
        first_url=f"{PATH}/{endpoint.id}" if before else None,
        types=_TYPES,
        spans=_SPANS,
        states=_STATES,
        reasons=REASONS,
        State=DeliveryState,
        event_names=EVENT_NAMES,
        off=EndpointStatus.DISABLED,
        on=EndpointStatus.ACTIVE,
        secret=secret,
        refusal=refusal,
        timezone=timezone,
        url_characters=URL_CHARACTERS,
    )


def _pretty(body: str) -> str:
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
