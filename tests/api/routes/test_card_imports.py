"""A shop moves in over the API: a file, its trial, its run by the worker, its errors, its undo."""

import csv
import io
from datetime import timedelta
from typing import Any

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

IMPORTS = "/vendor/loyalty/imports"
CSV = {"Content-Type": "text/csv"}
LATIN = (
    "Nom;Courriel;Solde;Ancienne carte\n"
    "Chloé;chloe@home.example;1.250;A-1\n"
    "Jo;jo@home;30;A-2\n"
    "=1+1;mia@home.example;7;A-3\n"
    ";;12;A-4\n"
).encode("cp1252")
OLD = "Number on the old card"
MAPPING = {"name": "Nom", "email": "Courriel", "points": 2, "external_code": "Ancienne carte"}


def work(context: Context) -> None:
    """Let a worker do all that waits."""
    worker = Worker(context, [LONG_WORK_LANE], [])
    while worker.do_work():
        pass


def brought(owner: Api, program_id: str, content: bytes = LATIN) -> dict[str, Any]:
    answer = owner.post(
        IMPORTS,
        params={"program_id": program_id, "name": "old till.csv"},
        content=content,
        headers=CSV,
    )
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def asked(owner: Api, made: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
    answer = owner.post(f"{IMPORTS}/{made['id']}/{verb}", body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def now(owner: Api, made: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = owner.get(f"{IMPORTS}/{made['id']}").json()
    return told


def named_by(owner: Api, code: str) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = owner.post("/vendor/loyalty/cards/lookup", {"code": code}).json()[
        "items"
    ]
    return cards


def listed(owner: Api) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = owner.get("/vendor/loyalty/cards").json()["items"]
    return cards


@pytest.fixture
def program_id(alice: Shop) -> str:
    """Make a program of points, whose cards the file is about."""
    return shelf.program(alice, type="points", status="active", pin_policy="off").id


def test_a_file_moves_in_and_out_again(owner: Api, context: Context, program_id: str) -> None:
    made = brought(owner, program_id)
    assert (made["state"], made["encoding"], made["delimiter"]) == ("uploaded", "Windows-1252", ";")
    assert (made["rows"], made["columns"][0]["samples"][0]) == (4, "Chloé")

    tried = asked(owner, made, "preview", mapping=MAPPING, balance="set")
    assert tried["state"] == "ready"
    assert (tried["counts"]["new"], tried["counts"]["rejected"]) == (2, 2)
    assert tried["sums"]["points"] == 1262
    assert [(one["row"], one["field"], one["code"]) for one in tried["errors"]] == [
        (3, "email", "bad_email"),
        (4, "name", "formula"),
    ]
    assert listed(owner) == []

    assert asked(owner, made, "run")["state"] == "running"
    work(context)
    done = now(owner, made)
    assert (done["state"], done["progress"]) == ("done", {"done": 4, "total": 4})
    (chloe,) = named_by(owner, "A-1")
    assert (chloe["points"], chloe["customer"]["name"]) == (1250, "Chloé")
    assert chloe["external_code"] == "A-1"
    earned = owner.post("/vendor/loyalty/points/earn", {"card": "A-4", "amount_minor": 100})
    assert earned.json()["card"]["external_code"] == "A-4"
    asked_for = {"Accept-Language": "en"}
    sheet = owner.get("/vendor/loyalty/exports/cards.csv", headers=asked_for).content
    head, *cards = csv.reader(io.StringIO(sheet.decode("utf-8-sig")))
    assert {card[head.index("Number on the old card")] for card in cards} >= {"A-1", "A-4"}

    assert asked(owner, made, "undo")["state"] == "undoing"
    work(context)
    undone = now(owner, made)
    assert (undone["state"], undone["counts"]["undone"]) == ("undone", 2)
    assert named_by(owner, "A-1") == []
    assert {(card["status"], card["external_code"]) for card in listed(owner)} == {
        ("closed", None),
        ("active", "A-4"),
    }


def test_the_file_of_errors_is_corrected_and_brought_along_again(
    owner: Api, context: Context, program_id: str
) -> None:
    made = brought(owner, program_id)
    asked(owner, made, "preview", mapping=MAPPING, balance="set")
    asked(owner, made, "run")
    work(context)

    answer = owner.get(f"{IMPORTS}/{made['id']}/errors.csv", headers={"Accept-Language": "en"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Row", "What is wrong", "Nom", "Courriel", "Solde", "Ancienne carte"]
    assert [row[0] for row in rows[1:]] == ["3", "4"]
    assert rows[2][2] == "'=1+1"

    better = answer.content.replace(b"jo@home;", b"jo@home.example;")
    again = brought(owner, program_id, better)
    tried = asked(owner, again, "preview", mapping={**MAPPING, "points": "Solde"}, balance="set")
    assert (tried["counts"]["new"], tried["counts"]["rejected"]) == (1, 1)
    asked(owner, again, "run")
    work(context)
    assert [card["points"] for card in named_by(owner, "A-2")] == [30]


def test_a_step_out_of_turn_and_a_spent_balance_are_refused(
    owner: Api, context: Context, program_id: str
) -> None:
    made = brought(owner, program_id)
    path = f"{IMPORTS}/{made['id']}"
    early = owner.post(f"{path}/run", {"balance": "set"})
    assert (early.status_code, early.json()["code"]) == (409, "import_not_previewed")
    asked(owner, made, "preview", mapping=MAPPING)
    unsaid = owner.post(f"{path}/run", {})
    assert (unsaid.status_code, unsaid.json()["errors"][0]["loc"]) == (422, ["body", "balance"])
    asked(owner, made, "run", balance="add")
    work(context)
    twice = owner.post(f"{path}/run", {"balance": "add"})
    assert (twice.status_code, twice.json()["code"]) == (409, "import_state")
    assert owner.delete(path).status_code == 409

    spent = owner.post("/vendor/loyalty/points/redeem", {"card": "A-1", "points": 1})
    assert spent.status_code in (200, 201), spent.text
    refused = owner.post(f"{path}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "import_spent")
    assert (refused.json()["rows"], refused.json()["first_row"]) == (1, 2)


def test_an_undo_that_comes_too_late_is_refused_with_how_long_it_had(
    owner: Api, context: Context, clock: ManualClock, program_id: str
) -> None:
    made = brought(owner, program_id)
    path = f"{IMPORTS}/{made['id']}"
    tried = asked(owner, made, "preview", mapping=MAPPING)
    assert tried["undo_until"] is None
    asked(owner, made, "run", balance="add")
    work(context)
    assert owner.get(path).json()["undo_until"].startswith("2026-05-31T")
    with context.database.write() as session:
        long_ago = clock.now() - timedelta(days=90, seconds=1)
        session.execute(update(CardImport).values(updated_at=long_ago))

    refused = owner.post(f"{path}/undo")

    assert (refused.status_code, refused.json()["code"]) == (409, "import_undo_over")
    assert refused.json()["days"] == 90


def test_an_import_of_another_shop_is_not_there(
    api: Api, owner: Api, bob: Shop, program_id: str
) -> None:
    path = f"{IMPORTS}/{brought(owner, program_id)['id']}"
    others = api.with_token(bob.token())
    for answer in (
        others.get(path),
        others.get(f"{path}/errors.csv"),
        others.delete(path),
        *(others.post(f"{path}/{verb}", {}) for verb in ("preview", "run", "undo")),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
    assert others.get(IMPORTS).json()["items"] == []


@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_a_shop_takes_along_makes_the_same_cards_elsewhere(
    api: Api, owner: Api, context: Context, bob: Shop, program_id: str, format: str, language: str
) -> None:
    made = brought(owner, program_id)
    asked(owner, made, "preview", mapping=MAPPING)
    asked(owner, made, "run", balance="set")
    work(context)
    elsewhere = api.with_token(bob.token())
    theirs = shelf.program(bob, type="points", status="active", pin_policy="off").id
    said = {"Accept-Language": language}
    file = owner.get(f"/vendor/loyalty/exports/cards.{format}", headers=said).content

    again = brought(elsewhere, theirs, file)
    tried = asked(elsewhere, again, "preview")
    assert (tried["counts"]["new"], tried["counts"]["rejected"]) == (2, 0)
    asked(elsewhere, again, "run", balance="set")
    work(context)

    assert now(elsewhere, again)["state"] == "done"
    here, there = told_of(owner), told_of(elsewhere)
    # What stands on the card that a customer has is what names them there.
    numbers = [row.pop("Card number").replace("-", "") for row in here]
    assert [row.pop(OLD).removeprefix("'") for row in there] == numbers
    assert [row.pop(OLD) for row in here] == ["A-4", "A-1"]
    assert not set(numbers) & {row.pop("Card number").replace("-", "") for row in there}
    assert there == here


def told_of(owner: Api) -> list[dict[str, str]]:
    """Return what an export says of cards, without what each server gives of its own."""
    own = {"Program", "Joined", "Joined (UTC)", "Last activity", "Last activity (UTC)", "Id"}
    answer = owner.get("/vendor/loyalty/exports/cards.csv", headers={"Accept-Language": "en"})
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    told = [{name: cell for name, cell in row.items() if name not in own} for row in rows]
    return sorted(told, key=lambda row: row["Points"])


@pytest.mark.parametrize(
    ("content", "status", "code", "said"),
    [
        (b"a,b\n" * 12_500_000, 413, "body_too_large", "larger than 21,048,576 bytes"),
        (
            b"a,b\n" + b"," * 299 + b"\n",
            422,
            "import_too_many_columns",
            "Row 2 has 300 columns. At most 100",
        ),
        (
            b"a,b\n1,2\n1,\x00\n",
            422,
            "import_row_unreadable",
            "Row 3 cannot be read: it holds a NUL",
        ),
        (
            "Éva;1\nÉva;2\n".encode() + "Zoé;3\n".encode("cp1252"),
            422,
            "import_row_unreadable",
            "Row 3 cannot be read: it is not written in UTF-8",
        ),
    ],
    ids=["50 MB", "300 columns", "NUL", "two encodings"],
)
def test_a_bad_file_is_refused_with_its_row_and_nothing_of_it_is_kept(
    owner: Api, program_id: str, content: bytes, status: int, code: str, said: str
) -> None:
    answer = owner.post(
        IMPORTS,
        params={"program_id": program_id},
        content=content,
        headers={**CSV, "Accept-Language": "en"},
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert said in answer.json()["detail"]
    assert owner.get(IMPORTS).json()["items"] == []
    assert listed(owner) == []
