"""PINs as they were just given, so that whoever gave them can pass them on.

Nothing that is stored can tell a PIN. So it travels once more with the browser that typed it:
sealed, bound to its session, and for minutes.
"""

import json
from datetime import timedelta
from typing import Final, NamedTuple

from punchcard.kit.secrets import Sealer
from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64
from punchcard.web.pages.page_request import PageRequest

_COOKIE: Final = "punchcard_given_pins"
_KEPT_FOR: Final = timedelta(minutes=10)
_KEPT: Final = 5


class GivenPin(NamedTuple):
    """Who was given which PIN."""

    name: str
    pin: str


def keep_given_pin(request: PageRequest, given: GivenPin) -> None:
    """Let the next pages of this session show a PIN, with those given just before it."""
    until = request.context.clock.now() + _KEPT_FOR
    kept = {"pins": [*given_pins(request), given][-_KEPT:], "until": until.timestamp()}
    sealed = _sealer(request).seal(json.dumps(kept).encode(), _session(request))
    request.set_cookie(_COOKIE, to_url_base64(sealed), seconds=int(_KEPT_FOR.total_seconds()))


def given_pins(request: PageRequest) -> list[GivenPin]:
    """Return the PINs that were given in this session within the last ten minutes."""
    sealed = from_url_base64(request.cookie(_COOKIE) or "")
    plain = _sealer(request).open(sealed, _session(request)) if sealed is not None else None
    if plain is None:
        return []
    kept = json.loads(plain)
    if kept["until"] <= request.context.clock.now().timestamp():
        return []
    return [GivenPin(*one) for one in kept["pins"]]


def _session(request: PageRequest) -> str:
    return request.session_token or request.visitor


def _sealer(request: PageRequest) -> Sealer:
    return Sealer(request.context.settings.keys, "PINs just given")
