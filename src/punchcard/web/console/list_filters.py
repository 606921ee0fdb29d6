"""What lists of the console are narrowed to, by their pages and by their files alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from punchcard.kit.i18n import N_
from punchcard.kit.ids import LocationId, ProgramId, StaffPinId, as_id
from punchcard.kit.values import as_word
from punchcard.loyalty.cards.card_order import CARD_ORDERS
from punchcard.loyalty.ledger.ledger_reader import EntryFilter
from punchcard.loyalty.reports.exports import CardFilter
from punchcard.loyalty.rules.tiers.tier_form import TIER_KEY_PATTERN
from punchcard.loyalty.vocabulary import CardStatus
from punchcard.web.pages.labels.cards import ENTRY_NAMES

VISITS: Final = (
    ("last7", N_("in the last 7 days")),
    ("last30", N_("in the last 30 days")),
    ("not30", N_("not for 30 days")),
    ("not90", N_("not for 90 days")),
)
"""When a card was last used: each choice of the filter and what it is called."""
DAYS_SHOWN: Final = 30
"""How far back the ledger goes when no day is asked for: rare entries are not searched for ever."""

_TIER_KEY: Final = re.compile(TIER_KEY_PATTERN)
_VISIT_DAYS: Final = {"last7": 7, "last30": 30, "not30": 30, "not90": 90}
_QUERY_CHARACTERS: Final = 120


@dataclass(frozen=True)
class Asked:
    """What is asked for, as it stands in addresses and in the fields of the filter."""

    fields: dict[str, str]

    def address(self, path: str, **more: str) -> str:
        """Return the address of the same list, or of what goes with it."""
        query = urlencode({**self.fields, **more})
        return f"{path}?{query}" if query else path

    def files(self, name: str) -> list[tuple[str, str]]:
        """Return the formats that the list `name` of the exports has, and each one's address."""
        path = f"/console/exports/{name}"
        return [(format.upper(), self.address(f"{path}.{format}")) for format in ("xlsx", "csv")]


def asked_cards(
    query: Mapping[str, str], *, now: datetime, country: str | None
) -> tuple[Asked, CardFilter]:
    """Return which cards a page's address asks for; what makes no sense is left out.

    `country` is the shop's: phone numbers without a country code are looked for there.
    """
    sought = query.get("query", "").replace("\x00", "")[:_QUERY_CHARACTERS].strip()
    program_id = as_id(ProgramId(query.get("program_id", "")))
    status = as_word(CardStatus, query.get("status"))
    request = _one_of(query.get("visit"), VISITS)
    wanted = CardFilter(program_id=program_id, status=status, query=sought or None, country=country)
    if request is not None:
        bound = now - timedelta(days=_VISIT_DAYS[request])
        wanted["active_since" if request.startswith("last") else "active_before"] = bound
    tier = query.get("tier", "")
    if _TIER_KEY.fullmatch(tier):
        wanted["tier"] = tier
    order = query.get("sort", "")
    wanted["order"] = order if order.removeprefix("-") in CARD_ORDERS else None
    told = {
        "query": sought,
        "program_id": program_id,
        "status": status,
        "visit": request,
        "tier": wanted.get("tier"),
        "sort": wanted["order"],
    }
    return _asked(told), wanted


def asked_entries(
    query: Mapping[str, str], *, now: datetime, timezone: str
) -> tuple[Asked, EntryFilter]:
    """Return which entries a page's address asks for: of the last DAYS_SHOWN days, if no other.

    Days are those of `timezone`; the last one is included.
    """
    zone = ZoneInfo(timezone)
    last = as_day(query.get("to", ""))
    first = as_day(query.get("from", "")) or default_first(last, now, zone)
    program_id = as_id(ProgramId(query.get("program_id", "")))
    staff_pin_id = as_id(StaffPinId(query.get("staff_pin_id", "")))
    location_id = as_id(LocationId(query.get("location_id", "")))
    type = query.get("type", "")
    wanted = EntryFilter(
        program_id=program_id,
        staff_pin_id=staff_pin_id,
        location_id=location_id,
        type=type if type in ENTRY_NAMES else None,
        since=_midnight(first, zone),
        until=_midnight(last + timedelta(days=1), zone) if last else None,
        oldest_first=query.get("sort") == "when",
    )
    ids = {"program_id": program_id, "staff_pin_id": staff_pin_id, "location_id": location_id}
    days = {"from": first.isoformat(), "to": last.isoformat() if last else None}
    sort = "when" if wanted.oldest_first else None
    return _asked({**ids, "type": wanted.type, **days, "sort": sort}), wanted


def as_day(text: str) -> date | None:
    """Return the day that a date field sent, None when it is none or in no century of ours."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def default_first(last: date | None, now: datetime, zone: ZoneInfo) -> date:
    """Return the first of the DAYS_SHOWN days up to `last`, or up to today."""
    return (last or now.astimezone(zone).date()) - timedelta(days=DAYS_SHOWN - 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _one_of(value: str | None, options: tuple[tuple[str, str], ...]) -> str | None:
    return value if value in dict(options) else None


def _asked(told: Mapping[str, Any]) -> Asked:
    return Asked({name: value for name, value in told.items() if value})
