"""Vendors, their people, locations, keys and devices, and the trail their changes leave."""

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from punchcard.accounts import (
    api_key_service,
    audit_service,
    device_service,
    location_service,
    user_service,
    vendor_service,
)
from punchcard.accounts.errors import (
    DeviceNotFound,
    EmailTaken,
    LastOwner,
    LocationHasDevices,
    LocationNotFound,
    PairingCodeInvalid,
    UserNotFound,
    VendorClosed,
    VendorSlugTaken,
)
from punchcard.accounts.models import AuditEvent, Device, Location, User
from punchcard.accounts.rows import apply_changes, find_own
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import Role, VendorStatus
from punchcard.context import Context
from punchcard.db.base import table_of
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import ApiKeyId, DeviceId, LocationId, UserId
from tests.support import cast
from tests.support.cast import PASSWORD, Shop, by_operator


def owner_id(context: Context, shop: Shop) -> UserId:
    with context.database.read() as session:
        return session.scalars(select(User.id).where(User.email == shop.email("owner"))).one()


def pair(context: Context, code: str, name: str = "Till") -> Device:
    with context.database.write() as session:
        return device_service.pair_device(
            session,
            code=code,
            name=name,
            now=context.clock.now(),
            ids=context.ids,
            request_id=None,
        )[1]


def new_code(context: Context, shop: Shop) -> str:
    with context.database.write() as session:
        return device_service.create_pairing_code(
            session, by_operator(context), shop.id, location_id=None, minutes=10
        )[0]


def trail(context: Context, shop: Shop) -> list[AuditEvent]:
    with context.database.read() as session:
        return audit_service.list_events(session, vendor_id=shop.id, before_id=None, limit=200)


def test_a_new_vendor_has_an_owner_and_a_location(context: Context, alice: Shop) -> None:
    with context.database.read() as session:
        [location] = location_service.list_locations(session, alice.id, after_id=None, limit=9)
        [user] = user_service.list_users(session, alice.id, after_id=None, limit=9)
    assert location.name == "Café Alice"
    assert user.role == "owner"


def test_a_short_name_and_an_address_are_given_once(
    context: Context, alice: Shop, bob: Shop
) -> None:
    with pytest.raises(VendorSlugTaken):
        cast.open_cafe_alice(context)
    with pytest.raises(VendorSlugTaken), context.database.write() as session:
        vendor_service.update_vendor(session, by_operator(context), bob.id, {"slug": alice.slug})
    with pytest.raises(EmailTaken):
        alice.hire(Role.OWNER)  # with the address of the owner there is
    with pytest.raises(EmailTaken):
        cast.make_admin(context, alice.email("owner"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "tab\there"),
        ("slug", "Cafe Alice"),
        ("currency", "EUX"),
        ("timezone", "Europe/Nowhere"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Europe"),
        ("timezone", "localtime"),
        ("timezone", "Factory"),
        ("language", "es"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    context: Context, alice: Shop, field: str, value: str
) -> None:
    with pytest.raises(InvalidInput) as refusal, context.database.write() as session:
        vendor_service.update_vendor(session, by_operator(context), alice.id, {field: value})

    assert refusal.value.errors[0]["loc"] == [field]


def test_last_owner_can_neither_be_removed_nor_demoted(context: Context, alice: Shop) -> None:
    owner = owner_id(context, alice)
    act = by_operator(context)

    with pytest.raises(LastOwner), context.database.write() as session:
        user_service.remove_user(session, act, alice.id, owner)
    with pytest.raises(LastOwner), context.database.write() as session:
        user_service.update_user(session, act, alice.id, owner, {"role": "staff"})


@pytest.mark.both_databases
def test_two_owners_who_demote_each_other_at_once_leave_one(context: Context, alice: Shop) -> None:
    second = alice.hire(Role.MANAGER)
    with context.database.write() as session:
        user_service.update_user(session, by_operator(context), alice.id, second, {"role": "owner"})

    def demote(user_id: UserId) -> bool:
        try:
            with context.database.write() as session:
                user_service.update_user(
                    session, by_operator(context), alice.id, user_id, {"role": "staff"}
                )
        except LastOwner:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(demote, [owner_id(context, alice), second]))

    assert sorted(done) == [False, True]


@pytest.mark.both_databases
def test_of_locations_that_are_opened_at_once_under_one_name_there_is_one(
    context: Context, alice: Shop
) -> None:
    def is_opened(_: int) -> bool:
        try:
            with context.database.write() as session:
                act = by_operator(context)
                location_service.create_location(session, act, alice.id, name="The stall")
        except InvalidInput:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(is_opened, range(4))) == 1


