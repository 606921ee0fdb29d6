"""The console's pages of what points can be exchanged for."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.engage import automation_service
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import ProgramId, RewardId, VendorId
from punchcard.loyalty.errors.programs import RewardNotFound
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs import impact_service, program_service, reward_service
from punchcard.loyalty.rules.program_rules import REWARD_BOUNDS
from punchcard.web.console.bulk import BulkAction, bulk_page
from punchcard.web.console.programs.program_form import (
    DESCRIPTION_CHARACTERS,
    NAME_CHARACTERS,
    amount_of,
)
from punchcard.web.console.programs.programs import CONFIRMED
from punchcard.web.notices import Undo
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/rewards")

_WORDS: Final = {"name": NAME_CHARACTERS, "description": DESCRIPTION_CHARACTERS}


@router.get("/new")
def open_new_reward(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Ask what points can be exchanged for."""
    return _page(request, program_id, None, request.form({"points_required": 100}))


@router.post("/new")
def create_reward(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Add a reward to the program."""
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
    fields = _read(form, program)
    if form.is_valid:
        form.carry_out(request, reward_service.create_reward, program.id, fields)
    if not form.is_valid:
        return _page(request, program_id, None, form, status=422)
    return request.redirect(f"/console/programs/{program.id}#rewards", N_("The reward is added."))


_AT_ONCE: Final = {
    "withdraw": BulkAction(
        do=reward_service.archive_reward,
        title=N_("Withdraw these rewards?"),
        meaning=N_("Customers can no longer have them; the ledger keeps what they were."),
        done=N_("Withdrawn rewards: {n}"),
        undone_by="offer",
        is_dangerous=True,
    ),
    "offer": BulkAction(
        do=reward_service.restore_reward,
        title=N_("Offer these rewards again?"),
        meaning=N_("Customers can have them again, as they were."),
        done=N_("Rewards offered again: {n}"),
        undone_by="withdraw",
    ),
}


@router.post("/bulk")
def change_rewards(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Withdraw the rewards that were chosen, or offer them again."""
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)

    def names_of(
        session: Session, _vendor_id: VendorId, ids: Sequence[RewardId]
    ) -> Mapping[str, str]:
        return reward_service.names_of(session, program.id, ids)

    own = f"/console/programs/{program.id}"
    return bulk_page(request, form, _AT_ONCE, names_of, at=f"{own}/rewards", back=f"{own}#rewards")


@router.get("/{reward_id}")
def open_reward(request: PageRequestDep, program_id: ProgramId, reward_id: RewardId) -> Response:
    """Show a reward to be changed."""
    return _page(request, program_id, reward_id, None)


@router.post("/{reward_id}")
def update_reward(
    request: PageRequestDep, program_id: ProgramId, reward_id: RewardId, form: FormDep
) -> Response:
    """Change a reward; what another name or price does to running cards is told and asked first."""
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        row = reward_service.get_reward(session, request.vendor_id, reward_id)
        form.merge(_initial(row, program), sums=("stock_left",))
        fields = _read(form, program, row)
        now = request.context.clock.now()
        impacts = (
            impact_service.impacts_of_reward(session, program, row, fields, now=now)
            if form.is_valid
            else []
        )
    here = f"/console/programs/{program.id}/rewards/{row.id}"
    if impacts and not form.is_on(CONFIRMED):
        return request.render(
            "console/program_confirm.html",
            form=form,
            program=program,
            impacts=impacts,
            warnings=(),
            action=here,
            back=here,
        )
    if form.is_valid:
        form.carry_out(
            request,
            reward_service.update_reward,
            row.id,
            fields,
            guard=form.guard(lambda reward: _initial(reward, program)),
        )
    if not form.is_valid:
        return _page(request, program_id, reward_id, form, status=form.status)
    back = f"/console/programs/{program.id}#rewards"
    if "stock_left" in form.moved:
        done = N_("Saved. Some were handed out meanwhile: {count} are left now.")
        return request.redirect(back, done, count=form.moved["stock_left"])
    return request.redirect(back, N_("Saved."))


