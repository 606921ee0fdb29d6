"""Codes that people read out and type: short, without signs that are mistaken for one another.

A sign is one of 32: five bits. I, L, O and U are not written; typed, they are read as what was
meant.
"""

import secrets
from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
_GROUP: Final = 5


def new_code(length: int) -> str:
    """Return a code of so many signs that nobody was given before, as far as chance goes."""
    return "".join(secrets.choice(_SIGNS) for _ in range(length))


def as_code(text: str, length: int) -> str | None:
    """Return the code in `text` as it is kept, however it was typed; None if it can be none."""
    code = text.strip().upper().translate(_MEANT)
    is_code = len(code) == length and all(sign in _SIGNS for sign in code)
    return code if is_code else None


def readable(code: str) -> str:
    """Return a code in groups, as people read it out."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
