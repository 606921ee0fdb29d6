"""The shops whose instructions are counted: with balances alone, and with much beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.counted import NOON, FixedIds
from bench.servers import bench_settings
from bench.shop import Shop, open_cards, open_shop
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.programs import promotion_service

_EXPIRY: Final = {"kind": "fixed", "months": 24, "round_to": "month_end"}
_TIERS: Final = [
    {"key": "basic", "name": "Basic", "threshold": 0},
    {"key": "gold", "name": "Gold", "threshold": 1000},
]
_POINTS: Final = {"type": "points", "stamp_reward": None}

PROGRAMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "stamps": {},
    "points": _POINTS,
    "rich-stamps": {"stamps_expiry": {"kind": "fixed", "months": 24}, "tiers": _TIERS},
    "rich-points": {**_POINTS, "points_expiry": _EXPIRY, "tiers": _TIERS},
}
"""The programs by their shops' names; those of rich ones have expiry, a promotion and tiers."""

_PROMOTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "rich-stamps": {"kind": "add_stamps", "stamps": 1},
    "rich-points": {"kind": "multiply", "factor": "2.000"},
}


def make_shop(folder: Path, name: str, cards: int) -> Shop:
    """Open the shop of this name in `folder`, with so many cards."""
    folder.mkdir(exist_ok=True)
    settings = bench_settings(folder)
    migrate.upgrade(settings.database_url)
    ids = FixedIds(0)
    context = build_context(settings, clock=ManualClock(NOON), ids=ids)
    try:
        shop = open_shop(context, **PROGRAMS[name])
        if name in _PROMOTIONS:
            promote(context, shop, name)
        ids.begin_cards()
        open_cards(context, shop, cards, lambda _: None)
    finally:
        context.close()
    return shop


def promote(context: Context, shop: Shop, name: str) -> None:
    """Put the promotion of rich programs of this name on."""
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
    fields = {"name": "More of it", "status": "active", "effect": dict(_PROMOTIONS[name])}
    with context.database.write() as session:
        promotion_service.create_promotion(session, act, shop.vendor_id, shop.program_id, fields)
