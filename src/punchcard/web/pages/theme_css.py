"""The vendor's colours as a stylesheet: the policy of the pages allows no style inside them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.wallets.card_colours import card_colours, contrast
from punchcard.web.pages.assets import FOR_A_YEAR
from punchcard.web.pages.errors import PageNotFound

router = APIRouter()

_NAME: Final = re.compile(r"([0-9a-f]{6})-([0-9a-f]{6})-([0-9a-f]{6})")
_NAMES: Final = ("background_color", "text_color", "accent_color")
_BLACK, _WHITE = "#000000", "#ffffff"


def address(branding: Mapping[str, Any] | None) -> str:
    """Return the address of the stylesheet for a program's `branding`."""
    colours = card_colours(branding)
    return f"/colour/{colours.background[1:]}-{colours.ink[1:]}-{colours.accent[1:]}.css"


@router.get("/colour/{name}.css")
def get_colours(name: str) -> Response:
    """Return the stylesheet that sets the colours of a card.

    `--card`, `--card-ink` and `--card-accent` are its own; `--card-shade` is black or white,
    whichever makes the background better for the ink; `--card-on-paper` is for what is printed.
    Raises PageNotFound.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise PageNotFound
    given = {key: f"#{value}" for key, value in zip(_NAMES, match.groups(), strict=True)}
    colours = card_colours(given)
    is_light = contrast(colours.ink, _BLACK) > contrast(colours.ink, _WHITE)
    style = (
        f":root{{--card:{colours.background};--card-ink:{colours.ink};"
        f"--card-accent:{colours.accent};--card-shade:{_BLACK if is_light else _WHITE};"
        f"--card-on-paper:{colours.on_paper}}}"
    )
    return Response(style, headers={"Cache-Control": FOR_A_YEAR}, media_type="text/css")