@pytest.mark.both_databases
def test_no_terminal_is_paired_where_the_location_is_being_closed(
    context: Context, alice: Shop
) -> None:
    def close(location_id: LocationId) -> bool:
        try:
            with context.database.write() as session:
                location_service.close_location(
                    session, by_operator(context), alice.id, location_id
                )
        except LocationHasDevices:
            return False
        return True

    def paired(code: str) -> bool:
        try:
            pair(context, code)
        except PairingCodeInvalid:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for number in range(5):
            with context.database.write() as session:
                act = by_operator(context)
                stall = location_service.create_location(
                    session, act, alice.id, name=f"Stall {number}"
                ).id
                code = device_service.create_pairing_code(
                    session, act, alice.id, location_id=stall, minutes=10
                )[0]
            closed = pool.submit(close, stall)
            assert pool.submit(paired, code).result() is not closed.result()


def test_a_removed_persons_address_is_free_again(context: Context, alice: Shop, bob: Shop) -> None:
    staff = alice.hire(Role.STAFF)
    with context.database.write() as session:
        user_service.remove_user(session, by_operator(context), alice.id, staff)

    assert alice.hire(Role.STAFF) != staff
    with pytest.raises(UserNotFound), context.database.read() as session:
        user_service.get_user(session, alice.id, staff)


def test_bob_cannot_reach_alices_people_places_and_devices(
    context: Context, alice: Shop, bob: Shop
) -> None:
    owner = owner_id(context, alice)
    device = pair(context, new_code(context, alice))
    assert device.location_id is not None
    act = by_operator(context)

    with pytest.raises(UserNotFound), context.database.write() as session:
        user_service.update_user(session, act, bob.id, owner, {"name": "Mine"})
    with pytest.raises(LocationNotFound), context.database.write() as session:
        location_service.update_location(session, act, bob.id, device.location_id, {"name": "Mine"})
    with pytest.raises(DeviceNotFound), context.database.write() as session:
        device_service.revoke_device(session, act, bob.id, device.id)
    with pytest.raises(DeviceNotFound), context.database.write() as session:
        device_service.revoke_device(session, act, alice.id, DeviceId("not an id\x00"))


def test_a_pairing_code_works_once(context: Context, alice: Shop) -> None:
    code = new_code(context, alice)

    device = pair(context, f" {code[:4].lower()}-{code[4:]} ", "Till by the door")

    assert device.name == "Till by the door"
    with pytest.raises(PairingCodeInvalid):
        pair(context, code)


