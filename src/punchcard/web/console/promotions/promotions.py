"""The console's pages of a program's promotions: list, make, change, pause, end.

What a promotion would have cost on the purchases of the last months is shown before it is saved.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import location_service, vendor_service
from punchcard.accounts.models import Location
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import LocationId, ProgramId, PromotionId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service, promotion_dates, promotion_service
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports import simulation_service
from punchcard.loyalty.reports.simulation_service import Simulated
from punchcard.loyalty.rules.promotions.promotion_form import PLACES_LIMIT
from punchcard.loyalty.vocabulary import PromotionStatus
from punchcard.web.console.program_parts import after_change
from punchcard.web.console.programs.programs import CONFIRMED
from punchcard.web.console.promotions.promotion_form import (
    effects_of,
    initial_of,
    read_promotion,
    rows_sent,
    window_rows,
)
from punchcard.web.console.promotions.promotion_words import STATES, facts_of
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.promotions import LIMITS, STACKINGS
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/promotions")

SIMULATED_DAYS: Final = 90
"""On the purchases of how many days a promotion is tried out."""

_SHOWN: Final = 200
_AGAIN: Final = "again"
_FIELDS: Final = {
    "effect.kind": "effect_kind",
    "effect.factor": "factor",
    "effect.points": "points",
    "effect.stamps": "stamps",
    "budget.points": "budget",
    "budget.stamps": "budget",
}


class _Place(NamedTuple):
    """What a promotion's form stands on."""

    program: LoyaltyProgram
    locations: list[Location]
    own_language: str
    promotion: Promotion | None

    @property
    def location_ids(self) -> list[LocationId]:
        return [location.id for location in self.locations]

    @property
    def here(self) -> str:
        """Return the address that the form is sent to."""
        return f"{self.list_page}/{self.promotion.id if self.promotion else 'new'}"

    @property
    def list_page(self) -> str:
        return f"/console/programs/{self.program.id}/promotions"

    def initial(self) -> dict[str, Any]:
        return initial_of(self.promotion, self.program, self.location_ids)


@router.get("")
def open_promotions(request: PageRequestDep, program_id: ProgramId) -> Response:
    """List a program's promotions, those that are on first, with what they gave so far."""
    vendor_id, now = request.vendor_id, request.context.clock.now()
    with request.context.database.read() as session:
        program = program_service.get_program(session, vendor_id, program_id)
        rows = promotion_service.list_promotions(session, vendor_id, program.id, limit=_SHOWN)
        names = location_service.location_names(session, vendor_id)
    told = [
        facts_of(
            row, program, promotion_dates.status_at(row, program, now), names, request.language
        )
        for row in rows
    ]
    return request.render(
        "console/promotions.html",
        program=program,
        promotions=sorted(told, key=lambda facts: list(STATES).index(facts.status)),
        states=STATES,
    )


@router.get("/new")
def open_new_promotion(
    request: PageRequestDep, program_id: ProgramId, like: PromotionId | None = None
) -> Response:
    """Ask what purchases earn beside their base, and when; `like` names one to begin with."""
    place = _place(request, program_id, None)
    shown = place.promotion
    if like is not None:
        shown = _place(request, program_id, like).promotion
    initial = initial_of(shown, place.program, place.location_ids)
    return _form_page(request, place, request.form(initial), windows=shown.windows if shown else ())


