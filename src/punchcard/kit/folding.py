"""Text as search compares it."""

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
    return " ".join(kept.translate(_PLAIN).split())[:FOLDED_CHARACTERS]
