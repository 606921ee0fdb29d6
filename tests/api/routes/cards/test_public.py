"""What the public may do: see a program, get a card, look at it, take its data, be forgotten."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from punchcard.accounts.access.rate_limit import PublicLimits
from punchcard.accounts.models import AuditEvent, Customer, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, TransactionOrigin
from punchcard.main import create_app, create_worker
from tests.api.routes.cards.test_cards import ANNA, CARDS, enrol, stamp, token_of
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.support.statements import statements_of


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let people stay signed in while a customer can still undo what they asked for."""
    return replace(settings, access_token_hours=200, session_idle_minutes=0)


def enrol_oneself(api: Api, program: LoyaltyProgram, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/loyalty/programs/{program.slug}/enroll", body)
    assert answer.status_code == 201, answer.text
    enrolled: dict[str, Any] = answer.json()
    return enrolled


def proof(api: Api, owner: Api, card: dict[str, Any]) -> dict[str, str]:
    """Show who one is by the code that a manager types; return the header that says so."""
    asked = api.post(f"{public(card)}/proof-of-person").json()
    typed = owner.post(f"{CARDS}/{card['id']}/proof-of-person", {"code": asked["code"]})
    assert typed.status_code == 204, typed.text
    return {"Proof-Of-Person": asked["proof"]}


def forget(api: Api, owner: Api, card: dict[str, Any], context: Context) -> None:
    """Let a customer ask to be forgotten, and wait until it is done."""
    asked = api.delete(f"{public(card)}/customer", headers=proof(api, owner, card))
    assert asked.status_code == 202, asked.text
    clock = context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(hours=context.settings.erasure_undo_hours)
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 1


def public(card: dict[str, Any]) -> str:
    return f"/loyalty/cards/{token_of(card)}"


def suspend(context: Context, shop: Shop) -> None:
    with context.database.write() as session:
        session.get_one(Vendor, shop.id).status = VendorStatus.SUSPENDED


def keep_origins(shop: Shop) -> None:
    """Let the shop keep where each change came from."""
    with shop.context.database.write() as session:
        session.get_one(Vendor, shop.id).keeps_origins = True


def test_a_program_shows_what_customers_may_see(api: Api, alice: Shop) -> None:
    program = shelf.program(
        alice,
        type="hybrid",
        status="active",
        terms_text="Be kind.",
        texts={"de": {"name": "Kaffeekarte"}},
        branding={"background_color": "#aa3311"},
    )
    shelf.reward(alice, program.id, name="A cake")
    shelf.reward(alice, program.id, name="Sold out", stock_left=0)
    answer = api.get(f"/loyalty/programs/{program.slug}")
    assert answer.json() == {
        "slug": program.slug,
        "name": "Coffee card",
        "card_name": "Coffee card",
        "vendor": "Café Alice",
        "type": "hybrid",
        "currency": "EUR",
        "minor_digits": 2,
        "points_per_currency_unit": 1,
        "points_per_amount_minor": 100,
        "stamps_target": 10,
        "stamp_reward": {"name": "A coffee", "description": None, "value_minor": None},
        "rewards": [
            {
                "name": "A cake",
                "description": None,
                "points_required": 100,
                "texts": dict.fromkeys(("en", "fr", "de", "lb")),
            }
        ],
        "tiers": [],
        "tier_basis": "points",
        "referral": None,
        "self_enrollment": True,
        "terms_text": "Be kind.",
        "branding": {
            "background_color": "#aa3311",
            **dict.fromkeys(("text_color", "accent_color", "logo_url", "hero_url", "barcode")),
            "stamp_symbol": None,
            **dict.fromkeys(("phone", "website_url", "opening_hours", "featured_actions")),
        },
        "texts": answer.json()["texts"],
        "languages": ["fr", "de"],
    }
    assert answer.json()["texts"]["de"]["name"] == "Kaffeekarte"


def test_a_program_that_is_closed_and_a_suspended_shop_are_not_there(
    api: Api, context: Context, alice: Shop, coffee: LoyaltyProgram
) -> None:
    draft = shelf.program(alice, name="Not yet")
    paths = [f"/loyalty/programs/{slug}" for slug in (draft.slug, "no-such", "%00", "%ff")]
    suspend(context, alice)
    for path in (*paths, f"/loyalty/programs/{coffee.slug}"):
        for answer in (api.get(path), api.post(f"{path}/enroll", {})):
            assert (answer.status_code, answer.json()["code"]) == (404, "program_not_found")


def test_a_visitor_gets_an_anonymous_card(api: Api, coffee: LoyaltyProgram) -> None:
    enrolled = enrol_oneself(api, coffee)
    card = enrolled["card"]
    assert card["customer"] is None
    assert enrolled["card_url"] == card["public_url"]
    assert enrolled["card_url"].endswith(f"/c/{card['token']}")
    assert enrolled["wallet"] == {"apple_url": None, "google_url": None}
    assert api.get(f"/loyalty/cards/{card['token']}").json() == card


def test_a_customers_card_holds_nothing_internal(api: Api, coffee: LoyaltyProgram) -> None:
    card = enrol_oneself(api, coffee, customer={**ANNA, "locale": "de"})["card"]
    assert card["customer"] == {"name": "Anna Weber", "locale": "de"}
    text = str(card)
    for internal in (coffee.id, coffee.vendor_id, ANNA["phone"], "anna@example.com"):
        assert internal not in text
    assert not {"id", "program_id"} & card.keys()


def test_enrolment_never_tells_whether_a_contact_is_known(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    enrol(owner, coffee, customer=ANNA)
    path = f"/loyalty/programs/{coffee.slug}/enroll"
    stranger = {"name": "Anna Weber", "email": "new@example.com", "phone": "+352621999999"}
    answers, work = [], []
    for customer in (ANNA, stranger, ANNA):
        statements: list[str] = []
        with statements_of(context.database, statements):
            answers.append(api.post(path, {"customer": customer}))
        work.append(statements)
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert work[0] == work[1] == work[2], "known or not, the same is asked of the database"
    shown = [{**a.json()["card"], "number": 0, "token": 0, "public_url": 0} for a in answers]
    assert shown[0] == shown[1] == shown[2]
    assert all(answer.json()["card"]["stamps"] == 0 for answer in answers)


def test_the_owner_of_an_address_is_not_touched_by_a_stranger_who_types_it(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    mine = enrol(owner, coffee, customer=ANNA)
    enrol_oneself(api, coffee, customer={**ANNA, "name": "A stranger"})
    found = owner.get(f"{CARDS}/lookup", params={"code": "anna@example.com"}).json()["items"]
    assert [card["customer"]["name"] for card in found] == ["Anna Weber", "A stranger"]
    assert found[0] == owner.get(f"{CARDS}/{mine['id']}").json()


def test_the_welcome_bonus_waits_for_the_first_visit(api: Api, owner: Api, alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="off", welcome_stamps=2)
    card = enrol_oneself(api, program)["card"]
    assert card["stamps"] == 0
    assert stamp(owner, card["token"]).json()["card"]["stamps"] == 3


def test_terms_must_be_accepted_where_there_are_any(
    api: Api, context: Context, alice: Shop
) -> None:
    program = shelf.program(alice, status="active", terms_text="Be kind.")
    path = f"/loyalty/programs/{program.slug}/enroll"
    refused = api.post(path, {"customer": ANNA})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "accept_terms"]
    assert api.post(path, {"customer": ANNA, "accept_terms": True}).status_code == 201
    with context.database.read() as session:
        customer = session.scalars(select(Customer)).one()
    assert customer.terms_accepted_at == context.clock.now()


def test_a_program_without_self_enrolment_sends_visitors_to_the_shop(api: Api, alice: Shop) -> None:
    program = shelf.program(alice, status="active", self_enrollment=False)
    refused = api.post(f"/loyalty/programs/{program.slug}/enroll", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "self_enrollment_off")


def test_one_address_enrols_so_often_a_minute(context: Context, coffee: LoyaltyProgram) -> None:
    settings = replace(context.settings, public_enrolments_per_minute=2)
    strict = replace(
        context, accounts=replace(context.accounts, limits=PublicLimits(settings, context.clock))
    )
    with InProcess(create_app(strict)) as api:
        path = f"/loyalty/programs/{coffee.slug}/enroll"
        answers = [api.post(path, {}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "token", ["A" * 22, "nonsense", "%00", "a" * 200, "..", "ABCDEFGHIJKLMNOPQRSTU%20"]
)
@pytest.mark.parametrize(
    "path", ["", "/transactions", "/qr.svg", "/apple.pkpass", "/google", "/export"]
)
def test_a_token_that_opens_nothing_is_not_there(api: Api, token: str, path: str) -> None:
    answer = api.get(f"/loyalty/cards/{token}{path}")
    assert answer.status_code == 404, answer.text


def test_a_card_id_or_number_is_no_token(api: Api, owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee)
    for name in ("id", "number"):
        assert api.get(f"/loyalty/cards/{card[name]}").status_code == 404


def test_a_card_can_be_looked_at_while_its_shop_is_suspended(
    api: Api, owner: Api, context: Context, alice: Shop, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    suspend(context, alice)
    assert api.get(public(card)).status_code == 200


def test_the_holder_sees_entries_without_what_is_the_shops(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    receipt = stamp(owner, card["id"], note="for the nice lady").json()
    owner.post(
        f"/vendor/loyalty/transactions/{receipt['transaction']['id']}/void", {"reason": "oops"}
    )
    page = api.get(f"{public(card)}/transactions", params={"limit": 2}).json()
    assert [entry["type"] for entry in page["items"]] == ["voided", "stamp_earned"]
    assert page["items"][1] == {
        "sequence": 2,
        "type": "stamp_earned",
        "stamps_delta": 1,
        "points_delta": 0,
        "stamps_after": 1,
        "points_after": 0,
        "amount_minor": None,
        "currency": None,
        "reward": None,
        "is_voided": True,
        "occurred_at": "2026-03-02T09:00:00.000000Z",
    }
    rest = api.get(f"{public(card)}/transactions", params={"cursor": page["next_cursor"]}).json()
    assert [entry["type"] for entry in rest["items"]] == ["card_opened"]


def test_the_qr_code_is_a_picture_of_the_cards_number(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    import segno

    card = enrol(owner, coffee)
    answer = api.get(f"{public(card)}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml")
    same = segno.make_qr(card["number"], error="m")
    assert same.svg_inline(scale=8, border=4, light="#ffffff", svgclass=None).split("<path", 1)[
        1
    ] in answer.text.replace("\n", "")


@pytest.mark.parametrize("wallet", ["apple.pkpass", "google"])
def test_a_wallet_that_is_not_set_up_says_so(
    api: Api, owner: Api, coffee: LoyaltyProgram, wallet: str
) -> None:
    answer = api.get(f"{public(enrol(owner, coffee))}/{wallet}")
    assert (answer.status_code, answer.json()["code"]) == (404, "wallet_not_configured")


def test_the_export_holds_everything_about_the_customer(
    api: Api,
    owner: Api,
    alice: Shop,
    coffee: LoyaltyProgram,
    points: LoyaltyProgram,
) -> None:
    keep_origins(alice)
    card = enrol(owner, coffee, customer={**ANNA, "marketing_consent": True})
    enrol(owner, points, customer=ANNA)
    enrol(owner, coffee, customer={"name": "Someone else"})
    stamp(owner, card["id"], note="likes oat milk")
    document = api.get(f"{public(card)}/export", headers=proof(api, owner, card)).json()
    assert document["customer"] == {
        "name": "Anna Weber",
        "email": "anna@example.com",
        "phone": "+352621123456",
        "birthday": None,
        "locale": None,
        "is_verified": True,
        "email_verified_at": None,
        "marketing_consent": True,
        "marketing_consent_at": "2026-03-02T09:00:00.000000Z",
        "accepts_news": False,
        "terms_accepted_at": None,
        "known_since": "2026-03-02T09:00:00.000000Z",
    }
    assert [card["program"] for card in document["cards"]] == ["Coffee card", "Bread points"]
    stamped = document["cards"][0]["transactions"][1]
    assert (stamped["type"], stamped["note"]) == ("stamp_earned", "likes oat milk")
    assert stamped["origin"]["address"] == "203.0.113.7"
    assert document["vendor"] == {"name": "Café Alice"}


def test_an_anonymous_cards_export_is_the_card(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    enrol(owner, coffee)
    document = api.get(f"{public(card)}/export", headers=proof(api, owner, card)).json()
    assert document["customer"] is None
    assert [one["number"] for one in document["cards"]] == [card["number"]]


def test_a_customer_is_forgotten_and_the_ledger_verifies(
    api: Api,
    owner: Api,
    context: Context,
    alice: Shop,
    coffee: LoyaltyProgram,
    points: LoyaltyProgram,
) -> None:
    keep_origins(alice)
    card = enrol(owner, coffee, customer=ANNA, locale="de")
    other = enrol(owner, points, customer=ANNA)
    ben = enrol(owner, coffee, customer={"name": "Ben"})
    stamp(owner, card["id"])
    forget(api, owner, card, context)

    for forgotten in (card, other):
        assert owner.get(f"{CARDS}/{forgotten['id']}").json()["customer"] is None
    assert owner.get(f"{CARDS}/{ben['id']}").json()["customer"]["name"] == "Ben"
    assert api.get(public(card)).json()["stamps"] == 1
    assert stamp(owner, card["number"]).json()["card"]["stamps"] == 2
    lookup = owner.get(f"{CARDS}/lookup", params={"code": "anna@example.com"})
    assert lookup.json()["items"] == []
    with context.database.read() as session:
        row = session.get_one(Customer, card["customer"]["id"])
        origins = session.scalar(select(func.count()).select_from(TransactionOrigin))
        audits = session.scalars(select(AuditEvent).where(AuditEvent.action == "customer.erased"))
        told = [(event.old, event.new) for event in audits]
        locale = session.get_one(LoyaltyCard, card["id"]).locale
    held = {column.key: getattr(row, column.key) for column in Customer.__table__.columns}
    kept = {name for name, value in held.items() if value}
    assert kept == {"id", "vendor_id", "erased_at", "created_at", "updated_at"}
    assert (origins, locale) == (2, None), "only Ben's, and the stamp since"
    [(old, new)] = told
    assert new is not None
    assert (old, new["cards"], new["proof"]) == (None, [card["id"], other["id"]], "code")
    with context.database.snapshot() as connection:
        assert verify_ledger(connection).is_sound


def test_who_was_forgotten_may_come_back_as_new(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    for _ in range(2):
        forget(api, owner, card, context)
    again = enrol(owner, coffee, customer=ANNA)
    assert again["id"] != card["id"]
    assert again["customer"]["id"] != card["customer"]["id"]


def test_a_replayed_enrolment_shows_no_forgotten_customer(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    body = {"program_id": coffee.id, "customer": ANNA}
    card = owner.post(CARDS, body, key="enrol").json()
    forget(api, owner, card, context)
    assert owner.post(CARDS, body, key="enrol").json()["customer"] is None
