"""A program's uploaded pictures, for anyone who shows a card."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from punchcard.api.http.browsers.hardening import SHOWN_ANYWHERE
from punchcard.api.http.dependencies import Caller, LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import logo_service

# The address names the picture's version, so what is behind it never changes.
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_FOR_A_WHILE: Final = "public, max-age=300"

router = api_router("/api/v1/loyalty", tag="public")


Slug = Annotated[str, Path(description="The program's slug, or its id.")]
Version = Annotated[
    str | None, Query(max_length=100, description="The version, as in the branding's address.")
]
_PNG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/png": {}}},
    **problems(404),
}


@router.get(
    "/programs/{slug}/logo.png",
    response_class=Response,
    responses=_PNG,
    dependencies=[LimitReads],
)
def get_program_logo(visitor: VisitorDep, slug: Slug, v: Version = None) -> Response:
    """Return the logo that was uploaded for the program."""
    return _picture(visitor, slug, PictureKind.LOGO, v)


@router.get(
    "/programs/{slug}/hero.png",
    response_class=Response,
    responses=_PNG,
    dependencies=[LimitReads],
)
def get_program_hero(visitor: VisitorDep, slug: Slug, v: Version = None) -> Response:
    """Return the wide picture that was uploaded for the program."""
    return _picture(visitor, slug, PictureKind.HERO, v)


def _picture(visitor: Caller, slug: str, kind: PictureKind, version: str | None) -> Response:
    with visitor.context.database.read() as session:
        found = logo_service.find_picture(session, slug, kind)
    caching = _FOR_GOOD if version == found.version else _FOR_A_WHILE
    headers = {"Cache-Control": caching, **SHOWN_ANYWHERE}
    return Response(found.png, media_type="image/png", headers=headers)
