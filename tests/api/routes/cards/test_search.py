"""Members are found however their names and numbers are typed, by the API and in the console."""

import unicodedata
from datetime import timedelta

import pytest
from sqlalchemy import text

from punchcard.context import Context
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyProgram
from tests.api.routes.cards.test_cards import CARDS, enrol, token_of
from tests.support.cast import Shop
from tests.support.filler import fill
from tests.support.http import Api
from tests.support.plans import engines_of, recorded

NAMES = {
    "José": ["Jose", "JOSÉ", "Jose\u0301", "josé"],
    "Müller": ["Muller", "Mueller", "müller", "MÜLLER"],
    "Mueller": ["Müller", "mueller"],
    "İpek Yılmaz": ["ipek", "IPEK", "yilmaz", "YILMAZ İpek"],
    "Łukasz Żółć": ["lukasz", "zolc", "żółć łukasz"],
    "Nguyễn Thị Ánh": ["nguyen", "anh nguyen", "thi anh"],
    "Kovács Zsófia": ["Zsofia Kov", "kovacs", "KOVÁCS, ZSÓFIA", "zsófia\u00a0kovács"],
    "Søren Ågård": ["soren", "Soeren Aagaard", "ågård"],
    "O’Brien": ["O'Brien", "obrien", "o brien", "O`Brien"],
    "Jean-Luc Thill": ["jean luc", "Luc Jean", "jean\u2011luc", "jeanluc"],
    "Anne Marie Weis": ["Anne-Marie", "annemarie"],
    "Strauß": ["strauss", "STRAUSS"],
    "Ｋａｔａ カタ": ["kata", "ｶﾀ"],
    "Guest 12": ["guest 12", "12 guest"],
}


