"""Lists as CSV files: who may take them, what stands in them, and that secrets do not."""

import csv
import io
from collections.abc import Iterator

import pytest

from punchcard.accounts import exports as account_exports
from punchcard.accounts.exports import ROWS_AT_ONCE, Table, stream
from punchcard.accounts.vocabulary import Role
from punchcard.api.http.permissions import ACCESS
from punchcard.context import Context
from punchcard.kit.spreadsheet import Column
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

EXPORTS = "/vendor/loyalty/exports"
NAMES = sorted(path.rsplit("/", 1)[-1] for _, path in ACCESS if "/exports/" in path)
OWNERS_ALONE = {"people.csv", "api-keys.csv", "audit-events.csv"}
EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0}

Rows = list[dict[str, str]]


def read(api: Api, name: str, **options: object) -> Rows:
    answer = api.get(f"{EXPORTS}/{name}", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="cafe-alice-')
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def card(owner: Api, alice: Shop) -> dict[str, str]:
    program = shelf.program(alice, **EASY, name="Coffee")
    customer = {"name": "=Chloé", "phone": "+352621123456", "marketing_consent": True}
    wanted = {"program_id": program.id, "customer": customer}
    found: dict[str, str] = owner.post("/vendor/loyalty/cards", wanted).json()
    owner.post("/vendor/loyalty/stamp", {"card": found["id"], "note": "hello"})
    return found


def test_each_list_goes_to_those_who_answer_for_it(
    api: Api, owner: Api, alice: Shop, bob: Shop, card: dict[str, str]
) -> None:
    alice.hire(Role.MANAGER)
    alice.hire(Role.STAFF)
    manager, staff = (api.with_token(alice.token(role)) for role in ("manager", "staff"))
    others_owner = api.with_token(bob.token())
    for name in NAMES:
        path = f"{EXPORTS}/{name}"
        assert owner.get(path).status_code == 200
        assert manager.get(path).status_code == (403 if name in OWNERS_ALONE else 200)
        assert staff.get(path).status_code == 403
        others = others_owner.get(path).text
        assert card["number"] not in others
        assert "cafe-alice" not in others


def test_cards_come_with_their_customers_and_run_no_formula(
    owner: Api, card: dict[str, str]
) -> None:
    (row,) = read(owner, "cards.csv", headers={"Accept-Language": "en"})
    assert (row["Card number"], row["Program"], row["Status"]) == (
        card["number"],
        "Coffee",
        "active",
    )
    assert (row["Name"], row["Phone"]) == ("'=Chloé", "'+352621123456")
    assert (row["Stamps"], row["Agreed to news"]) == ("1", "1")
    assert row["Joined"] == "2026-03-02 10:00:00"
    assert row["Joined (UTC)"] == "2026-03-02T09:00:00Z"
    assert read(owner, "cards.csv", params={"status": "blocked"}) == []


def test_the_ledger_comes_newest_first_and_in_the_callers_language(
    owner: Api, card: dict[str, str]
) -> None:
    rows = read(owner, "transactions.csv", headers={"Accept-Language": "de"})
    assert [row["Art"] for row in rows] == ["stamp_earned", "card_opened"]
    assert rows[0]["Kartennummer"] == card["number"]
    assert rows[0]["Notiz"] == "hello"
    late = {"from": "2026-03-03T00:00:00Z"}
    assert read(owner, "transactions.csv", params=late) == []


def test_no_secret_is_in_any_list(owner: Api, alice: Shop, card: dict[str, str]) -> None:
    pin, key, device = shelf.pin(alice), alice.api_key("loyalty:read"), alice.device()
    secrets = [key, device, pin.pin_hash, card["public_url"].rsplit("/", 1)[-1], "$2b$"]
    for name in NAMES:
        told = owner.get(f"{EXPORTS}/{name}").text
        assert [secret for secret in secrets if secret in told] == [], name


def test_a_wrong_period_of_the_staff_report_is_refused_before_the_file_begins(owner: Api) -> None:
    long = {"from": "2020-01-01", "to": "2026-01-01"}
    answer = owner.get(f"{EXPORTS}/staff-report.csv", params=long)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_a_long_list_is_read_a_page_at_a_time(context: Context, alice: Shop) -> None:
    total = ROWS_AT_ONCE + 3
    asked: list[str | None] = []

    def pages(_session: object, after: str | None) -> account_exports.ReadPage:
        asked.append(after)
        rows = ROWS_AT_ONCE if after is None else total - ROWS_AT_ONCE
        return [(str(n),) for n in range(rows)], "last" if after is None else None

    def parts() -> Iterator[bytes]:
        table = Table([Column("Name")], pages)
        yield from stream(context.database, table, language="en", timezone="UTC")

    running = parts()
    assert next(running).startswith(b"\xef\xbb\xbfName")
    assert asked == []
    assert next(running).count(b"\r\n") == ROWS_AT_ONCE
    assert asked == [None]
    assert [part.count(b"\r\n") for part in running] == [total - ROWS_AT_ONCE]
    assert asked == [None, "last"]
