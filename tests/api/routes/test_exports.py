"""Lists as CSV and XLSX files: who may take them, what stands in them, and that secrets do not."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook

from punchcard.accounts import exports as account_exports
from punchcard.accounts.audit_service import Act
from punchcard.accounts.export_files import MEDIA_TYPES, TITLES, ExportFile
from punchcard.accounts.exports import ROWS_AT_ONCE, Table
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import Role
from punchcard.api.http.permissions import ACCESS
from punchcard.context import Context
from punchcard.kit.spreadsheet.columns import Column
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

EXPORTS = "/vendor/loyalty/exports"
NAMES = sorted(
    path.rsplit("/", 1)[-1]
    for _, path in ACCESS
    if "/exports/" in path and path.endswith((".csv", ".xlsx"))
)
OWNERS_ALONE = {"people", "api-keys", "audit-events"}
EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0}

Rows = list[dict[str, str]]


def read(api: Api, name: str, **options: object) -> Rows:
    answer = api.get(f"{EXPORTS}/{name}", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="cafe-alice-')
    text = answer.content.decode("utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], delimiters=";,")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=dialect.delimiter))


def workbook(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def cells(content: bytes) -> Iterator[Any]:
    for sheet in workbook(content).worksheets:
        for row in sheet.values:
            yield from row


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
        assert manager.get(path).status_code == (
            403 if name.partition(".")[0] in OWNERS_ALONE else 200
        )
        assert staff.get(path).status_code == 403
        content = others_owner.get(path).content
        others = str(list(cells(content))) if name.endswith(".xlsx") else content.decode()
        assert card["number"] not in others
        assert "cafe-alice" not in others


def test_cards_come_with_their_customers_and_run_no_formula(
    owner: Api, card: dict[str, str]
) -> None:
    (row,) = read(owner, "cards.csv", headers={"Accept-Language": "en"})
    assert (row["Card number"], row["Program"], row["Status"]) == (
        "-".join(card["number"][start : start + 4] for start in (0, 4, 8)),
        "Coffee",
        "Active",
    )
    assert (row["Name"], row["Phone"]) == ("'=Chloé", "+352621123456")
    assert (row["Stamps"], row["Agreed to news"]) == ("1", "yes")
    assert row["Joined"] == "2026-03-02 10:00:00"
    assert row["Joined (UTC)"] == "2026-03-02T09:00:00Z"
    assert read(owner, "cards.csv", params={"status": "blocked"}) == []


def test_the_ledger_comes_newest_first_and_in_the_callers_language(
    owner: Api, card: dict[str, str]
) -> None:
    rows = read(owner, "transactions.csv", headers={"Accept-Language": "de"})
    assert [row["Art"] for row in rows] == ["Stempel", "Karte eröffnet"]
    assert rows[0]["Kartennummer"].replace("-", "") == card["number"]
    assert rows[0]["Notiz"] == "hello"
    late = {"from": "2026-03-03T00:00:00Z"}
    assert read(owner, "transactions.csv", params=late) == []


def test_no_secret_is_in_any_list(owner: Api, alice: Shop, card: dict[str, str]) -> None:
    pin, key, device = shelf.pin(alice), alice.api_key("loyalty:read"), alice.device()
    secrets = [key, device, pin.pin_hash, card["public_url"].rsplit("/", 1)[-1], "$2b$"]
    for name in NAMES:
        content = owner.get(f"{EXPORTS}/{name}").content
        told = str(list(cells(content))) if name.endswith(".xlsx") else content.decode()
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

    file = ExportFile(
        name="pins",
        vendor_slug=alice.slug,
        language="en",
        timezone="UTC",
        made_at=context.clock.now(),
    )
    table = Table([Column("Name")], pages)
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
    running = file.parts(context.database, act, table, "csv")
    assert next(running).startswith(b"\xef\xbb\xbfName")
    assert asked == []
    assert next(running).count(b"\r\n") == ROWS_AT_ONCE
    assert asked == [None]
    assert [part.count(b"\r\n") for part in running] == [total - ROWS_AT_ONCE]
    assert asked == [None, "last"]
    sheet = workbook(b"".join(file.parts(context.database, act, table, "xlsx")))["Staff PINs"]
    assert sheet.max_row == total + 1


def test_each_list_is_a_workbook_too(owner: Api, card: dict[str, str]) -> None:
    for name in TITLES:
        options: dict[str, object] = {"headers": {"Accept-Language": "en"}}
        answer = owner.get(f"{EXPORTS}/{name}.xlsx", **options)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == MEDIA_TYPES["xlsx"]
        assert answer.headers["content-disposition"].endswith('.xlsx"')
        (sheet,) = workbook(answer.content).worksheets
        of_csv = read(owner, f"{name}.csv", **options)
        assert sheet.title == TITLES[name]
        # The first file of the two stands in the trail once it is taken.
        later = name == "audit-events"
        assert sheet.max_row == len(of_csv) + 1 - later, name
        head = [cell.value for cell in next(sheet.iter_rows())]
        assert not of_csv or head == list(of_csv[0]), name


def test_cards_are_typed_cells_in_the_shops_time(owner: Api, card: dict[str, str]) -> None:
    answer = owner.get(f"{EXPORTS}/cards.xlsx", headers={"Accept-Language": "fr"})
    (sheet,) = workbook(answer.content).worksheets
    head, row = ([cell.value for cell in cells] for cells in sheet.iter_rows())
    cells = dict(zip(head, row, strict=True))
    assert (cells["Numéro de carte"], cells["Téléphone"]) == (card["number"], "+352621123456")
    assert (cells["Nom"], cells["Tampons"], cells["État"]) == ("=Chloé", 1, "En service")
    assert cells["Accepte de recevoir des nouvelles"] == "oui"
    assert cells["Inscription"].isoformat() == "2026-03-02T10:00:00"


@pytest.mark.parametrize(
    ("language", "dialect", "delimiter"),
    [
        ("en", None, ","),
        ("fr", None, ";"),
        ("de", None, ";"),
        ("lb", None, ";"),
        ("de", "comma", ","),
        ("en", "semicolon", ";"),
    ],
)
def test_the_dialect_is_that_of_the_language_or_the_one_asked_for(
    owner: Api, card: dict[str, str], language: str, dialect: str | None, delimiter: str
) -> None:
    params = {"dialect": dialect} if dialect else {}
    answer = owner.get(f"{EXPORTS}/cards.csv", params=params, headers={"Accept-Language": language})
    text = answer.content.decode("utf-8-sig")
    assert csv.Sniffer().sniff(text.splitlines()[0], delimiters=";,").delimiter == delimiter
    refused = owner.get(f"{EXPORTS}/cards.csv", params={"dialect": "tab"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


def test_a_list_s_filter_narrows_its_file(owner: Api, card: dict[str, str]) -> None:
    for format in ("csv", "xlsx"):

        def rows(name: str, format: str = format, **params: str) -> int:
            answer = owner.get(f"{EXPORTS}/{name}.{format}", params=params)
            assert answer.status_code == 200, answer.text
            if format == "csv":
                return len(answer.content.decode().splitlines()) - 1
            return int(workbook(answer.content).worksheets[0].max_row) - 1

        assert rows("cards", query="chloe") == 1
        assert rows("cards", query="otto") == 0
        assert rows("cards", active_before="2026-01-01T00:00:00Z") == 0
        assert rows("transactions", type="stamp_earned") == 1
        assert rows("transactions", card_id=card["id"]) == 2
        assert rows("transactions", location_id=card["id"]) == 0
