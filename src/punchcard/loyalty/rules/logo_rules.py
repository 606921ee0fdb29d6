"""Where the logo is that a vendor uploaded, and what becomes of it when the branding changes. Pure.

A program's branding holds the path without the server's own address: that may change.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId

_PATH: Final = "/api/v1/loyalty/programs/{program_id}/logo.png"
_VERSION_CHARACTERS: Final = 16


def version_of(digest: bytes) -> str:
    """Return what differs in the address of another picture, from the picture's SHA-256."""
    return digest.hex()[:_VERSION_CHARACTERS]


def logo_path(program_id: ProgramId, digest: bytes) -> str:
    """Return the path of an uploaded logo: another picture has another one."""
    return f"{_PATH.format(program_id=program_id)}?v={version_of(digest)}"


def is_uploaded(logo_url: str | None) -> bool:
    """Return whether a branding's logo is one that was uploaded here."""
    return logo_url is not None and logo_url.startswith("/")


def shown_branding(branding: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """Return a branding as clients see it: with the whole address of an uploaded logo."""
    logo_url = branding.get("logo_url")
    if not is_uploaded(logo_url):
        return dict(branding)
    return {**branding, "logo_url": f"{base_url.rstrip('/')}{logo_url}"}


def kept_branding(
    program_id: ProgramId, old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the branding that `new` makes of `old`: an uploaded logo stays until it is removed.

    It also stays when its address is sent back, or none; another https address takes its place.
    Raises InvalidInput.
    """
    logo_url = new.get("logo_url")
    own_path = re.escape(_PATH.format(program_id=program_id))
    is_own = logo_url is None or re.search(rf"^(https?://[^/]+)?{own_path}(\?|$)", logo_url)
    if not is_own:
        if not str(logo_url).startswith("https://"):
            sentence = N_("Must be an address that starts with https://.")
            raise invalid_field("branding", "logo_url", message=sentence)
        return dict(new)
    others = {name: value for name, value in new.items() if name != "logo_url"}
    return {**others, "logo_url": old["logo_url"]} if is_uploaded(old.get("logo_url")) else others
