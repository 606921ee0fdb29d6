"""Codes of grants: short enough to be read out, and nobody guesses one.

Ten of 32 signs are 50 bits. They are written without I, L, O and U, which are mistaken for others.
"""

import secrets
from typing import Final

from punchcard.loyalty.vocabulary import GRANT_CODE_LENGTH

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


def new_grant_code() -> str:
    """Return a code that nobody was given before, as far as chance goes."""
    return "".join(secrets.choice(_SIGNS) for _ in range(GRANT_CODE_LENGTH))


def as_grant_code(text: str) -> str | None:
    """Return the code in `text` as it is kept, however it was typed; None if it can be none."""
    code = text.strip().upper().translate(_MEANT)
    is_code = len(code) == GRANT_CODE_LENGTH and all(sign in _SIGNS for sign in code)
    return code if is_code else None


def readable_code(code: str) -> str:
    """Return a code in two groups, as people read it out."""
    return f"{code[:5]}-{code[5:]}"
