"""The Python client against a running server, and its README word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from punchcard_client import InvalidInput, NotAllowed, NotFound, NotSignedIn, Refused, Shop

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

        receipt = shop.claim(amount_minor=500, reference="B-1")
        assert receipt["state"] == "open"
        stats = shop.stats(program["id"], first_day="2026-03-02", last_day="2026-03-02")
        assert stats["daily"][0]["rewards_redeemed"] == 1
        assert (list(shop.rewards(program["id"])), list(shop.promotions(program["id"]))) == ([], [])


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


def test_the_commands_of_the_readme_do_what_they_say(counter: Counter) -> None:
    readme = (CLIENT / "README.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", readme, re.S)
    key = counter.shop.api_key("loyalty:read", "loyalty:operate")
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "PYTHONPATH": str(CLIENT / "src"),
            "PUNCHCARD_URL": counter.address,
            "PUNCHCARD_API_KEY": key,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "12 points",
        "not_enough_points 488",
        "points_earned 12",
        "card_opened 0",
    ]
