"""Cards over HTTP: enrol, find, change, block, replace."""

from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

CARDS = "/vendor/loyalty/cards"
ANNA = {"name": "Anna Weber", "email": "Anna@Example.com", "phone": "+352 621 123 456"}


def enrol(owner: Api, program: LoyaltyProgram, **body: Any) -> dict[str, Any]:
    answer = owner.post(CARDS, {"program_id": program.id, **body})
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


def stamp(owner: Api, card: str, **body: Any) -> Any:
    return owner.post("/vendor/loyalty/stamp", {"card": card, **body})


def token_of(card: dict[str, Any]) -> str:
    return str(card["public_url"].rsplit("/", 1)[1])


def found(owner: Api, code: str) -> list[str]:
    answer = owner.get(f"{CARDS}/lookup", params={"code": code})
    assert answer.status_code == 200, answer.text
    return [card["id"] for card in answer.json()["items"]]


def test_a_customer_is_enrolled_with_all_they_told(owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee, customer={**ANNA, "birthday": "02-29", "locale": "lu"})
    customer = {name: value for name, value in card["customer"].items() if name != "id"}
    assert customer == {
        "name": "Anna Weber",
        "email": "anna@example.com",
        "phone": "+352621123456",
        "birthday": "02-29",
        "locale": "lb",
        "marketing_consent": False,
    }
    assert card["wallet"] == {"apple": "none", "google": "none"}
    assert owner.get(f"{CARDS}/{card['id']}").json() == card


def test_a_card_without_a_customer_is_anonymous(owner: Api, coffee: LoyaltyProgram) -> None:
    assert enrol(owner, coffee)["customer"] is None


