"""The vendor's programs."""

from functools import partial
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session

from punchcard.accounts.rows import values_of
from punchcard.api.http.dependencies import Caller, CallerDep, Confirm, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import OneOf
from punchcard.api.schemas.program_rules.program_tiers import ProgramTiers, TierImpactSchema
from punchcard.api.schemas.programs import (
    ProgramChange,
    ProgramRequest,
    ProgramSchema,
    fields_of,
    program_schema,
    program_schemas,
)
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service, program_tiers
from punchcard.loyalty.programs.lowering_changes import Lowering
from punchcard.loyalty.programs.tier_impact import impact_of_tiers
from punchcard.loyalty.rules.tiers.tier_form import TIER_RULES
from punchcard.loyalty.vocabulary import ProgramStatus

router = api_router("/api/v1/vendor/loyalty/programs", tag="programs")


@router.get("")
def list_programs(
    caller: CallerDep,
    page: PageDep,
    status: Annotated[
        OneOf[ProgramStatus] | None, Query(description="Only programs like this.")
    ] = None,
) -> Listed[ProgramSchema]:
    """Return the vendor's programs, oldest first."""
    with caller.context.database.read() as session:
        rows = program_service.list_programs(
            session, caller.vendor_id, limit=page.fetch, after_id=page.cursor, status=status
        )
        schemas = program_schemas(session, rows, _base(caller), caller.context.clock.now())
    return listed(page, schemas, lambda schema: schema, lambda schema: schema.id)


@router.post("", status_code=201, responses=problems(409))
def create_program(caller: CallerDep, request: ProgramRequest) -> ProgramSchema:
    """Make a program: a draft, unless it is to be active at once."""
    act = caller.act()
    with caller.context.database.write() as session:
        row = program_service.create_program(session, act, caller.vendor_id, fields_of(request))
        return caller.remember(session, 201, _schema(caller, session, row))


@router.get("/{program_id}", responses=problems(404))
def get_program(caller: CallerDep, program_id: ProgramId) -> ProgramSchema:
    """Return one program."""
    with caller.context.database.read() as session:
        row = program_service.get_program(session, caller.vendor_id, program_id)
        return caller.tagged(_schema(caller, session, row))


@router.patch("/{program_id}", responses=problems(404, 409))
def update_program(
    caller: CallerDep, program_id: ProgramId, request: ProgramChange, confirm: Confirm = None
) -> ProgramSchema:
    """Change the given fields; every change raises `version`, which ledger entries cite.

    Type, currency and time zone stay as they are once there are cards. What lowers what cards have
    is counted, refused with 409 `change_lowers_cards`, and made once it is sent with its `confirm`.
    """
    fields = fields_of(request)
    lowering = Lowering(confirm, caller.context.clock.now())
    with caller.context.database.write() as session:
        row = program_service.update_program(
            session,
            caller.act(),
            caller.vendor_id,
            program_id,
            fields,
            guard=caller.guard(partial(_schema, caller, session)),
            ask=lowering.ask_of_program,
        )
        return caller.tagged(_schema(caller, session, row))


@router.post("/{program_id}/tiers/preview", responses=problems(404))
def preview_tiers(
    caller: CallerDep, program_id: ProgramId, request: ProgramTiers
) -> TierImpactSchema:
    """Tell whom other tiers would lift or lower, before they are changed; nothing changes.

    What is left out of the fields stays as it is, as in the PATCH that makes the change.
    """
    now = caller.context.clock.now()
    with caller.context.database.read() as session:
        program = program_service.get_program(session, caller.vendor_id, program_id)
        before = values_of(program, TIER_RULES)
        fields = program_tiers.with_tiers_kept(before, fields_of(request))
        program_tiers.check_tiers(session, program, fields)
        impact = impact_of_tiers(session, program, fields, now=now)
    return TierImpactSchema(**impact._asdict())


@router.delete("/{program_id}", status_code=204, responses=problems(404, 409))
def delete_program(caller: CallerDep, program_id: ProgramId) -> None:
    """Delete a program that never had a card, with its rewards; its PINs are retired."""
    act = caller.act()
    with caller.context.database.write() as session:
        program_service.delete_program(session, act, caller.vendor_id, program_id)


@router.post("/{program_id}/activate", responses=problems(404))
def activate_program(caller: CallerDep, program_id: ProgramId) -> ProgramSchema:
    """Open the program for business."""
    with caller.context.database.write() as session:
        row = program_service.activate_program(session, caller.act(), caller.vendor_id, program_id)
        return caller.remember(session, 200, _schema(caller, session, row))


@router.post("/{program_id}/deactivate", responses=problems(404))
def deactivate_program(caller: CallerDep, program_id: ProgramId) -> ProgramSchema:
    """Close the program for business; its cards keep their balances."""
    with caller.context.database.write() as session:
        act = caller.act()
        row = program_service.deactivate_program(session, act, caller.vendor_id, program_id)
        return caller.remember(session, 200, _schema(caller, session, row))


def _schema(caller: Caller, session: Session, row: LoyaltyProgram) -> ProgramSchema:
    return program_schema(session, row, _base(caller), caller.context.clock.now())


def _base(caller: Caller) -> str:
    return caller.context.settings.base_url