def searched(api: Api, query: str) -> list[str]:
    answer = api.get(CARDS, params={"query": query})
    assert answer.status_code == 200, answer.text
    return [card["id"] for card in answer.json()["items"]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_however_it_is_typed(
    name: str, form: str, owner: Api, coffee: LoyaltyProgram
) -> None:
    enrol(owner, coffee, customer={"name": "Otto Q"})
    card = enrol(owner, coffee, customer={"name": unicodedata.normalize(form, name)})  # type: ignore[arg-type]
    missed = [typed for typed in NAMES[name] if searched(owner, typed) != [card["id"]]]
    assert missed == []


@pytest.mark.parametrize(
    ("email", "queries"),
    [
        (
            "zsofia@example.lu",
            [
                *("621 123 456", "0621 123", "+352 621 123", "00352621123456", "123 456", "3456"),
                *("+352 (0)621 123", "621.123", "621\u2011123", "zsofia 3456", "621123 Kov"),
                *("zsofia@exa", "ZSOFIA@", "zsofia@example.lu"),
            ],
        ),
        ("kovács@bäckerei.lu", ["bäckerei", "kovács@xn--bckerei-5wa.lu", "@bäckerei.lu"]),
    ],
)
def test_a_part_of_a_contact_is_enough(
    email: str, queries: list[str], owner: Api, coffee: LoyaltyProgram
) -> None:
    enrol(owner, coffee, customer={"name": "Otto Q", "phone": "+352661987654"})
    customer = {"name": "Kovács Zsófia", "phone": "+352621123456", "email": email}
    card = enrol(owner, coffee, customer=customer)
    missed = [query for query in queries if searched(owner, query) != [card["id"]]]
    assert missed == []


def test_a_card_is_found_by_either_end_of_its_number_and_by_its_code(
    owner: Api, coffee: LoyaltyProgram
) -> None:
    enrol(owner, coffee, customer={"name": "Otto Q"})
    card = enrol(owner, coffee, customer={"name": "Zsófia Kovács"})
    number = card["number"]
    for query in (
        *(number[-4:], number[-6:], number[:5], number, f"kovacs {number[-4:]}"),
        *(f"{number[:4]} {number[4:8]} {number[8:]}", f"{number[:4]}\u00a0{number[4:]}"),
        *(f"{number[:6]}\u2011{number[6:]}", card["public_url"], token_of(card), card["id"]),
    ):
        assert searched(owner, query) == [card["id"]], query
    assert searched(owner, f"otto {number[-4:]}") == []


def test_every_word_must_be_found(owner: Api, coffee: LoyaltyProgram) -> None:
    enrol(owner, coffee, customer={"name": "Anna Weber", "email": "anna@example.com"})
    for query in ("anna klein", "weber 621", "a_na", "%", "anna@example.org", "999999999999"):
        assert searched(owner, query) == [], query


def test_a_pasted_number_names_the_card_in_every_operation(
    owner: Api, coffee: LoyaltyProgram
) -> None:
    number = enrol(owner, coffee)["number"]
    pasted = f"\u202a{number[:4]}\u00a0{number[4:8]}\u2011{number[8:]}\u202c"
    found = owner.get(f"{CARDS}/lookup", params={"code": pasted}).json()["items"]
    assert [card["number"] for card in found] == [number]
    assert owner.post("/vendor/loyalty/stamp", {"card": pasted}).status_code == 201


def test_a_terminal_finds_by_name_and_lists_nothing(
    api: Api, owner: Api, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer={"name": "Zsófia Kovács"})
    terminal, theirs = (api.with_token(shop.device()) for shop in (alice, bob))
    assert searched(terminal, "Zsofia Kov") == [card["id"]]
    assert searched(theirs, "Zsofia Kov") == []
    assert searched(theirs, card["number"]) == []
    for params in ({}, {"status": "active"}):
        refused = terminal.get(CARDS, params=params)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


def test_ends_of_numbers_are_looked_up_by_their_indexes(
    context: Context, alice: Shop, coffee: LoyaltyProgram
) -> None:
    long_ago = context.clock.now() - timedelta(days=1)
    with context.database.write_connection() as connection:
        fill(
            *(connection, context.ids, long_ago),
            vendor_id=alice.id,
            program_id=coffee.id,
            cards=300,
        )
    _, reader = engines_of(context.database)
    with context.database.read() as session, recorded(reader) as sent:
        card_service.list_cards(
            session, alice.id, now=context.clock.now(), limit=50, query="4321", country="LU"
        )
    (wanted,) = [one for one in sent if "substr" in one.statement]
    with context.database.read_connection() as connection:
        if context.database.is_sqlite:
            explain = "EXPLAIN QUERY PLAN "
        else:
            # The tables are small here; what is asked is whether there is another way.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN "
        rows = connection.exec_driver_sql(explain + wanted.statement, wanted.parameters)
        plan = "\n".join(str(row[-1]) for row in rows)
    assert "ix_loyalty_cards_vendor_id_last_digits" in plan
    assert "ix_loyalty_cards_customer_id" in plan
    assert not [line for line in plan.splitlines() if "SCAN" in line or "Seq Scan" in line]


def test_a_replaced_card_is_found_by_its_old_codes_and_told_so(
    owner: Api, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    old = enrol(owner, coffee, customer={"name": "Anna Weber"})
    enrol(owner, coffee, customer={"name": "Otto Q"})
    assert owner.get(f"{CARDS}/{old['id']}").json()["former_numbers"] == []
    new = owner.post(f"{CARDS}/{old['id']}/replace").json()
    number, link = old["number"], old["public_url"]
    spaced = f"{number[:4]} {number[4:8]} {number[8:]}"
    for query in (number, number[:9], spaced, f"anna {number}", link, token_of(old)):
        [card] = owner.get(CARDS, params={"query": query}).json()["items"]
        assert (card["id"], card["number"]) == (old["id"], new["number"]), query
        assert card["former_numbers"] == [number]
    assert searched(owner, f"otto {number}") == []
    newest = owner.post(f"{CARDS}/{old['id']}/replace").json()
    assert sorted(newest["former_numbers"]) == sorted([new["number"], number])
    assert searched(owner, number) == searched(owner, new["number"]) == [old["id"]]
    # Nothing can be done with an old one.
    stamped = owner.post("/vendor/loyalty/stamp", {"card": number})
    assert (stamped.status_code, stamped.json()["code"]) == (409, "card_replaced")
    # At another shop the card has never been.
    assert searched(owner.with_token(bob.token()), number) == []


def test_a_device_finds_no_card_by_a_code_that_somebody_may_have_found(
    owner: Api, alice: Shop, coffee: LoyaltyProgram
) -> None:
    old = enrol(owner, coffee, customer={"name": "Anna Weber"})
    new = owner.post(f"{CARDS}/{old['id']}/replace").json()
    device = owner.with_token(alice.device())
    for query in (old["number"], old["number"][:9], old["public_url"], token_of(old)):
        assert searched(device, query) == []
    [card] = device.get(CARDS, params={"query": "anna"}).json()["items"]
    assert (card["number"], card["former_numbers"]) == (new["number"], [])
