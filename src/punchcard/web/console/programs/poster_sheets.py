"""The sheets that can be printed: their paper, their layout, and how large words can be on each.

`poster.css` draws what is reckoned here: whoever changes a size there changes it here too. Sizes
are in units, 148ths of the sheet's width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from punchcard.kit.i18n import N_
from punchcard.web.console.programs.poster_fit import TextBlock, largest_step

_HOLES: Final = {"poster": 12.0, "tent": 9.0}
"""The row of stamps with the room above it, for each layout."""


@dataclass(frozen=True, slots=True)
class PosterSheet:
    """One sheet: `name` in addresses, `label` in the list, `paper` as in `poster.css`.

    `is_brief`: it is read in passing, so it says less. `is_mirrored`: printed on transparent film
    and stuck on the inside of a window, it is read from the street.
    """

    name: str
    label: str
    paper: Literal["a4", "a5", "a6"]
    layout: Literal["poster", "tent"] = "poster"
    is_brief: bool = False
    is_mirrored: bool = False


SHEETS: Final[Mapping[str, PosterSheet]] = {
    sheet.name: sheet
    for sheet in (
        PosterSheet("poster", N_("Counter poster (A5)"), "a5"),
        PosterSheet("tent", N_("Table card to fold (A5)"), "a5", layout="tent"),
        PosterSheet("a4", N_("Wall poster (A4)"), "a4"),
        PosterSheet("a6", N_("Small card beside the till (A6)"), "a6"),
        PosterSheet("window", N_("Window, with a large code (A4)"), "a4", is_brief=True),
        PosterSheet(
            "mirrored",
            N_("Window, mirrored for transparent film (A4)"),
            "a4",
            is_brief=True,
            is_mirrored=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class SheetWords:
    """What stands on a sheet; `promises` and `advice` have one text for each language."""

    shop_name: str
    card_names: Sequence[str]
    promises: Sequence[str]
    advice: Sequence[str]
    url: str
    has_logo: bool
    has_holes: bool


def step_of(sheet: PosterSheet, words: SheetWords) -> int:
    """Return the step of `poster_fit.STEPS` at which all the words fit on the sheet."""
    are_two = len(words.promises) > 1
    sizes = _TENT if sheet.layout == "tent" else _POSTER
    blocks = [
        *(TextBlock(name, sizes.shop, is_name=True) for name in [words.shop_name] if name),
        *(
            TextBlock(name, sizes.names[min(place, 1)], 1.15, is_name=True)
            for place, name in enumerate(words.card_names)
        ),
        *(
            TextBlock(promise, sizes.promise[are_two], 1.2, above=3.3 if place else 0)
            for place, promise in enumerate(words.promises)
        ),
        *(TextBlock(advice, sizes.footer[are_two]) for advice in words.advice),
        TextBlock(words.url, sizes.url),
    ]
    taken = sizes.code_brief if sheet.is_brief else sizes.code
    taken += sizes.logo if words.has_logo else 0
    taken += _HOLES[sheet.layout] if words.has_holes else 0
    return largest_step(blocks, width=sizes.width[are_two], height=sizes.height - taken)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The full sizes of a layout; pairs are for one language and for two.

    `code` is what the code takes at least of `height`, with the gaps between the rows.
    """

    width: tuple[float, float]
    height: float
    code: float
    code_brief: float
    logo: float
    shop: float
    names: tuple[float, float]
    promise: tuple[float, float]
    footer: tuple[float, float]
    url: float


_POSTER: Final = _Sizes(
    width=(128, 128),
    height=180.5,
    code=76,
    code_brief=112,
    logo=16,
    shop=6,
    names=(10.5, 7.5),
    promise=(6.4, 5.3),
    footer=(4.3, 3.8),
    url=3.6,
)
_TENT: Final = _Sizes(
    width=(62, 78),
    height=81,
    code=6,
    code_brief=6,
    logo=12,
    shop=4.6,
    names=(7.6, 5.4),
    promise=(4.8, 4.1),
    footer=(3.3, 3.1),
    url=2.9,
)
