"""The Python client against a running server, and its README word for word."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from punchcard_client import Guest, InvalidInput, NotAllowed, NotFound, NotSignedIn, Refused, Shop

from tests.clients.readme import check_receiver, programs_of
from tests.support.counter import Counter

CLIENT = Path(__file__).parents[2] / "clients" / "python"


def shop_of(counter: Counter, *scopes: str, **options: str) -> Shop:
    """Return a client with a key of these scopes."""
    key = counter.shop.api_key(*(scopes or ("loyalty:read", "loyalty:operate")))
    return Shop(counter.address, key, **options)


def test_a_card_from_its_opening_to_a_refund(counter: Counter) -> None:
    with shop_of(counter) as shop:
        [program] = shop.programs(status="active")
        assert program == shop.program(counter.program["id"])
        card = shop.enrol(program_id=program["id"], customer={"email": "ben@home.example"})
        assert [one["id"] for one in shop.find_cards("ben@home.example")] == [card["id"]]

        first = shop.stamp(card=card["number"], idempotency_key="visit-1")
        assert shop.stamp(card=card["number"], idempotency_key="visit-1") == first
        shop.visit(card=card["number"], amount_minor=1000)
        shop.redeem_stamps(card=card["number"])
        bought = shop.earn(card=card["number"], amount_minor=2000)
        shop.redeem_points(card=card["number"], points=5)
        shop.refund(
            transaction_id=bought["transaction"]["id"], amount_minor=1000, refund_reference="G-1"
        )
        slip = shop.earn(card=card["number"], amount_minor=300)
        voided = shop.void(slip["transaction"]["id"], reason="Typed twice")
        assert voided["card"] == shop.card(card["id"])
        assert (voided["card"]["stamps"], voided["card"]["points"]) == (0, 15)

        stats = shop.stats(program["id"], first_day="2026-03-02", last_day="2026-03-02")
        assert stats["daily"][0]["rewards_redeemed"] == 1
        assert (list(shop.rewards(program["id"])), list(shop.promotions(program["id"]))) == ([], [])


def test_what_a_purchase_would_earn_is_told_and_not_given(counter: Counter) -> None:
    card = counter.card["number"]
    with shop_of(counter) as shop:
        quote = shop.quote(card=card, amount_minor=1234)
        visit = shop.quote_visit(card=card, amount_minor=1234)
        assert (quote["points"], visit["points"], visit["stamps"]) == (12, 12, 1)
        assert shop.card(counter.card["id"])["points"] == 0
        assert shop.visit(card=card, amount_minor=1234)["card"]["points"] == 12


def test_points_are_set_aside_then_used_or_given_back(counter: Counter) -> None:
    card = counter.card["number"]
    with shop_of(counter) as shop:
        shop.earn(card=card, amount_minor=10000)
        basket = shop.reserve(card=card, points=60, idempotency_key="basket-1")
        assert shop.reserve(card=card, points=60, idempotency_key="basket-1") == basket
        assert shop.reservation(basket["id"]) == basket
        part = shop.confirm_reservation(basket["id"], points=50)
        other = shop.reserve(card=card, points=20)
        shop.release_reservation(other["id"])
        states = [one["state"] for one in shop.reservations(counter.card["id"])]
        assert (part["state"], states) == ("confirmed", ["released", "confirmed"])
        assert shop.card(counter.card["id"])["points"] == 50
        with pytest.raises(Refused, match="reservation_released"):
            shop.confirm_reservation(other["id"])


def test_a_reward_is_given_handed_over_or_withdrawn(counter: Counter) -> None:
    reward = counter.post(
        f"/programs/{counter.program['id']}/rewards", name="A cake", points_required=None
    )
    card = counter.card["number"]
    with shop_of(counter, "loyalty:read", "loyalty:operate", "loyalty:manage") as shop:
        cake = shop.give_grant(card=card, reward_id=reward["id"], reason="apology")
        handed_over = shop.redeem_grant(card=card, grant_id=cake["id"])
        assert handed_over["transaction"]["type"] == "grant_redeemed"
        other = shop.give_grant(card=card, reward_id=reward["id"], reason="surprise")
        assert shop.revoke_grant(other["id"], note="Given twice")["state"] == "revoked"
        states = [one["state"] for one in shop.grants(counter.card["id"])]
        assert states == ["revoked", "used"]
    with shop_of(counter) as till, pytest.raises(NotAllowed):
        till.give_grant(card=card, reward_id=reward["id"], reason="apology")


def test_a_receipt_is_made_and_its_guest_puts_it_on_a_card(counter: Counter) -> None:
    token = counter.card["public_url"].rpartition("/")[2]
    with shop_of(counter) as shop, Guest(counter.address) as guest:
        receipt = shop.make_claim(amount_minor=500, reference="B-1", idempotency_key="B-1")
        assert (
            shop.make_claim(amount_minor=500, reference="B-1", idempotency_key="B-1")["id"]
            == receipt["id"]
        )
        assert receipt["code"] is not None
        claimed = guest.claim(token, receipt["code"])
        assert guest.claim(token, receipt["code"]) == claimed
        assert (claimed["card"]["points"], guest.card(token)["points"]) == (5, 5)
        assert shop.claim(receipt["id"])["state"] == "claimed"
        assert [one["type"] for one in guest.transactions(token)][-1] == "card_opened"
        assert guest.program(counter.program["slug"])["name"] == "Coffee"

        cancelled = shop.make_claim(amount_minor=500, reference="B-2")
        assert shop.withdraw_claim(cancelled["id"])["state"] == "withdrawn"
        assert [one["reference"] for one in shop.claims(state="withdrawn")] == ["B-2"]
        with pytest.raises(NotFound):
            guest.card("nobodys")


def test_a_list_is_given_to_its_end_page_after_page(counter: Counter) -> None:
    with shop_of(counter) as shop:
        numbers = {shop.enrol(program_id=counter.program["id"])["number"] for _ in range(5)} | {
            counter.card["number"]
        }

        given = [card["number"] for card in shop.cards(limit=2)]
        assert len(given) == 6
        assert set(given) == numbers
        assert next(shop.transactions(type="card_opened", limit=1))["type"] == "card_opened"


def test_a_list_of_operations_is_done_each_on_its_own(counter: Counter) -> None:
    card = counter.card["number"]
    with shop_of(counter) as shop:
        items = [
            {"op": "stamp", "card": card, "idempotency_key": "a"},
            {"op": "redeem_stamps", "card": card},
            {"op": "stamp", "card": card},
        ]
        results = shop.operations(items)["results"]
        assert [one["status"] for one in results] == [201, 409, 201]
        assert shop.operations(items[:1])["results"][0]["receipt"] == results[0]["receipt"]


def test_a_refusal_is_an_exception_of_its_kind_with_its_facts(counter: Counter) -> None:
    with shop_of(counter, language="fr") as shop:
        with pytest.raises(Refused) as refused:
            shop.redeem_points(card=counter.card["number"], points=7, idempotency_key="k-1")
        assert refused.value.code == "not_enough_points"
        assert refused.value.facts == {"points_missing": 7}
        assert "points" in refused.value.detail
        assert (refused.value.status, refused.value.idempotency_key) == (409, "k-1")
        assert refused.value.request_id

        with pytest.raises(NotFound, match="card_not_found"):
            shop.card(counter.program["id"])
        with pytest.raises(InvalidInput) as invalid:
            shop.earn(card=counter.card["number"], amount_minor=-1)
        assert invalid.value.errors[0]["loc"] == ["body", "amount_minor"]
        assert "body.amount_minor: " in str(invalid.value)
        with pytest.raises(NotAllowed, match="not_allowed"):
            shop.patch(f"/loyalty/programs/{counter.program['id']}", {"name": "Tea"})
    with Shop(counter.address, "pk_none") as stranger, pytest.raises(NotSignedIn):
        list(stranger.programs())


def test_whatever_has_no_method_is_reached_by_its_path(counter: Counter) -> None:
    with shop_of(counter, "loyalty:read", "loyalty:manage") as shop:
        path = f"/loyalty/programs/{counter.program['id']}"
        assert shop.patch(path, {"name": "Tea"})["name"] == "Tea"
        pin = shop.post("/loyalty/pins", {"name": "Zoé", "pin": "482915"})
        assert [one["name"] for one in shop.each("/loyalty/pins")] == ["Zoé"]
        shop.delete(f"/loyalty/pins/{pin['id']}")
        assert [one["status"] for one in shop.each("/loyalty/pins", status="retired")] == [
            "retired"
        ]


def said_by(counter: Counter, program: str, **variables: str) -> list[str]:
    """Run a program of the README at the counter; returns the lines that it said."""
    key = counter.shop.api_key("loyalty:read", "loyalty:operate")
    at = {"PUNCHCARD_URL": counter.address, "PUNCHCARD_API_KEY": key, **variables}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(CLIENT / "src"), **at},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def test_the_commands_of_the_readme_do_what_they_say(counter: Counter) -> None:
    till, basket, _ = programs_of(CLIENT / "README.md", "python")
    assert said_by(counter, till) == [
        "12 points",
        "not_enough_points 488",
        "points_earned 12",
        "card_opened 0",
    ]
    counter.post("/points/adjust", card=counter.card["id"], points_delta=90, reason="Moved in")
    said = said_by(counter, basket, CARD=counter.card["number"])
    assert said == ["25 points for this basket", "confirmed", "65 points left"]


def test_the_receiver_of_the_readme_tells_right_from_wrong() -> None:
    *_, program = programs_of(CLIENT / "README.md", "python")
    command = [sys.executable, "-u", "-c", program]
    env = {**os.environ, "PYTHONPATH": str(CLIENT / "src")}
    check_receiver(command, env, cwd=CLIENT)
