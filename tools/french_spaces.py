"""The spaces that French sets before and inside its signs, none of which may end a line."""

import re
from typing import Final

NARROW: Final = "\u202f"
"""Stands before ; ! and ?."""
NO_BREAK: Final = "\u00a0"
"""Stands before : and inside « »."""

_ANY: Final = f"[ {NO_BREAK}{NARROW}]"
_SIGNS: Final = (
    (re.compile(f"{_ANY}+([;!?])"), rf"{NARROW}\1"),
    (re.compile(f"{_ANY}+:"), f"{NO_BREAK}:"),
    (re.compile(f"«{_ANY}*"), f"«{NO_BREAK}"),
    (re.compile(f"{_ANY}*»"), f"{NO_BREAK}»"),
)


def typeset(text: str) -> str:
    """Return `text` with the right space at each sign that has one; what has none stays as it is.

    "loyalty:read" and "09:26" are not sentences, so a sign without a space is left alone.
    """
    for sign, right in _SIGNS:
        text = sign.sub(right, text)
    return text
