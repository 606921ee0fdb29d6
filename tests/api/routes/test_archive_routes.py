"""An owner has everything of the shop written into one file, and fetches it for some hours."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select, text

from punchcard.connect.archive import archive_service
from punchcard.connect.archive.arrival import Arrival, move_in
from punchcard.connect.archive.models import VendorArchivePart
from punchcard.connect.archive.unloading import Unloading
from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.db.migrate import upgrade
from punchcard.kit.clock import ManualClock
from punchcard.worker.handlers import LONG_WORK_LANE
from punchcard.worker.loop import Worker
from punchcard.worker.schedule import expire_archives
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api

PATH = "/vendor/loyalty/exports/archive"


def work(context: Context) -> None:
    """Let a worker do all that waits."""
    worker = Worker(context, [LONG_WORK_LANE], [])
    while worker.do_work():
        pass


def asked(owner: Api) -> dict[str, Any]:
    answer = owner.post(PATH, {})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_file_is_made_fetched_and_moves_in_elsewhere(
    owner: Api, context: Context, alice: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shelf.program(alice, status="active")
    made = asked(owner)
    assert made["state"] == "waiting"
    early = owner.get(f"{PATH}/{made['id']}/file.zip")
    assert (early.status_code, early.json()["code"]) == (409, "archive_not_ready")
    again = owner.post(PATH, {})
    assert (again.status_code, again.json()["code"]) == (409, "archive_under_way")

    work(context)
    ready = owner.get(f"{PATH}/{made['id']}").json()
    file = owner.get(f"{PATH}/{made['id']}/file.zip")
    assert (ready["state"], ready["bytes"]) == ("ready", len(file.content))
    assert ready["sha256"] == hashlib.sha256(file.content).hexdigest()
    assert "cafe-alice-archive-" in file.headers["content-disposition"]

    url = f"sqlite:///{tmp_path_factory.mktemp('elsewhere') / 'punchcard.db'}"
    upgrade(url)
    elsewhere = Database(url)
    arrival = Arrival(Unloading(context.settings.keys, "-"), context.settings.data_dir)
    assert move_in(elsewhere, cast.by_operator(context), BytesIO(file.content), arrival).cards == 0
    elsewhere.close()


@pytest.mark.both_databases
def test_of_those_who_ask_at_once_one_gets_an_archive(owner: Api) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: owner.post(PATH, {}).status_code, range(4)))

    assert sorted(answers) == [202, 409, 409, 409]


def test_what_waits_to_be_fetched_is_sealed_and_ends(
    owner: Api, context: Context, alice: Shop, clock: ManualClock
) -> None:
    asked(owner)
    work(context)
    with context.database.read() as session:
        parts = session.scalars(select(VendorArchivePart.content_sealed)).all()
    assert parts
    assert not [part for part in parts if b"manifest.json" in part]

    clock.advance(hours=context.settings.archive_keep_hours)
    with context.database.write() as session:
        assert expire_archives(context, session, clock.now()) == 1
        assert session.scalar(select(func.count()).select_from(VendorArchivePart)) == 0
    with context.database.read() as session:
        assert archive_service.list_archives(session, alice.id, limit=9) == []


def test_a_damaged_ledger_is_told_and_nothing_is_kept(
    owner: Api, context: Context, alice: Shop
) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    owner.post("/vendor/loyalty/cards", {"program_id": program.id}).raise_for_status()
    with context.database.write() as session:
        session.execute(text("UPDATE loyalty_cards SET stamps = 7"))
    made = asked(owner)
    work(context)

    assert owner.get(f"{PATH}/{made['id']}").json()["state"] == "failed"
    refused = owner.get(f"{PATH}/{made['id']}/file.zip")
    assert refused.json()["code"] == "archive_not_ready"


def test_who_asks_and_fetches_has_just_shown_who_they_are(
    owner: Api, context: Context, clock: ManualClock
) -> None:
    made = asked(owner)
    work(context)
    clock.advance(hours=1)

    for answer in (owner.post(PATH, {}), owner.get(f"{PATH}/{made['id']}/file.zip")):
        assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_required")


def test_another_shops_archive_is_not_there(
    owner: Api, context: Context, api: Api, bob: Shop
) -> None:
    made = asked(owner)
    work(context)
    stranger = api.with_token(bob.token("owner"))

    for end in ("", "/file.zip"):
        assert stranger.get(f"{PATH}/{made['id']}{end}").status_code == 404
