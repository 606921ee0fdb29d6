"""The console's pages of what a program does for its customers by itself.

Whom an automation would have met in the last months is shown before it is switched on.
"""

from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response

from punchcard.engage import automation_service, preview_service, results_service
from punchcard.engage.models import Automation
from punchcard.engage.preview_service import AutomationPreview
from punchcard.engage.vocabulary import AutomationStatus
from punchcard.kit.i18n import N_
from punchcard.kit.ids import AutomationId, ProgramId
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs import program_service, reward_service
from punchcard.web.console.engage.automation_form import (
    actions_of,
    initial_of,
    read_automation,
    triggers_of,
)
from punchcard.web.console.program_parts import after_change
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.automations import ACTIONS, TRIGGERS
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/automations")

STATES: Final = {
    AutomationStatus.ACTIVE: (N_("On"), "good"),
    AutomationStatus.PAUSED: (N_("Paused"), "warn"),
    AutomationStatus.DRAFT: (N_("Draft"), ""),
    AutomationStatus.ENDED: (N_("Ended"), ""),
}
_SHOWN: Final = 200
_REWARDS: Final = 200
_LOOK: Final = "look"
_FIELDS: Final = {
    "when.days_before": "days_before",
    "when.days": "days",
    "when.visits": "visits",
    "when.tier": "tier",
    "quiet_hours.to": "quiet_to",
}


class _Place(NamedTuple):
    """What an automation's form stands on."""

    program: LoyaltyProgram
    rewards: list[Reward]
    automation: Automation | None

    @property
    def list_page(self) -> str:
        return f"/console/programs/{self.program.id}/automations"

    @property
    def here(self) -> str:
        """Return the address that the form is sent to."""
        return f"{self.list_page}/{self.automation.id if self.automation else 'new'}"

    def initial(self) -> dict[str, Any]:
        return initial_of(self.automation, actions_of(self.program, self.rewards))


@router.get("")
def open_automations(request: PageRequestDep, program_id: ProgramId) -> Response:
    """List a program's automations, with what they did so far."""
    now = request.context.clock.now()
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        rows = automation_service.list_automations(
            session, request.vendor_id, program.id, limit=_SHOWN
        )
        told = [(row, results_service.results_of(session, row, now)) for row in rows]
    order = list(STATES)
    return request.render(
        "console/automations.html",
        program=program,
        automations=sorted(told, key=lambda one: order.index(one[0].status)),
        states=STATES,
        triggers=TRIGGERS,
        actions=ACTIONS,
    )


