"""What a form asks for, done as the person who sent it."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.kit.ids import VendorId
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import PageRequest

_Wanted = ParamSpec("_Wanted")
_Made = TypeVar("_Made")


def carry_out(
    request: PageRequest,
    form: Form,
    change: Callable[Concatenate[Session, Act, VendorId, _Wanted], _Made],
    *args: _Wanted.args,
    **named: _Wanted.kwargs,
) -> _Made | None:
    """Make a change at the shop of the page in a transaction; returns what the service returns.

    None if it was refused: the form holds why, and is not valid any more.
    """
    with form.refusals(), request.context.database.write() as session:
        return change(session, request.act(), request.vendor_id, *args, **named)
    return None
