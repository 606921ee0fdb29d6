"""A program's logo: uploaded by its shop, shown to everybody, on the passes at once."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.pictures import a_moving_picture, a_picture, opened

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    return shelf.program(alice, status="active", branding={"accent_color": "#aa3311"})


def upload(api: Api, program: LoyaltyProgram, content: bytes) -> httpx.Response:
    return api.call("PUT", f"/vendor/loyalty/programs/{program.id}/logo", content=content)


def uploaded(api: Api, program: LoyaltyProgram, content: bytes | None = None) -> Any:
    answer = upload(api, program, content or a_picture())
    assert answer.status_code == 200, answer.text
    return answer.json()


def fetch(api: Api, logo_url: str) -> httpx.Response:
    return api.get(logo_url.removeprefix(f"{BASE}/api/v1"))


def test_an_uploaded_logo_is_shown_at_the_address_the_branding_names(
    api: Api, owner: Api, program: LoyaltyProgram
) -> None:
    told = uploaded(owner, program)

    shown = fetch(api, told["branding"]["logo_url"])

    assert told["version"] == program.version + 1
    assert told["branding"]["accent_color"] == "#aa3311"
    assert opened(shown.content).size == (400, 200)
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    page = api.get(f"/loyalty/programs/{program.slug}").json()
    assert page["branding"] == told["branding"]
    by_slug = api.get(f"/loyalty/programs/{program.slug}/logo.png")
    assert by_slug.content == shown.content
    assert by_slug.headers["Cache-Control"] == "public, max-age=300"


def test_passes_are_told_and_the_change_is_in_the_audit_trail(
    owner: Api, context: Context, program: LoyaltyProgram
) -> None:
    uploaded(owner, program)

    with context.database.read() as session:
        waiting = session.scalars(select(OutboxRow).where(OutboxRow.key == program.id)).all()
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "program.logo_changed")
        ).all()
    assert [row.topic for row in waiting] == ["program.changed"]
    assert [event.subject_id for event in events] == [program.id]


def test_another_picture_has_another_address_and_the_same_one_changes_nothing(
    api: Api, owner: Api, program: LoyaltyProgram
) -> None:
    first = uploaded(owner, program)
    again = uploaded(owner, program)
    other = uploaded(owner, program, a_picture(colour="#0000aa"))

    assert again == first
    assert other["branding"]["logo_url"] != first["branding"]["logo_url"]
    old_address = fetch(api, first["branding"]["logo_url"])
    assert old_address.headers["Cache-Control"] == "public, max-age=300"
    assert old_address.content == fetch(api, other["branding"]["logo_url"]).content


def test_a_new_branding_keeps_the_logo_unless_it_names_another(
    owner: Api, program: LoyaltyProgram
) -> None:
    path = f"/vendor/loyalty/programs/{program.id}"
    logo_url = uploaded(owner, program)["branding"]["logo_url"]
    for branding in (
        {"accent_color": "#00aa00"},
        {"accent_color": "#0000aa", "logo_url": None},
        {"logo_url": logo_url},
        {"logo_url": logo_url.replace("http://127.0.0.1:8000", "https://old.example")},
    ):
        told = owner.patch(path, {"branding": branding}).json()
        assert told["branding"]["logo_url"] == logo_url, branding
    other = "https://example.com/logo.png"
    told = owner.patch(path, {"branding": {"logo_url": other}}).json()
    assert told["branding"]["logo_url"] == other
    assert uploaded(owner, program)["branding"]["logo_url"] == logo_url


def test_the_address_of_another_programs_logo_is_no_branding_without_https(
    owner: Api, alice: Shop, program: LoyaltyProgram
) -> None:
    logo_url = uploaded(owner, program)["branding"]["logo_url"]
    other = shelf.program(alice, name="Tea card")

    changed = owner.patch(
        f"/vendor/loyalty/programs/{other.id}", {"branding": {"logo_url": logo_url}}
    )
    new = {"name": "New", "type": "points", "branding": {"logo_url": logo_url}}

    for answer in (changed, owner.post("/vendor/loyalty/programs", new)):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"][-2:] == ["branding", "logo_url"]


def test_a_removed_logo_is_gone_and_can_be_removed_again(
    api: Api, owner: Api, program: LoyaltyProgram
) -> None:
    logo_url = uploaded(owner, program)["branding"]["logo_url"]

    for _ in range(2):
        answer = owner.delete(f"/vendor/loyalty/programs/{program.id}/logo")
        assert answer.status_code == 204

    assert fetch(api, logo_url).status_code == 404
    told = owner.get(f"/vendor/loyalty/programs/{program.id}").json()
    assert told["branding"]["logo_url"] is None
    echoed = owner.patch(
        f"/vendor/loyalty/programs/{program.id}", {"branding": {"logo_url": logo_url}}
    )
    assert echoed.json()["branding"]["logo_url"] is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "image_refused"),
        (b"%PDF-1.7", "image_refused"),
        (a_picture(size=(15, 400)), "image_size_refused"),
        (a_moving_picture(), "image_animated"),
        (b"\xff\xd8" + b"x" * 1_000_000, "image_too_large"),
    ],
    ids=["nothing", "a document", "a line", "moving", "too long"],
)
def test_what_is_no_logo_is_refused_and_the_old_one_stays(
    owner: Api, program: LoyaltyProgram, content: bytes, code: str
) -> None:
    before = uploaded(owner, program)

    answer = upload(owner, program, content)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert owner.get(f"/vendor/loyalty/programs/{program.id}").json() == before


def test_a_file_above_the_limit_of_bodies_is_not_read(owner: Api, program: LoyaltyProgram) -> None:
    assert upload(owner, program, b"x" * 1_048_577).status_code == 413


def test_others_can_neither_upload_nor_remove(
    api: Api, owner: Api, bob: Shop, program: LoyaltyProgram
) -> None:
    uploaded(owner, program)
    stranger = api.with_token(bob.token())
    path = f"/vendor/loyalty/programs/{program.id}/logo"

    assert upload(stranger, program, a_picture()).status_code == 404
    assert stranger.delete(path).status_code == 404
    assert upload(api, program, a_picture()).status_code == 401
    assert owner.get(f"/vendor/loyalty/programs/{program.id}").json()["branding"]["logo_url"]


def test_a_program_without_logo_shows_none_to_those_who_ask(
    api: Api, program: LoyaltyProgram
) -> None:
    for name in (program.slug, program.id, "nobody", "%00"):
        assert api.get(f"/loyalty/programs/{name}/logo.png").status_code == 404
