"""What a till may tell late, and what an import may tell of former days, over the API."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.rules.time_rules import LATE_PURCHASES
from tests.support.books import audited
from tests.support.cast import Shop
from tests.support.http import Api

LOYALTY = "/vendor/loyalty"
HOUR = timedelta(hours=1)
PROGRAM = {
    "name": "Coffee",
    "type": "hybrid",
    "status": "active",
    "pin_policy": "off",
    "stamp_reward": {"name": "A coffee"},
    "points_per_currency_unit": 1,
}


class Counter:
    """Café Alice with an owner, a terminal and a program; the clock stands still between acts."""

    def __init__(self, api: Api, alice: Shop, context: Context, clock: ManualClock) -> None:
        self.api, self.shop, self.context, self.clock = api, alice, context, clock
        self.program = self.must(self.owner.post(f"{LOYALTY}/programs", PROGRAM), 201)["id"]
        self.location = self.must(self.owner.get("/vendor/locations"))["items"][0]["id"]
        self.token = ""
        self.till = self.pair()

    @property
    def owner(self) -> Api:
        """Sign in anew: some of these days are longer than a session."""
        return self.api.with_token(self.shop.token())

    @staticmethod
    def must(response: Any, status: int = 200) -> Any:
        assert response.status_code == status, response.text
        return response.json()

    def pair(self, former: str | None = None) -> Api:
        code = self.must(
            self.owner.post("/vendor/devices/pairing-codes", {"location_id": self.location}), 201
        )["code"]
        said = {"code": code, "name": "Till", **({"former_token": former} if former else {})}
        self.token = self.must(self.api.post("/devices/pair", said), 201)["token"]
        return self.api.with_token(self.token)

    def card(self) -> str:
        opened = self.must(self.owner.post(f"{LOYALTY}/cards", {"program_id": self.program}), 201)
        return str(opened["id"])

    def ago(self, back: timedelta) -> str:
        return (self.clock.now() - back).isoformat()

    def stamp(self, card: str, back: timedelta, who: Api | None = None, **more: Any) -> Any:
        said = {"card": card, "occurred_at": self.ago(back), **more}
        return (who or self.till).post(f"{LOYALTY}/stamp", said)

    def flush(self) -> None:
        with self.context.database.write() as session:
            self.context.accounts.credentials.flush_last_used(session)


@pytest.fixture
def counter(api: Api, alice: Shop, context: Context, clock: ManualClock) -> Counter:
    """Open the counter."""
    return Counter(api, alice, context, clock)


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")


OUT_OF_RANGE = (422, "occurred_at_out_of_range")


def test_a_till_that_was_offline_sends_all_it_kept_though_it_asks_something_else_first(
    counter: Counter, clock: ManualClock
) -> None:
    cards = [counter.card() for _ in range(3)]
    counter.must(counter.till.get("/auth/me"))
    clock.advance(hours=2)
    counter.must(counter.till.get("/auth/me"))
    kept = [
        {
            "op": "stamp",
            "idempotency_key": f"kept-{number}",
            "card": card,
            "occurred_at": counter.ago(HOUR - timedelta(minutes=number)),
        }
        for number, card in enumerate(cards)
    ]
    for operations in (kept[:2], kept[2:], kept):
        counter.flush()
        told = counter.must(counter.till.post(f"{LOYALTY}/operations", {"operations": operations}))
        assert [one["status"] for one in told["results"]] == [201] * len(operations)
        clock.advance(seconds=20)
    entry = told["results"][0]["receipt"]["transaction"]
    assert (entry["late"], entry["actor"]["kind"]) == (True, "device")


def test_a_till_that_was_answered_was_not_offline(counter: Counter, clock: ManualClock) -> None:
    card = counter.card()
    for _ in range(90):
        clock.advance(seconds=50)
        counter.must(counter.till.get("/auth/me"))
    # Less what a clock may differ by.
    since_it_was_paired = timedelta(seconds=89 * 50 - 30)
    for _ in range(2):
        for back in (timedelta(minutes=11), HOUR, since_it_was_paired):
            refused = counter.stamp(card, back)
            assert code_of(refused) == OUT_OF_RANGE
            assert datetime.fromisoformat(refused.json()["earliest"]) == clock.now()
        counter.flush()
    assert counter.stamp(card, timedelta(minutes=9)).status_code == 201


def test_nothing_was_done_with_a_till_before_it_was_paired(
    counter: Counter, clock: ManualClock
) -> None:
    card = counter.card()
    clock.advance(hours=3)
    fresh = counter.pair()
    assert code_of(counter.stamp(card, HOUR, fresh)) == OUT_OF_RANGE
    assert counter.stamp(card, HOUR, counter.owner).status_code == 201


def test_a_till_that_is_paired_anew_sends_what_it_kept_from_before(
    counter: Counter, clock: ManualClock
) -> None:
    card, former = counter.card(), counter.token
    (device,) = counter.must(counter.owner.get("/vendor/devices"))["items"]
    clock.advance(hours=2)
    counter.owner.delete(f"/vendor/devices/{device['id']}")
    again = counter.pair(former)
    assert counter.stamp(card, HOUR, again).status_code == 201
    assert code_of(counter.stamp(card, timedelta(hours=2, minutes=1), again)) == OUT_OF_RANGE


def test_a_terminal_whose_token_another_one_shows_forgets_nothing(
    counter: Counter, clock: ManualClock
) -> None:
    card = counter.card()
    clock.advance(hours=2)
    second = counter.pair()
    third = counter.pair(counter.token)
    for till in (second, third):
        assert code_of(counter.stamp(card, HOUR, till)) == OUT_OF_RANGE


def test_a_former_terminal_of_another_shop_is_none(
    counter: Counter, bob: Shop, context: Context, clock: ManualClock
) -> None:
    elsewhere = Counter(counter.api, bob, context, clock)
    card = counter.card()
    clock.advance(hours=2)
    assert code_of(counter.stamp(card, HOUR, counter.pair(elsewhere.token))) == OUT_OF_RANGE


@pytest.mark.parametrize("who", ["till", "owner"])
def test_a_card_is_never_filled_before_it_was_opened(counter: Counter, who: str) -> None:
    card = counter.card()
    refused = counter.stamp(card, HOUR, getattr(counter, who))
    assert code_of(refused) == OUT_OF_RANGE
    assert datetime.fromisoformat(refused.json()["earliest"]) == counter.clock.now()


def test_late_stamps_of_many_days_are_believed_for_two(
    counter: Counter, clock: ManualClock
) -> None:
    card = counter.card()
    clock.advance(days=4)
    told = [
        counter.stamp(card, timedelta(hours=71.9 - 23.95 * day), counter.owner, quantity=5)
        for day in range(4)
    ]
    assert [one.status_code for one in told] == [201, 201, 409, 201]
    assert told[2].json()["code"] == "daily_stamp_limit_reached"
    assert "10" in told[2].json()["detail"]


def test_late_purchases_of_one_card_are_believed_for_a_days_number(
    counter: Counter, clock: ManualClock
) -> None:
    card, other = counter.card(), counter.card()
    clock.advance(hours=50)

    def earn(key: str, on: str = card, back: timedelta = 40 * HOUR) -> dict[str, Any]:
        said = {"card": on, "amount_minor": 900, "occurred_at": counter.ago(back)}
        return {"op": "earn", "idempotency_key": key, **said}

    def told(*operations: dict[str, Any]) -> list[Any]:
        said = {"operations": list(operations)}
        return list(counter.must(counter.till.post(f"{LOYALTY}/operations", said))["results"])

    results = told(*(earn(f"late-{n}") for n in range(LATE_PURCHASES + 1)))
    assert [one["status"] for one in results] == [201] * LATE_PURCHASES + [409]
    problem = results[-1]["problem"]
    assert problem["code"] == "late_purchase_limit_reached"
    assert problem["max_late_purchases"] == LATE_PURCHASES
    opens = datetime.fromisoformat(problem["next_purchase_at"])
    assert timedelta() < opens - clock.now() <= timedelta(days=1)
    of_others = told(earn("other", other), earn("now", back=timedelta(minutes=9)))
    assert [one["status"] for one in of_others] == [201, 201]
    first = results[0]["receipt"]["transaction"]["id"]
    counter.must(counter.owner.post(f"{LOYALTY}/transactions/{first}/void", {"reason": "x"}), 201)
    again = told(earn("room-again"), earn("full-again"))
    assert [one["status"] for one in again] == [201, 409]
    clock.advance(seconds=(opens - clock.now()).total_seconds())
    assert told(earn("next-day"))[0]["status"] == 201


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/stamp/redeem", {}),
        ("/points/redeem", {"points": 1}),
        ("/points/adjust", {"points_delta": 1, "reason": "x"}),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
def test_what_is_redeemed_or_corrected_is_of_now(
    counter: Counter, path: str, said: dict[str, Any], language: str
) -> None:
    said = {"card": counter.card(), "occurred_at": counter.ago(timedelta()), **said}
    refused = counter.owner.post(LOYALTY + path, said, headers={"Accept-Language": language})
    assert code_of(refused) == (422, "invalid_input")
    (error,) = refused.json()["errors"]
    assert error["loc"][-1] == "occurred_at"
    assert error["message"] not in ("", "Must be null.", "Is not a known field.")
    assert counter.must(counter.owner.get(f"{LOYALTY}/cards/{said['card']}"))["points"] == 0


def test_a_void_and_a_new_card_are_of_now(counter: Counter) -> None:
    card = counter.card()
    entry = counter.must(counter.till.post(f"{LOYALTY}/stamp", {"card": card}), 201)["transaction"]
    said = {"reason": "x", "occurred_at": counter.ago(timedelta())}
    void = counter.owner.post(f"{LOYALTY}/transactions/{entry['id']}/void", said)
    assert void.status_code == 422
    opening = {"program_id": counter.program, "occurred_at": counter.ago(HOUR)}
    assert counter.owner.post(f"{LOYALTY}/cards", opening).status_code == 422
    opening = {"program_id": counter.program, "enrolled_at": counter.ago(HOUR)}
    refused = counter.owner.post(f"{LOYALTY}/cards", opening)
    assert "import_id" in refused.json()["errors"][0]["message"]


def test_late_entries_stand_in_ledger_export_and_staff_report(
    counter: Counter, clock: ManualClock
) -> None:
    pin = counter.must(counter.owner.post(f"{LOYALTY}/pins", {"name": "Anna", "pin": "4711"}), 201)
    card = counter.card()
    clock.advance(hours=2)
    proof: dict[str, Any] = {"staff_pin": "4711"}
    counter.must(counter.stamp(card, timedelta(minutes=10, seconds=1), **proof), 201)
    counter.must(counter.till.post(f"{LOYALTY}/stamp", {"card": counter.card(), **proof}), 201)
    listed = counter.must(counter.owner.get(f"{LOYALTY}/transactions?type=stamp_earned"))["items"]
    assert [one["late"] for one in listed] == [False, True]
    sheet = counter.owner.get(
        f"{LOYALTY}/exports/transactions.csv?type=stamp_earned", headers={"Accept-Language": "fr"}
    ).text
    head, *rows = sheet.splitlines()
    column = head.split(";").index("En retard")
    assert [row.split(";")[column] for row in rows] == ["non", "oui"]
    (line,) = counter.must(counter.owner.get(f"{LOYALTY}/staff-report"))["lines"]
    assert line["staff"]["id"] == pin["id"]
    assert (line["operations"], line["late"], line["flags"]) == (2, 1, ["late_entries"])


def test_a_shift_that_has_ended_collects_what_happened_in_it_and_redeems_nothing(
    counter: Counter, clock: ManualClock
) -> None:
    counter.must(counter.owner.post(f"{LOYALTY}/pins", {"name": "Anna", "pin": "4711"}), 201)
    card = counter.card()
    shift = counter.must(counter.till.post(f"{LOYALTY}/pins/verify", {"pin": "4711"}))
    token = {"staff_token": shift["staff_token"]}
    clock.advance(hours=12)
    assert counter.stamp(card, timedelta(hours=11), **token).status_code == 201
    for back in (timedelta(), HOUR):
        assert code_of(counter.stamp(card, back, **token)) == (403, "staff_token_invalid")
    gone = counter.till.post(f"{LOYALTY}/stamp/redeem", {"card": card, **token})
    assert code_of(gone) == (403, "staff_token_invalid")


def test_a_retired_pin_stands_for_nothing_any_more_whenever_it_is_said_to_have_happened(
    counter: Counter, clock: ManualClock
) -> None:
    said = {"name": "Anna", "pin": "4711"}
    pin = counter.must(counter.owner.post(f"{LOYALTY}/pins", said), 201)
    card = counter.card()
    shift = counter.must(counter.till.post(f"{LOYALTY}/pins/verify", {"pin": "4711"}))
    clock.advance(hours=2)
    assert counter.owner.delete(f"{LOYALTY}/pins/{pin['id']}").status_code == 204
    for back in (timedelta(), HOUR, timedelta(minutes=90)):
        token = {"staff_token": shift["staff_token"]}
        assert code_of(counter.stamp(card, back, **token)) == (403, "staff_token_invalid")
        refused = code_of(counter.stamp(card, back, staff_pin="4711"))
        assert refused == (403, "staff_pin_invalid")


def test_a_shift_that_has_ended_is_good_for_nothing_but_what_it_collected(
    counter: Counter, clock: ManualClock
) -> None:
    counter.must(counter.owner.post(f"{LOYALTY}/pins", {"name": "Anna", "pin": "4711"}), 201)
    card = counter.card()
    entry = counter.must(counter.stamp(card, timedelta()), 201)["transaction"]
    shift = counter.must(counter.till.post(f"{LOYALTY}/pins/verify", {"pin": "4711"}))
    token = {"staff_token": shift["staff_token"]}
    clock.advance(hours=12)
    ended: list[tuple[str, dict[str, Any]]] = [
        (f"{LOYALTY}/points/redeem", {"card": card, "points": 1}),
        (f"{LOYALTY}/stamp/redeem", {"card": card}),
        (f"{LOYALTY}/transactions/{entry['id']}/void", {"reason": "x"}),
        (f"{LOYALTY}/points/earn", {"card": card, "amount_minor": 100}),
    ]
    for path, body in ended:
        assert code_of(counter.till.post(path, {**body, **token})) == (403, "staff_token_invalid")


class TestImports:
    def begin(self, counter: Counter, who: Api | None = None, name: str = "Old cards") -> Any:
        said = {"name": name}
        return (who or counter.owner).post(f"{LOYALTY}/imports/history", said)

    def test_history_is_told_at_any_time_back_and_stands_apart(
        self, counter: Counter, clock: ManualClock
    ) -> None:
        made = counter.must(self.begin(counter), 201)
        by = {"import_id": made["id"]}
        opened_at = counter.ago(timedelta(days=900))
        said = {"program_id": counter.program, "enrolled_at": opened_at, **by}
        card = counter.must(counter.owner.post(f"{LOYALTY}/cards", said), 201)
        assert datetime.fromisoformat(card["enrolled_at"]) == datetime.fromisoformat(opened_at)
        stamped = counter.must(
            counter.stamp(card["id"], timedelta(days=800), counter.owner, quantity=5, **by), 201
        )["transaction"]
        assert stamped["actor"] == {"kind": "import", "id": made["id"]}
        assert stamped["late"] is False
        for days in range(12):
            counter.must(
                counter.stamp(card["id"], timedelta(days=700 + days), counter.owner, **by), 201
            )
        said = {"card": card["id"], "amount_minor": 900, "occurred_at": counter.ago(9 * HOUR), **by}
        counter.must(counter.owner.post(f"{LOYALTY}/points/earn", said), 201)
        void = f"{LOYALTY}/transactions/{stamped['id']}/void"
        counter.must(counter.owner.post(void, {"reason": "Twice"}), 201)

        told = counter.must(counter.owner.get(f"{LOYALTY}/imports/history/{made['id']}"))
        assert {name: told[name] for name in ("entries", "cards", "stamps", "points")} == {
            "entries": 15,
            "cards": 1,
            "stamps": 12,
            "points": 9,
        }
        assert told["actor"]["kind"] == "member"
        stats = counter.must(counter.owner.get(f"{LOYALTY}/programs/{counter.program}/stats"))
        for span in ("totals", "all_time"):
            names = ("cards", "stamps_earned", "points_earned", "purchases")
            assert [stats[span][name] for name in names] == [0, 0, 0, 0]
        report = counter.must(counter.owner.get(f"{LOYALTY}/staff-report"))
        assert [(one["operations"], one["voids"]) for one in report["lines"]] == [(1, 1)]
        audited(counter.context.database)

    def test_only_who_made_it_and_may_manage_tells_by_it(
        self, counter: Counter, alice: Shop, bob: Shop, clock: ManualClock
    ) -> None:
        assert self.begin(counter, counter.till).status_code == 403
        by = {"import_id": counter.must(self.begin(counter), 201)["id"]}
        card = counter.card()
        key = {"name": "Sync", "scopes": ["loyalty:manage", "loyalty:operate", "loyalty:read"]}
        secret = counter.must(counter.owner.post("/vendor/api-keys", key), 201)["key"]
        for who in (counter.till, counter.api.with_token(secret)):
            assert counter.stamp(card, HOUR, who, **by).status_code == 403
        elsewhere = counter.api.with_token(bob.token())
        path = f"{LOYALTY}/imports/history/{by['import_id']}"
        assert code_of(elsewhere.get(path)) == (404, "import_not_found")
        assert counter.must(elsewhere.get(f"{LOYALTY}/imports/history"))["items"] == []
        assert code_of(counter.stamp(card, HOUR, counter.owner, **by)) == OUT_OF_RANGE
        ahead = counter.stamp(card, -HOUR, counter.owner, **by)
        assert code_of(ahead) == OUT_OF_RANGE

    def test_an_import_tells_nothing_of_now(self, counter: Counter, clock: ManualClock) -> None:
        by = {"import_id": counter.must(self.begin(counter), 201)["id"]}
        card = counter.card()
        clock.advance(hours=1)
        for back in (timedelta(), timedelta(minutes=9, seconds=59)):
            refused = counter.stamp(card, back, counter.owner, **by)
            assert code_of(refused) == OUT_OF_RANGE
            assert refused.json()["earliest"] is None
        assert counter.stamp(card, timedelta(minutes=10), counter.owner, **by).status_code == 201
        untold: list[tuple[str, dict[str, Any], str]] = [
            ("/stamp", {"card": card}, "occurred_at"),
            ("/points/earn", {"card": card, "amount_minor": 100}, "occurred_at"),
            ("/cards", {"program_id": counter.program}, "enrolled_at"),
        ]
        for path, said, field in untold:
            refused = counter.owner.post(LOYALTY + path, {**said, **by})
            assert code_of(refused) == (422, "invalid_input")
            assert [error["loc"][-1] for error in refused.json()["errors"]] == [field]

    def test_an_import_stands_in_the_audit_trail_and_in_the_list(self, counter: Counter) -> None:
        made = [counter.must(self.begin(counter, name=name), 201) for name in ("One", "Two")]
        listed = counter.must(counter.owner.get(f"{LOYALTY}/imports/history"))["items"]
        assert listed == made
        events = counter.must(counter.owner.get("/vendor/audit-events"))["items"]
        assert [e["subject"]["id"] for e in events if e["action"] == "import.created"] == [
            made[1]["id"],
            made[0]["id"],
        ]
