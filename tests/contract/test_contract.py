"""The promises of the HTTP contract about shapes, programs, lists and statistics, one by one."""

import re
from typing import Any

import pytest

from tests.contract.conftest import Stage
from tests.contract.problems import check_problem
from tests.contract.world import LOYALTY
from tests.support.drivers.api import ApiDriver

PROGRAM = """id slug name card_name type status currency timezone stamps_target stamp_reward
    points_per_currency_unit points_per_amount_minor minor_digits usual_purchase_minor
    minimum_purchase_minor minimum_redemption_points welcome_stamps
    welcome_points cooldown_minutes max_daily_stamps pin_policy pin_max_attempts
    pin_lockout_minutes void_policy self_enrollment terms_text branding texts version
    points_expiry points_activation_days expiry_notice_days return_grace_days stamps_expiry
    stamp_rewards stamps_per_item max_stamps_per_visit unclaimed_milestones
    referral
    tiers tier_basis tier_window tier_holds_months tier_grace_days tier_downgrade"""
CARD = """id program_id number status customer stamps stamps_target rewards_ready
    ready_rewards points lifetime
    next_stamp_at stamps_left_today enrolled_at last_activity_at public_url
    hand_over_url token_digest wallet former_numbers points_pending expiring tier grants_ready
    stamps_expiring lap milestones kept_milestones referral_url merged_into_card_id
    external_code"""
TRANSACTION = """id sequence type stamps_delta points_delta stamps_after points_after amount_minor
    currency reference reward staff location_id actor note voids voided_by program_version
    idempotency_key occurred_at created_at late previous_hash hash
    card_id program_id points_carry_after form details"""
RECEIPT = "transaction card reward_ready next_stamp_at stamps_left_today"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


def test_a_program_has_exactly_these_fields_and_defaults(driver: ApiDriver) -> None:
    program = driver.made(
        driver.api.post(f"{LOYALTY}/programs", {"name": "Coffee", "type": "stamps"})
    )

    assert set(program) == set(PROGRAM.split())
    assert (program["status"], program["version"], program["slug"]) == ("draft", 1, "coffee")
    assert (program["stamps_target"], program["points_per_currency_unit"]) == (10, 1)
    assert (program["points_per_amount_minor"], program["minor_digits"]) == (100, 2)
    assert program["usual_purchase_minor"] is None
    assert (program["cooldown_minutes"], program["max_daily_stamps"]) == (15, 5)
    assert (program["pin_policy"], program["pin_max_attempts"]) == ("required", 5)
    assert (program["pin_lockout_minutes"], program["void_policy"]) == (30, "allow_negative")
    assert program["self_enrollment"] is True
    assert (program["currency"], program["timezone"]) == ("EUR", "Europe/Luxembourg")
    read = driver.api.get(f"{LOYALTY}/programs/{program['id']}").json()
    assert read == program


def test_a_card_has_exactly_these_fields(driver: ApiDriver) -> None:
    told = {"name": "Léa", "email": "lea@lea.example", "birthday": "02-29", "locale": "fr"}
    card = driver.card(driver.program(), customer={**told, "marketing_consent": True})

    assert set(card) == set(CARD.split())
    assert {**told, "marketing_consent": True}.items() <= card["customer"].items()
    assert card["lifetime"] == {"stamps": 0, "points": 0, "rewards": 0}
    assert card["wallet"] == {"apple": "none", "google": "none"}
    assert (card["status"], card["rewards_ready"], card["stamps_left_today"]) == ("active", 0, 5)
    assert TIME.fullmatch(card["enrolled_at"])
    assert card["public_url"].startswith("http")
    assert driver.now(card) == card


def test_a_receipt_and_its_transaction_have_exactly_these_fields(driver: ApiDriver) -> None:
    program = driver.program()
    card = driver.card(program)
    receipt = driver.stamp(card, note="With oat milk", key="fields-1").json()

    assert set(receipt) == set(RECEIPT.split())
    assert set(receipt["card"]) == set(CARD.split())
    entry = receipt["transaction"]
    assert set(entry) == set(TRANSACTION.split())
    assert (entry["type"], entry["stamps_delta"], entry["stamps_after"]) == ("stamp_earned", 1, 1)
    assert (entry["sequence"], entry["note"]) == (2, "With oat milk")
    assert (entry["idempotency_key"], entry["program_version"]) == ("fields-1", program["version"])
    assert entry["actor"]["kind"] == "api_key"
    assert (entry["voids"], entry["voided_by"], entry["staff"]) == (None, None, None)
    assert receipt["next_stamp_at"] == receipt["card"]["next_stamp_at"]
    first = driver.entries(card)[-1]
    assert (first["type"], first["sequence"], first["previous_hash"]) == (
        "card_opened",
        1,
        "0" * 64,
    )
    assert entry["previous_hash"] == first["hash"] != entry["hash"]
    assert driver.entries(card)[0] == entry


