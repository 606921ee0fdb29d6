"""The console's page of the people who sign in for the vendor."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from punchcard.accounts import member_service
from punchcard.accounts.member_service import NewMember
from punchcard.accounts.subjects import VENDOR_OWN
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, Visit, signed_in

router = APIRouter(prefix="/console/people")

Owner = Annotated[Visit, Depends(signed_in(VENDOR_OWN))]

ROLES: Final = (
    ("owner", N_("Owner"), N_("Everything, people, API keys and closing the shop included.")),
    ("manager", N_("Manager"), N_("Everything but people, API keys and closing the shop.")),
    ("staff", N_("Staff"), N_("Looks things up and works at the till.")),
)
"""Each role: its name, what it is called, what it may do."""
_SHOWN: Final = 200


@router.get("")
def open_people(visit: Owner) -> Response:
    """List the people, with a form for another one."""
    return _list_page(visit, visit.form({"role": "staff"}))


@router.post("")
def add_person(visit: Owner, form: FormDep) -> Response:
    """Add a person: by a mail in which they choose their password, or with a first one."""
    name = form.text("name", limit=120)
    email = form.email("email")
    role = form.choice("role", [role for role, *_ in ROLES])
    is_invited = visit.context.mail_queue.is_configured and not form.value("password")
    if not is_invited and not form.value("password"):
        form.fault("password", N_("Please fill this in."))
    if name and email and role and form.is_valid:
        with form.refusals():
            person = NewMember(
                email=email, name=name, role=role, password_hash=_first_password(visit, form)
            )
            with visit.context.database.write() as session:
                row = member_service.create_member(session, visit.act(), visit.vendor_id, person)
                if is_invited:
                    visit.context.password_reset.invite(session, row)
    if not form.is_valid:
        return _list_page(visit, form, status=422)
    done = N_("The invitation to {name} is on its way.") if is_invited else N_("{name} is added.")
    return visit.redirect("/console/people", done, name=name)


@router.get("/{member_id}")
def open_person(visit: Owner, member_id: str) -> Response:
    """Show one person to be changed."""
    with visit.context.database.read() as session:
        row = member_service.get_member(session, visit.vendor_id, member_id)
        initial = {"name": row.name, "role": row.role, "language": row.language}
    return _person_page(visit, member_id, visit.form(initial))


@router.post("/{member_id}")
def update_person(visit: Owner, member_id: str, form: FormDep) -> Response:
    """Change name, role or language; the last owner stays one."""
    changes: dict[str, Any] = {
        "name": form.text("name", limit=120),
        "role": form.choice("role", [role for role, *_ in ROLES]),
        "language": form.choice("language", LANGUAGES, required=False),
    }
    if form.is_valid:
        with form.refusals(), visit.context.database.write() as session:
            member_service.update_member(session, visit.act(), visit.vendor_id, member_id, changes)
    if not form.is_valid:
        return _person_page(visit, member_id, form, status=422)
    return visit.redirect("/console/people", N_("Saved."))


@router.post("/{member_id}/remove")
def remove_person(visit: Owner, member_id: str, form: FormDep) -> Response:
    """Remove a person and end their sessions; the last owner stays."""
    with form.refusals(), visit.context.database.write() as session:
        member_service.remove_member(session, visit.act(), visit.vendor_id, member_id)
    if not form.is_valid:
        return _list_page(visit, form, status=409)
    return visit.redirect("/console/people", N_("The person can no longer sign in."))


def _first_password(visit: Visit, form: Form) -> str:
    """Return the hash of what was typed, or of a password that nobody knows."""
    typed = form.value("password")
    if not typed:
        return visit.context.password_reset.new_unknown_password()
    return visit.context.sign_in.hash_password(typed, caller=visit.subject.id)


def _list_page(visit: Visit, form: Form, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        rows = member_service.list_members(session, visit.vendor_id, after_id=None, limit=_SHOWN)
    return visit.page(
        "console/people.html",
        status=status,
        form=form,
        people=rows,
        roles=ROLES,
        role_names={role: name for role, name, _ in ROLES},
        sends_mail=visit.context.mail_queue.is_configured,
    )


def _person_page(visit: Visit, member_id: str, form: Form, status: int = 200) -> Response:
    return visit.page(
        "console/person.html", status=status, form=form, member_id=member_id, roles=ROLES
    )
