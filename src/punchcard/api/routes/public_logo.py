"""A program's uploaded logo, for anyone who shows a card."""

from typing import Annotated, Final

from fastapi import Path, Query, Response

from punchcard.api.http.dependencies import LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.wallets import logo_service

# The address names the picture's version, so what is behind it never changes.
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_FOR_A_WHILE: Final = "public, max-age=300"

router = api_router("/api/v1/loyalty", tag="public")


@router.get(
    "/programs/{slug}/logo.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, **problems(404)},
    dependencies=[LimitReads],
)
def get_program_logo(
    visitor: VisitorDep,
    slug: Annotated[str, Path(description="The program's slug, or its id.")],
    v: Annotated[
        str | None, Query(max_length=100, description="The version, as in `branding.logo_url`.")
    ] = None,
) -> Response:
    """Return the logo that was uploaded for the program."""
    with visitor.context.database.read() as session:
        logo = logo_service.find_logo(session, slug)
    caching = _FOR_GOOD if v == logo.version else _FOR_A_WHILE
    return Response(logo.png, media_type="image/png", headers={"Cache-Control": caching})
