"""PIN checks beside one bare bcrypt verification of the same cost, at 1, 50 and 500 staff."""

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import bcrypt
from sqlalchemy import insert

from bench.figures import Figure, Goal, figure, middle
from bench.servers import bench_settings
from bench.shop import PIN, Shop, open_shop
from bench.workshop import Workshop
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.loyalty.errors.staff import StaffPinInvalid
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.staff.pin_verifier import PinHasher, PinVerifier

STAFF = (1, 50, 500)
_WRONG_PIN = "730164"
_CHECKS_A_ROUND = 7
_BARE = "one bare bcrypt verification"


def pins(workshop: Workshop) -> list[Figure]:
    """Measure a right and a wrong PIN, typed without a name, in turn with bare bcrypt.

    Only Bob's PIN is real; his colleagues' rows share its hash, which a check that tried them all
    would have to pay for all the same.
    """
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        settings = bench_settings(Path(folder))
        migrate.upgrade(settings.database_url)
        context = build_context(settings)
        try:
            shop = open_shop(context)
            present = 1
            for staff in STAFF:
                _hire(context, shop, staff - present)
                present = staff
                figures += _measure(workshop, context, shop, staff)
        finally:
            context.close()
    return figures


class TimedHasher:
    """The server's hasher; notes how long its verifications take."""

    def __init__(self, hasher: PinHasher) -> None:
        self.took_ms = 0.0
        self._hasher = hasher

    @property
    def taken(self) -> int:
        """Return how many PINs are being hashed or wait for it."""
        return self._hasher.taken

    def hash(self, plain: bytes, cost: int) -> str:
        """Return the bcrypt hash of `plain`."""
        return self._hasher.hash(plain, cost)

    def verify(self, plain: bytes, hashed: str, *, cost: int) -> bool:
        """Return whether `plain` is what `hashed` was made of, as slowly as a hash of `cost`."""
        begun = perf_counter()
        is_right = self._hasher.verify(plain, hashed, cost=cost)
        self.took_ms += (perf_counter() - begun) * 1000
        return is_right


def _measure(workshop: Workshop, context: Context, shop: Shop, staff: int) -> list[Figure]:
    plain = b"p" * 44
    hashed = bcrypt.hashpw(plain, bcrypt.gensalt(context.settings.pin_bcrypt_cost))
    hasher = TimedHasher(context.loyalty.pin_hasher)
    verifier = PinVerifier(context.database, hasher, context.clock, context.ids, context.settings)
    strangers = (
        Subject(kind=SubjectKind.API_KEY, id=f"{n}", vendor_id=shop.vendor_id) for n in count()
    )

    def right() -> None:
        verifier.verify(shop.subject, PIN)

    def wrong() -> None:
        # A credential that types wrong PINs is locked: each guess comes from another one.
        with suppress(StaffPinInvalid):
            verifier.verify(next(strangers), _WRONG_PIN)

    asked: dict[str, Callable[[], object]] = {
        "bare": lambda: bcrypt.checkpw(plain, hashed),
        "right": right,
        "wrong": wrong,
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    beside: dict[str, list[float]] = {name: [] for name in asked}
    for _ in workshop.each_round(f"PIN checks, {staff} staff"):
        for _ in range(_CHECKS_A_ROUND):
            for name, ask in asked.items():
                hasher.took_ms, begun = 0.0, perf_counter()
                ask()
                took[name].append((perf_counter() - begun) * 1000)
                beside[name].append(took[name][-1] - hasher.took_ms)
    bare = middle(took["bare"])
    return [
        one
        for name in ("right", "wrong")
        for one in _figures(f"pins-{staff}-{name}", middle(took[name]), bare, middle(beside[name]))
    ]


def _figures(name: str, took: float, bare: float, beside: float) -> list[Figure]:
    """Return what a check took, and the same without the noise: what it did beside bcrypt."""
    within = Goal("ratio", "<=", 1.1)
    return [
        figure(name, took, "ms", reference=_BARE, reference_value=bare, goal=within),
        figure(
            f"{name}-beside",
            beside,
            "ms beside the one bcrypt inside it",
            goal=Goal("value", "<=", 1.0),
        ),
    ]


def _hire(context: Context, shop: Shop, number: int) -> None:
    """Add colleagues of Bob's whose PINs nobody types."""
    now = context.clock.now()
    with context.database.write() as session:
        hashed = session.get_one(StaffPin, shop.pin_id).pin_hash
        rows = [
            {
                "id": context.ids.new_id(),
                "vendor_id": shop.vendor_id,
                "name": "A colleague",
                "pin_hash": hashed,
                "pin_index": os.urandom(32),
                "created_at": now,
                "updated_at": now,
            }
            for _ in range(number)
        ]
        if rows:
            session.execute(insert(StaffPin), rows)
