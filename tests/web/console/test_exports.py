"""Lists taken along as CSV: what the page shows, and only by who may."""

import csv
import io
import re

import pytest

from punchcard.api.http.permissions import ACCESS
from punchcard.web.console.exports import LISTS
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rows(visitor: Visitor, path: str) -> list[list[str]]:
    answer = visitor.get(f"/console/exports/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], delimiters=";,")
    return list(csv.reader(io.StringIO(text), dialect))


def test_the_file_holds_the_members_that_the_page_shows(
    owner: Visitor, counter: PagesDriver
) -> None:
    counter.open("Marie Schmit", email="marie@example.lu")
    counter.open("Jang Weber")
    head, *lines = rows(owner, "cards.csv?query=marie")
    assert "Name" in head
    assert [line[head.index("Name")] for line in lines] == ["Marie Schmit"]
    assert len(rows(owner, "cards.csv")) == 3
    page = owner.get("/console/members?query=marie").text
    for format in ("csv", "xlsx"):
        assert f'href="/console/exports/cards.{format}?query=marie"' in page


def test_the_ledger_s_file_holds_the_days_that_are_asked_for_or_all(
    owner: Visitor, counter: PagesDriver
) -> None:
    counter.stamp(counter.open(), 2)
    assert len(rows(owner, "transactions.csv")) == 3
    assert len(rows(owner, "transactions.csv?type=stamp_earned&from=2026-03-02")) == 2
    assert len(rows(owner, "transactions.csv?from=2026-01-01&to=2026-03-01")) == 1


def test_the_ledger_names_the_tiers_that_cards_reached(owner: Visitor, alice: Shop) -> None:
    tiers = [
        {"key": "basic", "name": "Basic", "threshold": 0},
        {"key": "gold", "name": "Gold", "threshold": 100},
    ]
    club = PagesDriver(alice, type="points", stamp_reward=None, tiers=tiers)
    card = club.open()
    club.earn(card, 100_00)
    head, *lines = rows(owner, "transactions.csv")
    named = {line[head.index("Type")]: line[head.index("Tier")] for line in lines}
    assert named == {"Card opened": "", "Points collected": "", "Tier changed": "Gold"}
    for page in ("/console", "/console/ledger", f"/console/members/{card}"):
        told = " ".join(text_of(owner.get(f"{page}?lang=en")).split())
        assert "Tier changed: Gold" in told.replace(" :", ":")
    entry = re.search(r"/console/ledger/[0-9a-f-]{36}(?=.>Tier changed)", page_of_ledger(owner))
    assert entry is not None
    assert "Gold" in text_of(owner.get(entry[0]))


def page_of_ledger(owner: Visitor) -> str:
    return owner.get("/console/ledger?lang=en").text


def test_the_staff_report_s_file_tells_what_stands_out(
    owner: Visitor, counter: PagesDriver
) -> None:
    counter.stamp(counter.open(), 20)
    (line,) = rows(owner, "staff-report.csv")[1:]
    assert line[0] == "Anna"
    assert "Most stamps went to one card" in line
    refused = owner.get("/console/exports/staff-report.csv?from=2020-01-01")
    assert refused.status_code == 422


@on_sqlite
def test_the_file_is_named_after_shop_list_and_day(owner: Visitor, counter: PagesDriver) -> None:
    answer = owner.get("/console/exports/pins.csv")
    named = answer.headers["content-disposition"]
    assert named == 'attachment; filename="cafe-alice-pins-2026-03-02.csv"'


def test_permissions_are_those_of_the_api() -> None:
    api = {
        path.rpartition("/")[2].partition(".")[0]: needed
        for (method, path), needed in ACCESS.items()
        if "/exports/" in path and method == "GET" and path.endswith((".csv", ".xlsx"))
    }
    assert {name: {permission} for name, (permission, _read) in LISTS.items()} == {
        name: set(needed.any_of) for name, needed in api.items()
    }


@on_sqlite
def test_everybody_is_offered_what_they_may_take(
    owner: Visitor, manager: Visitor, staff: Visitor
) -> None:
    shown = text_of(owner.get("/console/exports"))
    assert shown.count("XLSX : ") == shown.count("CSV : ") == len(LISTS)
    offered = manager.get("/console/exports").text
    assert "devices.csv" in offered
    assert "people.csv" not in offered
    for name in LISTS:
        assert owner.get(f"/console/exports/{name}.csv").status_code == 200, name
        assert owner.get(f"/console/exports/{name}.xlsx").status_code == 200, name
        assert staff.get(f"/console/exports/{name}.xlsx").status_code == 403, name
        assert staff.get(f"/console/exports/{name}.csv").status_code == 403, name
    for name in ("people", "api-keys", "audit-events"):
        assert manager.get(f"/console/exports/{name}.csv").status_code == 403, name
    for missing in ("secrets.csv", "cards.pdf", "cards.", "cards"):
        assert owner.get(f"/console/exports/{missing}").status_code == 404, missing


def test_nothing_of_another_shop_is_in_any_file(
    owner: Visitor, counter: PagesDriver, bob: Shop
) -> None:
    theirs = PagesDriver(bob)
    card_id = theirs.open("Bob's guest")
    theirs.stamp(card_id)
    for name in LISTS:
        text = owner.get(f"/console/exports/{name}.csv").text
        assert card_id not in text, name
        assert "Bob's guest" not in text, name


def test_the_rows_that_the_script_fetches_bring_address_and_files_along(
    owner: Visitor, counter: PagesDriver
) -> None:
    counter.stamp(counter.open("Jang Weber"))
    for path, query, address in (
        ("/console/members", "query=Jang&status=", "/console/members?query=Jang"),
        (
            "/console/ledger",
            "type=stamp_earned",
            "/console/ledger?type=stamp_earned&from=2026-02-01",
        ),
    ):
        part = owner.client.get(f"{path}?part=rows&{query}", headers={"HX-Request": "true"})
        assert part.headers["HX-Replace-Url"] == address
        list_query = address.partition("?")[2].replace("&", "&amp;")
        assert 'hx-swap-oob="true"' in part.text
        for format in ("csv", "xlsx"):
            assert f".{format}?{list_query}" in part.text
        assert "hx-swap-oob" not in owner.get(f"{path}?{query}").text


@on_sqlite
def test_a_file_is_written_as_the_visitor_chooses(owner: Visitor, counter: PagesDriver) -> None:
    counter.open("Marie Schmit")
    assert "cards.csv?dialect=comma" in owner.get("/console/exports").text
    assert "cards.csv?dialect=semicolon" in owner.get("/console/exports?dialect=semicolon").text
    for dialect, delimiter in (("semicolon", ";"), ("comma", ","), ("unheard-of", ",")):
        text = owner.get(f"/console/exports/cards.csv?dialect={dialect}").content.decode()
        assert delimiter in text.splitlines()[0]
