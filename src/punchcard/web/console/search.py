"""One box that finds everything: members, what the shop has set up, receipts, and pages."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import device_service, location_service, user_service
from punchcard.connect.webhooks import endpoint_service
from punchcard.engage import automation_service
from punchcard.kit.folding import is_named
from punchcard.kit.i18n import N_
from punchcard.kit.ids import readable_number
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports import finder
from punchcard.web.console.cards.former_numbers import FORMER_NUMBER, sought_former_numbers
from punchcard.web.pages.labels.automations import TRIGGERS
from punchcard.web.pages.navigation import entries
from punchcard.web.pages.page_request import PageRequest, PageRequestDep
from punchcard.web.permissions import ACCESS

router = APIRouter(prefix="/console/search")

SHOWN: Final = 8
"""How many of each kind are shown; the list of members is linked for more."""
_QUERY_CHARACTERS: Final = 120
_SET_UP: Final = 1000
"""How many places, terminals and people are looked through."""


class Hit(NamedTuple):
    """One thing that was found: what it is called, what else tells it, and its page."""

    title: str
    hint: str
    path: str


Find = Callable[[PageRequest, Session, str], Iterable[Hit]]


@router.get("")
def open_search(request: PageRequestDep, q: str = "") -> Response:
    """Show what was found by `q`, by kind; of each kind what the visitor may open."""
    query = q.replace("\x00", "")[:_QUERY_CHARACTERS].strip()
    groups: list[tuple[str, list[Hit]]] = []
    if query:
        with request.context.database.read() as session:
            for title, path, find in _KINDS:
                if ACCESS["GET", path].allows(request.subject):
                    groups.append((title, list(find(request, session, query))))
    return request.render(
        "console/search.html",
        form=request.form({"q": query}),
        query=query,
        groups=[(title, hits) for title, hits in groups if hits],
        members_shown=SHOWN,
    )


def _members(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    cards = card_service.list_cards(
        session,
        request.vendor_id,
        now=request.context.clock.now(),
        limit=SHOWN,
        query=query,
        country=request.subject.country,
    )
    sought = sought_former_numbers(session, [card.id for card in cards], query)
    for card in cards:
        holder: dict[str, Any] = dict(card.customer or {})
        former = sought.get(card.id)
        replaced = request.say(FORMER_NUMBER, number=former) if former else None
        hints = (holder.get("email"), holder.get("phone"), readable_number(card.number), replaced)
        title = holder.get("name") or request.say(N_("Without a name"))
        yield Hit(title, " · ".join(filter(None, hints)), f"/console/members/{card.id}")


def _programs(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    vendor_id = request.vendor_id
    for row in program_service.list_programs(session, vendor_id, limit=SHOWN, query=query):
        yield Hit(row.name, row.card_name, f"/console/programs/{row.id}")


def _rewards(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    for row in finder.find_rewards(session, request.vendor_id, query, limit=SHOWN):
        points = request.say(N_("Only given"))
        if row.points_required is not None:
            points = request.say(N_("{n} points"), n=row.points_required)
        yield Hit(row.name, points, f"/console/programs/{row.program_id}/rewards/{row.id}")


def _promotions(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    for row in finder.find_promotions(session, request.vendor_id, query, limit=SHOWN):
        yield Hit(row.name, "", f"/console/programs/{row.program_id}/promotions/{row.id}")


def _automations(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    rows = automation_service.list_all_automations(session, request.vendor_id, limit=_SET_UP)
    # One without a name is called by what sets it off, in the language that is read.
    named = [(row.name or request.say(TRIGGERS[row.trigger]), row) for row in rows]
    for name, row in [(name, row) for name, row in named if is_named(query, name)][:SHOWN]:
        yield Hit(name, "", f"/console/programs/{row.program_id}/automations/{row.id}")


def _webhooks(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    rows = endpoint_service.list_endpoints(session, request.vendor_id, limit=_SET_UP)
    for row in [row for row in rows if is_named(query, row.description, row.url)][:SHOWN]:
        hint = row.url if row.description else ""
        yield Hit(row.description or row.url, hint, f"/console/webhooks/{row.id}")


def _entries(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    for entry_id, found_by in finder.find_entries(session, request.vendor_id, query, limit=SHOWN):
        yield Hit(found_by, request.say(N_("Ledger")), f"/console/ledger/{entry_id}")


def _staff(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    for row in finder.find_staff(session, request.vendor_id, query, limit=SHOWN):
        yield Hit(row.name, row.staff_id or "", f"/console/pins/{row.id}")


def _locations(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    rows = location_service.list_locations(session, request.vendor_id, after_id=None, limit=_SET_UP)
    for row in [row for row in rows if is_named(query, row.name, row.address)][:SHOWN]:
        yield Hit(row.name, row.address or "", f"/console/locations/{row.id}")


def _terminals(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    rows = device_service.list_devices(session, request.vendor_id, after_id=None, limit=_SET_UP)
    for row in [row for row in rows if is_named(query, row.name)][:SHOWN]:
        yield Hit(row.name, "", f"/console/terminals/{row.id}")


def _team(request: PageRequest, session: Session, query: str) -> Iterable[Hit]:
    rows = user_service.list_users(session, request.vendor_id, after_id=None, limit=_SET_UP)
    for row in [row for row in rows if is_named(query, row.name, row.email)][:SHOWN]:
        yield Hit(row.name, row.email, f"/console/people/{row.id}")


def _pages(request: PageRequest, _session: Session, query: str) -> Iterable[Hit]:
    for entry in entries(request.subject):
        # Also by its English name: help in another language names pages so.
        if is_named(query, request.say(entry.label)) or is_named(query, entry.label):
            yield Hit(request.say(entry.label), "", entry.path)


_KINDS: Final[tuple[tuple[str, str, Find], ...]] = (
    (N_("Pages"), "/console", _pages),
    (N_("Members"), "/console/members", _members),
    (N_("Programs"), "/console/programs", _programs),
    (N_("Rewards"), "/console/programs/{program_id}/rewards/{reward_id}", _rewards),
    (N_("Promotions"), "/console/programs/{program_id}/promotions/{promotion_id}", _promotions),
    (N_("Automations"), "/console/programs/{program_id}/automations/{automation_id}", _automations),
    (N_("Receipts"), "/console/ledger", _entries),
    (N_("Staff PINs"), "/console/pins", _staff),
    (N_("Locations"), "/console/locations", _locations),
    (N_("Terminals"), "/console/terminals", _terminals),
    (N_("Team"), "/console/people", _team),
    (N_("Webhooks"), "/console/webhooks", _webhooks),
)
"""Each kind: its name, the page whose permission it takes, and how it is found."""
