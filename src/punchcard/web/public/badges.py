"""The ways into wallets: the makers' own badges where the operator has put them, else plain words.

Apple and Google each allow only their own artwork, unchanged, under terms that the operator has
accepted when downloading it. So none comes with Punchcard, and none is imitated.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response

from punchcard.kit.i18n import LANGUAGES, N_, SOURCE_LANGUAGE, translate
from punchcard.wallets.wallet_service import PassLinks
from punchcard.web.pages.errors import PageNotFound
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter()

WORDS: Final[Mapping[str, str]] = {
    "apple": N_("Add to Apple Wallet"),
    "google": N_("Add to Google Wallet"),
}
_NAME: Final = re.compile(rf"({'|'.join(WORDS)})-({'|'.join(LANGUAGES)})\.svg")
_BYTES: Final = 100_000
_POLICY: Final = "default-src 'none'; sandbox"
"""For a badge opened by itself; inside a page no picture runs or loads anything anyway."""


@dataclass(frozen=True)
class WalletButton:
    """One way into a wallet; `badge` is the address of the maker's artwork, if it is there."""

    wallet: str
    link: str
    words: str
    badge: str | None


@dataclass(frozen=True)
class WalletWays:
    """The ways into wallets on one device: `own` fit it, `others` lead from another phone.

    `creates_pass`: this phone's Wallet can make a pass of the code on the page by itself, which is
    worth a word while there is no better way.
    """

    own: list[WalletButton]
    others: list[WalletButton]
    creates_pass: bool


def wallet_ways(
    links: PassLinks, folder: Path, language: str, *, user_agent: str, has_still_code: bool
) -> WalletWays:
    """Return what to offer the device that sends this `user_agent`; a desk is offered both."""
    phone = _wallet_of(user_agent)
    buttons = wallet_buttons(links, folder, language)
    fitting = [one for one in buttons if phone is None or one.wallet == phone]
    return WalletWays(
        own=fitting,
        others=[one for one in buttons if one not in fitting],
        creates_pass=phone == "apple" and links.apple is None and has_still_code,
    )


def _wallet_of(user_agent: str) -> str | None:
    """Return the wallet of a phone; tablets by Apple have none, and may be next to any phone."""
    if "iPhone" in user_agent or "iPod" in user_agent:
        return "apple"
    return "google" if "Android" in user_agent else None


def wallet_buttons(links: PassLinks, folder: Path, language: str) -> list[WalletButton]:
    """Return a button for each wallet that is set up; `folder` is the server's data directory."""
    ways = (("apple", links.apple), ("google", links.google))
    return [
        WalletButton(name, link, translate(WORDS[name], language), _badge(folder, name, language))
        for name, link in ways
        if link is not None
    ]


@router.get("/badges/{name}")
def get_badge(request: PageRequestDep, name: str) -> Response:
    """Return a maker's badge as it was put there. Raises PageNotFound."""
    path = _find(request.context.settings.data_dir, name)
    if path is None:
        raise PageNotFound
    headers = {"Cache-Control": "public, max-age=3600", "Content-Security-Policy": _POLICY}
    return Response(path.read_bytes(), headers=headers, media_type="image/svg+xml")


def _badge(folder: Path, wallet: str, language: str) -> str | None:
    # Not every maker has one in every language: English ones are known everywhere.
    for spoken in (language, SOURCE_LANGUAGE):
        if _find(folder, name := f"{wallet}-{spoken}.svg"):
            return f"/badges/{name}"
    return None


def _find(folder: Path, name: str) -> Path | None:
    """Return where a badge lies; one that is too large to be a badge is left alone."""
    if not _NAME.fullmatch(name):
        return None
    path = folder / "badges" / name
    return path if path.is_file() and path.stat().st_size <= _BYTES else None
