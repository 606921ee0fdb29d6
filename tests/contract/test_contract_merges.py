"""The promises of the HTTP contract about two cards of one person, one by one."""

from typing import Any

import pytest

from tests.contract.conftest import Stage
from tests.contract.problems import check_problem
from tests.contract.world import LOYALTY
from tests.support.drivers.api import ApiDriver

MERGE = "merge_id transaction from_transaction card undo_until"
PREVIEW = "card from_card refused_by"

Cards = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


@pytest.fixture
def cards(driver: ApiDriver) -> Cards:
    """Open two cards of a points program, with 500 points each."""
    program = driver.points_program(welcome_points=500)
    return driver.card(program), driver.card(program)


def path(card: dict[str, Any], more: str = "") -> str:
    return f"{LOYALTY}/cards/{card['id']}/merge{more}"


def merge(driver: ApiDriver, cards: Cards, **more: Any) -> dict[str, Any]:
    mine, found = cards
    return driver.made(driver.api.post(path(mine), {"from_card_id": found["id"], **more}))


def test_a_merge_has_exactly_these_fields(driver: ApiDriver, cards: Cards) -> None:
    mine, found = cards
    merged = merge(driver, cards, note="Found her old card")
    assert set(merged) == set(MERGE.split())
    assert merged["card"]["id"] == mine["id"]
    assert merged["card"]["points"] == 1000
    came, went = merged["transaction"], merged["from_transaction"]
    assert (came["type"], came["card_id"], came["points_delta"]) == ("merged_in", mine["id"], 500)
    assert (went["type"], went["card_id"], went["points_delta"]) == (
        "merged_out",
        found["id"],
        -500,
    )
    assert came["details"]["merge_id"] == went["details"]["merge_id"] == merged["merge_id"]
    assert came["note"] == "Found her old card"
    gone = driver.now(found)
    assert (gone["status"], gone["points"]) == ("replaced", 0)
    assert gone["merged_into_card_id"] == mine["id"]


def test_codes_of_the_merged_card_lead_on(driver: ApiDriver, cards: Cards) -> None:
    mine, found = cards
    merge(driver, cards)
    for code in (found["number"], found["public_url"], found["public_url"].rsplit("/", 1)[-1]):
        items = driver.api.post(f"{LOYALTY}/cards/lookup", {"code": code}).json()["items"]
        assert [card["id"] for card in items] == [mine["id"]]
    earn = {"card": found["number"], "amount_minor": 1000}
    quote = driver.api.post(f"{LOYALTY}/points/quote", earn)
    assert quote.json()["refused_by"] is None
    receipt = driver.made(driver.api.post(f"{LOYALTY}/points/earn", earn))
    assert receipt["card"]["id"] == mine["id"]
    token = found["public_url"].rsplit("/", 1)[-1]
    shown = driver.api.get(f"/loyalty/cards/{token}").json()
    assert shown["number"] == mine["number"]
    by_id = driver.api.post(f"{LOYALTY}/points/earn", {**earn, "card": found["id"]})
    check_problem(by_id, 409, code="card_replaced")


def test_the_codes_of_a_merged_card_find_the_person(driver: ApiDriver, cards: Cards) -> None:
    mine, found = cards
    merge(driver, cards)
    token = found["public_url"].rsplit("/", 1)[-1]
    for query in (found["number"], found["number"][:9], found["number"][-4:], token):
        items = driver.api.get(f"{LOYALTY}/cards", params={"query": query}).json()["items"]
        assert mine["id"] in {card["id"] for card in items}, query
    items = driver.api.get(f"{LOYALTY}/cards", params={"query": mine["number"]}).json()["items"]
    assert [card["id"] for card in items] == [mine["id"]]


def test_a_preview_tells_what_would_be_and_changes_nothing(driver: ApiDriver, cards: Cards) -> None:
    mine, found = cards
    asked = {"from_card_id": found["id"]}
    answer = driver.api.post(path(mine, "/preview"), asked)
    assert answer.status_code == 200
    preview = answer.json()
    assert set(preview) == set(PREVIEW.split())
    assert (preview["card"]["points"], preview["from_card"]["points"]) == (1000, 0)
    assert preview["from_card"]["status"] == "replaced"
    assert preview["refused_by"] is None
    assert driver.now(mine)["points"] == driver.now(found)["points"] == 500
    driver.made(driver.api.post(f"{LOYALTY}/reservations", {"card": found["id"], "points": 1}))
    refused = driver.api.post(path(mine, "/preview"), asked).json()
    assert refused == {"card": None, "from_card": None, "refused_by": "reservations_open"}
    check_problem(driver.api.post(path(mine), asked), 409, code="reservations_open")


@pytest.mark.parametrize("name", ["transaction", "from_transaction"])
def test_the_void_of_either_entry_separates_both(
    driver: ApiDriver, cards: Cards, name: str
) -> None:
    mine, found = cards
    merged = merge(driver, cards)
    void = f"{LOYALTY}/transactions/{merged[name]['id']}/void"
    receipt = driver.made(driver.api.post(void, {"reason": "Two people"}))
    assert receipt["transaction"]["voids"] == merged[name]["id"]
    for card in (mine, found):
        now = driver.now(card)
        assert (now["status"], now["points"]) == ("active", 500)
        assert now["merged_into_card_id"] is None
    check_problem(driver.api.post(void, {"reason": "Again"}), 409, code="already_voided")


def test_the_same_request_merges_once(driver: ApiDriver, cards: Cards) -> None:
    mine, found = cards
    asked = {"from_card_id": found["id"]}
    first = driver.api.post(path(mine), asked, key="merge-1")
    again = driver.api.post(path(mine), asked, key="merge-1")
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = driver.api.post(path(found), asked, key="merge-1")
    check_problem(other, 422, code="idempotency_key_reused")


def test_what_cannot_be_merged_is_told(driver: ApiDriver, cards: Cards) -> None:
    mine, found = cards
    other = driver.card(driver.points_program())
    itself = driver.api.post(path(mine), {"from_card_id": mine["id"]})
    problem = check_problem(itself, 422, code="invalid_input")
    assert problem["errors"][0]["loc"][-1] == "from_card_id"
    elsewhere = driver.api.post(path(mine), {"from_card_id": other["id"]})
    check_problem(elsewhere, 409, code="cards_of_different_programs")
    driver.api.post(f"{LOYALTY}/cards/{found['id']}/block")
    check_problem(
        driver.api.post(path(mine), {"from_card_id": found["id"]}), 409, code="card_blocked"
    )


def test_a_till_wants_a_person_behind_a_merge(driver: ApiDriver) -> None:
    program = driver.points_program(pin_policy="required")
    mine, found = driver.card(program), driver.card(program)
    asked = {"from_card_id": found["id"]}
    check_problem(
        driver.stage.as_alices("device").post(path(mine), asked), 403, code="staff_pin_required"
    )
    driver.made(driver.api.post(path(mine), asked))