@router.post("/new")
def create_promotion(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Add a promotion, once its maker was shown what it would have cost."""
    place = _place(request, program_id, None)
    fields = read_promotion(form, place.program, place.location_ids)
    if not _is_sure(form):
        return _confirm_page(request, place, form, fields)
    fields["status"] = form.value("save_as")
    with form.refusals(**_FIELDS), request.context.database.write() as session:
        promotion_service.create_promotion(
            session, request.act(), request.vendor_id, program_id, fields
        )
    return _after_change(request, place, form, N_("The promotion is saved."))


@router.get("/{promotion_id}")
def open_promotion(
    request: PageRequestDep, program_id: ProgramId, promotion_id: PromotionId
) -> Response:
    """Show a promotion to be changed; one that has ended is history."""
    place = _place(request, program_id, promotion_id)
    assert place.promotion is not None
    form = request.form(place.initial())
    return _form_page(request, place, form, windows=place.promotion.windows)


@router.post("/{promotion_id}")
def update_promotion(
    request: PageRequestDep, program_id: ProgramId, promotion_id: PromotionId, form: FormDep
) -> Response:
    """Change a promotion, once its maker was shown what it would have cost like that."""
    place = _place(request, program_id, promotion_id)
    form.merge(place.initial())
    fields = read_promotion(form, place.program, place.location_ids, place.promotion)
    if not _is_sure(form):
        return _confirm_page(request, place, form, fields)
    if form.value("save_as"):
        fields["status"] = form.value("save_as")
    with form.refusals(**_FIELDS), request.context.database.write() as session:
        promotion_service.update_promotion(
            session,
            request.act(),
            request.vendor_id,
            program_id,
            promotion_id,
            fields=fields,
            guard=form.guard(lambda row: initial_of(row, place.program, place.location_ids)),
        )
    return _after_change(request, place, form, N_("Saved."))


@router.post("/{promotion_id}/pause")
def pause_promotion(
    request: PageRequestDep, program_id: ProgramId, promotion_id: PromotionId, form: FormDep
) -> Response:
    """Let a promotion give nothing until it is resumed."""
    done = N_("The promotion is paused: purchases earn as usual.")
    to = PromotionStatus.PAUSED
    return _move(request, program_id, promotion_id, form, to=to, done=done)


@router.post("/{promotion_id}/start")
def start_promotion(
    request: PageRequestDep, program_id: ProgramId, promotion_id: PromotionId, form: FormDep
) -> Response:
    """Let a draft, or one that was paused, run on its days."""
    done = N_("The promotion runs on its days.")
    to = PromotionStatus.ACTIVE
    return _move(request, program_id, promotion_id, form, to=to, done=done)


@router.post("/{promotion_id}/end")
def end_promotion(
    request: PageRequestDep, program_id: ProgramId, promotion_id: PromotionId, form: FormDep
) -> Response:
    """End a promotion for good; a draft is deleted."""
    place = _place(request, program_id, promotion_id)
    form.carry_out(request, promotion_service.end_promotion, program_id, promotion_id)
    return _after_change(request, place, form, N_("The promotion is over. What it gave stays."))


def _move(
    request: PageRequest,
    program_id: ProgramId,
    promotion_id: PromotionId,
    form: Form,
    *,
    to: PromotionStatus,
    done: str,
) -> Response:
    place = _place(request, program_id, promotion_id)
    update = promotion_service.update_promotion
    form.carry_out(request, update, program_id, promotion_id, fields={"status": to})
    return _after_change(request, place, form, done)


def _after_change(request: PageRequest, place: _Place, form: Form, done: str) -> Response:
    saved = place.promotion.windows if place.promotion else ()

    def show(shown: Form) -> Response:
        return _form_page(request, place, shown, windows=None if shown is form else saved)

    return after_change(request, place, form, done, always_sent="effect_kind", show=show)


def _is_sure(form: Form) -> bool:
    return form.is_valid and form.is_on(CONFIRMED) and not form.is_on(_AGAIN)


def _confirm_page(
    request: PageRequest, place: _Place, form: Form, fields: dict[str, Any]
) -> Response:
    """Say what is about to be saved, and what it would have cost; or what is wrong with it."""
    planned = None
    if form.is_valid and not form.is_on(_AGAIN):
        with form.refusals(**_FIELDS), request.context.database.read() as session:
            planned = promotion_service.planned_promotion(
                session,
                request.act(),
                request.vendor_id,
                place.program.id,
                fields=fields,
                promotion=place.promotion,
            )
            names = location_service.location_names(session, request.vendor_id)
    if planned is None:
        return _form_page(request, place, form)
    status = place.promotion.status if place.promotion else PromotionStatus.DRAFT
    return request.render(
        "console/promotion_confirm.html",
        form=form,
        program=place.program,
        promotion=place.promotion,
        facts=facts_of(planned, place.program, status, names, request.language),
        simulated=_simulated(request, place.program, planned),
        days=SIMULATED_DAYS,
        is_draft=status == PromotionStatus.DRAFT,
        action=place.here,
        back=place.here,
    )


def _simulated(request: PageRequest, program: LoyaltyProgram, planned: Promotion) -> Simulated:
    last = request.context.clock.now().astimezone(ZoneInfo(program.timezone)).date()
    with request.context.database.snapshot() as connection:
        return simulation_service.simulate(
            connection,
            planned,
            first=last - timedelta(days=SIMULATED_DAYS - 1),
            last=last,
            limit_entries=request.context.settings.simulation_entries_limit,
        )


def _form_page(
    request: PageRequest,
    place: _Place,
    form: Form,
    *,
    windows: Any = None,
) -> Response:
    promotion = place.promotion
    now = request.context.clock.now()
    stands = PromotionStatus.DRAFT
    facts = None
    if promotion is not None:
        stands = promotion_dates.status_at(promotion, place.program, now)
        names = {str(location.id): location.name for location in place.locations}
        facts = facts_of(promotion, place.program, stands, names, request.language)
    texts = promotion.texts if promotion else {}
    return request.render(
        "console/promotion.html",
        status=form.status,
        form=form,
        program=place.program,
        promotion=promotion,
        facts=facts,
        states=STATES,
        is_over=promotion is not None and promotion.status == PromotionStatus.ENDED,
        locations=place.locations,
        effects=effects_of(place.program),
        limits=list(LIMITS.items()),
        stackings=list(STACKINGS.items()),
        rows=rows_sent(form) if windows is None else window_rows(len(windows)),
        other_languages=[
            code for code in LANGUAGES if code != place.own_language or texts.get(code)
        ],
        action=place.here,
    )


def _place(request: PageRequest, program_id: ProgramId, promotion_id: PromotionId | None) -> _Place:
    with request.context.database.read() as session:
        return _Place(
            program_service.get_program(session, request.vendor_id, program_id),
            location_service.list_locations(
                session, request.vendor_id, after_id=None, limit=PLACES_LIMIT
            ),
            _own_language(session, request),
            promotion_service.get_promotion(session, request.vendor_id, program_id, promotion_id)
            if promotion_id
            else None,
        )


def _own_language(session: Session, request: PageRequest) -> str:
    return vendor_service.get_vendor(session, request.vendor_id).language