def test_the_same_key_twice_opens_one_card_and_answers_the_same(owner: Api, alice: Shop) -> None:
    program = shelf.program(alice, status="active", welcome_stamps=2)
    body = {"program_id": program.id, "customer": ANNA}
    first = owner.post(CARDS, body, key="enrol-1")
    second = owner.post(CARDS, body, key="enrol-1")
    assert first.json()["stamps"] == 2
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    other = owner.post(CARDS, {"program_id": program.id}, key="enrol-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(owner.get(CARDS).json()["items"]) == 1


def test_a_customer_holds_one_card_of_a_program(owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    again = owner.post(CARDS, {"program_id": coffee.id, "customer": ANNA})
    assert (again.status_code, again.json()["code"]) == (409, "card_already_exists")
    assert again.json()["card_id"] == card["id"]


def test_an_import_may_open_a_card_for_a_past_day(
    owner: Api, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    made = owner.post("/vendor/loyalty/imports/history", {"name": "Old cards"}).json()
    by = {"import_id": made["id"]}
    card = enrol(owner, coffee, enrolled_at="2025-05-01T08:00:00Z", **by)
    assert card["enrolled_at"] == "2025-05-01T08:00:00.000000Z"
    told = {"program_id": coffee.id, "enrolled_at": "2026-03-02T09:05:00Z", **by}
    ahead = owner.post(CARDS, told)
    assert (ahead.status_code, ahead.json()["code"]) == (422, "occurred_at_out_of_range")


def test_another_shops_program_is_not_there(owner: Api, bob: Shop) -> None:
    theirs = shelf.program(bob, status="active")
    answer = owner.post(CARDS, {"program_id": theirs.id})
    assert (answer.status_code, answer.json()["code"]) == (404, "program_not_found")


@pytest.mark.parametrize(
    "code",
    ["token", "address", "number", "spaced number", "id", "ANNA@example.com", "00352621123456"],
)
def test_a_card_is_found_by_whatever_names_it(
    owner: Api, coffee: LoyaltyProgram, code: str
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    number = card["number"]
    codes = {
        "token": token_of(card),
        "address": card["public_url"],
        "number": number,
        "spaced number": f"{number[:4]} {number[4:8]} {number[8:]}",
        "id": card["id"],
    }
    enrol(owner, coffee, customer={"email": "other@example.com"})
    assert found(owner, codes.get(code, code)) == [card["id"]]


def test_a_contact_finds_the_cards_of_every_program(
    owner: Api, coffee: LoyaltyProgram, points: LoyaltyProgram
) -> None:
    cards = {enrol(owner, program, customer=ANNA)["id"] for program in (coffee, points)}
    assert set(found(owner, "anna@example.com")) == cards


def test_what_names_nothing_finds_nothing(owner: Api, coffee: LoyaltyProgram) -> None:
    enrol(owner, coffee, customer=ANNA)
    assert found(owner, "nobody@example.com") == []
    assert found(owner, "Anna Weber") == []


def test_bob_never_finds_alices_cards(
    api: Api, owner: Api, coffee: LoyaltyProgram, bob: Shop
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    theirs = api.with_token(bob.token())
    for code in (card["id"], card["number"], card["public_url"], "anna@example.com"):
        assert found(theirs, code) == []
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/block"),
        ("POST", "/unblock"),
        ("POST", "/replace"),
        ("GET", "/transactions"),
    ):
        body: dict[str, object] | None = {} if method == "PATCH" else None
        answer = theirs.call(method, f"{CARDS}/{card['id']}{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "card_not_found")
    assert theirs.get(CARDS).json()["items"] == []


def test_pages_of_cards_show_each_once_newest_first(owner: Api, coffee: LoyaltyProgram) -> None:
    ids = [enrol(owner, coffee)["id"] for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = owner.get(CARDS, params=params).json()
        seen += [card["id"] for card in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_a_list_is_narrowed_by_program_status_and_words(
    owner: Api, coffee: LoyaltyProgram, points: LoyaltyProgram
) -> None:
    anna = enrol(owner, coffee, customer=ANNA)
    blank = enrol(owner, points)
    owner.post(f"{CARDS}/{blank['id']}/block")

    def ids(**params: str) -> list[str]:
        return [card["id"] for card in owner.get(CARDS, params=params).json()["items"]]

    assert ids(program_id=points.id) == [blank["id"]]
    assert ids(status="blocked") == [blank["id"]]
    for query in ("anna", "WEBER", "anna@ex", "621 123", anna["number"][:6]):
        assert anna["id"] in ids(query=query)
    assert ids(query="a%r") == []
    assert ids(query="weber", program_id=points.id) == []


def test_a_list_costs_the_same_number_of_queries_whatever_its_length(
    owner: Api, context: Context, coffee: LoyaltyProgram, points: LoyaltyProgram
) -> None:
    from punchcard.loyalty.cards import card_service
    from tests.support.statements import counted_statements

    counts = []
    for _ in range(2):
        for program in (coffee, points, coffee):
            enrol(owner, program)
        with context.database.read() as session, counted_statements(session) as statements:
            card_service.list_cards(session, coffee.vendor_id, now=context.clock.now(), limit=50)
        counts.append(len(statements))
    assert counts == [4, 4]


def test_a_blocked_card_takes_no_stamps_until_it_is_unblocked(
    owner: Api, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    blocked = owner.post(f"{CARDS}/{card['id']}/block", key="block-1")
    assert (blocked.status_code, blocked.json()["status"]) == (200, "blocked")
    refused = stamp(owner, card["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "card_blocked")
    assert owner.post(f"{CARDS}/{card['id']}/unblock").json()["status"] == "active"
    assert stamp(owner, card["id"]).status_code == 201


def test_a_kept_answer_holds_no_customer(owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    first = owner.post(f"{CARDS}/{card['id']}/replace", key="once")
    again = owner.post(f"{CARDS}/{card['id']}/replace", key="once")
    assert first.json()["customer"]["name"] == "Anna Weber"
    assert again.headers["Idempotency-Replayed"] == "true"
    # Nor the link, which opens the card.
    assert again.json() == {**first.json(), "customer": None, "public_url": None}


def test_a_replaced_cards_old_codes_stop_working_and_its_balance_stays(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    stamp(owner, card["id"])
    replaced = owner.post(f"{CARDS}/{card['id']}/replace").json()
    assert replaced["number"] != card["number"]
    assert token_of(replaced) != token_of(card)
    assert (replaced["id"], replaced["stamps"]) == (card["id"], 1)
    for old in (card["number"], card["public_url"]):
        refusal = owner.get(f"{CARDS}/lookup", params={"code": old})
        told = refusal.json()
        assert (refusal.status_code, told["code"], told["card_id"]) == (
            *(409, "card_replaced"),
            card["id"],
        )
        assert stamp(owner, old).json()["code"] == "card_replaced"
    assert api.get(f"/loyalty/cards/{token_of(card)}").status_code == 404
    assert stamp(owner, replaced["number"]).json()["card"]["stamps"] == 2
    assert api.get(f"/loyalty/cards/{token_of(replaced)}").status_code == 200


def test_a_device_hears_that_a_card_was_replaced_and_not_by_which(
    owner: Api, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    new = owner.post(f"{CARDS}/{card['id']}/replace").json()
    device, elsewhere = owner.with_token(alice.device()), owner.with_token(bob.token())
    for old in (card["number"], card["public_url"]):
        told = device.get(f"{CARDS}/lookup", params={"code": old})
        assert told.json()["code"] == "card_replaced"
        lost = {"op": "stamp", "card": old, "idempotency_key": f"lost-{old}"}
        answer = device.post("/vendor/loyalty/operations", {"operations": [lost]})
        (result,) = answer.json()["results"]
        assert result["problem"]["code"] == "card_replaced"
        for text in (told.text, answer.text):
            assert new["id"] not in text
            assert new["number"] not in text
        # At another shop the card has never been.
        assert found(elsewhere, old) == []
        assert stamp(elsewhere, old).json()["code"] == "card_not_found"


def test_a_rotating_code_of_a_replaced_card_says_so(
    owner: Api, alice: Shop, context: Context
) -> None:
    program = shelf.program(
        alice, status="active", pin_policy="off", branding={"barcode": "rotating"}
    )
    card = enrol(owner, program)
    owner.post(f"{CARDS}/{card['id']}/replace")
    code = context.loyalty.rotating_codes.code_for(card["number"], context.clock.now())
    refusal = owner.get(f"{CARDS}/lookup", params={"code": code})
    assert refusal.json()["code"] == "card_replaced"
    assert stamp(owner, code).json()["code"] == "card_replaced"


def test_a_device_gets_twenty_of_a_search_at_most(
    owner: Api, alice: Shop, coffee: LoyaltyProgram
) -> None:
    for _ in range(21):
        enrol(owner, coffee, customer={"name": "Anna"})
    device = owner.with_token(alice.device())
    answer = device.get(CARDS, params={"query": "anna", "limit": 200}).json()
    assert (len(answer["items"]), answer["next_cursor"]) == (20, None)
    onwards = owner.get(CARDS, params={"query": "anna", "limit": 20}).json()["next_cursor"]
    again = device.get(CARDS, params={"query": "anna", "cursor": onwards}).json()
    assert again == answer


def test_an_anonymous_card_is_given_to_a_new_customer(owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee)
    changed = owner.patch(f"{CARDS}/{card['id']}", {"customer": ANNA, "locale": "de"})
    assert changed.json()["customer"]["email"] == "anna@example.com"
    again = owner.post(CARDS, {"program_id": coffee.id, "customer": ANNA})
    assert again.json()["code"] == "card_already_exists", "the contact is vouched for"


def test_an_anonymous_card_is_given_to_a_known_customer(
    owner: Api, coffee: LoyaltyProgram, points: LoyaltyProgram
) -> None:
    known = enrol(owner, coffee, customer=ANNA)
    blank, second = enrol(owner, points), enrol(owner, points)
    told = {"email": "anna@example.com", "name": "A. W.", "birthday": "03-14"}
    given = owner.patch(f"{CARDS}/{blank['id']}", {"customer": told}).json()["customer"]
    assert given["id"] == known["customer"]["id"]
    assert (given["name"], given["birthday"]) == ("Anna Weber", "03-14")
    refused = owner.patch(f"{CARDS}/{second['id']}", {"customer": told})
    assert (refused.status_code, refused.json()["code"]) == (409, "card_already_exists")
    assert refused.json()["card_id"] == blank["id"]


def test_a_contact_that_belongs_to_another_customer_is_refused(
    owner: Api, coffee: LoyaltyProgram
) -> None:
    enrol(owner, coffee, customer=ANNA)
    ben = enrol(owner, coffee, customer={"name": "Ben", "email": "ben@example.com"})
    path = f"{CARDS}/{ben['id']}"
    refused = owner.patch(path, {"customer": {"email": "anna@example.com", "name": "Benny"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "contact_taken")
    assert owner.get(path).json()["customer"]["name"] == "Ben", "nothing was changed"


def test_fields_of_a_customer_are_changed_and_taken_away(
    owner: Api, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    path = f"{CARDS}/{card['id']}"
    customer = owner.patch(
        path, {"customer": {"phone": None, "name": "Anna Klein", "marketing_consent": True}}
    ).json()["customer"]
    assert (customer["name"], customer["phone"]) == ("Anna Klein", None)
    assert customer["email"] == "anna@example.com"
    assert customer["marketing_consent"] is True
    listed = owner.get(CARDS, params={"query": "klein"}).json()["items"]
    assert [found["id"] for found in listed] == [card["id"]]


def test_the_shop_vouches_for_a_visitors_contact_by_typing_it(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    api.post(f"/loyalty/programs/{coffee.slug}/enroll", {"customer": ANNA})
    card = owner.get(CARDS).json()["items"][0]
    path = f"{CARDS}/{card['id']}"
    owner.patch(path, {"customer": {"email": ANNA["email"]}})
    assert owner.post(CARDS, {"program_id": coffee.id, "customer": ANNA}).status_code == 201, (
        "the phone number is still only the visitor's word"
    )
    taken = owner.patch(path, {"customer": {"email": ANNA["email"], "phone": ANNA["phone"]}})
    assert taken.json()["code"] == "contact_taken"


@pytest.mark.parametrize(
    "body",
    [
        {"customer": None},
        {"customer": {"email": "nonsense"}},
        {"customer": {"name": "A\x00B"}},
        {"customer": {"marketing_consent": "yes"}},
        {"status": "blocked"},
        {"customer": {"id": "x"}},
        {"locale": "xx"},
    ],
)
def test_what_does_not_fit_a_card_is_refused(
    owner: Api, coffee: LoyaltyProgram, body: dict[str, Any]
) -> None:
    card = enrol(owner, coffee)
    answer = owner.patch(f"{CARDS}/{card['id']}", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_input"


def test_changes_are_audited_without_personal_data_and_told_to_the_worker(
    owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    path = f"{CARDS}/{card['id']}"
    with context.database.write() as session:
        for row in session.scalars(select(OutboxRow)):
            session.delete(row)
    owner.patch(path, {"customer": {"name": "Anna Klein"}})
    owner.patch(path, {"customer": {"name": "Anna Klein"}})
    owner.post(f"{path}/block")
    owner.post(f"{path}/replace")
    with context.database.read() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.subject_id == card["id"]).order_by(AuditEvent.id)
        ).all()
        waiting = session.execute(select(OutboxRow.topic, OutboxRow.key)).all()
    assert [event.action for event in events] == ["card.updated", "card.blocked", "card.replaced"]
    assert events[0].new == {"fields": ["customer.name"]}
    assert "Klein" not in str([(event.old, event.new) for event in events])
    assert list(waiting) == [("card.changed", card["id"])]
