"""The promises of the HTTP contract about grants and reservations, one by one."""

from typing import Any

import pytest

from tests.contract.conftest import Stage
from tests.contract.problems import check_problem
from tests.contract.world import LOYALTY
from tests.support.drivers.api import ApiDriver

GRANT = """id card_id program_id reward reason state code expires_on note created_at updated_at"""
RESERVATION = """id card_id program_id state points reward_id grant_id reference transaction_id
    expires_at created_at"""


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


@pytest.fixture
def shop(driver: ApiDriver) -> tuple[dict[str, Any], dict[str, Any]]:
    """Open a points program with a coffee that is only given; returns a full card and it."""
    program = driver.points_program(welcome_points=500)
    coffee = driver.reward(program, name="A coffee", points_required=None, value_minor=350)
    assert coffee["points_required"] is None
    return driver.card(program), coffee


def give(
    driver: ApiDriver, card: dict[str, Any], reward: dict[str, Any], **more: Any
) -> dict[str, Any]:
    given = {"card": card["number"], "reward_id": reward["id"], "reason": "apology", **more}
    return driver.made(driver.api.post(f"{LOYALTY}/grants", given))


def test_a_grant_has_exactly_these_fields(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    grant = give(driver, card, coffee, note="Spilt")
    assert set(grant) == set(GRANT.split())
    assert (grant["state"], grant["reason"], grant["note"]) == ("ready", "apology", "Spilt")
    assert grant["reward"] == {"id": coffee["id"], "name": "A coffee", "value_minor": 350}
    assert driver.api.get(f"{LOYALTY}/cards/{card['id']}/grants").json()["items"] == [grant]
    now = driver.now(card)
    assert now["grants_ready"] == 1
    assert now["ready_rewards"][0] == {
        "id": coffee["id"],
        "name": "A coffee",
        "points_required": None,
        "grant_id": grant["id"],
        "at": None,
        "expires_on": grant["expires_on"],
    }


def test_the_same_request_gives_the_same_grant(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    body = {"card": card["id"], "reward_id": coffee["id"], "reason": "surprise"}
    first = driver.api.post(f"{LOYALTY}/grants", body, key="give-1")
    driver.made(driver.api.post(f"{LOYALTY}/grants/redeem", {"card": card["id"]}))
    again = driver.api.post(f"{LOYALTY}/grants", body, key="give-1")
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = driver.api.post(f"{LOYALTY}/grants", {**body, "reason": "birthday"}, key="give-1")
    check_problem(other, 422, code="idempotency_key_reused")


@pytest.mark.parametrize("spelt", [str, str.lower, lambda code: f" {code[:5]}-{code[5:]} "])
def test_a_code_collects_without_the_card(driver: ApiDriver, shop: Any, spelt: Any) -> None:
    card, coffee = shop
    grant = give(driver, card, coffee)
    receipt = driver.made(
        driver.api.post(f"{LOYALTY}/grants/redeem", {"code": spelt(grant["code"])})
    )
    assert receipt["transaction"]["type"] == "grant_redeemed"
    assert receipt["card"]["id"] == card["id"]
    again = driver.api.post(f"{LOYALTY}/grants/redeem", {"code": grant["code"]})
    check_problem(again, 409, code="grant_used")


def test_what_names_nothing_or_too_much_is_refused(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    grant = give(driver, card, coffee)
    redeem = f"{LOYALTY}/grants/redeem"
    check_problem(driver.api.post(redeem, {"code": "0000000000"}), 404, code="grant_not_found")
    check_problem(driver.api.post(redeem, {"code": "?"}), 404, code="grant_not_found")
    check_problem(driver.api.post(redeem, {}), 422, code="invalid_input")
    both = {"card": card["id"], "code": grant["code"]}
    check_problem(driver.api.post(redeem, both), 422, code="invalid_input")
    nothing = driver.api.post(f"{LOYALTY}/reservations", {"card": card["id"]})
    check_problem(nothing, 422, code="invalid_input")
    two = {"card": card["id"], "points": 1, "grant_id": grant["id"]}
    check_problem(driver.api.post(f"{LOYALTY}/reservations", two), 422, code="invalid_input")


@pytest.mark.parametrize("ends", ["2000-01-01", "2200-01-01", "14.3.2026", 20_000, "2026-02-30"])
def test_a_grant_ends_on_a_day_ahead(driver: ApiDriver, shop: Any, ends: Any) -> None:
    card, coffee = shop
    given = {"card": card["id"], "reward_id": coffee["id"], "reason": "apology"}
    answer = driver.api.post(f"{LOYALTY}/grants", {**given, "expires_on": ends})
    problem = check_problem(answer, 422, code="invalid_input")
    assert problem["errors"][0]["loc"][-1] == "expires_on"


def test_redemptions_and_reservations_are_of_now(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    give(driver, card, coffee)
    past = {"card": card["id"], "occurred_at": "2026-01-01T10:00:00Z"}
    for path, more in (("/grants/redeem", {}), ("/reservations", {"points": 1})):
        answer = driver.api.post(f"{LOYALTY}{path}", {**past, **more})
        check_problem(answer, 422, code="invalid_input")


def test_a_withdrawn_grant_is_not_collected(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    grant = give(driver, card, coffee)
    revoked = driver.made(driver.api.post(f"{LOYALTY}/grants/{grant['id']}/revoke"))
    assert (revoked["id"], revoked["state"]) == (grant["id"], "revoked")
    answer = driver.api.post(f"{LOYALTY}/grants/redeem", {"code": grant["code"]})
    check_problem(answer, 409, code="grant_revoked")
    unknown = driver.api.post(f"{LOYALTY}/grants/{card['id']}/revoke")
    check_problem(unknown, 404, code="grant_not_found")


def test_a_program_that_wants_pins_wants_one_for_what_was_given(driver: ApiDriver) -> None:
    program = driver.points_program(pin_policy="required", welcome_points=50)
    driver.pin("9931", "Marc")
    card = driver.card(program)
    give(driver, card, driver.reward(program, points_required=None))
    redeem = {"card": card["id"]}
    answer = driver.api.post(f"{LOYALTY}/grants/redeem", redeem)
    check_problem(answer, 403, code="staff_pin_required")
    aside = {"card": card["id"], "points": 5}
    answer = driver.api.post(f"{LOYALTY}/reservations", aside)
    check_problem(answer, 403, code="staff_pin_required")
    signed = {**redeem, "staff_pin": "9931"}
    receipt = driver.made(driver.api.post(f"{LOYALTY}/grants/redeem", signed))
    assert receipt["transaction"]["staff"]["name"] == "Marc"


def test_an_item_of_a_list_collects_what_was_given(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    first, second = give(driver, card, coffee), give(driver, card, coffee)
    results = driver.operations(
        {"op": "redeem_grant", "idempotency_key": "list-1", "card": card["id"]},
        {"op": "redeem_grant", "idempotency_key": "list-2", "code": second["code"]},
        {"op": "redeem_grant", "idempotency_key": "list-3", "code": first["code"]},
        {"op": "redeem_grant", "idempotency_key": "list-4"},
    )
    assert [one["status"] for one in results] == [201, 201, 409, 422]


def test_a_reservation_has_exactly_these_fields_and_is_used_once(
    driver: ApiDriver, shop: Any
) -> None:
    card, _ = shop
    body = {"card": card["id"], "points": 200, "reference": "order 7"}
    reserved = driver.made(driver.api.post(f"{LOYALTY}/reservations", body))
    assert set(reserved) == set(RESERVATION.split())
    assert (reserved["state"], reserved["points"]) == ("reserved", 200)
    path = f"{LOYALTY}/reservations/{reserved['id']}"
    assert driver.api.get(path).json() == reserved
    assert driver.now(card)["points"] == 300

    confirmed = driver.api.post(f"{path}/confirm", {"points": 150}, key="confirm-1")

    assert driver.made(confirmed)["state"] == "confirmed"
    assert driver.api.post(f"{path}/confirm", {"points": 150}, key="confirm-1").json() == (
        confirmed.json()
    )
    assert driver.now(card)["points"] == 350
    check_problem(driver.api.post(f"{path}/confirm"), 409, code="reservation_confirmed")
    check_problem(driver.api.post(f"{path}/release"), 409, code="reservation_confirmed")


def test_a_released_reservation_is_over(driver: ApiDriver, shop: Any) -> None:
    card, _ = shop
    body = {"card": card["id"], "points": 200}
    reserved = driver.made(driver.api.post(f"{LOYALTY}/reservations", body))
    path = f"{LOYALTY}/reservations/{reserved['id']}"
    assert driver.made(driver.api.post(f"{path}/release"))["state"] == "released"
    assert driver.now(card)["points"] == 500
    check_problem(driver.api.post(f"{path}/confirm"), 409, code="reservation_released")


def test_a_cards_reservations_are_listed_newest_first(driver: ApiDriver, shop: Any) -> None:
    card, _ = shop
    made = [
        driver.made(driver.api.post(f"{LOYALTY}/reservations", {"card": card["id"], "points": one}))
        for one in (1, 2, 3)
    ]
    path = f"{LOYALTY}/cards/{card['id']}/reservations"
    first = driver.api.get(path, params={"limit": 2}).json()
    rest = driver.api.get(path, params={"cursor": first["next_cursor"]}).json()
    assert [*first["items"], *rest["items"]] == list(reversed(made))
    assert rest["next_cursor"] is None
    other = driver.api.get(f"{LOYALTY}/cards/{made[0]['id']}/reservations")
    check_problem(other, 404, code="card_not_found")


def test_a_reservation_ends_with_its_time(driver: ApiDriver, shop: Any) -> None:
    card, coffee = shop
    grant = give(driver, card, coffee)
    body = {"card": card["id"], "grant_id": grant["id"], "expires_in_seconds": 60}
    reserved = driver.made(driver.api.post(f"{LOYALTY}/reservations", body))
    assert driver.now(card)["grants_ready"] == 0
    driver.stage.clock.advance(seconds=61)
    # Also before anybody booked it.
    assert driver.now(card)["grants_ready"] == 1
    path = f"{LOYALTY}/reservations/{reserved['id']}"
    check_problem(driver.api.post(f"{path}/confirm"), 409, code="reservation_expired")
    assert driver.api.get(path).json()["state"] == "expired"