def test_a_change_raises_the_version_that_entries_cite(driver: ApiDriver) -> None:
    program = driver.program(cooldown_minutes=0)
    card = driver.card(program)
    driver.stamp(card)
    changed = driver.api.patch(f"{LOYALTY}/programs/{program['id']}", {"name": "New name"}).json()
    driver.stamp(card)

    assert changed["version"] == program["version"] + 1
    cited = [entry["program_version"] for entry in driver.entries(card)]
    assert cited == [changed["version"], program["version"], program["version"]]


def test_a_program_goes_from_draft_to_active_to_inactive(driver: ApiDriver) -> None:
    program = driver.program(status="draft")
    path = f"{LOYALTY}/programs/{program['id']}"
    refused = driver.api.post(f"{LOYALTY}/cards", {"program_id": program["id"]})
    check_problem(refused, 409, code="program_inactive")

    assert driver.api.post(f"{path}/activate").json()["status"] == "active"
    card = driver.card(program)
    assert driver.api.post(f"{path}/deactivate").json()["status"] == "inactive"
    check_problem(driver.stamp(card), 409, code="program_inactive")
    check_problem(driver.api.delete(path), 409, code="program_has_cards")


def test_a_program_without_cards_is_deleted(driver: ApiDriver) -> None:
    path = f"{LOYALTY}/programs/{driver.program()['id']}"

    assert driver.api.delete(path).status_code == 204
    check_problem(driver.api.get(path), 404, code="program_not_found")


def test_a_deleted_reward_is_archived(driver: ApiDriver) -> None:
    program = driver.points_program()
    reward = driver.reward(program)
    card = driver.card(program)
    driver.earn(card, 20_000)

    assert driver.api.delete(f"{LOYALTY}/rewards/{reward['id']}").status_code == 204
    assert driver.api.get(f"{LOYALTY}/programs/{program['id']}/rewards").json()["items"] == []
    refused = driver.redeem(card, reward_id=reward["id"])
    check_problem(refused, 409, code="reward_not_available")


def test_pages_show_each_thing_once_also_while_others_come(driver: ApiDriver) -> None:
    program = driver.program(cooldown_minutes=0, max_daily_stamps=50)
    card = driver.card(program)
    for _ in range(6):
        driver.stamp(card)
    seen: list[int] = []
    cursor = None
    while True:
        params = {"limit": 2, "card_id": card["id"]} | ({"cursor": cursor} if cursor else {})
        page = driver.api.get(f"{LOYALTY}/transactions", params=params).json()
        assert set(page) == {"items", "next_cursor"}
        seen += [entry["sequence"] for entry in page["items"]]
        driver.stamp(card)
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_the_ledger_is_narrowed_by_type_and_time(driver: ApiDriver) -> None:
    program = driver.program(cooldown_minutes=0)
    with driver.at("2026-01-01T08:00:00Z"):
        card = driver.card(program)
    for day in (1, 2, 3):
        with driver.at(f"2026-01-0{day}T12:00:00Z"):
            driver.stamp(card)

    def found(**params: str) -> list[str]:
        params["program_id"] = program["id"]
        items = driver.api.get(f"{LOYALTY}/transactions", params=params).json()["items"]
        return [f"{entry['type']} {entry['occurred_at'][:10]}" for entry in items]

    assert found(type="card_opened") == ["card_opened 2026-01-01"]
    since = {"from": "2026-01-02T12:00:00Z"}
    assert found(**since) == ["stamp_earned 2026-01-03", "stamp_earned 2026-01-02"]
    assert found(**since, to="2026-01-03T12:00:00Z") == ["stamp_earned 2026-01-02"]


