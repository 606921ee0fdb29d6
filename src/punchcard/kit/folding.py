"""Text as search compares it."""

import re
import unicodedata
from typing import Final

FOLDED_CHARACTERS: Final = 600
"""The longest folded name: what the column holds; one character may fold to eighteen."""

# Letters that Unicode gives no decomposition for, and how people write them who lack the key.
_PLAIN: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "ŋ": "n",
        "ĸ": "k",
        "ə": "e",
        "ɨ": "i",
        "ƶ": "z",
        **dict.fromkeys("‘’ʼ`´ʹ′", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)


def fold_name(name: str | None) -> str | None:
    """Return a name as search compares it: without case, accents and invisible characters.

    Names that look alike fold alike, composed (NFC) or not: José, JOSE and Jose are one.
    At most FOLDED_CHARACTERS long; None for no name.
    """
    if not name:
        return None
    # Twice: small letters of capitals with marks may bring marks of their own (İ).
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = "".join(char for char in parted if unicodedata.category(char) not in ("Mn", "Cf"))
    # A space that the cut leaves at the end is none of the name.
    return " ".join(kept.translate(_PLAIN).split())[:FOLDED_CHARACTERS].rstrip()


# How letters with marks are written where a keyboard has none: in German, and in the North.
_WRITTEN_OUT: Final = str.maketrans(
    {**{letter: f"{plain}e" for letter, plain in zip("äöüøæ", "aouoa", strict=True)}, "å": "aa"}
)
_PAIR_OF_VOWELS: Final = re.compile("(?<=[aou])e|(?<=a)a")


def spellings(word: str) -> tuple[str, ...]:
    """Return how a word of a name may stand in a folded one: Müller, Muller and Mueller are one.

    At most three, the most likely first; empty for a word of which nothing is left.
    """
    folded = fold_name(word)
    if folded is None or not folded:
        return ()
    written_out = fold_name(unicodedata.normalize("NFC", word).casefold().translate(_WRITTEN_OUT))
    drawn_in = _PAIR_OF_VOWELS.sub("", folded)
    return tuple(dict.fromkeys(one for one in (folded, written_out, drawn_in) if one))


def is_named(query: str, *texts: str | None) -> bool:
    """Return whether every word of `query` is found in one of `texts`, however it is spelt."""
    folded = [fold_name(text) or "" for text in texts]
    return all(
        any(spelling in text for spelling in spellings(word) for text in folded)
        for word in query.split()
        if spellings(word)
    )
