"""A customer's own card on the web."""

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from PIL import Image
from starlette.types import ASGIApp

from punchcard.accounts.models import Customer, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.support.pages import Visitor, text_of
from tests.web.public.names import NAMES, as_kept


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, which asks for no PIN and no wait."""
    return shelf.program(
        alice, status="active", pin_policy="off", cooldown_minutes=0, max_daily_stamps=50
    )


@pytest.fixture
def path(visitor: Visitor, coffee: LoyaltyProgram) -> str:
    """Join as Ana; returns the path of her card."""
    visitor.get(f"/join/{coffee.slug}")
    answer = visitor.post(f"/join/{coffee.slug}", name="Ana", email="ana@example.com")
    return str(answer.headers["location"]).split("?")[0]


@pytest.fixture
def till(app: ASGIApp, alice: Shop) -> Iterator[Api]:
    """Stand at Café Alice's till."""
    with InProcess(app) as api:
        yield api.with_token(alice.token())


def stamp(till: Api, path: str, quantity: int = 1) -> None:
    """Put stamps on the card with this path."""
    body = {"card": path.removeprefix("/c/"), "quantity": quantity}
    assert till.post("/vendor/loyalty/stamp", body).status_code == 201


def test_a_stamp_shows_on_the_card_and_in_its_history(
    visitor: Visitor, till: Api, path: str
) -> None:
    stamp(till, path, 3)

    page = visitor.get(path)

    assert "3 / 10" in " ".join(text_of(page).split())
    assert page.text.count('class="full"') == 3
    assert "+3" in text_of(page)


def test_the_part_that_a_stamp_changes_comes_alone(visitor: Visitor, till: Api, path: str) -> None:
    stamp(till, path)

    part = visitor.get(f"{path}?part=live")

    assert "<html" not in part.text
    assert "1 / 10" in " ".join(text_of(part).split())


def test_the_card_speaks_its_own_language_whatever_the_browser_does(
    visitors: Callable[..., Visitor], visitor: Visitor, path: str
) -> None:
    visitor.get(path)
    assert visitor.post(f"{path}/language", language="lb").status_code == 303

    page = visitors(language="de").get(path)

    assert '<html lang="lb">' in page.text


def test_a_language_that_does_not_exist_changes_nothing(visitor: Visitor, path: str) -> None:
    visitor.get(path)

    assert visitor.post(f"{path}/language", language="tlh").status_code == 303

    assert '<html lang="en">' in visitor.get(path).text


def test_all_entries_are_a_page_away(visitor: Visitor, till: Api, path: str) -> None:
    for _ in range(12):
        stamp(till, path)

    assert f"{path}/history" in visitor.get(path).text
    assert visitor.get(f"{path}/history").text.count("<time") == 13
    for nowhere in ("%00", "elsewhere", "9" * 40):
        assert visitor.get(f"{path}/history?before={nowhere}").text.count("<time") == 13


def test_a_blocked_card_says_so(visitor: Visitor, path: str, till: Api, context: Context) -> None:
    with context.database.read() as session:
        card_id = session.query(LoyaltyCard).one().id
    till.post(f"/vendor/loyalty/cards/{card_id}/block")

    page = visitor.get(path)
    assert "This card is blocked. Please ask at the shop" in text_of(page)
    assert "Show this code" not in text_of(page)
    assert 'class="qr"' not in page.text


def test_a_card_of_a_shop_that_is_suspended_says_that_it_waits(
    visitor: Visitor, path: str, alice: Shop, context: Context
) -> None:
    with context.database.write() as session:
        session.get_one(Vendor, alice.id).status = VendorStatus.SUSPENDED

    page = visitor.get(path)
    assert "Café Alice cannot stamp cards at the moment" in text_of(page)
    assert "Show this code" not in text_of(page)
    with context.database.write() as session:
        session.get_one(Vendor, alice.id).status = VendorStatus.CLOSED
    page = visitor.get(path)
    assert "at the moment" not in text_of(page)
    assert 'class="qr"' not in page.text


