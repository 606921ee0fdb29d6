"""Who shows what, and how quickly a change is felt."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from punchcard.accounts import (
    api_key_service,
    device_service,
    location_service,
    user_service,
    vendor_service,
)
from punchcard.accounts.access.credentials import Credentials
from punchcard.accounts.errors import (
    ApiKeyExpired,
    CredentialsInvalid,
    NotAllowed,
    VendorSuspended,
)
from punchcard.accounts.models import ApiKey, AuditEvent
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ApiKeyId, DeviceId
from punchcard.kit.settings import Settings
from punchcard.worker.schedule import expire_unseen_devices
from tests.support import cast
from tests.support.cast import Shop, by_operator, make_admin


@pytest.fixture
def remembering(context: Context, settings: Settings) -> Credentials:
    """Build the credentials of a process that remembers for two seconds."""
    return Credentials(context.database, context.clock, settings)


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        (
            "owner",
            {
                "loyalty:read",
                "loyalty:operate",
                "loyalty:manage",
                "vendor:manage",
                "vendor:own",
            },
        ),
        ("manager", {"loyalty:read", "loyalty:operate", "loyalty:manage", "vendor:manage"}),
        ("staff", {"loyalty:read", "loyalty:operate"}),
    ],
)
def test_a_member_may_what_the_role_says(
    context: Context, alice: Shop, role: Role, permissions: set[str]
) -> None:
    if role != "owner":
        alice.hire(role)

    subject = context.accounts.credentials.resolve(alice.token(role))

    assert subject.kind == "member"
    assert subject.vendor_id == alice.id
    assert subject.role == role
    assert subject.permissions == permissions
    assert subject.language == "fr"


def test_an_admin_has_the_platform_and_no_vendor(context: Context) -> None:
    subject = context.accounts.credentials.resolve(cast.make_admin(context))

    assert subject.kind == "admin"
    assert subject.vendor_id is None
    assert subject.permissions == {"platform:admin"}


def test_an_api_key_may_exactly_its_scopes(context: Context, alice: Shop) -> None:
    subject = context.accounts.credentials.resolve(alice.api_key("loyalty:read", "loyalty:manage"))

    assert subject.kind == "api_key"
    assert subject.vendor_id == alice.id
    assert subject.permissions == {"loyalty:read", "loyalty:manage"}


def test_a_device_operates_at_its_location(context: Context, alice: Shop) -> None:
    subject = context.accounts.credentials.resolve(alice.device())

    with context.database.read() as session:
        [location] = location_service.list_locations(session, alice.id, after_id=None, limit=2)
    assert subject.kind == "device"
    assert subject.permissions == {"loyalty:operate"}
    assert subject.location_id == location.id


@pytest.mark.parametrize(
    "bearer", ["", "nonsense", "at_wrong", "pk_wrong", "dt_wrong", "pk_" + "x" * 5000, "pk_\xff"]
)
def test_what_nobody_was_given_is_invalid(context: Context, bearer: str) -> None:
    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(bearer)


def test_a_session_ends_after_its_hours(context: Context, clock: ManualClock, alice: Shop) -> None:
    token = alice.token()
    clock.advance(hours=context.settings.access_token_hours)

    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(token)


def test_a_remembered_session_ends_at_its_hour_too(
    remembering: Credentials, context: Context, clock: ManualClock, alice: Shop
) -> None:
    alice.hire(Role.STAFF)
    token = alice.token("staff")
    clock.advance(hours=context.settings.access_token_hours, seconds=-1)
    remembering.resolve(token)
    clock.advance(seconds=1)

    with pytest.raises(CredentialsInvalid):
        remembering.resolve(token)


def test_a_revoked_key_stops_at_once_where_it_was_forgotten(
    remembering: Credentials, context: Context, alice: Shop
) -> None:
    key = alice.api_key("loyalty:read")
    key_id = ApiKeyId(remembering.resolve(key).credential_id or "")
    with context.database.write() as session:
        api_key_service.revoke_api_key(session, by_operator(context), alice.id, key_id)

    remembering.invalidate(key_id)

    with pytest.raises(CredentialsInvalid):
        remembering.resolve(key)


def test_a_revoked_key_stops_in_other_processes_within_two_seconds(
    remembering: Credentials, context: Context, settings: Settings, clock: ManualClock, alice: Shop
) -> None:
    key = alice.api_key("loyalty:read")
    key_id = ApiKeyId(remembering.resolve(key).credential_id or "")
    with context.database.write() as session:
        api_key_service.revoke_api_key(session, by_operator(context), alice.id, key_id)
    assert remembering.resolve(key).credential_id == key_id

    clock.advance(seconds=settings.credential_cache_seconds)

    with pytest.raises(CredentialsInvalid):
        remembering.resolve(key)


def test_a_removed_member_and_a_revoked_device_are_refused(context: Context, alice: Shop) -> None:
    user_id = alice.hire(Role.STAFF)
    token, device = alice.token("staff"), alice.device()
    device_id = DeviceId(context.accounts.credentials.resolve(device).id or "")
    with context.database.write() as session:
        act = by_operator(context)
        user_service.remove_user(session, act, alice.id, user_id)
        device_service.revoke_device(session, act, alice.id, device_id)

    for bearer in (token, device):
        with pytest.raises(CredentialsInvalid):
            context.accounts.credentials.resolve(bearer)


def test_a_suspended_vendor_is_told_so_and_may_come_back(
    remembering: Credentials, context: Context, alice: Shop
) -> None:
    bearers = [alice.token(), alice.api_key("loyalty:read"), alice.device()]
    for bearer in bearers:
        remembering.resolve(bearer)
    with context.database.write() as session:
        vendor_service.suspend_vendor(session, by_operator(context), alice.id)
    remembering.invalidate_vendor(alice.id)

    for bearer in bearers:
        with pytest.raises(VendorSuspended):
            remembering.resolve(bearer)

    with context.database.write() as session:
        vendor_service.resume_vendor(session, by_operator(context), alice.id)
    assert [remembering.resolve(bearer).vendor_id for bearer in bearers] == [alice.id] * 3


def test_a_closed_vendor_leaves_no_way_in(context: Context, alice: Shop) -> None:
    bearers = [alice.token(), alice.api_key("loyalty:read"), alice.device()]
    with context.database.write() as session:
        vendor_service.close_vendor(session, by_operator(context), alice.id)

    for bearer in bearers:
        with pytest.raises(CredentialsInvalid):
            context.accounts.credentials.resolve(bearer)
    with pytest.raises(CredentialsInvalid):
        alice.token()


def test_last_use_is_written_once_a_minute(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    key = alice.api_key("loyalty:read")

    first = clock.now()
    assert _use_and_flush(context, key) == first
    clock.advance(seconds=59)
    assert _use_and_flush(context, key) == first
    clock.advance(seconds=1)
    assert _use_and_flush(context, key) == clock.now()


def test_memory_of_credentials_is_bounded_and_forgets_the_stale(
    database: Database, settings: Settings, clock: ManualClock
) -> None:
    brief = replace(settings, credential_cache_seconds=1)
    with closing(build_context(brief, clock=clock, database=database)) as context:
        key = cast.open_cafe_alice(context).api_key("loyalty:read")
        first = context.accounts.credentials.resolve(key)
        assert context.accounts.credentials.resolve(key) is first
        clock.advance(seconds=1)
        assert context.accounts.credentials.resolve(key) is not first


def test_a_key_has_no_sessions_and_no_password(context: Context, alice: Shop) -> None:
    subject = context.accounts.credentials.resolve(alice.api_key("loyalty:read"))

    with pytest.raises(NotAllowed):
        context.accounts.sign_in.change_password(
            subject, current="whatever", new="something long", request_id=None
        )


def _use_and_flush(context: Context, key: str) -> object:
    context.accounts.credentials.resolve(key)
    with context.database.write() as session:
        context.accounts.credentials.flush_last_used(session)
    with context.database.read() as session:
        return session.query(ApiKey.last_used_at).scalar()


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_a_session_that_nobody_uses_ends_before_its_hours(
    context: Context, clock: ManualClock, alice: Shop, who: str
) -> None:
    token = alice.token() if who == "owner" else make_admin(context)
    idle = context.settings.session_idle_minutes
    clock.advance(minutes=idle, seconds=-1)
    context.accounts.credentials.resolve(token)
    clock.advance(minutes=idle, seconds=-1)
    context.accounts.credentials.resolve(token)
    clock.advance(minutes=idle)

    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(token)


def test_another_process_sees_that_a_session_is_used_once_it_is_written_down(
    context: Context, remembering: Credentials, clock: ManualClock, alice: Shop
) -> None:
    token = alice.token()
    clock.advance(minutes=100)
    context.accounts.credentials.resolve(token)
    with context.database.write() as session:
        context.accounts.credentials.flush_last_used(session)
    clock.advance(minutes=100)

    assert remembering.resolve(token).role == Role.OWNER


def test_staff_stay_signed_in_for_a_day_at_the_counter(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    alice.hire(Role.STAFF)
    token = alice.token("staff")
    clock.advance(minutes=context.settings.session_idle_minutes * 2)

    assert context.accounts.credentials.resolve(token).role == Role.STAFF


def test_a_key_works_until_its_end_and_says_that_it_has_ended(
    context: Context, remembering: Credentials, clock: ManualClock, alice: Shop
) -> None:
    ends_at = clock.now() + timedelta(seconds=1)
    with context.database.write() as session:
        key, _ = api_key_service.create_api_key(
            session,
            by_operator(context),
            alice.id,
            name="Web shop",
            scopes=["loyalty:read"],
            expires_at=ends_at,
        )
    remembering.resolve(key)
    clock.advance(seconds=1)

    with pytest.raises(ApiKeyExpired) as refusal:
        remembering.resolve(key)
    assert refusal.value.facts == {"expired_at": ends_at}


def test_a_terminal_that_was_not_seen_for_long_works_no_more_and_is_unpaired(
    context: Context, clock: ManualClock, alice: Shop
) -> None:
    unseen, seen = alice.device("Cellar"), alice.device("Counter")
    clock.advance(days=89)
    context.accounts.credentials.resolve(seen)
    with context.database.write() as session:
        context.accounts.credentials.flush_last_used(session)
    clock.advance(days=1)

    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(unseen)
    with context.database.write() as session:
        assert expire_unseen_devices(context, session, clock.now()) == 1
        assert expire_unseen_devices(context, session, clock.now()) == 0
    with context.database.read() as session:
        left = device_service.list_devices(session, alice.id, after_id=None, limit=9)
        actions = set(session.scalars(select(AuditEvent.action)))
    assert [device.name for device in left] == ["Counter"]
    assert "device.expired" in actions
