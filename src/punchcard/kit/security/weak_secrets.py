"""Whether a secret is long and mixed enough that nobody finds it by trying."""

from typing import Final

LEAST_CHARACTERS: Final = 32
"""32 characters of 64 are 192 bits, of 16 still 128: more than anybody can try."""
_LEAST_DIFFERENT: Final = 8

HOW_TO_MAKE_ONE: Final = "Make one: punchcard keys new"


def weakness(secret: str) -> str | None:
    """Return what is wrong with a secret, as the rest of a sentence; None when it is good."""
    characters = len(secret.strip())
    if characters < LEAST_CHARACTERS:
        return f"has {characters} characters, and needs {LEAST_CHARACTERS} random ones"
    if len(set(secret.strip())) < _LEAST_DIFFERENT:
        return "is the same few characters over and over"
    return None
