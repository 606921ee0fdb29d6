"""The console's list of members, and enrolling one by hand."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts.subjects import is_by_till
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import ProgramId, as_id
from punchcard.loyalty.cards import card_changes, card_service
from punchcard.loyalty.cards.card_order import CARD_ORDERS
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import PinPolicy, ProgramStatus
from punchcard.web.console.bulk import BulkAction, bulk_page
from punchcard.web.console.cards.former_numbers import FORMER_NUMBER, sought_former_numbers
from punchcard.web.console.list_filters import VISITS, asked_cards
from punchcard.web.console.list_page import show_list
from punchcard.web.console.sorting import headings
from punchcard.web.pages.customer_form import read_customer
from punchcard.web.pages.forms import Form
from punchcard.web.pages.idempotent_forms import submit
from punchcard.web.pages.labels.cards import CARD_STATUSES, HELD_CARD_STATUSES
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.reward_names import ready_names

router = APIRouter(prefix="/console/members")

_HERE: Final = "/console/members"
_SHOWN: Final = 50
_PROGRAMS_SHOWN: Final = 200


@router.get("")
def open_members(request: PageRequestDep, before: str = "", part: str = "") -> Response:
    """List cards with their holders, newest first; `part` "rows" answers only the list."""
    now = request.context.clock.now()
    asked, wanted = asked_cards(request.http.query_params, now=now, country=request.subject.country)
    with request.context.database.read_replica() as session:
        programs = program_service.list_programs(session, request.vendor_id, limit=_PROGRAMS_SHOWN)
        cards = card_service.list_cards(
            session,
            request.vendor_id,
            now=now,
            limit=_SHOWN + 1,
            before_id=as_id(before) if before else None,
            **wanted,
        )
        query = wanted.get("query") or ""
        ready = ready_names(session, cards[:_SHOWN], request.language)
        former = sought_former_numbers(session, [card.id for card in cards], query)
        named = [(row.id, row.name) for row in programs]
        types = {row.id: row.type for row in programs}
        tiers = _tiers_of(programs)
    more = cards[_SHOWN - 1].id if len(cards) > _SHOWN else None
    return show_list(
        *(request, asked, _HERE, part),
        page="console/members.html",
        rows="console/member_rows.html",
        cards=cards[:_SHOWN],
        ready_names=ready,
        former_numbers=former,
        former_words=FORMER_NUMBER,
        form=request.form(asked.fields),
        programs=named,
        program_names=dict(named),
        program_types=types,
        statuses=HELD_CARD_STATUSES,
        status_names=dict(CARD_STATUSES),
        visit_choices=VISITS,
        tiers=tiers,
        is_filtered=bool(asked.fields.keys() - {"sort"}),
        headings=headings(asked, _HERE, CARD_ORDERS, wanted.get("order")),
        export_urls=asked.files("cards"),
        next_url=asked.address(_HERE, before=more) if more else None,
        first_url=asked.address(_HERE) if before else None,
    )


def _tiers_of(programs: Sequence[LoyaltyProgram]) -> list[tuple[str, str]]:
    """Return the tiers of all programs by their keys; two with one key are one choice."""
    names: dict[str, list[str]] = {}
    for program in programs:
        for tier in program.tiers or ():
            names.setdefault(tier["key"], []).append(str(tier["name"]))
    return [(key, " / ".join(dict.fromkeys(told))) for key, told in names.items()]


_AT_ONCE: Final = {
    "block": BulkAction(
        do=card_changes.block_card,
        title=N_("Block these cards?"),
        meaning=N_("Nobody can stamp or redeem with them until they are unblocked."),
        done=N_("Blocked cards: {n}"),
        undone_by="unblock",
        is_dangerous=True,
    ),
    "unblock": BulkAction(
        do=card_changes.unblock_card,
        title=N_("Unblock these cards?"),
        meaning=N_("They can be used again at once."),
        done=N_("Unblocked cards: {n}"),
        undone_by="block",
    ),
}


@router.post("/bulk")
def change_members(request: PageRequestDep, form: FormDep) -> Response:
    """Block or unblock the cards that were chosen in the list."""
    return bulk_page(request, form, _AT_ONCE, card_service.labels_of_vendor, at=_HERE)


@router.get("/new")
def open_new_member(request: PageRequestDep) -> Response:
    """Ask what a new member tells about themselves; everything may stay empty."""
    return _new_page(request, request.form())


@router.post("/new")
def enrol(request: PageRequestDep, form: FormDep) -> Response:
    """Open a card through the till, and show how to hand it over."""
    program_id = ProgramId(form.text("program_id", limit=36) or "")
    locale = form.choice("locale", LANGUAGES, required=False)
    customer = read_customer(
        form, country=request.subject.country, locale=locale, accepted_terms=False
    )
    card_id, asks_pin = None, is_by_till(request.subject)
    if program_id and form.is_valid:
        with form.refusals():
            receipt = submit(
                request,
                form,
                lambda till, metadata: card_service.open_card(
                    till,
                    program_id,
                    customer=customer,
                    locale=locale,
                    is_by_till=asks_pin,
                    is_trusted=not asks_pin,
                    **metadata,
                ),
                staff_pin=form.value("staff_pin") or None,
            )
            card_id = receipt.card.id
    if card_id is None:
        return _new_page(request, form, status=422)
    return request.redirect(f"{_HERE}/{card_id}/hand-over", N_("The card is open."))


def _new_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        rows = program_service.list_programs(
            session, request.vendor_id, limit=_PROGRAMS_SHOWN, status=ProgramStatus.ACTIVE
        )
        programs = [(row.id, row.name) for row in rows]
        policies = {row.pin_policy for row in rows}
    return request.render(
        "console/new_member.html",
        status=status,
        form=form,
        programs=programs,
        months=range(1, 13),
        asks_pin=is_by_till(request.subject) and policies != {PinPolicy.OFF},
        needs_pin=policies == {PinPolicy.REQUIRED},
    )
