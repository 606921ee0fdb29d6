"""Where and until when a card is good, as phones tell it: next places, last days. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from punchcard.kit.i18n import Language, written_day

PLACES_LIMIT: Final = 10
"""How many places a pass may name, at Apple as at Google."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where a shop is, in degrees."""

    latitude: float
    longitude: float


def nearest(places: tuple[Coordinates, ...], to: Coordinates | None) -> tuple[Coordinates, ...]:
    """Return the places where phones show a card by themselves: those next to its own shop."""
    if len(places) <= PLACES_LIMIT or to is None:
        return places[:PLACES_LIMIT]

    def distance(place: Coordinates) -> float:
        # Degrees of longitude shrink towards the poles; for who is next that is exact enough.
        across = (place.longitude - to.longitude + 180) % 360 - 180
        return math.hypot(
            place.latitude - to.latitude, across * math.cos(math.radians(to.latitude))
        )

    return tuple(sorted(places, key=distance)[:PLACES_LIMIT])


def last_day(valid_until: datetime, timezone: str, language: Language) -> str:
    """Return the last day before an end, where the shop is, as a language writes it."""
    # The end itself does not belong to it any more: midnight is the day before.
    last = (valid_until - timedelta(seconds=1)).astimezone(ZoneInfo(timezone)).date()
    return written_day(last, language)