@pytest.mark.both_databases
def test_of_two_devices_with_one_code_only_one_is_paired(context: Context, alice: Shop) -> None:
    code = new_code(context, alice)

    def attempt(number: int) -> bool:
        try:
            pair(context, code, f"Till {number}")
        except PairingCodeInvalid:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def test_a_pairing_code_ends_after_ten_minutes(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    code = new_code(context, alice)
    clock.advance(minutes=10)

    with pytest.raises(PairingCodeInvalid):
        pair(context, code)


def test_a_location_with_devices_stays_until_they_move(context: Context, alice: Shop) -> None:
    device = pair(context, new_code(context, alice))
    act = by_operator(context)
    assert device.location_id is not None
    with pytest.raises(LocationHasDevices), context.database.write() as session:
        location_service.close_location(session, act, alice.id, device.location_id)

    with context.database.write() as session:
        terrace = location_service.create_location(session, act, alice.id, name="Terrace")
        device_service.update_device(
            session, act, alice.id, device.id, {"location_id": terrace.id, "name": "Outside"}
        )
        location_service.close_location(session, act, alice.id, device.location_id)

    with context.database.read() as session:
        [left] = location_service.list_locations(session, alice.id, after_id=None, limit=9)
        [moved] = device_service.list_devices(session, alice.id, after_id=None, limit=9)
    assert moved.location_id == left.id == terrace.id
    with pytest.raises(LocationNotFound), context.database.write() as session:
        location_service.update_location(
            session, act, alice.id, device.location_id, {"name": "Back"}
        )


def test_with_two_locations_a_code_must_name_one(context: Context, alice: Shop) -> None:
    with context.database.write() as session:
        location_service.create_location(session, by_operator(context), alice.id, name="Terrace")

    with pytest.raises(InvalidInput):
        new_code(context, alice)


def test_a_closed_vendor_stays_closed(context: Context, alice: Shop) -> None:
    with context.database.write() as session:
        vendor_service.close_vendor(session, by_operator(context), alice.id)

    with pytest.raises(VendorClosed), context.database.write() as session:
        vendor_service.resume_vendor(session, by_operator(context), alice.id)


def test_vendors_are_found_by_part_of_their_name(context: Context, alice: Shop, bob: Shop) -> None:
    with context.database.read() as session:
        found = vendor_service.list_vendors(session, query="ALICE")
        nothing = vendor_service.list_vendors(session, query="100%_")
        active = vendor_service.list_vendors(session, status=VendorStatus.ACTIVE, after_id=alice.id)
    assert [vendor.id for vendor in found] == [alice.id]
    assert nothing == []
    assert [vendor.id for vendor in active] == [bob.id]


def test_trail_keeps_who_did_it_and_only_what_changed(context: Context, alice: Shop) -> None:
    with context.database.write() as session:
        vendor_service.update_vendor(
            session, by_operator(context), alice.id, {"name": "Alice's", "currency": "EUR"}
        )

    event = trail(context, alice)[0]
    assert (event.action, event.actor_kind) == ("vendor.updated", SYSTEM.kind)
    assert (event.old, event.new) == ({"name": "Café Alice"}, {"name": "Alice's"})
    assert event.request_id == "test"


def test_trail_of_everything_holds_no_secret(context: Context, alice: Shop) -> None:
    staff = alice.hire(Role.STAFF)
    key, code = alice.api_key("loyalty:read"), new_code(context, alice)
    device, token = alice.device(), alice.token()
    subject = context.accounts.credentials.resolve(token)
    context.accounts.sign_in.change_password(
        subject, current=PASSWORD, new="changed one", request_id=None
    )
    act = by_operator(context)
    with context.database.write() as session:
        key_id = ApiKeyId(context.accounts.credentials.resolve(key).id or "")
        api_key_service.revoke_api_key(session, act, alice.id, key_id)
        user_service.remove_user(session, act, alice.id, staff)

    events = trail(context, alice)
    written = json.dumps([[event.old, event.new] for event in events])
    for secret in (PASSWORD, "changed one", key, code, device, token, "$2b$", "hash"):
        assert secret not in written
    assert {event.action for event in events} == {
        "vendor.created",
        "member.created",
        "location.created",
        "api_key.created",
        "pairing_code.created",
        "device.paired",
        "session.opened",
        "member.password_changed",
        "api_key.revoked",
        "member.removed",
    }


@pytest.mark.parametrize(
    "values",
    [{"password": "x"}, {"pin": "1234"}, {"a": [{"token_hash": "x"}]}, {"staff_token": "x"}],
)
def test_trail_refuses_to_hold_a_secret(context: Context, values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="audit trail"), context.database.write() as session:
        audit_service.record(
            session,
            subject=SYSTEM,
            action="test",
            subject_kind="test",
            subject_id="1",
            vendor_id=None,
            now=context.clock.now(),
            ids=context.ids,
            new=values,
        )


def test_only_what_differs_is_changed_and_told() -> None:
    row = SimpleNamespace(name="Anna", role="staff", language=None)
    told = apply_changes(row, {"name": "Anna", "role": "manager", "language": "de"})
    assert told == ({"role": "staff", "language": None}, {"role": "manager", "language": "de"})
    assert vars(row) == {"name": "Anna", "role": "manager", "language": "de"}


def test_a_row_that_is_locked_is_read_anew(context: Context, alice: Shop) -> None:
    with context.database.write() as session:
        [seen] = location_service.list_locations(session, alice.id, after_id=None, limit=9)
        table = table_of(Location)
        session.connection().execute(update(table).values(name="Elsewhere"))
        assert seen.name == "Café Alice"
        find_own(session, Location, alice.id, seen.id, missing=LocationNotFound, lock=True)
        assert seen.name == "Elsewhere"
