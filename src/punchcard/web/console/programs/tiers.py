"""The console's page of a program's tiers: what they take and give, told in plain words."""

from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs import program_service, reward_service
from punchcard.loyalty.programs.tier_impact import TierImpact, impact_of_tiers
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.console.programs.programs import CONFIRMED
from punchcard.web.console.programs.tiers_form import (
    GIFTS,
    ROWS,
    bases_of,
    initial_tiers,
    read_tiers,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.tiers import DOWNGRADES, WINDOWS
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/tiers")

_SHOWN = 200


class _Place(NamedTuple):
    """What the form stands on."""

    program: LoyaltyProgram
    rewards: list[Reward]
    own_language: str

    @property
    def here(self) -> str:
        return f"/console/programs/{self.program.id}/tiers"


@router.get("")
def open_tiers(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Show a program's tiers to be changed."""
    place = _place(request, program_id)
    return _form_page(request, place, request.form(initial_tiers(place.program)))


@router.post("")
def update_tiers(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Change the tiers; whom it lifts or lowers is counted first and asked once more."""
    place = _place(request, program_id)
    form.merge(initial_tiers(place.program))
    fields, names = read_tiers(form, place.program, [reward.id for reward in place.rewards])
    if form.is_valid and not form.is_on(CONFIRMED):
        impact = _impact(request, place, fields)
        if impact.moves_any:
            return request.render(
                "console/tiers_confirm.html",
                form=form,
                program=place.program,
                impact=impact,
                here=place.here,
            )
    if form.is_valid:
        with form.refusals(**names), request.context.database.write() as session:
            program_service.update_program(
                session,
                request.act(),
                request.vendor_id,
                program_id,
                fields,
                guard=form.guard(initial_tiers),
            )
    if not form.is_valid:
        status = form.status if form.status > 200 else 422
        return _form_page(request, place, form, status=status)
    return request.redirect(place.here, N_("Saved."))


def _impact(request: PageRequest, place: _Place, fields: dict[str, Any]) -> TierImpact:
    now = request.context.clock.now()
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, place.program.id)
        return impact_of_tiers(session, program, fields, now=now)


def _place(request: PageRequest, program_id: ProgramId) -> _Place:
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        rewards = reward_service.list_rewards(session, request.vendor_id, program.id, limit=_SHOWN)
        language = vendor_service.get_vendor(session, request.vendor_id).language
    return _Place(program, list(rewards), language)


def _form_page(request: PageRequest, place: _Place, form: Form, *, status: int = 200) -> Response:
    return request.render(
        "console/tiers.html",
        status=status,
        form=form,
        program=place.program,
        rows=ROWS,
        more_gifts=GIFTS[1:],
        gifts=[("", request.say(N_("Nothing"))), *((one.id, one.name) for one in place.rewards)],
        bases=list(bases_of(place.program).items()),
        windows=list(WINDOWS.items()),
        downgrades=list(DOWNGRADES.items()),
        other_languages=[code for code in LANGUAGES if code != place.own_language],
        has_points=place.program.type != ProgramType.STAMPS,
        has_stamps=place.program.type != ProgramType.POINTS,
        action=place.here,
    )
