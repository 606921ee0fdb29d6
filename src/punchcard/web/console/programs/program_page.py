"""A program's own page and its history, put together."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service, location_service, vendor_service
from punchcard.accounts.words import ACTIONS, ACTORS
from punchcard.engage.models import Automation
from punchcard.kit.i18n import LANGUAGES
from punchcard.kit.ids import ProgramId, as_id
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs import impact_service, program_service, reward_service
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.logo_rules import is_uploaded
from punchcard.wallets.symbols.stamp_symbols import SYMBOLS
from punchcard.web.console.programs.program_form import (
    WORDS,
    initial_of,
    program_context_of,
    read_program,
)
from punchcard.web.console.programs.program_points_form import warnings_of
from punchcard.web.console.programs.program_preview import LANGUAGE_FIELD, preview_of
from punchcard.web.console.programs.program_stamps_form import ROWS
from punchcard.web.console.programs.trades import TRADES
from punchcard.web.console.sorting import by_text, sorted_page
from punchcard.web.pages.audit.audit_labels import ChangeTeller
from punchcard.web.pages.card_preview import join_address
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.endings import POINTS_END, ROUNDINGS, STAMPS_END
from punchcard.web.pages.labels.programs import (
    BARCODES,
    PIN_POLICIES,
    STATUSES,
    TYPE_NAMES,
    UNCLAIMED,
    VOID_POLICIES,
)
from punchcard.web.pages.page_request import PageRequest

_REWARDS_SHOWN: Final = 200
_REWARD_ORDERS: Final[Mapping[str, Callable[[Reward], Any]]] = {
    "name": by_text("name"),
    "points": lambda reward: reward.points_required or 0,
}
_EVENTS_SHOWN: Final = 40

_CHOICES: Final[Mapping[str, Any]] = {
    "words": WORDS,
    "statuses": STATUSES,
    "type_names": TYPE_NAMES,
    "pin_policies": list(PIN_POLICIES.items()),
    "void_policies": list(VOID_POLICIES.items()),
    "milestone_rows": ROWS,
    "unclaimed_ways": list(UNCLAIMED.items()),
    "stamps_end": list(STAMPS_END.items()),
    "points_end": list(POINTS_END.items()),
    "roundings": list(ROUNDINGS.items()),
    "barcodes": list(BARCODES.items()),
    "symbols": list(SYMBOLS.items()),
    "trades": list(TRADES.items()),
}
"""What the page calls things, and what can be chosen on it."""


def show(
    request: PageRequest,
    program_id: ProgramId,
    form: Form | None,
    *,
    preview_language: str = "",
    is_preview: bool = False,
    logo_form: Form | None = None,
    faults: Form | None = None,
    status: int = 200,
) -> Response:
    """Show a program to be changed: as saved, or as typed in `form`.

    `is_preview`: someone without scripts asked for the card of what is typed. `faults` holds what
    was wrong with a form other than the program's.
    """
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        values = _lists(session, program, request.http.query_params)
        preview = preview_of(
            session,
            program.id,
            preview_language or (form.value(LANGUAGE_FIELD) if form else ""),
            now=request.context.clock.now(),
            typed=read_program(form, program_context_of(program)) if form else None,
        )
    shown = form or request.form(initial_of(program))
    if faults is not None:
        shown.errors.update(faults.errors)
        shown.refusal = faults.refusal
    return request.render(
        "console/program.html",
        status=status,
        form=shown,
        logo_form=logo_form or request.form(),
        program=program,
        preview=preview,
        is_preview=is_preview,
        program_context=program_context_of(program),
        has_logo=is_uploaded(program.branding.get("logo_url")),
        join_url=join_address(request.context, program),
        other_languages=_other_languages(program, vendor.language),
        own_language=vendor.language,
        expiry_warnings=warnings_of(shown, vendor),
        **_CHOICES,
        **values,
    )


def show_changes(request: PageRequest, program_id: ProgramId, before: str) -> Response:
    """Show who changed what about the program and all that it offers, newest first."""
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        names = _names_of_its_things(session, program.id)
        events = audit_service.list_events(
            session,
            vendor_id=request.vendor_id,
            before_id=as_id(before) if before else None,
            limit=_EVENTS_SHOWN + 1,
            subject_ids=[program.id, *names],
        )
        places = location_service.location_names(session, request.vendor_id)
        actor_names = audit_service.actor_names(session, events)
    teller = ChangeTeller(
        wording=Wording(request.language),
        currency=program.currency,
        timezone=program.timezone,
        names={**names, **places},
        tier_basis=program.tier_basis,
    )
    shown = events[:_EVENTS_SHOWN]
    more = shown[-1].id if len(events) > _EVENTS_SHOWN else None
    here = f"/console/programs/{program.id}/changes"
    return request.render(
        "console/program_changes.html",
        program=program,
        told=[(event, teller.changes(event)) for event in shown],
        actions=ACTIONS,
        actors=ACTORS,
        actor_names=actor_names,
        thing_names=names,
        next_url=f"{here}?before={more}" if more else None,
        first_url=here if before else None,
    )


def _lists(session: Session, program: LoyaltyProgram, query: Mapping[str, str]) -> dict[str, Any]:
    rewards = reward_service.list_rewards(
        session, program.vendor_id, program.id, limit=_REWARDS_SHOWN
    )
    here = f"/console/programs/{program.id}"
    shown, columns = sorted_page(query, here, rewards, _REWARD_ORDERS, anchor="rewards")
    return {
        "rewards": shown,
        "reward_headings": columns,
        "running_cards": impact_service.running_cards(session, program.id),
    }


def _names_of_its_things(session: Session, program_id: ProgramId) -> dict[str, str]:
    """Return what a program's rewards, promotions and automations are called, by their ids."""
    names: dict[str, str] = {}
    for table in (Reward, Promotion, Automation):
        rows = session.execute(select(table.id, table.name).where(table.program_id == program_id))
        names.update({row.id: row.name or "" for row in rows})
    return names


def _other_languages(program: LoyaltyProgram, own: str) -> list[str]:
    """Return the languages that have words of their own beside those that stand for all.

    The shop's own is among them only where the API gave it some: they hide those for all.
    """
    return [code for code in LANGUAGES if code != own or program.texts.get(code)]
