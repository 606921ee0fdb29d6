"""Passwords that are guessed first: common ones, rows of characters, and names that others know."""

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_

_COMMON: Final = Path(__file__).parent.parent / "data" / "common_passwords.txt"
_PRODUCT: Final = "punchcard"

# The list speaks English above all. What people here dress up with digits: greetings, pet names,
# seasons, places, and what an owner would think of.
_COMMON_HERE: Final = frozenset(
    "admin bonjour bonsoir caramel chérie cherie chocolat choupette coucou doudou ficken frühling"
    " fruehling fussball geheim hallo herbst hiver jetaime kaffee kuchen lëtzebuerg letzebuerg"
    " liebe loulou luxembourg luxemburg moien motdepasse passwort passwuert patron printemps"
    " salut schatz schatzi servus soleil sommer sonne sonnenschein summer tiramisu willkommen"
    " wëllkomm winter".split()
)

# What people append to a common password so that it is taken: `password1!`.
_APPENDED_CHARACTERS: Final = 4
_BASE_CHARACTERS: Final = 6
_DISTINCT_CHARACTERS: Final = 4
_UNIT_CHARACTERS: Final = 4
# A shorter run stands in many words: `hij`, `rst`.
_RUN_CHARACTERS: Final = 4
# Beside rows: three, so that `123` behind one adds nothing.
_LEFT_CHARACTERS: Final = 3
# Shorter names stand in many words, and would forbid too much.
_NAME_CHARACTERS: Final = 4
_OWN_CHARACTERS: Final = 6
_ROWS: Final = (
    *("01234567890", "abcdefghijklmnopqrstuvwxyz"),
    *("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm"),
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
)


def refuse_guessable(field: str, password: str, names: Iterable[str] = ()) -> None:
    """Raise InvalidInput for a password that whoever guesses tries first.

    `names` are what others know of its owner: their name and address, the shop's names.
    """
    folded = unicodedata.normalize("NFKC", password).casefold()
    if _is_row(folded):
        message = N_("This is easy to guess: characters repeat, or follow each other in a row.")
    elif _is_common(folded):
        message = N_("This is one of the passwords that are used most. Please choose another.")
    elif _is_made_of(folded, [_PRODUCT, *names]):
        message = N_("This is made of names that others know. Please choose something else.")
    else:
        return
    raise invalid_field(field, message=message)


def _is_common(folded: str) -> bool:
    base = folded.rstrip("0123456789!?.,-_*#$@+ ")
    cut = len(folded) - len(base)
    if base in _COMMON_HERE:
        return True
    is_dressed = cut <= _APPENDED_CHARACTERS and len(base) >= _BASE_CHARACTERS
    return folded in _common() or (is_dressed and base in _common())


def _is_row(folded: str) -> bool:
    """Tell whether it repeats a few characters, or is made of rows of the alphabet or keyboard."""
    if len(set(folded)) < _DISTINCT_CHARACTERS:
        return True
    for size in range(1, max(_UNIT_CHARACTERS, len(folded) // 2) + 1):
        if folded == (folded[:size] * len(folded))[: len(folded)]:
            return True
    left, at = 0, 0
    while at < len(folded):
        run = _run_length(folded, at)
        if run < _RUN_CHARACTERS:
            left, run = left + 1, 1
        at += run
    return left <= _LEFT_CHARACTERS


def _run_length(text: str, start: int) -> int:
    """Return how many characters from `start` on follow each other in one of the rows."""
    longest = 1
    for row in _ROWS:
        for direction in (row, row[::-1]):
            length = 1
            while start + length < len(text) and text[start : start + length + 1] in direction:
                length += 1
            longest = max(longest, length)
    return longest


def _is_made_of(folded: str, names: Iterable[str]) -> bool:
    rest = _letters(folded)
    before = rest
    # The longest first: of `bakery` and `bake` the former is what was meant.
    for word in sorted(_words(names), key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != before and len(rest) < _OWN_CHARACTERS


def _words(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        parts = [name, *name.replace("@", " ").replace(".", " ").replace("-", " ").split()]
        found |= {_letters(part.casefold()) for part in parts}
    return {word for word in found if len(word) >= _NAME_CHARACTERS}


def _letters(text: str) -> str:
    """Return the letters and digits of a text without accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain if character.isalnum())


@cache
def _common() -> frozenset[str]:
    # Read with the first password that is chosen: a server that only checks some never needs it.
    return frozenset(_COMMON.read_text("ascii").split())
