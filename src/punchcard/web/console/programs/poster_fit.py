"""How large the words of a printed sheet can be, so that all of them fit. Pure.

Only the browser that prints a sheet knows its fonts. So widths are reckoned on the safe side, and
the sheet takes the largest step at which everything fits.
Units are 148ths of the sheet's width: millimetres on A5, more on A4.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

SOFT_HYPHEN: Final = "\N{SOFT HYPHEN}"

STEPS: Final = (
    *((1.0, 1.0), (0.9, 1.0), (0.8, 0.95), (0.72, 0.9), (0.65, 0.85), (0.58, 0.8)),
    *((0.52, 0.72), (0.46, 0.66), (0.4, 0.6), (0.36, 0.54), (0.32, 0.48)),
)
"""Shares of the full size, of names and of all other words: names shrink first.

`poster.css` holds the same numbers as `.fit-0`, `.fit-1` and so on.
"""

_LONG_WORD: Final = 14
"""Letters from which a word may be divided: shorter ones fit into the narrowest column."""
_PART: Final = 4
"""The fewest letters before and after a hyphen."""
_NARROW: Final = frozenset("iljtfr.,:;'’|!()[]-")
_WIDE: Final = frozenset("mwMW@%&Œœ—")
_NARROW_EM, _WIDE_EM, _CAPITAL_EM, _OTHER_EM, _FULL_EM = 0.36, 0.95, 0.72, 0.58, 1.05
"""Widths of letters in a bold sans serif, as shares of the font size; a little generous."""
_VOWELS: Final = frozenset("aeiouyäöüáàâéèêëíìîïóòôúùûæœ")
_TOGETHER: Final = ("sch", "ch", "ck", "ph", "th", "qu", "gn", "st")
_BEFORE_LINKING_S: Final = "gkt"
"""Geburtstags-überraschung: the s that links two German words belongs to the first."""
_LIQUIDS: Final = ("bl", "br", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "pl", "pr", "tr", "vr")


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Words that stand in one block: their full size and line height, in units.

    `is_name`: the block is among those that shrink first. `above` is the room before it.
    """

    text: str
    size: float
    line_height: float = 1.3
    is_name: bool = False
    above: float = 0


def largest_step(blocks: Sequence[TextBlock], *, width: float, height: float) -> int:
    """Return the first of STEPS at which all blocks fit, one below the other; else the last.

    A word that no step makes narrow enough is broken anywhere, and does not count.
    """
    for may_break in (False, True):
        for step, (of_names, of_others) in enumerate(STEPS):
            heights = [
                _height(block, of_names if block.is_name else of_others, width, may_break=may_break)
                for block in blocks
            ]
            if sum(heights) <= height:
                return step
    return len(STEPS) - 1


def hyphenated(text: str) -> str:
    """Return a text whose long words may be divided, by soft hyphens at the ends of syllables."""
    return " ".join(
        "-".join(_divided(part) for part in word.split("-")) for word in text.split(" ")
    )


def _height(block: TextBlock, share: float, width: float, *, may_break: bool) -> float:
    """Return how high a block is; without end where a part of a word would have to be broken."""
    size = block.size * share
    pieces = [
        [_width(part) * size for part in word.split(SOFT_HYPHEN)] for word in block.text.split()
    ]
    if not may_break and any(part > width for parts in pieces for part in parts):
        return math.inf
    lines = _lines(pieces, space=_NARROW_EM * size, hyphen=_NARROW_EM * size, width=width)
    return block.above + lines * size * block.line_height


def _lines(words: Iterable[list[float]], *, space: float, hyphen: float, width: float) -> int:
    lines, used = 1, 0.0
    for parts in words:
        whole = sum(parts)
        if used and used + space + whole <= width:
            used += space + whole
            continue
        if used:
            lines, used = lines + 1, 0.0
        for part in parts:
            if used and used + part + hyphen > width:
                lines, used = lines + 1, 0.0
            # What no hyphen divides breaks anywhere.
            lines += max(0, math.ceil(part / width) - 1)
            used += part % width if part > width else part
    return lines


def _width(text: str) -> float:
    return sum(_width_of(letter) for letter in text)


def _width_of(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if letter in _NARROW:
        return _NARROW_EM
    if letter in _WIDE:
        return _WIDE_EM
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF:
        return _FULL_EM
    return _CAPITAL_EM if letter.isupper() else _OTHER_EM


def _divided(word: str) -> str:
    if len(word) <= _LONG_WORD or SOFT_HYPHEN in word:
        return word
    places = [place for place in range(_PART, len(word) - _PART + 1) if _may_divide(word, place)]
    divided, last = "", 0
    for place in places:
        if place - last >= _PART:
            divided, last = divided + word[last:place] + SOFT_HYPHEN, place
    return divided + word[last:]


def _may_divide(word: str, place: int) -> bool:
    """Return whether a syllable ends before `place`: one consonant goes with the vowel after it.

    So it is in French, German and Luxembourgish but for compounds, where it is near enough.
    """
    lower = word.lower()
    before, rest = lower[:place], lower[place:]
    if before[-1] == "s" and before[-2] in _BEFORE_LINKING_S and rest[0] in _VOWELS:
        return True
    onset = _onset(rest)
    if not onset or not before[-1].isalpha():
        return False
    if onset == "s" and before[-1] in _BEFORE_LINKING_S:
        return False
    # Two consonants that are one sound stay together.
    is_cut = any(
        before.endswith(pair[:cut]) and rest.startswith(pair[cut:])
        for pair in (*_TOGETHER, *_LIQUIDS)
        for cut in range(1, len(pair))
    )
    return not is_cut and any(letter in _VOWELS for letter in before)


def _onset(rest: str) -> str:
    """Return the consonants a syllable begins with, none if `rest` begins no syllable."""
    for pair in (*_TOGETHER[:-1], *_LIQUIDS):
        if rest.startswith(pair) and rest[len(pair) : len(pair) + 1] in _VOWELS:
            return pair
    if rest[:1] not in _VOWELS and rest[:1].isalpha() and rest[1:2] in _VOWELS:
        return rest[0]
    return ""
