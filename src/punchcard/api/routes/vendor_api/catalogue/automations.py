"""What a program does for its cards by itself."""

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.program_rules.automations import (
    AutomationChange,
    AutomationPreviewSchema,
    AutomationRequest,
    AutomationResultsSchema,
    AutomationSchema,
    automation_fields,
    automation_schema,
    preview_schema,
    results_schema,
)
from punchcard.engage import automation_service
from punchcard.engage.preview_service import preview
from punchcard.engage.results_service import results_of
from punchcard.kit.ids import AutomationId, ProgramId

router = api_router("/api/v1/vendor/loyalty/programs/{program_id}/automations", tag="automations")


@router.get("", responses=problems(404))
def list_automations(
    caller: CallerDep, page: PageDep, program_id: ProgramId
) -> Listed[AutomationSchema]:
    """Return a program's automations, oldest first."""
    with caller.context.database.read() as session:
        rows = automation_service.list_automations(
            session, caller.vendor_id, program_id, limit=page.fetch, after_id=page.cursor
        )
        return listed(page, list(rows), automation_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(404, 409))
def create_automation(
    caller: CallerDep, program_id: ProgramId, request: AutomationRequest
) -> AutomationSchema:
    """Add an automation to a program: a draft, unless it is to be active."""
    with caller.context.database.write() as session:
        row = automation_service.create_automation(
            session, caller.act(), caller.vendor_id, program_id, automation_fields(request)
        )
        return caller.remember(session, 201, automation_schema(row))


@router.post("/preview", responses=problems(404))
def preview_automation(
    caller: CallerDep, program_id: ProgramId, request: AutomationRequest
) -> AutomationPreviewSchema:
    """Tell how many cards an automation would have met lately; nothing is kept."""
    now = caller.context.clock.now()
    with caller.context.database.read() as session:
        program, automation = automation_service.checked_automation(
            session, caller.vendor_id, program_id, automation_fields(request)
        )
        return preview_schema(preview(session, program, automation, now))


@router.get("/{automation_id}", responses=problems(404))
def get_automation(
    caller: CallerDep, program_id: ProgramId, automation_id: AutomationId
) -> AutomationSchema:
    """Return one automation."""
    with caller.context.database.read() as session:
        row = automation_service.get_automation(
            session, caller.vendor_id, program_id, automation_id
        )
        return caller.tagged(automation_schema(row))


@router.patch("/{automation_id}", responses=problems(404, 409))
def update_automation(
    caller: CallerDep,
    program_id: ProgramId,
    automation_id: AutomationId,
    request: AutomationChange,
) -> AutomationSchema:
    """Change the given fields; every change raises `version`."""
    with caller.context.database.write() as session:
        row = automation_service.update_automation(
            session,
            caller.act(),
            caller.vendor_id,
            program_id,
            automation_id,
            fields=automation_fields(request),
            guard=caller.guard(automation_schema),
        )
        return caller.tagged(automation_schema(row))


@router.delete("/{automation_id}", status_code=204, responses=problems(404, 409))
def end_automation(caller: CallerDep, program_id: ProgramId, automation_id: AutomationId) -> None:
    """End an automation now; a draft is deleted. What was given stays."""
    with caller.context.database.write() as session:
        automation_service.end_automation(
            session, caller.act(), caller.vendor_id, program_id, automation_id
        )


@router.get("/{automation_id}/results", responses=problems(404))
def automation_results(
    caller: CallerDep, program_id: ProgramId, automation_id: AutomationId
) -> AutomationResultsSchema:
    """Tell what an automation did so far, beside those it left out to compare."""
    now = caller.context.clock.now()
    with caller.context.database.read() as session:
        row = automation_service.get_automation(
            session, caller.vendor_id, program_id, automation_id
        )
        return results_schema(results_of(session, row, now))
