"""What the pages of a program's promotions and of its automations have in common."""

from collections.abc import Callable
from typing import Any, Protocol

from fastapi import Response

from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import PageRequest


class FormPlace(Protocol):
    """What a form about a part of a program stands on."""

    @property
    def list_page(self) -> str:
        """Return the address of the list that the part stands in."""

    def initial(self) -> dict[str, Any]:
        """Return the part as saved, as the form shows it."""


def after_change(
    request: PageRequest,
    place: FormPlace,
    form: Form,
    done: str,
    *,
    always_sent: str,
    show: Callable[[Form], Response],
) -> Response:
    """Lead back to the list, where `done` is told, or show the form again with what was wrong.

    `always_sent` is a field that every whole form has. What was sent without it is a button alone:
    the form is shown as saved.
    """
    if form.is_valid:
        return request.redirect(place.list_page, done)
    if form.value(always_sent):
        return show(form)
    shown = request.form(place.initial())
    shown.refusal, shown.refused_status = form.refusal, 409
    return show(shown)
