"""Integrations: systems of a vendor's that tell of orders, made and changed by its people."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts import location_service
from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.models import Vendor
from punchcard.accounts.rows import apply_changes, find_own, paginate, values_of
from punchcard.connect.integrations.errors import (
    IntegrationNotFound,
    IntegrationRotated,
    TooManyIntegrations,
)
from punchcard.connect.integrations.event_queue import enqueue_waiting
from punchcard.connect.integrations.makers.all_makers import MAKERS
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.models import Integration
from punchcard.connect.integrations.secrets import IntegrationSecrets
from punchcard.connect.integrations.vocabulary import (
    IntegrationKind,
    IntegrationStatus,
    WhoSigns,
)
from punchcard.connect.rotation import former_until
from punchcard.kit.ids import IntegrationId, LocationId, ProgramId, VendorId
from punchcard.loyalty.programs import program_service

CHANGEABLE: Final = ("name", "mapping", "status", "location_id")
_record: Final = partial(record_row, kind="integration")


class ShownSecrets(NamedTuple):
    """What is shown once: the address's secret, and the one to sign with, where it is ours."""

    address: str
    signing: str | None


def create_integration(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    secrets: IntegrationSecrets,
    *,
    program_id: ProgramId,
    kind: IntegrationKind,
    name: str,
    mapping: IntegrationMapping,
    location_id: LocationId | None,
    signing_secret: str | None = None,
    limit: int,
) -> tuple[ShownSecrets, Integration]:
    """Make an integration; what its system tells from now on earns in the program.

    `signing_secret` is that of a system that makes its own; others are given one of ours. Raises
    ProgramNotFound, LocationNotFound, TooManyIntegrations above `limit` a vendor.
    """
    # Held, so that two at once are counted one after the other.
    session.execute(select(Vendor.id).where(Vendor.id == vendor_id).with_for_update())
    count = select(func.count()).select_from(Integration).where(*_theirs(vendor_id))
    if (session.scalar(count) or 0) >= limit:
        raise TooManyIntegrations(limit=limit)
    program = program_service.get_program(session, vendor_id, program_id)
    row = Integration(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        program_id=program.id,
        location_id=_open_location(session, vendor_id, location_id),
        kind=kind,
        name=name,
        mapping=mapping.kept(),
        status=IntegrationStatus.ACTIVE,
        created_at=act.now,
        updated_at=act.now,
    )
    shown = _new_secrets(row, secrets)
    if signing_secret and who_signs(row) is WhoSigns.THEIRS:
        secrets.take_secret(row, signing_secret)
    session.add(row)
    session.flush()
    new = {"program_id": program.id, "kind": kind, **values_of(row, CHANGEABLE)}
    _record(session, act, "integration.created", row, new=new)
    return shown, row


def list_integrations(
    session: Session, vendor_id: VendorId, *, after_id: str | None = None, limit: int
) -> list[Integration]:
    """Return up to `limit` of the vendor's integrations after `after_id`, oldest first."""
    query = select(Integration).where(*_theirs(vendor_id))
    return paginate(session, query, Integration, after_id, limit)


def get_integration(
    session: Session, vendor_id: VendorId, integration_id: IntegrationId, *, lock: bool = False
) -> Integration:
    """Return the vendor's integration, held if so wanted. Raises IntegrationNotFound."""
    is_kept, missing = Integration.deleted_at.is_(None), IntegrationNotFound
    return find_own(
        session, Integration, vendor_id, integration_id, is_kept, missing=missing, lock=lock
    )


def update_integration(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Integration], None] | None = None,
) -> Integration:
    """Change the given fields of CHANGEABLE; what waited is worked on once one is active again.

    `guard` is given the row, locked, before anything changes. Raises IntegrationNotFound,
    LocationNotFound.
    """
    row = get_integration(session, vendor_id, integration_id, lock=True)
    if guard is not None:
        guard(row)
    wanted = dict(changes)
    if isinstance(wanted.get("mapping"), IntegrationMapping):
        wanted["mapping"] = wanted["mapping"].kept()
    if "location_id" in wanted:
        wanted["location_id"] = _open_location(session, vendor_id, wanted["location_id"])
    old, new = apply_changes(row, wanted)
    if not new:
        return row
    if new.get("status") == IntegrationStatus.ACTIVE:
        enqueue_waiting(session, act.now, integration_id=row.id)
    row.updated_at = act.now
    _record(session, act, "integration.updated", row, old=old, new=new)
    return row


def set_signing_secret(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    secrets: IntegrationSecrets,
    *,
    signing_secret: str,
) -> Integration:
    """Keep the secret that a system signs with which makes its own. Raises IntegrationNotFound."""
    row = get_integration(session, vendor_id, integration_id, lock=True)
    secrets.take_secret(row, signing_secret)
    row.updated_at = act.now
    _record(session, act, "integration.secret_set", row)
    return row


def delete_integration(
    session: Session, act: Act, vendor_id: VendorId, integration_id: IntegrationId
) -> None:
    """Delete an integration: what comes in its name is refused. Raises IntegrationNotFound."""
    row = get_integration(session, vendor_id, integration_id, lock=True)
    row.status, row.deleted_at = IntegrationStatus.PAUSED, act.now
    row.secret_sealed = row.former_secret_sealed = row.former_address_digest = None
    session.flush()
    _record(session, act, "integration.deleted", row, old=values_of(row, CHANGEABLE))


def rotate_integration(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    secrets: IntegrationSecrets,
    *,
    at_once: bool = False,
) -> tuple[ShownSecrets, Integration]:
    """Give an integration a new address, and a new secret where it is ours.

    Those before are taken for 24 hours; `at_once`, for what others have seen, ends them now.
    Raises IntegrationNotFound, IntegrationRotated while two are taken.
    """
    row = get_integration(session, vendor_id, integration_id, lock=True)
    refusal = partial(IntegrationRotated, former_until=row.former_until)
    until = former_until(row.former_until, act.now, at_once=at_once, refusal=refusal)
    former = row.address_digest, row.secret_sealed
    shown = _new_secrets(row, secrets)
    row.former_address_digest, row.former_secret_sealed = (None, None) if at_once else former
    row.former_until = until
    row.updated_at = act.now
    _record(session, act, "integration.rotated", row, new={"at_once": at_once})
    return shown, row


def who_signs(row: Integration) -> WhoSigns:
    """Return where the secret that signs comes from."""
    return MAKERS[row.kind].who_signs


def _new_secrets(row: Integration, secrets: IntegrationSecrets) -> ShownSecrets:
    address = secrets.give_address(row)
    is_ours = who_signs(row) is WhoSigns.OURS
    return ShownSecrets(address, secrets.give_secret(row) if is_ours else None)


def _open_location(
    session: Session, vendor_id: VendorId, location_id: LocationId | None
) -> LocationId | None:
    if location_id is None:
        return None
    return location_service.get_open_location(session, vendor_id, location_id).id


def _theirs(vendor_id: VendorId) -> tuple[Any, ...]:
    return Integration.vendor_id == vendor_id, Integration.deleted_at.is_(None)
