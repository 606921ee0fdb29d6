"""What strangers send: texts and bytes that are nearly right, or not at all."""

import base64
import itertools
from typing import Any

from hypothesis import strategies as st

_ODD = (
    "",
    "\x00",
    "\u202e",
    "\ufeff",
    "\U0001f0a1",
    "e\u0301",
    "İ",
    "ﬁ",
    "٣",
    "²",
    "%00",
    "../",
    "' OR 1=1 --",
    "{{7*7}}",
    "${x}",
    "%s%n",
    "\r\nX: y",
    "9" * 40,
    "-1",
    "1e400",
    "NaN",
    "None",
    "null",
    "*",
)

anything = st.text(max_size=60) | st.sampled_from(_ODD) | st.text(max_size=12).map(lambda t: t * 40)
"""A text, halves of characters (surrogates) left out."""

ragged = st.text(st.characters(), max_size=60) | anything
"""A text that may hold halves of characters, which no database can store."""

base64_like = st.binary(max_size=90).map(lambda b: base64.urlsafe_b64encode(b).decode())


@st.composite
def nearly(draw: st.DrawFn, right: str) -> str:
    """Draw what a right text becomes by a few changes of its characters."""
    text = right
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        how = draw(st.sampled_from(["put in", "leave out", "exchange", "cut", "case", "twice"]))
        put = draw(st.characters(codec="utf-8") | st.sampled_from("=-_+/. \n\x00A"))
        match how:
            case "put in":
                text = text[:place] + put + text[place:]
            case "leave out":
                text = text[:place] + text[place + 1 :]
            case "exchange":
                text = text[:place] + put + text[place + 1 :]
            case "cut":
                text = text[:place]
            case "case":
                text = text[:place] + text[place:].swapcase()
            case "twice":
                text = text[:place] + text
    return text


@st.composite
def nearly_bytes(draw: st.DrawFn, right: bytes) -> bytes:
    """Draw what right bytes become by a few changes."""
    content = bytearray(right)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        how = draw(st.sampled_from(["exchange", "cut", "put in", "leave out"]))
        match how:
            case "exchange":
                content[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del content[place:]
            case "put in":
                content[place:place] = draw(st.binary(max_size=8))
            case "leave out":
                del content[place : place + draw(st.integers(1, 40))]
    return bytes(content)


def json_values(leaves: int = 12) -> st.SearchStrategy[Any]:
    """Return values as JSON has them, odd numbers and texts among them."""
    numbers = st.integers(-(10**30), 10**30) | st.floats() | st.sampled_from([0, -1, 2**63])
    scalars = st.none() | st.booleans() | numbers | ragged
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ragged, inner, max_size=4),
        max_leaves=leaves,
    )


def parts_of(content: bytes, cuts: list[int]) -> list[bytes]:
    """Return content cut at some places, as it arrives over a line."""
    places = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    pairs = itertools.pairwise(places)
    return [content[start:end] for start, end in pairs] or [content]
