"""The users of a vendor: the people who sign in for it."""

from typing import Final

from fastapi import Response

from punchcard.accounts import user_service, vendor_service
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vocabulary import Role
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import UserChange, UserRequest, UserSchema, user_schema
from punchcard.api.schemas.fields import given
from punchcard.kit.ids import UserId

router: Final = api_router("/api/v1/vendor/users", tag="Users")
former_router: Final = api_router("/api/v1/vendor/members", tag="Users", is_deprecated=True)
"""The same routes under their first path, for software that knows it."""


def list_users(caller: CallerDep, page: PageDep) -> Listed[UserSchema]:
    """List the users of the vendor, longest there first."""
    with caller.context.database.read() as session:
        rows = user_service.list_users(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, user_schema, lambda row: row.id)


def create_user(body: UserRequest, caller: CallerDep) -> UserSchema:
    """Add a user; an address signs in at one vendor only."""
    if body.role == Role.OWNER:
        caller.require_confirmation()
    new = NewUser(
        email=body.email,
        name=body.name,
        role=body.role,
        language=body.language,
        password_hash=_hashed(caller, body.password, [body.name, body.email]),
    )
    with caller.context.database.write() as session:
        user = user_service.create_user(session, caller.act(), caller.vendor_id, new)
        return caller.remember(session, 201, user_schema(user))


def get_user(user_id: UserId, caller: CallerDep) -> UserSchema:
    """Return one user."""
    with caller.context.database.read() as session:
        return caller.tagged(user_schema(user_service.get_user(session, caller.vendor_id, user_id)))


def update_user(user_id: UserId, body: UserChange, caller: CallerDep) -> UserSchema:
    """Change a user's name, role, language or password; the last owner stays an owner."""
    changes = given(body)
    if "password" in changes or changes.get("role") == Role.OWNER:
        caller.require_confirmation()
    if "password" in changes:
        with caller.context.database.read() as session:
            user = user_service.get_user(session, caller.vendor_id, user_id)
        names = [user.name, user.email]
        changes["password_hash"] = _hashed(caller, changes.pop("password"), names)
    with caller.context.database.write() as session:
        user = user_service.update_user(
            session,
            caller.act(),
            caller.vendor_id,
            user_id,
            changes,
            guard=caller.guard(user_schema),
        )
        return caller.tagged(user_schema(user))


def remove_user(user_id: UserId, caller: CallerDep) -> Response:
    """Remove a user and end their sessions; the last owner stays."""
    with caller.context.database.write() as session:
        user_service.remove_user(session, caller.act(), caller.vendor_id, user_id)
    return Response(status_code=204)


def reset_second_factor(user_id: UserId, caller: CallerDep) -> Response:
    """Remove the second factor of a user who has lost it; they are told by mail."""
    caller.require_confirmation()
    with caller.context.database.write() as session:
        user = user_service.get_user(session, caller.vendor_id, user_id)
        caller.context.accounts.second_factors.reset(session, caller.act(), user)
    return Response(status_code=204)


def remove_identity(user_id: UserId, caller: CallerDep) -> Response:
    """Let the account at the operator's provider sign a user in no more; their sessions end."""
    caller.require_confirmation()
    with caller.context.database.write() as session:
        user = user_service.get_user(session, caller.vendor_id, user_id)
        caller.context.accounts.identities.reset(session, caller.act(), user)
    return Response(status_code=204)


for _router in (router, former_router):
    _router.get("")(list_users)
    _router.post("", status_code=201, responses=problems(409))(create_user)
    _router.get("/{user_id}", responses=problems(404))(get_user)
    _router.patch("/{user_id}", responses=problems(404, 409))(update_user)
    _router.delete("/{user_id}", status_code=204, responses=problems(404, 409))(remove_user)
    _router.delete("/{user_id}/second-factor", status_code=204, responses=problems(403, 404, 409))(
        reset_second_factor
    )
    _router.delete("/{user_id}/identity", status_code=204, responses=problems(403, 404, 409))(
        remove_identity
    )


def _hashed(caller: CallerDep, password: str, names: list[str]) -> str:
    with caller.context.database.read() as session:
        names = names + vendor_service.names_of(session, caller.vendor_id)
    return caller.context.accounts.sign_in.hash_password(
        password, caller=caller.subject.id, names=names
    )
