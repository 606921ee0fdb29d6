"""The purchases lived through at a counter, day by day, by a clock that is handed in."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from bench.growth.books import LAST_DAY, ONE_DAY, Books
from bench.growth.comparison import differing_at_the_end, differing_cards
from bench.growth.counter import ZONE, ProgramCounter, noon, open_counter
from bench.purchases import Purchases
from bench.shop import NO_PASSWORD
from punchcard.accounts import vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import VendorId

LOOKED_AT = (date(1998, 1, 1), date(1998, 7, 2), date(1999, 1, 1))
"""On which days every card is compared: when much has ended and nobody booked it yet."""


def first_moment(purchases: Purchases) -> datetime:
    """Return when the clock must stand still for everything to be opened."""
    return noon(date.fromisoformat(min(purchases.first_days.values())))


def open_counters(context: Context, purchases: Purchases) -> tuple[ProgramCounter, ProgramCounter]:
    """Open a vendor with two programs: one with a month that counts double, and one without."""
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
    vendor_id = _open_vendor(context, act)
    doubled, plain = (
        open_counter(context, act, vendor_id, Books(purchases, has_double=has_double))
        for has_double in (True, False)
    )
    return doubled, plain


def differences(
    clock: ManualClock,
    doubled: ProgramCounter,
    plain: ProgramCounter,
    advance: Callable[[int], None] = lambda done: None,
) -> Iterator[str]:
    """Live through all purchases in both programs; give a line for what is not as in the books.

    `clock` is the context's own, and stands at `first_moment`; `advance` is told how many purchases
    and rewards are done.
    """
    counters = (doubled, plain)
    day = clock.now().astimezone(ZONE).date()
    while day <= LAST_DAY:
        clock.set(noon(day))
        if day in LOOKED_AT:
            for counter in counters:
                yield from differing_cards(counter, day)
        doubled.context.loyalty.due_keeper.book(clock.now())
        advance(sum(counter.live(day) for counter in counters))
        day += ONE_DAY
    for counter in counters:
        yield from counter.refused
        counter.books.close()
        yield from differing_cards(counter, LAST_DAY)
    yield from differing_at_the_end(doubled, plain)


def _open_vendor(context: Context, act: Act) -> VendorId:
    owner = NewUser(
        email="owner@cdnow.example", name="CDNOW", role=Role.OWNER, password_hash=NO_PASSWORD
    )
    wanted = NewVendor(
        name="CDNOW",
        slug="cdnow-growth",
        currency="USD",
        timezone=ZONE.key,
        language="en",
        owner=owner,
    )
    with context.database.write() as session:
        return vendor_service.create_vendor(session, act, wanted).id
