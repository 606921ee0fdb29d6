"""The console's page of the people who sign in for the vendor."""

from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import user_service, vendor_service
from punchcard.accounts.models import User
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vocabulary import Role
from punchcard.accounts.words import LANGUAGE_NAMES
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import UserId
from punchcard.web.console.sorting import by_text, sorted_page
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.roles import ROLES
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/people")

_ROLE_NAMES: Final[dict[str, str]] = {role: name for role, name, _ in ROLES}
_SHOWN: Final = 200
_ORDERS: Final = {"name": by_text("name"), "role": by_text("role")}


@router.get("")
def open_people(request: PageRequestDep) -> Response:
    """List the people, with a form for another one."""
    return _list_page(request, request.form({"role": Role.STAFF}))


@router.post("")
def add_person(request: PageRequestDep, form: FormDep) -> Response:
    """Add a person: by a mail in which they choose their password, or with a first one."""
    name = form.text("name", limit=120)
    email = form.email("email")
    role = form.choice("role", [role for role, *_ in ROLES])
    is_invited = request.context.accounts.mail_queue.is_configured and not form.value("password")
    if not is_invited and not form.value("password"):
        form.fault("password", N_("Please fill this in."))
    if role == Role.OWNER:
        request.require_confirmation(form)
    if name and email and role and form.is_valid:
        with form.refusals():
            person = NewUser(
                email=email,
                name=name,
                role=Role(role),
                password_hash=_first_password(request, form, [name, email]),
            )
            with request.context.database.write() as session:
                row = user_service.create_user(session, request.act(), request.vendor_id, person)
                if is_invited:
                    request.context.accounts.password_reset.invite(session, row)
    if not form.is_valid:
        return _list_page(request, form, status=422)
    done = N_("The invitation to {name} is on its way.") if is_invited else N_("{name} is added.")
    return request.redirect("/console/people", done, name=name)


@router.get("/{user_id}")
def open_person(request: PageRequestDep, user_id: UserId) -> Response:
    """Show one person to be changed."""
    with request.context.database.read() as session:
        row = user_service.get_user(session, request.vendor_id, user_id)
        initial = _initial(row)
    return _person_page(request, user_id, request.form(initial))


@router.post("/{user_id}")
def update_person(request: PageRequestDep, user_id: UserId, form: FormDep) -> Response:
    """Change name, role or language; the last owner stays one."""
    with request.context.database.read() as session:
        form.merge(
            _initial(user_service.get_user(session, request.vendor_id, user_id)),
            labels={"role": _ROLE_NAMES, "language": LANGUAGE_NAMES},
        )
    changes: dict[str, Any] = {
        "name": form.text("name", limit=120),
        "role": form.choice("role", [role for role, *_ in ROLES]),
        "language": form.choice("language", LANGUAGES, required=False),
    }
    if form.is_valid:
        if changes["role"] == Role.OWNER:
            request.require_confirmation(form)
        form.carry_out(
            request, user_service.update_user, user_id, changes, guard=form.guard(_initial)
        )
    if not form.is_valid:
        return _person_page(request, user_id, form, status=form.status)
    return request.redirect("/console/people", N_("Saved."))


@router.post("/{user_id}/invite")
def invite_person(request: PageRequestDep, user_id: UserId, form: FormDep) -> Response:
    """Send someone who never signed in another invitation."""
    with form.refusals(), request.context.database.write() as session:
        row = user_service.get_user(session, request.vendor_id, user_id)
        name = row.name
        request.context.accounts.password_reset.invite_again(session, request.act(), row)
    if not form.is_valid:
        return _list_page(request, form, status=form.status)
    done = N_("The invitation to {name} is on its way.")
    return request.redirect("/console/people", done, name=name)


@router.post("/{user_id}/reset-second-factor")
def reset_second_factor(request: PageRequestDep, user_id: UserId, form: FormDep) -> Response:
    """Let someone sign in with the password alone who has lost their second factor."""
    request.require_confirmation(form)
    with form.refusals(), request.context.database.write() as session:
        row = user_service.get_user(session, request.vendor_id, user_id)
        request.context.accounts.second_factors.reset(session, request.act(), row)
    if not form.is_valid:
        return _list_page(request, form, status=form.status)
    return request.redirect("/console/people", N_("The second factor is removed."))


@router.post("/{user_id}/remove-identity")
def remove_identity(request: PageRequestDep, user_id: UserId, form: FormDep) -> Response:
    """Let someone's account at the operator's provider sign them in no more."""
    request.require_confirmation(form)
    with form.refusals(), request.context.database.write() as session:
        row = user_service.get_user(session, request.vendor_id, user_id)
        request.context.accounts.identities.reset(session, request.act(), row)
    if not form.is_valid:
        return _list_page(request, form, status=form.status)
    return request.redirect("/console/people", N_("The account is no longer linked."))


@router.post("/{user_id}/remove")
def remove_person(request: PageRequestDep, user_id: UserId, form: FormDep) -> Response:
    """Remove a person and end their sessions; the last owner stays."""
    form.carry_out(request, user_service.remove_user, user_id)
    if not form.is_valid:
        return _list_page(request, form, status=409)
    return request.redirect("/console/people", N_("The person can no longer sign in."))


def _initial(user: User) -> dict[str, Any]:
    return {"name": user.name, "role": user.role, "language": user.language}


def _first_password(request: PageRequest, form: Form, names: list[str]) -> str:
    """Return the hash of what was typed, or of a password that nobody knows."""
    typed = form.value("password")
    if not typed:
        return request.context.accounts.password_reset.new_unknown_password()
    with request.context.database.read() as session:
        names = names + vendor_service.names_of(session, request.vendor_id)
    return request.context.accounts.sign_in.hash_password(
        typed, caller=request.subject.id, names=names
    )


def _list_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        rows = user_service.list_users(session, request.vendor_id, after_id=None, limit=_SHOWN)
        signed_in = user_service.last_sign_ins(session, request.vendor_id)
    shown, columns = sorted_page(request.http.query_params, "/console/people", rows, _ORDERS)
    return request.render(
        "console/people.html",
        status=status,
        form=form,
        people=shown,
        headings=columns,
        signed_in=signed_in,
        roles=ROLES,
        role_names=_ROLE_NAMES,
        sends_mail=request.context.accounts.mail_queue.is_configured,
    )


def _person_page(request: PageRequest, user_id: UserId, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        row = user_service.get_user(session, request.vendor_id, user_id)
        accounts = request.context.accounts
        has_second_factor = accounts.second_factors.has_one(session, row)
        identity = accounts.identities.linked_to(session, row)
    return request.render(
        "console/person.html",
        status=status,
        form=form,
        user_id=user_id,
        roles=ROLES,
        has_second_factor=has_second_factor,
        identity=identity,
        provider=accounts.identities.provider_name,
    )
