"""Tiles (c2sp.org/tlog-tiles): 256 neighbouring hashes of a tree under an address of their own."""

import re
from dataclasses import dataclass
from typing import Final

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8

_INDEX: Final = r"(?P<index>(?:x\d{3}/){0,5}\d{3})"
_PATH: Final = re.compile(
    rf"(?P<level>entries|0|[1-9]\d?)/{_INDEX}(?:\.p/(?P<width>[1-9]\d{{0,2}}))?", re.ASCII
)


@dataclass(frozen=True)
class Tile:
    """Which hashes are asked for; `level` None: the entries under the tile of level 0."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Return the address behind `tile/`."""
        parts = [self.index % 1000]
        rest = self.index // 1000
        while rest:
            parts.append(rest % 1000)
            rest //= 1000
        first, *others = (f"{part:03}" for part in parts)
        number = "".join(f"x{part}/" for part in reversed(others)) + first
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"{level}/{number}{partial}"

    def is_in(self, size: int) -> bool:
        """Return whether a tree of `size` leaves has all of these hashes."""
        whole = size >> TILE_HEIGHT * (self.level or 0)
        return self.index * TILE_WIDTH + self.width <= whole


def parse_tile(path: str) -> Tile | None:
    """Return the tile at an address behind `tile/`, spelt as it must be; None for any other."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    index = int(found["index"].replace("x", "").replace("/", ""))
    level = None if found["level"] == "entries" else int(found["level"])
    tile = Tile(level, index, int(found["width"] or TILE_WIDTH))
    # A number has one spelling: no leading x000, and a whole tile is no partial one.
    return tile if tile.path == path and tile.width <= TILE_WIDTH else None
