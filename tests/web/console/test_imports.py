"""Imports in the console: a file is mapped, tried, put on cards and undone, or refused with why."""

import csv
import io
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from punchcard.connect.imports.models import CardImport
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.worker.handlers import LONG_WORK_LANE
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.pages import Visitor, text_of
from tests.support.plans_given import give_plan, open_cards

PATH = "/console/imports"
FILE = (
    "Name;Mail;Foo;Nr\n"
    "Chloé;chloe@home.example;1.250;A-1\n"
    "Jo;jo@home;30;A-2\n"
    "=1+1;mia@home.example;7;A-3\n"
    "Max;max@home.example;0;\n"
).encode("cp1252")
COLUMNS = {"column-0": "name", "column-1": "email", "column-2": "points", "column-3": ""}
WAYS = {"decimal": ",", "date_order": "dmy", "consent_source": ""}


def work(context: Context) -> None:
    """Let a worker do all that waits."""
    worker = Worker(context, [LONG_WORK_LANE], [])
    while worker.do_work():
        pass


@pytest.fixture
def program_id(alice: Shop) -> str:
    """Make a program of points, whose cards the file is about."""
    return shelf.program(alice, type="points", status="active", pin_policy="off").id


def brings(
    owner: Visitor, program_id: str, content: bytes, name: str = "C:\\old\\till.csv"
) -> httpx.Response:
    """Send a file as the form does."""
    owner.get(PATH)
    return owner.post_file(PATH, "file", (name, content), program_id=program_id)


def brought(owner: Visitor, program_id: str, content: bytes = FILE) -> str:
    """Bring a file along; returns the address of its page."""
    answer = brings(owner, program_id, content)
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


def test_a_file_is_mapped_tried_put_on_cards_and_undone(
    owner: Visitor, context: Context, program_id: str
) -> None:
    page = brought(owner, program_id)
    first = text_of(owner.get(page))
    assert "till.csv" in first
    assert "Windows-1252" in first
    assert "semicolon" in first
    assert "Chloé" in first

    tried = owner.follow(owner.post(f"{page}/preview", **COLUMNS, **WAYS))
    said = text_of(tried)
    assert "This is no e-mail address." in said
    assert "This is a formula." in said
    assert "New cards 2" in said
    assert "Points 1,250" in said

    refused = owner.post(f"{page}/run")
    assert refused.status_code == 422
    assert "Say whether balances are set or added" in text_of(refused)
    owner.post(f"{page}/run", balance="set")
    going = owner.get(page)
    assert "Rows put on cards: 0 of 4" in text_of(going)
    assert "hx-get" in owner.get(f"{page}/progress").text
    work(context)
    done = owner.client.get(f"{page}/progress", headers={"HX-Request": "true"})
    assert (done.status_code, done.headers["hx-redirect"]) == (204, page)
    assert "on cards" in text_of(owner.get(page))
    assert "Chloé" in text_of(owner.get("/console/members"))

    outlook = text_of(owner.get(f"{page}/undo"))
    assert "1 balance is taken back." in outlook
    assert "2 cards that it opened are closed" in outlook
    owner.post(f"{page}/undo")
    work(context)
    assert "Undone 2" in text_of(owner.get(page))
    assert "There is nothing to be undone." in text_of(owner.get(f"{page}/undo"))
    assert "Chloé" not in text_of(owner.get("/console/members"))


def test_what_is_spent_keeps_all_of_it_and_is_named(
    owner: Visitor, context: Context, program_id: str
) -> None:
    page = brought(owner, program_id)
    mapped = {**COLUMNS, "column-3": "external_code"}
    owner.post(f"{page}/preview", **mapped, **WAYS)
    owner.post(f"{page}/run", balance="add")
    work(context)
    card = re.search(
        r"/console/members/[0-9a-f-]{36}", owner.get("/console/members?query=Chloé").text
    )
    assert card is not None
    owner.get(card[0])
    taken = owner.post(f"{card[0]}/adjust", points_delta="-1", reason="typed wrong")
    assert taken.status_code == 303, text_of(taken)

    outlook = text_of(owner.get(f"{page}/undo"))
    refused = owner.post(f"{page}/undo")

    assert "Rows of your file: 2" in outlook
    assert "Undo all of it" not in outlook
    assert refused.status_code == 422
    assert "something is spent already" in text_of(refused)


def _ran_long_ago(context: Context, clock: ManualClock) -> None:
    with context.database.write() as session:
        session.execute(update(CardImport).values(updated_at=clock.now() - timedelta(days=91)))


def test_until_when_it_can_be_undone_is_told_before_and_after(
    owner: Visitor, context: Context, clock: ManualClock, program_id: str
) -> None:
    page = brought(owner, program_id)
    owner.post(f"{page}/preview", **COLUMNS, **WAYS)
    assert "That is possible for 90 days." in text_of(owner.get(page))
    owner.post(f"{page}/run", balance="add")
    work(context)
    assert "It can be undone until 31 May 2026" in text_of(owner.get(page))

    _ran_long_ago(context, clock)
    for path in (page, f"{page}/undo"):
        told = text_of(owner.get(path))
        assert "can no longer be undone: the time for it was 90 days" in told
        assert "Undo all of it" not in told
    refused = owner.post(f"{page}/undo")
    assert refused.status_code == 422
    assert "can no longer be undone" in text_of(refused)


