"""Staff and their PINs."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from punchcard.accounts import throttle
from punchcard.accounts.audit_service import Act
from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import LEFT_OUT, IdOf, Moment, Name, OneOf, Schema, line
from punchcard.kit.ids import ProgramId, StaffPinId
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.rules.pin_rules import PIN_PATTERN
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.staff.pin_verifier import PreparedPin
from punchcard.loyalty.vocabulary import PinFilter, PinStatus

router = api_router("/api/v1/vendor/loyalty/pins", tag="staff PINs")

PinText = Annotated[str, Field(pattern=PIN_PATTERN, examples=["4711"])]
StaffId = Annotated[str, *line(1, 64)]


class PinRequest(Schema):
    """A person and the PIN they get; `program_id` null makes it good for every program."""

    name: Name
    pin: PinText
    staff_id: StaffId | None = None
    program_id: IdOf[ProgramId] | None = None


class PinChange(Schema):
    """What changes about a person; a new PIN unlocks them and ends their staff tokens."""

    name: Name = LEFT_OUT
    pin: PinText = LEFT_OUT
    staff_id: StaffId | None = None
    program_id: IdOf[ProgramId] | None = None


class PinSchema(Schema):
    """A person at the till; the PIN itself is never shown."""

    untagged = frozenset({"status", "failed_attempts", "locked_until", "last_used_at"})
    id: IdOf[StaffPinId]
    name: str
    staff_id: str | None
    program_id: IdOf[ProgramId] | None
    status: OneOf[PinStatus]
    failed_attempts: int
    locked_until: Moment | None
    last_used_at: Moment | None
    retired_at: Moment | None
    created_at: Moment
    updated_at: Moment


class VerifyRequest(Schema):
    """A typed PIN; `staff_id` names the person by a StaffPin's id or its `staff_id`."""

    pin: PinText
    staff_id: StaffId | None = None


class VerifiedPinSchema(Schema):
    """Whose PIN it is, and a token that stands for it during a shift."""

    staff_pin: PinSchema
    staff_token: str
    expires_at: Moment


@router.get("")
def list_pins(
    caller: CallerDep,
    page: PageDep,
    status: Annotated[
        OneOf[PinFilter], Query(description="Which PINs to return.")
    ] = PinFilter.IN_USE,
) -> Listed[PinSchema]:
    """Return the vendor's staff, oldest first."""
    now = caller.context.clock.now()
    with caller.context.database.read() as session:
        rows = pin_service.list_pins(
            session, caller.vendor_id, limit=page.fetch, after_id=page.cursor, status=status
        )
    return listed(page, list(rows), lambda row: pin_schema(row, now), lambda row: row.id)


@router.post("", status_code=201, responses=problems(404, 409, 423))
def create_pin(caller: CallerDep, request: PinRequest) -> PinSchema:
    """Give a person a PIN. Trivial ones are refused, and those someone else of the shop has.

    The latter count against this caller like wrong PINs.
    """
    verifier = caller.context.loyalty.pin_verifier
    fields = request.model_dump(exclude={"pin"})
    act = caller.act()
    with verifier.counting_taken(caller.subject):
        prepared = verifier.prepare(caller.vendor_id, request.pin)
        return _created(caller, act, fields, prepared)


def _created(caller: Caller, act: Act, fields: dict[str, Any], prepared: PreparedPin) -> PinSchema:
    with caller.context.database.write() as session:
        row = pin_service.create_pin(session, act, caller.vendor_id, fields, prepared)
        return caller.remember(session, 201, pin_schema(row, act.now))


@router.post("/verify", responses=problems(423))
def verify_pin(caller: CallerDep, request: VerifyRequest) -> VerifiedPinSchema:
    """Check a PIN, and lend a staff token to this caller for the rest of the shift.

    A wrong PIN counts against the person named by `staff_id`, or else against this caller. An
    Idempotency-Key is not looked at: asked again, a new token is given.
    """
    context = caller.context
    hit = context.loyalty.pin_verifier.check(caller.subject, request.pin, request.staff_id)
    token, expires_at = context.loyalty.staff_tokens.issue(hit, caller.subject)
    with context.database.read() as session:
        row = pin_service.get_pin(session, caller.vendor_id, hit.identity.pin_id)
    return VerifiedPinSchema(
        staff_pin=pin_schema(row, context.clock.now()), staff_token=token, expires_at=expires_at
    )


@router.get("/{pin_id}", responses=problems(404))
def get_pin(caller: CallerDep, pin_id: StaffPinId) -> PinSchema:
    """Return one person, retired or not."""
    with caller.context.database.read() as session:
        row = pin_service.get_pin(session, caller.vendor_id, pin_id)
    return caller.tagged(pin_schema(row, caller.context.clock.now()))


@router.patch("/{pin_id}", responses=problems(404, 409, 423))
def update_pin(caller: CallerDep, pin_id: StaffPinId, request: PinChange) -> PinSchema:
    """Change the given fields, or the PIN itself; one that somebody has counts as a wrong one."""
    if "pin" not in request.model_fields_set:
        return _updated(caller, pin_id, request, None)
    verifier = caller.context.loyalty.pin_verifier
    with caller.context.database.read() as session:
        pin_service.get_pin(session, caller.vendor_id, pin_id)
    with verifier.counting_taken(caller.subject):
        prepared = verifier.prepare(caller.vendor_id, request.pin)
        return _updated(caller, pin_id, request, prepared)


def _updated(
    caller: Caller, pin_id: StaffPinId, request: PinChange, prepared: PreparedPin | None
) -> PinSchema:
    fields = request.model_dump(exclude={"pin"}, exclude_unset=True)
    act = caller.act()
    with caller.context.database.write() as session:
        row = pin_service.update_pin(
            session,
            act,
            caller.vendor_id,
            pin_id,
            fields,
            prepared=prepared,
            guard=caller.guard(partial(pin_schema, now=act.now)),
        )
    return caller.tagged(pin_schema(row, act.now))


@router.delete("/{pin_id}", status_code=204, responses=problems(404))
def retire_pin(caller: CallerDep, pin_id: StaffPinId) -> None:
    """Retire a person's PIN, and end their staff tokens; history keeps the name."""
    context = caller.context
    with context.database.write() as session:
        pin_service.retire_pin(session, caller.act(), caller.vendor_id, pin_id)


@router.post("/{pin_id}/unlock", responses=problems(404, 409))
def unlock_pin(caller: CallerDep, pin_id: StaffPinId) -> PinSchema:
    """Let a locked person go on at once."""
    act = caller.act()
    with caller.context.database.write() as session:
        row = pin_service.unlock_pin(session, act, caller.vendor_id, pin_id)
        return caller.remember(session, 200, pin_schema(row, act.now))


def pin_schema(row: StaffPin, now: datetime) -> PinSchema:
    """Return a person as the vendor sees them; an expired lock is left out."""
    locked_until = row.locked_until if throttle.holds(row.locked_until, now) else None
    return PinSchema(
        id=row.id,
        name=row.name,
        staff_id=row.staff_id,
        program_id=row.program_id,
        status=_status(row, locked_until),
        failed_attempts=row.failed_attempts,
        locked_until=locked_until,
        last_used_at=row.last_used_at,
        retired_at=row.retired_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _status(row: StaffPin, locked_until: datetime | None) -> PinStatus:
    if row.retired_at is not None:
        return PinStatus.RETIRED
    if row.exhausted_at is not None:
        return PinStatus.EXHAUSTED
    return PinStatus.LOCKED if locked_until is not None else PinStatus.ACTIVE
