"""Webhook endpoints: where a vendor is told what happens, made and changed by its people."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.models import Vendor
from punchcard.accounts.plans import plan_limits
from punchcard.accounts.rows import apply_changes, find_own, paginate, values_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.connect.errors import (
    TooManyWebhookEndpoints,
    WebhookEndpointNotFound,
    WebhookSecretRotated,
)
from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.rotation import former_until
from punchcard.connect.vocabulary import DisabledReason, EndpointStatus
from punchcard.connect.webhooks.secrets import WebhookSecrets
from punchcard.kit.ids import VendorId, WebhookEndpointId
from punchcard.loyalty.programs import vendor_changes

CHANGEABLE: Final = ("url", "types", "description", "status")
_record: Final = partial(record_row, kind="webhook_endpoint")


def create_endpoint(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    secrets: WebhookSecrets,
    *,
    url: str,
    types: Sequence[str],
    description: str,
    limit: int,
) -> tuple[str, WebhookEndpoint]:
    """Make an endpoint; from now on what happens at the vendor is written down for it.

    `url` was checked. Returns the secret, which is never shown again. Raises
    TooManyWebhookEndpoints above `limit` a vendor, PlanLimitReached.
    """
    count = endpoints_of(vendor_id)
    # The plan before the vendor, as a till that opens cards takes them.
    plan_limits.refuse_above(session, vendor_id, PlanLimit.WEBHOOK_ENDPOINTS, count)
    # Before the count, so that two at once are counted one after the other.
    vendor_changes.keep_events(session, act, vendor_id, keeps=True)
    if (session.scalar(count) or 0) >= limit:
        raise TooManyWebhookEndpoints(limit=limit)
    endpoint = WebhookEndpoint(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        url=url,
        types=_in_order(types),
        description=description,
        status=EndpointStatus.ACTIVE,
        created_at=act.now,
        updated_at=act.now,
    )
    secret = secrets.give(endpoint)
    session.add(endpoint)
    session.flush()
    _record(session, act, "webhook_endpoint.created", endpoint, new=values_of(endpoint, CHANGEABLE))
    return secret, endpoint


def endpoints_of(vendor_id: VendorId) -> Select[int]:
    """Return the query that counts a vendor's endpoints."""
    return select(func.count()).select_from(WebhookEndpoint).where(*_theirs(vendor_id))


def list_endpoints(
    session: Session, vendor_id: VendorId, *, after_id: str | None = None, limit: int
) -> list[WebhookEndpoint]:
    """Return up to `limit` of the vendor's endpoints after `after_id`, oldest first."""
    query = select(WebhookEndpoint).where(*_theirs(vendor_id))
    return paginate(session, query, WebhookEndpoint, after_id, limit)


def get_endpoint(
    session: Session,
    vendor_id: VendorId,
    endpoint_id: WebhookEndpointId,
    *,
    lock: bool = False,
) -> WebhookEndpoint:
    """Return the vendor's endpoint, held if so wanted. Raises WebhookEndpointNotFound."""
    is_kept, missing = WebhookEndpoint.deleted_at.is_(None), WebhookEndpointNotFound
    return find_own(
        session, WebhookEndpoint, vendor_id, endpoint_id, is_kept, missing=missing, lock=lock
    )


def update_endpoint(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    endpoint_id: WebhookEndpointId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[WebhookEndpoint], None] | None = None,
) -> WebhookEndpoint:
    """Change the given fields of CHANGEABLE; one that is switched on again starts afresh.

    What waited for it is sent then. `url` was checked; `guard` is given the row, locked, before
    anything changes. Raises WebhookEndpointNotFound.
    """
    endpoint = get_endpoint(session, vendor_id, endpoint_id, lock=True)
    if guard is not None:
        guard(endpoint)
    wanted = dict(changes)
    if "types" in wanted:
        wanted["types"] = _in_order(wanted["types"])
    old, new = apply_changes(endpoint, wanted)
    if not new:
        return endpoint
    if "status" in new:
        is_off = endpoint.status == EndpointStatus.DISABLED
        endpoint.disabled_reason = DisabledReason.VENDOR if is_off else None
        endpoint.failing_since = endpoint.paused_until = None
    endpoint.updated_at = act.now
    _record(session, act, "webhook_endpoint.updated", endpoint, old=old, new=new)
    return endpoint


def delete_endpoint(
    session: Session, act: Act, vendor_id: VendorId, endpoint_id: WebhookEndpointId
) -> None:
    """Delete an endpoint: nothing is sent to it any more. Raises WebhookEndpointNotFound."""
    endpoint = get_endpoint(session, vendor_id, endpoint_id, lock=True)
    endpoint.status, endpoint.deleted_at = EndpointStatus.DISABLED, act.now
    session.flush()
    _record(session, act, "webhook_endpoint.deleted", endpoint, old=values_of(endpoint, CHANGEABLE))
    if not list_endpoints(session, vendor_id, limit=1):
        vendor_changes.keep_events(session, act, vendor_id, keeps=False)


def rotate_secret(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    endpoint_id: WebhookEndpointId,
    secrets: WebhookSecrets,
    *,
    at_once: bool = False,
) -> tuple[str, WebhookEndpoint]:
    """Give an endpoint a new secret; that before signs beside it for 24 hours, or no more.

    `at_once`, for a secret that others have seen, ends every other one now. Returns the secret,
    which is never shown again. Raises WebhookEndpointNotFound, WebhookSecretRotated while two sign.
    """
    endpoint = get_endpoint(session, vendor_id, endpoint_id, lock=True)
    before = endpoint.former_secret_until
    refusal = partial(WebhookSecretRotated, former_secret_until=before)
    until = former_until(before, act.now, at_once=at_once, refusal=refusal)
    former = endpoint.secret_sealed
    secret = secrets.give(endpoint)
    endpoint.former_secret_sealed = None if at_once else former
    endpoint.former_secret_until = until
    endpoint.updated_at = act.now
    _record(session, act, "webhook_endpoint.rotated", endpoint, new={"at_once": at_once})
    return secret, endpoint


def disable_for(
    session: Session, act: Act, endpoint: WebhookEndpoint, reason: DisabledReason
) -> Vendor:
    """Switch an endpoint off because of its answers; returns whose it is."""
    endpoint.status, endpoint.disabled_reason = EndpointStatus.DISABLED, reason
    endpoint.updated_at = act.now
    new = {"status": endpoint.status, "reason": reason}
    _record(session, act, "webhook_endpoint.disabled", endpoint, new=new)
    return session.get_one(Vendor, endpoint.vendor_id)


def _theirs(vendor_id: VendorId) -> tuple[Any, ...]:
    return WebhookEndpoint.vendor_id == vendor_id, WebhookEndpoint.deleted_at.is_(None)


def _in_order(types: Sequence[str]) -> list[str]:
    return sorted({str(one) for one in types})
