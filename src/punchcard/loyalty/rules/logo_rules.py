"""Where uploaded pictures are, and what becomes of them when the branding changes. Pure.

A program has two: its logo, and a wide one behind or beside the stamps. Its branding holds their
paths without the server's own address: that may change.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId


class PictureKind(StrEnum):
    """Which picture of a program it is; also its file's name in addresses."""

    LOGO = "logo"
    HERO = "hero"

    @property
    def field(self) -> str:
        """Return where a branding names its address."""
        return f"{self}_url"


_PATH: Final = "/api/v1/loyalty/programs/{program_id}/{kind}.png"
_VERSION_CHARACTERS: Final = 16


def version_of(digest: bytes) -> str:
    """Return what differs in the address of another picture, from the picture's SHA-256."""
    return digest.hex()[:_VERSION_CHARACTERS]


def picture_path(kind: PictureKind, program_id: ProgramId, digest: bytes) -> str:
    """Return the path of an uploaded picture: another one has another path."""
    return f"{_PATH.format(program_id=program_id, kind=kind)}?v={version_of(digest)}"


def is_uploaded(url: str | None) -> bool:
    """Return whether a branding's picture is one that was uploaded here."""
    return url is not None and url.startswith("/")


def shown_branding(branding: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """Return a branding as clients see it: with the whole addresses of uploaded pictures."""
    uploaded = {
        kind.field: f"{base_url.rstrip('/')}{branding[kind.field]}"
        for kind in PictureKind
        if is_uploaded(branding.get(kind.field))
    }
    return {**branding, **uploaded}


def kept_branding(
    program_id: ProgramId, old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the branding that `new` makes of `old`: an uploaded picture stays until it is removed.

    It also stays when its address is sent back, or none; another https address takes its place.
    Raises InvalidInput.
    """
    kept = dict(new)
    for kind in PictureKind:
        if _names_own(kind, program_id, kept.get(kind.field)):
            kept.pop(kind.field, None)
            if is_uploaded(old.get(kind.field)):
                kept[kind.field] = old[kind.field]
    return kept


def _names_own(kind: PictureKind, program_id: ProgramId, url: str | None) -> bool:
    """Return whether an address is none, or of what was uploaded. Raises InvalidInput."""
    own_path = re.escape(_PATH.format(program_id=program_id, kind=kind))
    if url is None or re.search(rf"^(https?://[^/]+)?{own_path}(\?|$)", url):
        return True
    if not str(url).startswith("https://"):
        sentence = N_("Must be an address that starts with https://.")
        raise invalid_field("branding", kind.field, message=sentence)
    return False
