"""Purchases that come from one shop or from a thousand, beside the same on one card.

Handed to the till inside the process, in lists of 50 of a shop's queue each; what differs is how
many shops, programs and cards a batch meets. The places are asked in turn.
"""

import random
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.figures import Figure, figure, middle
from bench.servers import DURABLE, bench_settings, create_database
from bench.shop import NO_PASSWORD
from bench.workshop import Workshop
from punchcard.accounts import vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role
from punchcard.cli.serve import settle_in
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.kit.ids import CardId, ProgramId, VendorId
from punchcard.loyalty.operations import Actor, CardKey, CardRef, EarnPoints, OpenCard
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from tools.postgresql import postgresql_server

SHOPS = 1000
SPREAD = (1, 10, 100, SHOPS)
DATABASES = ("postgresql", "sqlite")
_LIST = 50
_ACTOR = Actor(ActorKind.API_KEY, "bench")


def shops(workshop: Workshop) -> list[Figure]:
    """Measure purchases a second over 1 to 1,000 shops on both databases."""
    return [one for name in DATABASES for one in _on(name, workshop)]


@dataclass(frozen=True)
class _Place:
    """Where a purchase is made."""

    vendor_id: VendorId
    card_id: CardId


@dataclass
class _Street:
    """A thousand shops with a card each, and a thousand cards more at the first of them."""

    context: Context
    spread: list[_Place]
    at_one_shop: list[_Place]
    _keys: Iterator[int] = field(default_factory=count)

    def among(self, shops: int) -> list[_Place]:
        """Return a thousand places at so many shops; at one, a thousand cards of it."""
        return self.at_one_shop if shops == 1 else self.spread[:shops]

    def rate(self, places: list[_Place], seconds: float) -> float:
        """Return the purchases a second, in lists, each at one of the places by chance."""
        done, choose = 0, random.Random(1).choices
        begun = perf_counter()
        while (passed := perf_counter() - begun) < seconds:
            operations = [self._purchase(place) for place in choose(places, k=_LIST)]
            for outcome in self.context.loyalty.till.submit_all(operations):
                if not isinstance(outcome, Receipt):
                    raise RuntimeError(f"a purchase was refused: {outcome!r}")
            done += _LIST
        return done / passed

    def _purchase(self, place: _Place) -> EarnPoints:
        key = f"bench-{next(self._keys)}"
        return EarnPoints(
            vendor_id=place.vendor_id,
            actor=_ACTOR,
            idempotency_key=key,
            fingerprint=key.encode().ljust(32)[:32],
            card=CardRef(CardKey.ID, place.card_id),
            amount_minor=1250,
            reference=None,
        )


def _on(name: str, workshop: Workshop) -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="punchcard-bench-"))
        url = ""
        if name == "postgresql":
            url = create_database(stack.enter_context(postgresql_server(DURABLE)), "bench_shops")
        settings = bench_settings(Path(folder), url)
        migrate.upgrade(settings.database_url)
        context = stack.enter_context(closing(build_context(settings)))
        street = _open(workshop, context)
        settle_in()
        one_card: list[float] = []
        rates: dict[int, list[float]] = {shops: [] for shops in SPREAD}
        for _ in workshop.each_round(f"purchases at 1 to {SHOPS:,} shops, {name}"):
            one_card.append(street.rate(street.spread[:1], workshop.seconds))
            for shops in SPREAD:
                rates[shops].append(street.rate(street.among(shops), workshop.seconds))
        for shops in SPREAD:
            yield figure(
                f"shops-{name}-{shops}",
                middle(rates[shops]),
                "purchases/s in lists of 50",
                reference="the same, all on one card",
                reference_value=middle(one_card),
            )


def _open(workshop: Workshop, context: Context) -> _Street:
    opened: list[tuple[VendorId, ProgramId]] = []
    with workshop.counting("opening shops", SHOPS) as advance:
        for number in range(SHOPS):
            opened.append(_open_shop(context, number))
            advance(1)
    spread = _open_cards(context, opened)
    return _Street(context, spread, _open_cards(context, opened[:1] * SHOPS))


def _open_shop(context: Context, number: int) -> tuple[VendorId, ProgramId]:
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
    owner = NewUser(
        email=f"owner{number}@example.com",
        name="Alice",
        role=Role.OWNER,
        password_hash=NO_PASSWORD,
    )
    wanted = NewVendor(
        name=f"Shop {number}",
        slug=f"shop-{number}",
        currency="EUR",
        timezone="Europe/Luxembourg",
        language="fr",
        owner=owner,
    )
    fields = {"name": f"Points {number}", "type": "points", "status": "active", "pin_policy": "off"}
    with context.database.write() as session:
        vendor_id = vendor_service.create_vendor(session, act, wanted).id
        return vendor_id, program_service.create_program(session, act, vendor_id, fields).id


def _open_cards(context: Context, programs: list[tuple[VendorId, ProgramId]]) -> list[_Place]:
    operations = [
        OpenCard(vendor_id=vendor_id, actor=_ACTOR, program_id=program_id)
        for vendor_id, program_id in programs
    ]
    places = []
    for start in range(0, len(operations), _LIST):
        part = operations[start : start + _LIST]
        for operation, outcome in zip(part, context.loyalty.till.submit_all(part), strict=True):
            if not isinstance(outcome, Receipt):
                raise RuntimeError(f"a card was not opened: {outcome!r}")
            places.append(_Place(operation.vendor_id, outcome.card.id))
    return places
