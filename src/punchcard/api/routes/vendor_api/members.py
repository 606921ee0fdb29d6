"""The people who sign in for the vendor."""

from fastapi import Response

from punchcard.accounts import member_service
from punchcard.accounts.member_service import NewMember
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import (
    MemberChange,
    MemberRequest,
    MemberSchema,
    given,
    member_schema,
)

router = api_router("/api/v1/vendor/members", tag="Members")


@router.get("")
def list_members(caller: CallerDep, page: PageDep) -> Listed[MemberSchema]:
    """List the people of the vendor, longest there first."""
    with caller.context.database.read() as session:
        rows = member_service.list_members(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, member_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(409))
def create_member(body: MemberRequest, caller: CallerDep) -> MemberSchema:
    """Add a person; an address signs in at one vendor only."""
    person = NewMember(
        email=body.email,
        name=body.name,
        role=body.role,
        language=body.language,
        password_hash=_hashed(caller, body.password),
    )
    with caller.context.database.write() as session:
        member = member_service.create_member(session, caller.act(), caller.vendor_id, person)
        response = member_schema(member)
        caller.remember(session, 201, response)
    return response


@router.get("/{member_id}", responses=problems(404))
def get_member(member_id: str, caller: CallerDep) -> MemberSchema:
    """Show one person."""
    with caller.context.database.read() as session:
        return member_schema(member_service.get_member(session, caller.vendor_id, member_id))


@router.patch("/{member_id}", responses=problems(404, 409))
def update_member(member_id: str, body: MemberChange, caller: CallerDep) -> MemberSchema:
    """Change a person's name, role, language or password; the last owner stays one."""
    changes = given(body)
    if "password" in changes:
        changes["password_hash"] = _hashed(caller, changes.pop("password"))
    with caller.context.database.write() as session:
        member = member_service.update_member(
            session, caller.act(), caller.vendor_id, member_id, changes
        )
        return member_schema(member)


@router.delete("/{member_id}", status_code=204, responses=problems(404, 409))
def remove_member(member_id: str, caller: CallerDep) -> Response:
    """Remove a person and end their sessions; the last owner stays."""
    with caller.context.database.write() as session:
        member_service.remove_member(session, caller.act(), caller.vendor_id, member_id)
    return Response(status_code=204)


def _hashed(caller: CallerDep, password: str) -> str:
    return caller.context.sign_in.hash_password(password, caller=caller.subject.id)
