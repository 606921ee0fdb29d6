"""Codes of grants: short enough to be read out, and nobody guesses one (50 bits)."""

from punchcard.kit.security import spoken_codes
from punchcard.loyalty.vocabulary import GRANT_CODE_LENGTH


def new_grant_code() -> str:
    """Return a code that nobody was given before, as far as chance goes."""
    return spoken_codes.new_code(GRANT_CODE_LENGTH)


def as_grant_code(text: str) -> str | None:
    """Return the code in `text` as it is kept, however it was typed; None if it can be none."""
    return spoken_codes.as_code(text, GRANT_CODE_LENGTH)


def readable_code(code: str) -> str:
    """Return a code in two groups, as people read it out."""
    return spoken_codes.readable(code)
