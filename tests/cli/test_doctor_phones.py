"""What `punchcard doctor` says about phones: that they reach the server, and hear of changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert

from punchcard.accounts.access import reach_check
from punchcard.cli.doctors.doctor_phones import look_at_pushes, look_at_reach
from punchcard.cli.doctors.findings import Finding
from punchcard.context import Context
from punchcard.db.base import table_of
from punchcard.kit.settings import Settings
from punchcard.wallets.models import AppleDeviceRegistration, ApplePass
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator


@pytest.fixture
def public(settings: Settings) -> Settings:
    """Set the address of a shop that customers reach."""
    return replace(settings, base_url="https://cards.example.lu")


def reach(context: Context, settings: Settings) -> Finding:
    with context.database.read_connection() as connection:
        return look_at_reach(connection, settings)


def pushes(context: Context, settings: Settings) -> Finding:
    with context.database.read_connection() as connection:
        return look_at_pushes(connection, settings)


def test_an_address_is_doubted_until_a_phone_has_said_that_it_got_there(
    context: Context, public: Settings, alice: Shop
) -> None:
    doubted = reach(context, public)
    assert doubted.state == "warning"
    assert "No phone has said yet that it reached https://cards.example.lu" in doubted.message
    url = reach_check.reach_url(public, alice.id, context.clock.now())
    ticket = urlsplit(url).path.rsplit("/", 1)[-1]
    with context.database.write() as session:
        assert reach_check.note_reached(session, by_operator(context), public, ticket)
    known = reach(context, public)
    assert known.state == "ok"
    assert f"{context.clock.now():%Y-%m-%d}" in known.message


def test_an_address_of_this_machine_is_one_that_no_phone_opens(
    context: Context, settings: Settings
) -> None:
    found = reach(context, replace(settings, base_url="http://localhost:8000"))
    assert found.state == "warning"
    assert "leads to this machine only" in found.message


def make_passes(context: Context, shop: Shop, *, made_at: datetime, count: int = 3) -> list[str]:
    """Hand passes of one card out, and return their serial numbers."""
    program = shelf.program(shop, status="active", slug=f"p{made_at:%j%H%M%S}")
    card = shelf.opened_card(shop, program)
    numbers = [context.ids.new_card_number() for _ in range(count)]
    tags = {"update_tag": 0, "pushed_tag": 0, "modified_at": 0, "fingerprint": bytes(32)}
    rows = [
        {"serial_number": one, "card_id": card, "created_at": made_at, **tags} for one in numbers
    ]
    with context.database.write_connection() as connection:
        connection.execute(insert(table_of(ApplePass)), rows)
    return numbers


def test_passes_of_days_that_no_phone_follows_are_told(
    context: Context, public: Settings, alice: Shop
) -> None:
    now = datetime.now(UTC)
    assert pushes(context, public).state == "ok"
    # A phone that just took one may be about to ask; what is older has been told before.
    make_passes(context, alice, made_at=now - timedelta(minutes=30))
    make_passes(context, alice, made_at=now - timedelta(days=8))
    assert pushes(context, public).state == "ok"
    [number, *_] = make_passes(context, alice, made_at=now - timedelta(days=2))
    told = pushes(context, public)
    assert told.state == "warning"
    assert told.message.startswith("Pushes go to nobody: of 3 passes")
    assert "https://cards.example.lu/api/v1/loyalty/apple/v1/" in told.message

    with context.database.write() as session:
        card_id = session.get_one(ApplePass, number).card_id
        session.add(
            AppleDeviceRegistration(
                id=context.ids.new_id(),
                device_library_id="phone",
                push_token="token",
                serial_number=number,
                card_id=card_id,
                update_tag=0,
                created_at=now,
                updated_at=now,
            )
        )
    heard = pushes(context, public)
    assert heard.state == "ok"
    assert "Phones ask to hear of changes." in heard.message
