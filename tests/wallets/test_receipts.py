"""What a receipt says of wallets: the truth, and for nothing."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from punchcard.wallets.apple.apple_registry import Registration
from punchcard.wallets.google.models import GoogleObject
from tests.loyalty import shelf
from tests.support import cast
from tests.support.http import Api, InProcess
from tests.support.statements import statements_of
from tests.wallets.google_account import Google

NOWHERE = {"apple": "none", "google": "none"}


@pytest.fixture
def configured(google: Google, settings: Settings, chain: AppleChain) -> Settings:
    return replace(
        google.settings(settings),
        apple_certificate=chain.certificate_pem,
        apple_private_key=chain.key_pem,
        apple_wwdr_certificate=chain.intermediate_pem,
    )


Opens = Callable[[Settings], Any]


@pytest.fixture
def opens(database: Database, clock: ManualClock, ids: SystemIds) -> Opens:
    """Give a way to build a context with some settings."""

    @contextmanager
    def opened(chosen: Settings) -> Iterator[Context]:
        with closing(build_context(chosen, clock=clock, ids=ids, database=database)) as built:
            yield built

    return opened


@pytest.fixture
def context(opens: Opens, configured: Settings) -> Iterator[Context]:
    with opens(configured) as built:
        yield built


@pytest.fixture
def owner(context: Context) -> Iterator[Api]:
    shop = cast.open_cafe_alice(context)
    shelf.program(shop, status="active", pin_policy="off", cooldown_minutes=0)
    with InProcess(create_app(context)) as api:
        yield api.with_token(shop.token())


def enrol(owner: Api, key: str) -> dict[str, Any]:
    (program,) = owner.get("/vendor/loyalty/programs").json()["items"]
    answer = owner.post("/vendor/loyalty/cards", {"program_id": program["id"]}, key=key)
    assert answer.status_code == 201
    card: dict[str, Any] = answer.json()
    return card


def stamp(owner: Api, card: dict[str, Any]) -> Any:
    answer = owner.post("/vendor/loyalty/stamp", {"card": card["id"]})
    assert answer.status_code == 201, answer.text
    return answer.json()["card"]["wallet"]


def put_into_apple(context: Context, card: dict[str, Any], *phones: str) -> None:
    context.wallets.apple.hand_out(card["id"], card["number"])
    for phone in phones:
        context.wallets.apple.register(Registration(phone, "ab" * 16, card["number"]))


def put_into_google(context: Context, card: dict[str, Any], state: str) -> None:
    context.wallets.google.save_link(card["id"])
    with context.database.write() as session:
        session.execute(
            update(GoogleObject).where(GoogleObject.card_id == card["id"]).values(state=state)
        )


def test_receipts_say_what_the_card_says(context: Context, owner: Api) -> None:
    cards = [enrol(owner, f"enrol-{number}") for number in range(4)]
    assert [card["wallet"] for card in cards] == [NOWHERE] * 4
    put_into_apple(context, cards[1])
    put_into_apple(context, cards[2], "a-phone", "another-phone")
    for card, state in zip(cards[1:], ("installed", "issued", "removed"), strict=True):
        put_into_google(context, card, state)

    told = [stamp(owner, card) for card in cards]

    assert told == [
        NOWHERE,
        {"apple": "issued", "google": "installed"},
        {"apple": "installed", "google": "issued"},
        NOWHERE,
    ]
    read = [owner.get(f"/vendor/loyalty/cards/{card['id']}").json() for card in cards]
    assert [card["wallet"] for card in read] == told


def test_an_enrolment_that_is_answered_again_tells_todays_wallets(
    context: Context, owner: Api
) -> None:
    card = enrol(owner, "the-same")
    put_into_apple(context, card, "a-phone")

    again = enrol(owner, "the-same")

    assert again["wallet"] == {"apple": "installed", "google": "none"}
    assert {**again, "wallet": None} == {**card, "wallet": None}


def test_a_list_of_operations_tells_each_cards_own(context: Context, owner: Api) -> None:
    cards = [enrol(owner, f"enrol-{number}") for number in range(2)]
    put_into_apple(context, cards[0], "a-phone")
    operations = [
        {"op": "stamp", "card": card["id"], "idempotency_key": f"stamp-{number}"}
        for number, card in enumerate(cards)
    ]

    results = owner.post("/vendor/loyalty/operations", {"operations": operations}).json()

    told = [one["receipt"]["card"]["wallet"]["apple"] for one in results["results"]]
    assert told == ["installed", "none"]


def test_a_stamp_asks_the_database_no_more_often_with_wallets_than_without(
    context: Context, owner: Api, opens: Opens, settings: Settings
) -> None:
    card = enrol(owner, "enrol")
    put_into_apple(context, card, "a-phone")
    assert owner.token is not None
    stamp(owner, card)
    with_wallets: list[str] = []
    with statements_of(context.database, with_wallets):
        assert stamp(owner, card)["apple"] == "installed"

    with opens(settings) as bare, InProcess(create_app(bare)) as api:
        stamp(api.with_token(owner.token), card)
        without: list[str] = []
        with statements_of(bare.database, without):
            assert stamp(api.with_token(owner.token), card) == NOWHERE

    assert len(with_wallets) == len(without)
    assert not [one for one in without if "apple_" in one or "google_" in one]
