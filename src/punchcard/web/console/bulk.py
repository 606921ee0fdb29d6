"""What is done to several rows of a list at once: chosen, asked about by name, done, undone.

Nothing is done before a page has named what was chosen, so it works without scripts too. All of it
is one transaction: either everything is done that can be, or nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fastapi import Response
from sqlalchemy.orm import Session

from punchcard.accounts import rows
from punchcard.accounts.audit_service import Act
from punchcard.accounts.rows import Own
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId
from punchcard.web.notices import Undo
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import PageRequest

CHOSEN: Final = "chosen"
"""The name of the boxes beside the rows."""
CHOSEN_LIMIT: Final = 50
"""A page of a list holds no more rows."""
_CONFIRMED: Final = "confirmed"

Change = Callable[[Session, Act, VendorId, Any], object]
"""What a service does to one row of a vendor's, by its id."""
NamesOf = Callable[[Session, VendorId, Sequence[Any]], Mapping[str, str]]
"""Returns what rows are called; it leaves out what is not there, or is another vendor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """Something to be done to each row that was chosen.

    `title` asks, `meaning` says what it does to each, `done` tells `{n}`; `undone_by` is the action
    that takes it back, None where nothing does.
    """

    do: Change
    title: str
    meaning: str
    done: str
    undone_by: str | None = None
    is_dangerous: bool = False


def bulk_page(
    request: PageRequest,
    form: Form,
    actions: Mapping[str, BulkAction],
    names_of: NamesOf,
    *,
    at: str,
    back: str | None = None,
) -> Response:
    """Ask about what the form of the list `at` this address chose, or do it when confirmed.

    Rows that refuse, such as those of closed cards, are passed over, and how many and why is told.
    `back` is the page to return to where that is another than the list's.
    """
    here, back = f"{at}/bulk", back or at
    chosen = list(dict.fromkeys(form.choices(CHOSEN)))[:CHOSEN_LIMIT]
    action = actions.get(form.value("do"))
    with request.context.database.read() as session:
        names = names_of(session, request.vendor_id, chosen)
    chosen = [one for one in chosen if one in names]
    if action is None or not chosen:
        return request.redirect_refused(
            back, N_("Nothing was chosen: tick something in the list first.")
        )
    if not form.is_on(_CONFIRMED):
        return request.render(
            "console/bulk_confirm.html",
            action=action,
            do=form.value("do"),
            chosen=[(one, names[one]) for one in chosen],
            here=here,
            back=back,
        )
    with request.context.database.write() as session:
        do = partial(action.do, session, request.act(), request.vendor_id)
        refusals = {one: _refusal_of(session, partial(do, one)) for one in chosen}
    done = [one for one in chosen if refusals[one] is None]
    if not done:
        return request.redirect_refused(back, _told(request, action, refusals.values()))
    undo = Undo(here, action.undone_by, done) if action.undone_by else None
    return request.redirect(back, _told(request, action, refusals.values()), undo=undo)


def names_in(table: type[Own]) -> NamesOf:
    """Return what finds the names of a vendor's rows in a table."""

    def names_of(session: Session, vendor_id: VendorId, ids: Sequence[str]) -> Mapping[str, str]:
        return rows.names_of(session, table, vendor_id, ids)

    return names_of


def _told(
    request: PageRequest, action: BulkAction, refusals: Collection[DomainError | None]
) -> str:
    """Return to how many it was done, to how many not, and what kept the first of these."""
    kept = [one for one in refusals if one is not None]
    done = request.say(action.done, n=len(refusals) - len(kept))
    if not kept:
        return done
    left = request.say(N_("Left as they were: {n}."), n=len(kept))
    return f"{done}. {left} {kept[0].told(request.language)}"


def _refusal_of(session: Session, do: Callable[[], object]) -> DomainError | None:
    """Do it to one row; a refusal of one, which is returned, is no reason to leave the others."""
    try:
        with session.begin_nested():
            do()
    except DomainError as refusal:
        if refusal.kind in (Kind.TOO_MANY, Kind.BUSY):
            raise
        return refusal
    return None