def test_a_mistyped_link_says_what_to_do_and_offers_no_way_for_staff(visitor: Visitor) -> None:
    for lost in ("/c/" + "A" * 22, "/c/x", "/c/x/data", "/join/nothing-here"):
        page = visitor.get(lost)
        assert page.status_code == 404
        assert "Scan the code in the shop once more." in text_of(page)
        assert 'href="/"' not in page.text


def test_the_home_screen_keeps_the_shops_own_icon(
    visitor: Visitor, path: str, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    manifest = visitor.get(f"{path}/card.webmanifest").json()
    assert manifest["short_name"] == "Café Alice"
    icons = {(icon["sizes"], icon["purpose"]): icon["src"] for icon in manifest["icons"]}
    assert set(icons) == {
        (f"{side}x{side}", purpose) for side in (192, 512) for purpose in ("any", "maskable")
    }
    before = visitor.get(icons["192x192", "any"])
    with Image.open(io.BytesIO(before.content)) as picture:
        assert picture.size == (192, 192)
    with context.database.write() as session:
        row = session.get_one(LoyaltyProgram, coffee.id)
        row.branding = {"background_color": "#8a1c3b", "stamp_symbol": "scissors"}
    other = visitor.get(f"{path}/card.webmanifest").json()["icons"][0]["src"]
    assert other != icons["192x192", "any"]
    assert visitor.get(other).content != before.content
    assert f'rel="apple-touch-icon" href="{escape(other)}"' in visitor.get(path).text
    assert visitor.get(f"{path}/icon.png?side=99").status_code == 404
    assert visitor.get(f"{path}/icon.png?side=x").status_code == 404
    assert visitor.get("/c/" + "A" * 22 + "/icon.png").status_code == 404


def test_nobody_finds_a_card_by_guessing(visitor: Visitor, path: str) -> None:
    assert visitor.get("/c/" + "A" * 22).status_code == 404
    assert visitor.get("/c/nothing").status_code == 404
    assert visitor.get("/c/%00").status_code == 404


def test_the_card_can_live_on_the_home_screen(visitor: Visitor, path: str) -> None:
    manifest = json.loads(visitor.get(f"{path}/card.webmanifest").text)

    assert manifest["start_url"] == path
    for icon in manifest["icons"]:
        assert visitor.get(icon["src"]).headers["content-type"] == "image/png"


def test_wallets_that_are_off_are_not_offered(visitor: Visitor, path: str) -> None:
    page = visitor.get(path)

    assert "apple.pkpass" not in page.text
    assert "/google" not in page.text


def test_a_code_that_moves_is_never_the_cards_address(
    visitor: Visitor, alice: Shop, clock: ManualClock
) -> None:
    program = shelf.program(alice, name="Moving", status="active", branding={"barcode": "rotating"})
    visitor.get(f"/join/{program.slug}")
    path = visitor.post(f"/join/{program.slug}").headers["location"].split("?")[0]

    page = visitor.get(path)

    assert 'id="moving-code"' in page.text
    assert 'class="qr"' not in page.text


def test_the_page_may_load_nothing_from_elsewhere(visitor: Visitor, path: str) -> None:
    policy = visitor.get(path).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize(("language", "asked"), [("fr", "Tout est-il"), ("de", "Ist alles")])
def test_the_page_of_the_proof_speaks_what_its_address_asks_for(
    visitor: Visitor, path: str, language: str, asked: str
) -> None:
    assert asked in text_of(visitor.get(f"{path}/proof?lang={language}"))


def test_a_replaced_cards_old_address_says_so_and_nothing_of_the_new_one(
    visitor: Visitor, path: str, till: Api, context: Context
) -> None:
    with context.database.read() as session:
        card_id = session.query(LoyaltyCard).one().id
    card = till.post(f"/vendor/loyalty/cards/{card_id}/replace").json()

    for page in ("", "/history", "/data", "/card.webmanifest"):
        answer = visitor.get(path + page)
        assert answer.status_code == 410
        assert "Café Alice has issued a new card" in text_of(answer)
        assert card["number"] not in answer.text
        assert card["public_url"].rsplit("/", 1)[1] not in answer.text
        assert "Ana" not in answer.text
    assert visitor.post(f"{path}/proof-of-person").status_code == 410
    assert (
        visitor.get(card["public_url"].removeprefix(context.settings.base_url)).status_code == 200
    )


def test_a_language_is_kept_on_the_card_and_passes_are_told(
    visitor: Visitor, path: str, context: Context
) -> None:
    visitor.get(f"{path}/data")
    with context.database.write() as session:
        session.query(OutboxRow).delete()

    answer = visitor.post(f"{path}/language", language="de", next=f"{path}/data")

    assert answer.headers["location"] == f"{path}/data"
    with context.database.read() as session:
        assert session.query(LoyaltyCard).one().locale == "de"
        assert session.query(OutboxRow.topic).all() == [("card.changed",)]


def test_choosing_a_language_leads_nowhere_else(visitor: Visitor, path: str) -> None:
    visitor.get(path)

    answer = visitor.post(f"{path}/language", language="de", next="//elsewhere.example/")

    assert answer.headers["location"] == path


def test_a_reward_that_is_ready_is_told_on_the_card(visitor: Visitor, path: str, till: Api) -> None:
    assert "A reward is ready for you" not in visitor.get(path).text

    stamp(till, path, 10)

    page = visitor.get(path)
    assert "A reward is ready for you" in text_of(page)
    assert 'data-told="A reward is ready. Stamps: 10/10"' in page.text


def test_a_card_is_packed_for_browsers_that_unpack_and_only_for_them(
    visitor: Visitor, path: str
) -> None:
    packed = visitor.get(path)
    plain = visitor.get(path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert text_of(packed) == text_of(plain)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=NAMES | st.sampled_from(["<b>&amp;</b>", "\u202eAna", "👩🏽‍🍳", "{{ 7*7 }}", "'\"><i>"])
)
def test_every_name_is_whole_and_only_text_on_the_card_and_the_data_page(
    visitor: Visitor, coffee: LoyaltyProgram, name: str
) -> None:
    wanted = as_kept(name)
    visitor.get(f"/join/{coffee.slug}")
    answer = visitor.post(f"/join/{coffee.slug}", name=name, another="yes")
    path = answer.headers["location"].split("?")[0]

    for page in (path, f"{path}?part=live", f"{path}/data"):
        shown = visitor.get(page)
        assert wanted in text_of(shown)
        assert str(escape(wanted)) in shown.text


def test_news_can_be_asked_for_and_given_up(visitor: Visitor, path: str, context: Context) -> None:
    visitor.get(f"{path}/data")

    visitor.post(f"{path}/news", news="yes")
    with context.database.read() as session:
        customer = session.query(Customer).one()
        assert (customer.marketing_consent, customer.marketing_consent_at is None) == (True, False)
    visitor.get(f"{path}/data")
    visitor.post(f"{path}/news", news="no")

    with context.database.read() as session:
        customer = session.query(Customer).one()
    assert (customer.marketing_consent, customer.marketing_consent_at) == (False, None)


def test_nobody_elses_form_asks_for_news(visitor: Visitor, path: str, context: Context) -> None:
    visitor.get(f"{path}/data")

    assert visitor.post(f"{path}/news", csrf="0", news="yes").status_code == 403

    with context.database.read() as session:
        assert not session.query(Customer).one().marketing_consent


def test_what_a_stranger_can_change_is_counted_as_strictly_as_joining(
    visitor: Visitor, path: str, context: Context
) -> None:
    visitor.get(path)
    for _ in range(context.settings.public_enrolments_per_minute - 1):
        context.accounts.limits.enrolments.take("203.0.113.7")

    for change in ("language", "news", "proof-of-person", "yours/x/erase", "keep"):
        assert visitor.post(f"{path}/{change}", language="de").status_code == 429


def test_a_redeemed_reward_is_named_in_the_readers_language(
    visitor: Visitor, till: Api, path: str, context: Context
) -> None:
    with context.database.write() as session:
        program = session.query(LoyaltyProgram).one()
        name = (program.stamp_reward or {})["name"]
        program.texts = {"fr": {"reward_name": "Un café offert"}}
    stamp(till, path, 10)
    body = {"card": path.removeprefix("/c/")}
    assert till.post("/vendor/loyalty/stamp/redeem", body).status_code == 201
    assert name in text_of(visitor.get(f"{path}/history?lang=en"))
    # A French colon stands apart from the word before it.
    shown = text_of(visitor.get(f"{path}/history?lang=fr"))
    assert re.search(r"\N{NO-BREAK SPACE}: +Un café offert", shown)
    with context.database.write() as session:
        session.query(LoyaltyProgram).one().stamp_reward = {"name": "Another reward"}
    french = text_of(visitor.get(f"{path}/history?lang=fr"))
    assert name in french
    assert "Un café offert" not in french


def test_a_reward_on_the_way_is_named_in_the_readers_language_once_it_is_had(
    visitor: Visitor, till: Api, path: str, context: Context
) -> None:
    with context.database.read() as session:
        program = session.query(LoyaltyProgram).one()
    full_card = {"at": program.stamps_target, "name": (program.stamp_reward or {})["name"]}
    cookie = {"at": 3, "name": "A cookie", "texts": {"fr": {"name": "Un biscuit"}}}
    change = {"stamp_rewards": [cookie, full_card]}
    changed = till.patch(f"/vendor/loyalty/programs/{program.id}?confirm=true", change)
    assert changed.status_code == 200, changed.text
    stamp(till, path, 3)
    body = {"card": path.removeprefix("/c/"), "at": 3}
    assert till.post("/vendor/loyalty/stamp/redeem", body).status_code == 201
    assert "A cookie" in text_of(visitor.get(f"{path}/history?lang=en"))
    assert "Un biscuit" in text_of(visitor.get(f"{path}/history?lang=fr"))


def test_a_reward_on_the_way_is_promised_to_who_joins_and_has_its_place_on_the_card(
    visitor: Visitor, alice: Shop
) -> None:
    rewards = [{"at": 3, "name": "A cookie", "texts": {"fr": {"name": "Un biscuit"}}}]
    program = shelf.program(
        alice,
        status="active",
        slug="cookies",
        stamp_rewards=[*rewards, {"at": 10, "name": "A coffee"}],
    )
    page = visitor.get(f"/join/{program.slug}?lang=fr")
    said = text_of(page)
    assert "3 tampons, puis : Un biscuit." in said.replace("\N{NO-BREAK SPACE}", " ")
    mine = visitor.post(f"/join/{program.slug}").headers["location"].split("?")[0]
    assert visitor.get(mine).text.count('<li class="last">') == 2


def test_a_reward_within_reach_that_ends_soon_is_told_with_its_last_day(
    visitor: Visitor, app: ASGIApp, alice: Shop, clock: ManualClock, context: Context
) -> None:
    program = shelf.program(alice, **{**shelf.HYBRID, "slug": "both"})
    soon, later = clock.now() + timedelta(days=5), clock.now() + timedelta(days=90)
    shelf.reward(alice, program.id, name="Soon gone", points_required=5, valid_until=soon)
    shelf.reward(alice, program.id, name="There is time", points_required=5, valid_until=later)
    shelf.reward(alice, program.id, name="Far away", points_required=500, valid_until=soon)
    visitor.get(f"/join/{program.slug}")
    mine = visitor.post(f"/join/{program.slug}").headers["location"].split("?")[0]
    assert "Only until" not in text_of(visitor.get(mine))
    with InProcess(app) as api:
        body = {"card": mine.removeprefix("/c/"), "amount_minor": 2000}
        earned = api.with_token(alice.token()).post("/vendor/loyalty/points/earn", body)
        assert earned.status_code == 201
    said = text_of(visitor.get(mine))
    assert said.count("Only until") == 1
    assert ": Soon gone. You have the points for it." in said
    assert said.count("until ") == 4