def test_errors_are_taken_along_by_who_shows_who_they_are(
    owner: Visitor, clock: ManualClock, program_id: str
) -> None:
    page = brought(owner, program_id)
    owner.post(f"{page}/preview", **COLUMNS, **WAYS)
    taken = owner.get(f"{page}/errors.csv")
    clock.advance(hours=1)
    later = owner.get(f"{page}/errors.csv")

    rows = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig")), delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["3", "4"]
    # What a spreadsheet would run stands there as text.
    assert rows[2][2] == "'=1+1"
    assert "Is it you?" in text_of(later)
    assert "jo@home" not in later.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,\0\n", "Row 2 cannot be read: it holds a NUL character"),
        ("a,b\nÉva,1\n".encode() + "Zoé,2\n".encode("cp1252"), "Row 3 cannot be read"),
        (b",".join(b"c%d" % n for n in range(300)) + b"\n", "Row 1 has 300 columns."),
        (b'a,b\n"x,1\n', "a quotation mark is not closed"),
        (b"a,b\n", "There are no rows in this file below its headings."),
        (b"%PDF-1.7 and so on", "This is neither a CSV file nor an Excel workbook"),
        (b"", "Choose a file."),
    ],
    ids=["nul", "two encodings", "300 columns", "open quotes", "no rows", "pdf", "nothing"],
)
def test_a_bad_file_is_refused_with_why_and_nothing_of_it_is_kept(
    owner: Visitor, program_id: str, content: bytes, said: str
) -> None:
    refused = brings(owner, program_id, content)

    assert refused.status_code == 422
    assert said in text_of(refused)
    assert "Nothing was brought along yet" in text_of(owner.get(PATH))


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(
    owner: Visitor, context: Context, program_id: str
) -> None:
    beyond = context.settings.import_limit_bytes + 1
    refused = brings(owner, program_id, b"a" * beyond)
    far_beyond = brings(owner, program_id, b"a" * 50_000_000)

    assert "This file is larger than 20 MB." in text_of(refused)
    assert far_beyond.status_code == 413
    assert "Nothing was brought along yet" in text_of(owner.get(PATH))


def test_a_mapping_that_cannot_be_is_refused_at_its_column(owner: Visitor, program_id: str) -> None:
    page = brought(owner, program_id)
    twice = owner.post(f"{page}/preview", **{**COLUMNS, "column-3": "email"}, **WAYS)
    nobody = owner.post(f"{page}/preview", **{**COLUMNS, "column-1": ""}, **WAYS)
    stamps = owner.post(f"{page}/preview", **{**COLUMNS, "column-2": "stamps"}, **WAYS)

    assert {one.status_code for one in (twice, nobody, stamps)} == {422}
    assert 'id="column-3-fault"' in twice.text
    assert "Say which column has the e-mail address" in text_of(nobody)
    assert "Please choose one of these." in text_of(stamps)


def test_a_file_is_forgotten_unless_it_is_on_cards(
    owner: Visitor, context: Context, program_id: str
) -> None:
    page = brought(owner, program_id)
    gone = owner.follow(owner.post(f"{page}/discard"))
    assert "The file is forgotten." in text_of(gone)
    assert owner.get(page).status_code == 404

    page = brought(owner, program_id)
    owner.post(f"{page}/preview", **COLUMNS, **WAYS)
    owner.post(f"{page}/run", balance="set")
    work(context)
    kept = owner.post(f"{page}/discard")
    assert "has come to another point" in text_of(kept)


def test_a_trial_tells_which_new_cards_the_plan_has_no_place_for(
    owner: Visitor, api: Api, alice: Shop, context: Context, program_id: str
) -> None:
    api.token = alice.token()
    fields = {"program_id": program_id, "customer": {"email": "p3@home.example"}}
    assert api.post("/vendor/loyalty/cards", fields).status_code == 201
    give_plan(alice, cards=4)
    rows = "".join(f"p{row}@home.example,10\n" for row in range(2, 10))
    page = brought(owner, program_id, f"Mail,Points\n{rows}".encode())
    columns = {"column-0": "email", "column-1": "points"}
    told = text_of(owner.follow(owner.post(f"{page}/preview", **columns, **WAYS)))
    assert "Without a place: 4. Places left: 3 of 4." in told
    assert "From row 6 on, new cards are not taken" in told

    path = page.replace("/console", "/vendor/loyalty")
    above = {"maximum": 4, "left": 3, "cards": 4, "first_row": 6}
    assert api.get(path).json()["above_plan"] == above

    owner.post(f"{page}/run", balance="set")
    work(context)
    done = api.get(path).json()
    assert (done["counts"]["new"], done["counts"]["matched"], done["above_plan"]) == (3, 1, None)
    errors = [(one["row"], one["code"], one["message"]) for one in done["errors"]]
    why = "The plan of this shop has no place for another card."
    assert errors == [(row, "plan_limit_reached", why) for row in range(6, 10)]
    assert open_cards(alice) == 4


def test_a_larger_plan_takes_the_warning_away(owner: Visitor, alice: Shop, program_id: str) -> None:
    give_plan(alice, cards=1)
    page = brought(owner, program_id)
    owner.post(f"{page}/preview", **COLUMNS, **WAYS)
    assert "Without a place: 1. Places left: 1 of 1." in text_of(owner.get(page))
    give_plan(alice, "Large", cards=2)
    assert "Without a place" not in text_of(owner.get(page))