def test_statistics_count_what_happened_by_day(driver: ApiDriver) -> None:
    program = driver.points_program(points_per_currency_unit=3)
    reward = driver.reward(program, value_minor=420)
    with driver.at("2026-02-27T08:00:00Z"):
        card = driver.card(program)
    driver.earn(card, 10_000, occurred_at="2026-02-27T09:00:00Z")
    driver.earn(card, 5_000, occurred_at="2026-02-28T09:00:00Z")
    with driver.at("2026-02-28T10:00:00Z"):
        driver.redeem(card, reward_id=reward["id"])
    params = {"from": "2026-02-27", "to": "2026-02-28"}

    stats = driver.api.get(f"{LOYALTY}/programs/{program['id']}/stats", params=params).json()

    assert (stats["cards"], stats["active_cards"]) == (1, 1)
    assert (stats["first_day"], stats["last_day"]) == ("2026-02-27", "2026-02-28")
    totals = stats["totals"]
    assert (totals["purchases"], totals["purchase_amount_minor"]) == (2, 15_000)
    assert (totals["points_earned"], totals["points_redeemed"]) == (450, 100)
    assert (totals["rewards_redeemed"], totals["reward_value_minor"]) == (1, 420)
    assert totals["redemption_rate"] == pytest.approx(100 / 450, abs=0.001)
    assert [day["points_earned"] for day in stats["daily"]] == [300, 150]
    assert [day["day"] for day in stats["daily"]] == ["2026-02-27", "2026-02-28"]


def test_whatever_found_a_fault_says_where_it_is(driver: ApiDriver) -> None:
    stats = f"{LOYALTY}/programs/{driver.program()['id']}/stats"
    days = {"from": "2026-03-02", "to": "2026-03-01"}
    card = driver.card(driver.points_program())
    for answer, loc in (
        (driver.api.get(stats, params=days), ["query", "from"]),
        (driver.api.get(stats, params={"to": "x"}), ["query", "to"]),
        (driver.redeem(card), ["body", "points"]),
        (driver.redeem(card, points=0), ["body", "points"]),
        (driver.adjust(card, 10**6), ["body", "points_delta"]),
        (driver.adjust(card, 10**16), ["body", "points_delta"]),
    ):
        assert check_problem(answer, 422)["errors"][0]["loc"] == loc


@pytest.mark.parametrize("timezone", ["localtime", "Factory", "europe/paris", "+01:00", "Europe"])
def test_a_time_zone_is_the_same_on_every_machine(driver: ApiDriver, timezone: str) -> None:
    body = {"name": "Zone", "type": "stamps", "timezone": timezone}
    problem = check_problem(driver.api.post(f"{LOYALTY}/programs", body), 422)
    assert problem["errors"][0]["loc"] == ["body", "timezone"]


def test_the_contracts_bounds_of_a_program_hold(driver: ApiDriver) -> None:
    for field, good, bad in (
        ("stamps_target", (1, 50), (0, 51)),
        ("points_per_currency_unit", (1, 1000), (0, 1001)),
        ("cooldown_minutes", (0, 10_080), (-1, 10_081)),
        ("max_daily_stamps", (1, 50), (0, 51)),
    ):
        body: dict[str, Any] = {"name": "Bounds", "type": "stamps"}
        for value in good:
            driver.made(driver.api.post(f"{LOYALTY}/programs", {**body, field: value}))
        for value in bad:
            problem = check_problem(
                driver.api.post(f"{LOYALTY}/programs", {**body, field: value}), 422
            )
            assert problem["errors"][0]["loc"] == ["body", field]


def test_admins_see_every_vendors_programs_and_figures(driver: ApiDriver) -> None:
    program = driver.program(name="A name to look for")
    admin = driver.stage.api.with_token(driver.stage.world.admin)

    found = admin.get("/admin/loyalty/programs", params={"query": "name to look"}).json()["items"]
    assert [one["id"] for one in found] == [program["id"]]
    assert found[0]["vendor_id"] == driver.stage.world.alices["vendor_id"]
    assert set(found[0]) >= set(PROGRAM.split())
    assert admin.get("/admin/loyalty/stats").json()["vendors"] == 2


def test_the_trail_tells_who_changed_what_and_never_a_secret(driver: ApiDriver) -> None:
    program = driver.program(name="Before")
    driver.api.patch(f"{LOYALTY}/programs/{program['id']}", {"name": "After"})
    pin = driver.pin("620417", name="Trail")
    events = driver.as_owner().get("/vendor/audit-events", params={"limit": 10}).json()["items"]

    changed = next(event for event in events if event["action"] == "program.updated")
    assert (changed["old"]["name"], changed["new"]["name"]) == ("Before", "After")
    assert changed["actor"]["kind"] == "api_key"
    assert any(event["subject"]["id"] == pin["id"] for event in events)
    assert "620417" not in str(events)
