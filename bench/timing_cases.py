"""Pairs of questions that must take the same time, whatever is true."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import insert

from bench.shop import PIN, Shop
from punchcard.accounts.access.opening.session_opener import SignInOrigin
from punchcard.accounts.models import User
from punchcard.accounts.subjects import API_KEY_PREFIX, Subject
from punchcard.accounts.vocabulary import Role, SubjectKind
from punchcard.context import Context
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.operations import Actor, NewCustomer, OpenCard
from punchcard.loyalty.vocabulary import ActorKind

_COMPUTED = 2000
"""Turns of what only computes or reads, for each round of the benches."""
_WRITTEN = 100
"""Turns of what writes."""
_WRONG_PIN = "730164"
_OTHERS_PIN = "593718"
_PASSWORD = "not the right password"  # noqa: S105 nobody's


@dataclass(frozen=True)
class Case:
    """Two questions, each told the number of its turn; their answers are the same."""

    name: str
    what: str
    trials: int
    first: Callable[[int], object]
    second: Callable[[int], object]
    is_secret: bool = True
    """Whether nobody may tell which it is; else whoever asks knows, or may know, anyway."""


def cases(context: Context, shop: Shop, rounds: int) -> Iterator[Case]:
    """Give every pair."""
    yield from _secrets(context, shop, _COMPUTED * rounds)
    yield from _people(context, shop, _WRITTEN * rounds)


def _secrets(context: Context, shop: Shop, trials: int) -> Iterator[Case]:
    token = shop.staff_token
    payload, _, signature = token.partition(".")
    early, late = f"{payload}.{_other(signature, 0)}", f"{payload}.{_other(signature, -2)}"
    verify = context.loyalty.staff_tokens.verify
    yield Case(
        "staff-token",
        "signatures wrong at their first and at their last letter",
        trials,
        lambda _: verify(early, shop.subject),
        lambda _: verify(late, shop.subject),
    )
    resolve = context.accounts.credentials.resolve
    near, far = _other(shop.api_key, -1), API_KEY_PREFIX + "x" * 43
    yield Case(
        "api-key",
        "a key wrong at its last letter, and one that was made up",
        trials // 4,
        lambda _: resolve(near),
        lambda _: resolve(far),
    )
    card = _opened_token(context, shop)
    near_card, far_card = _other(card, -1), "x" * len(card)

    def look(shown: str) -> object:
        with context.database.read() as session:
            return card_service.get_card_by_token(session, shown, now=context.clock.now())

    yield Case(
        "card-token",
        "a card's token wrong at its last letter, and one that was made up",
        trials // 4,
        lambda _: look(near_card),
        lambda _: look(far_card),
    )
    yield from _passes(context, trials // 4)


def _passes(context: Context, trials: int) -> Iterator[Case]:
    wallet, serial = context.wallets.apple, "482915036272"
    right = wallet.token_of(serial)
    early, late = _other(right, 0), _other(right, -1)
    yield Case(
        "apple-token",
        "tokens of a pass wrong at their first and at their last letter",
        trials,
        lambda _: wallet.is_token_of(serial, early),
        lambda _: wallet.is_token_of(serial, late),
    )


def _people(context: Context, shop: Shop, trials: int) -> Iterator[Case]:
    # A turn asks each question twice, and each person is asked for once.
    asked = 4 * (trials + 100)
    known = _hire(context, shop, asked)
    strangers = (
        Subject(kind=SubjectKind.API_KEY, id=f"{n}", vendor_id=shop.vendor_id) for n in count()
    )
    verify = context.loyalty.pin_verifier.verify
    yield Case(
        "pin",
        "a wrong PIN of a person who is there, and of nobody",
        trials,
        lambda turn: verify(next(strangers), _WRONG_PIN, known.staff_ids[turn]),
        lambda turn: verify(next(strangers), _WRONG_PIN, f"nobody-{turn}"),
        is_secret=False,
    )
    yield Case(
        "pin-of-another",
        "a PIN that is a colleague's, and one that is nobody's, for a person who is there",
        trials,
        lambda turn: verify(next(strangers), PIN, known.staff_ids[-turn]),
        lambda turn: verify(next(strangers), _WRONG_PIN, known.staff_ids[-turn]),
    )

    def sign_in(address: str, turn: int) -> object:
        origin = SignInOrigin(network=f"home {turn}", user_agent="bench", request_id=None)
        return context.accounts.sign_in.sign_in(address, _PASSWORD, origin=origin)

    yield Case(
        "sign-in",
        "a wrong password for an address that is known, and for one that is not",
        trials,
        lambda turn: sign_in(known.addresses[turn], turn),
        lambda turn: sign_in(f"nobody-{turn}@shop.example", turn),
    )
    yield Case(
        "sign-in-no-address",
        "a wrong password for an address that is known, and for what is no address",
        trials,
        lambda turn: sign_in(known.addresses[-turn], turn),
        lambda turn: sign_in(f"nobody {turn} at shop example", turn),
        is_secret=False,
    )

    def enrol(address: str) -> object:
        return context.loyalty.till.submit(
            OpenCard(
                vendor_id=shop.vendor_id,
                actor=Actor(ActorKind.PUBLIC, None),
                program_id=shop.program_id,
                customer=NewCustomer(name="Anna", email=address, accepted_terms=True),
                is_vouched=False,
            )
        )

    enrol("anna@home.example")
    yield Case(
        "enrolment",
        "a visitor joins with a contact that a customer has, and with a new one",
        trials,
        lambda _: enrol("anna@home.example"),
        lambda turn: enrol(f"anna-{turn}@home.example"),
    )


@dataclass
class _Known:
    """Whom there is."""

    staff_ids: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


def _hire(context: Context, shop: Shop, number: int) -> _Known:
    """Add people with a PIN and people who sign in, so many of each."""
    now, known = context.clock.now(), _Known()
    pin_hash = context.loyalty.pin_verifier.prepare(shop.vendor_id, _OTHERS_PIN).pin_hash
    pins: list[dict[str, Any]] = []
    users: list[dict[str, Any]] = []
    with context.database.write() as session:
        password_hash = context.accounts.sign_in.hash_password("a password for benches")
        for one in range(number):
            common = {"id": None, "vendor_id": shop.vendor_id, "created_at": now}
            pins.append(
                {
                    **common,
                    "id": context.ids.new_id(),
                    "name": "A colleague",
                    "staff_id": f"staff-{one}",
                    "pin_hash": pin_hash,
                    "pin_index": one.to_bytes(32, "big"),
                    "updated_at": now,
                }
            )
            users.append(
                {
                    **common,
                    "id": context.ids.new_id(),
                    "email": f"known-{one}@shop.example",
                    "confirmed_email": f"known-{one}@shop.example",
                    "name": "A colleague",
                    "role": Role.STAFF,
                    "password_hash": password_hash,
                }
            )
        session.execute(insert(StaffPin), pins)
        session.execute(insert(User), users)
    known.staff_ids = [pin["staff_id"] for pin in pins]
    known.addresses = [user["email"] for user in users]
    return known


def _opened_token(context: Context, shop: Shop) -> str:
    receipt = context.loyalty.till.submit(
        OpenCard(
            vendor_id=shop.vendor_id,
            actor=Actor(ActorKind.API_KEY, shop.api_key_id),
            program_id=shop.program_id,
        )
    )
    token = context.loyalty.card_links.token(receipt.card.id, receipt.card.token_sealed)
    assert token is not None
    return token


def _other(text: str, place: int) -> str:
    """Return a text with another letter at one place."""
    letters = list(text)
    letters[place] = "A" if letters[place] != "A" else "B"
    return "".join(letters)