@router.get("/new")
def open_new_automation(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Ask what is to happen by itself, and when."""
    place = _place(request, program_id, None)
    return _form_page(request, place, request.form(place.initial()))


@router.post("/new")
def create_automation(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Add an automation, or show whom it would have met."""
    place = _place(request, program_id, None)
    fields = read_automation(form, place.program, place.rewards)
    if form.is_valid and form.value("do") == _LOOK:
        return _form_page(request, place, form, preview=_preview(request, place, form, fields))
    if not form.is_valid:
        return _form_page(request, place, form)
    fields["status"] = _status_of(form)
    with form.refusals(**_FIELDS), request.context.database.write() as session:
        automation_service.create_automation(
            session, request.act(), request.vendor_id, program_id, fields
        )
    return _after_change(request, place, form, N_("Saved."))


@router.get("/{automation_id}")
def open_automation(
    request: PageRequestDep, program_id: ProgramId, automation_id: AutomationId
) -> Response:
    """Show an automation to be changed, and what it did so far."""
    place = _place(request, program_id, automation_id)
    return _form_page(request, place, request.form(place.initial()))


@router.post("/{automation_id}")
def update_automation(
    request: PageRequestDep, program_id: ProgramId, automation_id: AutomationId, form: FormDep
) -> Response:
    """Change an automation, or show whom it would have met like that."""
    place = _place(request, program_id, automation_id)
    form.merge(place.initial())
    fields = read_automation(form, place.program, place.rewards, place.automation)
    if form.is_valid and form.value("do") == _LOOK:
        return _form_page(request, place, form, preview=_preview(request, place, form, fields))
    if not form.is_valid:
        return _form_page(request, place, form)
    actions = actions_of(place.program, place.rewards)
    with form.refusals(**_FIELDS), request.context.database.write() as session:
        automation_service.update_automation(
            session,
            request.act(),
            request.vendor_id,
            program_id,
            automation_id,
            fields=fields,
            guard=form.guard(lambda row: initial_of(row, actions)),
        )
    return _after_change(request, place, form, N_("Saved."))


@router.post("/{automation_id}/start")
def start_automation(
    request: PageRequestDep, program_id: ProgramId, automation_id: AutomationId, form: FormDep
) -> Response:
    """Switch an automation on."""
    done = N_("It is on from now on.")
    to = AutomationStatus.ACTIVE
    return _move(request, program_id, automation_id, form, to=to, done=done)


@router.post("/{automation_id}/pause")
def pause_automation(
    request: PageRequestDep, program_id: ProgramId, automation_id: AutomationId, form: FormDep
) -> Response:
    """Let an automation do nothing until it is switched on again."""
    done = N_("It is paused.")
    to = AutomationStatus.PAUSED
    return _move(request, program_id, automation_id, form, to=to, done=done)


@router.post("/{automation_id}/end")
def end_automation(
    request: PageRequestDep, program_id: ProgramId, automation_id: AutomationId, form: FormDep
) -> Response:
    """End an automation for good; a draft is deleted."""
    place = _place(request, program_id, automation_id)
    form.carry_out(request, automation_service.end_automation, program_id, automation_id)
    return _after_change(request, place, form, N_("It is over. What it gave stays."))


def _status_of(form: Form) -> AutomationStatus:
    is_on = form.value("do") == AutomationStatus.ACTIVE
    return AutomationStatus.ACTIVE if is_on else AutomationStatus.DRAFT


def _move(
    request: PageRequest,
    program_id: ProgramId,
    automation_id: AutomationId,
    form: Form,
    *,
    to: AutomationStatus,
    done: str,
) -> Response:
    place = _place(request, program_id, automation_id)
    update = automation_service.update_automation
    form.carry_out(request, update, program_id, automation_id, fields={"status": to})
    return _after_change(request, place, form, done)


def _after_change(request: PageRequest, place: _Place, form: Form, done: str) -> Response:
    def show(shown: Form) -> Response:
        return _form_page(request, place, shown)

    return after_change(request, place, form, done, always_sent="trigger", show=show)


def _preview(
    request: PageRequest, place: _Place, form: Form, fields: dict[str, Any]
) -> AutomationPreview | None:
    now = request.context.clock.now()
    with form.refusals(**_FIELDS), request.context.database.read() as session:
        program, planned = automation_service.checked_automation(
            session, request.vendor_id, place.program.id, fields
        )
        return preview_service.preview(session, program, planned, now)
    return None


def _form_page(
    request: PageRequest,
    place: _Place,
    form: Form,
    *,
    preview: AutomationPreview | None = None,
) -> Response:
    automation = place.automation
    results = None
    if automation is not None and automation.status != AutomationStatus.DRAFT:
        now = request.context.clock.now()
        with request.context.database.read() as session:
            results = results_service.results_of(session, automation, now)
    return request.render(
        "console/automation.html",
        status=form.status,
        form=form,
        program=place.program,
        automation=automation,
        results=results,
        preview=preview,
        back_within_days=results_service.BACK_WITHIN_DAYS,
        states=STATES,
        triggers=triggers_of(place.program),
        trigger_names=TRIGGERS,
        actions=actions_of(place.program, place.rewards),
        rewards=[(reward.id, reward.name) for reward in place.rewards],
        tiers=[("", N_("Any tier")), *((one["key"], one["name"]) for one in _tiers(place))],
        is_over=automation is not None and automation.status == AutomationStatus.ENDED,
        action=place.here,
    )


def _tiers(place: _Place) -> list[dict[str, Any]]:
    return list(place.program.tiers or ())


def _place(
    request: PageRequest, program_id: ProgramId, automation_id: AutomationId | None
) -> _Place:
    vendor_id = request.vendor_id
    with request.context.database.read() as session:
        program = program_service.get_program(session, vendor_id, program_id)
        rewards = reward_service.list_rewards(session, vendor_id, program.id, limit=_REWARDS)
        automation = (
            automation_service.get_automation(session, vendor_id, program_id, automation_id)
            if automation_id
            else None
        )
    return _Place(program, list(rewards), automation)
