"""The shop that the benches measure: one vendor, one program, staff, a key, and its cards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.codes import card_number, card_token
from punchcard.accounts import api_key_service, vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import LOYALTY_OPERATE, LOYALTY_READ, SYSTEM, Subject
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role, SubjectKind
from punchcard.context import Context
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import ApiKeyId, ProgramId, StaffPinId, SystemIds, VendorId
from punchcard.loyalty.operations import Actor, OpenCard
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind

PIN = "482915"
CARD_TOKEN_BYTES = 16
CARDS_PER_CALL = 500
NO_PASSWORD = "-"  # noqa: S105 nobody signs in as the owner

Progress = Callable[[int], None]
"""Is told how many more cards there are."""


class CountedIds(SystemIds):
    """Ids as always, but cards get the tokens and numbers of `card_token` and `card_number`."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self._tokens = self._numbers = 0

    def new_card_number(self) -> str:
        """Return the next card's number."""
        self._numbers += 1
        return card_number(self._numbers)

    def new_token(self, bytes_of_chance: int = 32) -> str:
        """Return the next card's token, or for other things an unguessable text."""
        if bytes_of_chance != CARD_TOKEN_BYTES:
            return super().new_token(bytes_of_chance)
        self._tokens += 1
        return card_token(self._tokens)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What a client of the shop must know."""

    vendor_id: VendorId
    program_id: ProgramId
    pin_id: StaffPinId
    api_key_id: ApiKeyId
    api_key: str
    staff_token: str

    @property
    def subject(self) -> Subject:
        """Return who the shop's API key is."""
        return Subject(kind=SubjectKind.API_KEY, id=self.api_key_id, vendor_id=self.vendor_id)


def open_shop(context: Context, **program: Any) -> Shop:
    """Open a café with a stamps program without cooldown, one PIN, and an API key.

    The program's fields are as usual but for those of `program`.
    """
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
    wanted = NewVendor(
        name="Café Alice",
        slug="cafe-alice",
        currency="EUR",
        timezone="Europe/Luxembourg",
        language="fr",
        owner=NewUser(
            email="owner@cafe-alice.example",
            name="Alice",
            role=Role.OWNER,
            password_hash=NO_PASSWORD,
        ),
    )
    with context.database.write() as session:
        vendor_id = vendor_service.create_vendor(session, act, wanted).id
    prepared = context.loyalty.pin_verifier.prepare(vendor_id, PIN)
    fields = {
        "name": "Coffee card",
        "type": "stamps",
        "status": "active",
        "stamp_reward": {"name": "A coffee", "description": None, "value_minor": 350},
        "cooldown_minutes": 0,
        "max_daily_stamps": 50,
        **program,
    }
    with context.database.write() as session:
        program_id = program_service.create_program(session, act, vendor_id, fields).id
        pin_id = pin_service.create_pin(session, act, vendor_id, {"name": "Bob"}, prepared).id
        scopes = [LOYALTY_OPERATE, LOYALTY_READ]
        api_key, key = api_key_service.create_api_key(
            session, act, vendor_id, name="Till", scopes=scopes
        )
        api_key_id = key.id
    subject = Subject(kind=SubjectKind.API_KEY, id=api_key_id, vendor_id=vendor_id)
    staff_token, _ = context.loyalty.staff_tokens.issue(
        context.loyalty.pin_verifier.check(subject, PIN), subject
    )
    return Shop(
        vendor_id=vendor_id,
        program_id=program_id,
        pin_id=pin_id,
        api_key_id=api_key_id,
        api_key=api_key,
        staff_token=staff_token,
    )


def open_cards(context: Context, shop: Shop, count: int, progress: Progress) -> None:
    """Open `count` anonymous cards through the till; the context must use CountedIds."""
    operation = OpenCard(
        vendor_id=shop.vendor_id,
        actor=Actor(ActorKind.API_KEY, shop.api_key_id),
        program_id=shop.program_id,
    )
    for start in range(0, count, CARDS_PER_CALL):
        size = min(CARDS_PER_CALL, count - start)
        outcomes: Sequence[object] = context.loyalty.till.submit_all([operation] * size)
        for outcome in outcomes:
            if not isinstance(outcome, Receipt):
                raise RuntimeError(f"a card was not opened: {outcome!r}")
        progress(size)
