"""The page that tells a phone, and the shop's owner, that it reached the server."""

from fastapi import APIRouter, Response

from punchcard.accounts.access import reach_check
from punchcard.web.pages.errors import PageNotFound
from punchcard.web.pages.page_request import PageRequestDep
from punchcard.web.public.visitors import count_look

router = APIRouter(prefix="/reach")


@router.get("/{ticket}")
def open_reach(request: PageRequestDep, ticket: str) -> Response:
    """Say that the phone reached the server, and let the console know. Raises PageNotFound."""
    count_look(request)
    settings = request.context.settings
    with request.context.database.write() as session:
        if not reach_check.note_reached(session, request.act(), settings, ticket):
            raise PageNotFound
    return request.render(
        "public/reached.html",
        address=settings.base_url,
        is_private=settings.base_url.startswith("https://"),
    )