@router.post("/{reward_id}/archive")
def archive_reward(
    request: PageRequestDep, program_id: ProgramId, reward_id: RewardId, form: FormDep
) -> Response:
    """Offer a reward no more; the ledger keeps what it was."""
    with request.context.database.write() as session:
        automation_service.refuse_if_given(session, request.vendor_id, reward_id)
        reward_service.archive_reward(session, request.act(), request.vendor_id, reward_id)
    done = N_("The reward is no longer offered.")
    own = f"/console/programs/{program_id}"
    undo = Undo(f"{own}/rewards/bulk", "offer", [reward_id])
    return request.redirect(f"{own}#rewards", done, undo=undo)


def _read(form: Form, program: LoyaltyProgram, before: Reward | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": form.text("name", limit=NAME_CHARACTERS),
        "description": form.text("description", required=False, limit=DESCRIPTION_CHARACTERS),
        "value_minor": form.money("value", program.currency, required=False),
        "texts": _read_texts(form),
    }
    for name in ("points_required", "stock_left", "per_card_limit"):
        minimum, maximum = REWARD_BOUNDS[name]
        fields[name] = form.whole(name, minimum=minimum, maximum=maximum, required=False)
    zone = ZoneInfo(program.timezone)
    kept = _dates_of(before, zone) if before else {}
    first, last = form.day("valid_from", required=False), form.day("valid_until", required=False)
    start = _start_of(first, zone)
    end = _start_of(last + timedelta(days=1), zone) if last else None
    # A moment that was set to the minute elsewhere stays as long as its day does.
    is_same = {name: form.value(name) == kept.get(name) for name in ("valid_from", "valid_until")}
    fields["valid_from"] = before.valid_from if before and is_same["valid_from"] else start
    fields["valid_until"] = before.valid_until if before and is_same["valid_until"] else end
    return fields


def _read_texts(form: Form) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        typed = {
            name: form.text(f"{language}-{name}", required=False, limit=limit)
            for name, limit in _WORDS.items()
        }
        words = {name: text for name, text in typed.items() if text}
        if words:
            texts[language] = words
    return texts


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def _dates_of(reward: Reward, zone: ZoneInfo) -> dict[str, str]:
    """Return the first and the last day on which a reward can be had."""
    dates = {}
    if reward.valid_from:
        dates["valid_from"] = reward.valid_from.astimezone(zone).date().isoformat()
    if reward.valid_until:
        # Before it is a local time: where a day begins at one o'clock, an instant before is not it.
        last = (reward.valid_until - timedelta(microseconds=1)).astimezone(zone)
        dates["valid_until"] = last.date().isoformat()
    return dates


def _initial(reward: Reward, program: LoyaltyProgram) -> dict[str, Any]:
    names = ("name", "description", "points_required", "stock_left", "per_card_limit")
    initial = {name: getattr(reward, name) for name in names}
    initial["value"] = amount_of(reward.value_minor, program.currency)
    initial.update(_dates_of(reward, ZoneInfo(program.timezone)))
    for language, words in reward.texts.items():
        for name, text in words.items():
            initial[f"{language}-{name}"] = text
    return initial


def _page(
    request: PageRequest,
    program_id: ProgramId,
    reward_id: RewardId | None,
    form: Form | None,
    status: int = 200,
) -> Response:
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        own = vendor_service.get_vendor(session, request.vendor_id).language
        row = None
        loss = None
        if reward_id is not None:
            row = reward_service.get_reward(session, request.vendor_id, reward_id)
            if row.program_id != program.id or row.archived_at is not None:
                raise RewardNotFound
            now = request.context.clock.now()
            loss = impact_service.impact_of_archiving(session, program, row, now=now)
    texts = row.texts if row else {}
    return request.render(
        "console/reward.html",
        status=status,
        form=form or request.form(_initial(row, program) if row else {}),
        program=program,
        reward=row,
        loss=loss,
        other_languages=[code for code in LANGUAGES if code != own or texts.get(code)],
    )
