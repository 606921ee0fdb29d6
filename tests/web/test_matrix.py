"""Every page × everybody: who is let in, who is sent away, whose forms are taken."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.subjects import ADMIN_PERMISSIONS, ROLES, Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.context import build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.i18n import LANGUAGES, translate
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.cards import ProofOfPersonRequired
from punchcard.main import create_app
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.errors import FormExpired
from punchcard.web.permissions import ACCESS
from punchcard.web.routers import ROUTERS
from tests.conftest import MONDAY_MORNING
from tests.contract.world import World, populate
from tests.support.databases import SqliteTemplate
from tests.support.pages import Visitor, text_of

Route = tuple[str, str]

ROUTES: list[Route] = sorted(
    {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
)
PUBLIC_STARTS = (
    *("/static/", "/colour/", "/badges/", "/join/", "/c/", "/h/", "/r/", "/contact/", "/merge/"),
    *("/terminal", "/verify-email"),
)
PUBLIC = {
    "/",
    "/favicon.ico",
    "/robots.txt",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-in/provider",
    "/sign-in/provider/back",
    "/sign-in/provider/out",
    "/sign-out",
    "/language",
    "/forgot-password",
    "/reset-password",
    "/reach/{ticket}",
    "/status",
}
"""Anyone who adds a page outside of these starts asks for a sign-in, or writes it down here."""

STAFF_MAY: set[Route] = {
    ("GET", "/console"),
    ("GET", "/console/members"),
    ("GET", "/console/search"),
    ("GET", "/console/members/{card_id}"),
    ("GET", "/console/programs"),
    ("GET", "/console/programs/{program_id}/poster"),
    ("GET", "/console/programs/{program_id}/poster/code.png"),
    ("GET", "/console/programs/{program_id}/poster/code.svg"),
    ("GET", "/console/ledger"),
    ("GET", "/console/ledger/{transaction_id}"),
    *(("GET", f"/console/members/{end}") for end in ("new", "{card_id}/edit")),
    *(("GET", f"/console/members/{{card_id}}/{end}") for end in ("hand-over", "merge")),
    *(("POST", f"/console/members/{end}") for end in ("bulk", "new", "{card_id}/edit")),
    *(
        ("POST", f"/console/members/{{card_id}}/{end}")
        for end in (
            "block",
            "unblock",
            "replace",
            "stamp",
            "redeem",
            "earn",
            "redeem-points",
            "merge",
            "entries/{transaction_id}/void",
            "entries/{transaction_id}/refund",
            "grants/{grant_id}/redeem",
        )
    ),
}
"""What staff may open beside their own account: all other pages of the console are refused."""

OWNERS_ONLY = (
    "/console/people",
    "/console/api-keys",
    "/console/settings/close",
    "/console/settings/changes",
    "/console/domain",
    "/console/exports/archive",
    "/console/programs/{program_id}/changes",
)
_ACCOUNT = re.compile(r"/(console|admin)/account(/.*)?")
_NAMED = re.compile(r"{([a-z_]+)(?::path)?}")


@pytest.fixture(scope="module")
def served(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ASGIApp, World]]:
    """Serve both shops in full swing; the tests here change nothing."""
    folder = tmp_path_factory.mktemp("matrix")
    settings = Settings(
        data_dir=folder,
        database_url=sqlite_template.copy_to(folder / "world.db"),
        secret_key="a secret of 32 characters at least",
        pin_pepper="a pepper of 32 characters at least",
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
        public_reads_per_minute=100_000,
        credential_requests_per_minute=100_000,
        live_stream_seconds=0.0,
    )
    clock = ManualClock(MONDAY_MORNING)
    with closing(build_context(settings, clock=clock, ids=SystemIds(clock))) as context:
        world = populate(context)
        yield create_app(context), world


@contextmanager
def enter(app: ASGIApp, token: str | None = None) -> Iterator[Visitor]:
    """Let someone in who has a session already, with a form's token in hand."""
    with Visitor(app) as visitor:
        if token is not None:
            visitor.client.cookies.set(SESSION_COOKIE, token)
        visitor.get("/console/account" if token is not None else "/sign-in")
        yield visitor


def place(route: Route, world: World) -> str:
    """Return an address of the route, about things of Café Alice."""
    known = {
        **world.alices,
        "name": "cards",
        "format": "csv",
        "found": "0",
        "session_id": world.alices["card_id"],
        "passkey_id": world.alices["card_id"],
        "secret": "none",
        "ticket": "none",
        "text": "none",
    }
    return _NAMED.sub(lambda match: known[match[1]], route[1])


def call(visitor: Visitor, route: Route, world: World, **fields: str) -> httpx.Response:
    path = place(route, world)
    if route[0] == "GET":
        return visitor.client.get(path)
    return visitor.post(path, **fields)


def is_public(route: Route) -> bool:
    return route[1] in PUBLIC or route[1].startswith(PUBLIC_STARTS)


INSIDE = [route for route in ROUTES if not is_public(route)]
OF_THE_CONSOLE = [
    route
    for route in INSIDE
    if route[1].startswith("/console") and not _ACCOUNT.fullmatch(route[1])
]


def test_every_page_inside_begins_where_members_or_admins_work() -> None:
    assert [route for route in INSIDE if not route[1].startswith(("/console", "/admin"))] == []


def test_nobody_is_sent_to_sign_in_and_back(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    with enter(app) as visitor:
        for route in INSIDE:
            answer = call(visitor, route, world)
            assert answer.status_code == 303, route
            # A form that came too late opens again with its page: the nearest above its address.
            wanted, page = place(route, world), route[1]
            while ("GET", page) not in ROUTES:
                wanted, page = wanted.rpartition("/")[0], page.rpartition("/")[0]
            assert answer.headers["location"] == f"/sign-in?next={wanted}", route


def test_no_form_is_taken_without_its_token(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    with enter(app, world.alice["owner"]) as owner, enter(app, world.admin) as admin:
        for route in ROUTES:
            if route[0] != "POST":
                assert route[0] == "GET", route
                continue
            visitor = admin if route[1].startswith("/admin") else owner
            for shown in ("", "0" * 64):
                answer = call(visitor, route, world, csrf=shown)
                assert answer.status_code == 403, route
                told = {translate(FormExpired.sentence, language) for language in LANGUAGES}
                assert any(sentence in text_of(answer) for sentence in told), route


def test_no_form_is_taken_from_another_site(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    with enter(app, world.alice["owner"]) as owner:
        owner.client.headers["origin"] = "https://evil.example"
        for route in ROUTES:
            if route[0] == "POST" and not route[1].startswith("/admin"):
                assert call(owner, route, world).status_code == 403, route


def test_a_page_answers_everybody_as_the_table_says(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    admin = Subject(kind=SubjectKind.ADMIN, permissions=ADMIN_PERMISSIONS)
    people = [("admin", world.admin, admin)] + [
        (
            role,
            world.alice[role],
            Subject(kind=SubjectKind.MEMBER, role=role, permissions=permissions),
        )
        for role, permissions in ROLES.items()
    ]
    for name, token, subject in people:
        with enter(app, token) as visitor:
            for route in ROUTES:
                # A form without its token changes nothing, and is told so only to whom it is for.
                answer = call(visitor, route, world, csrf="")
                refused = NotAllowed.sentence if not ACCESS[route].allows(subject) else None
                if route[0] == "POST" and refused is None:
                    refused = FormExpired.sentence
                if refused is None and "{secret}" in route[1]:
                    # The table lets everybody ask; the page wants a proof of person.
                    refused = ProofOfPersonRequired.sentence
                if refused is None:
                    assert answer.status_code < 500, (name, route)
                    assert answer.status_code != 403, (name, route)
                    continue
                assert answer.status_code == 403, (name, route)
                told = {translate(refused, language) for language in LANGUAGES}
                assert any(sentence in text_of(answer) for sentence in told), (name, route)


def test_staff_open_what_they_need_and_nothing_else(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    assert set(OF_THE_CONSOLE) >= STAFF_MAY
    with enter(app, world.alice["staff"]) as staff:
        for route in OF_THE_CONSOLE:
            if route not in STAFF_MAY:
                assert call(staff, route, world).status_code == 403, route
            elif route[0] == "GET":
                assert call(staff, route, world).status_code == 200, route


def test_a_manager_opens_all_but_people_keys_and_the_shops_closing(
    served: tuple[ASGIApp, World],
) -> None:
    app, world = served
    with enter(app, world.alice["manager"]) as manager:
        for route in OF_THE_CONSOLE:
            if route[1].startswith(OWNERS_ONLY):
                assert call(manager, route, world).status_code == 403, route
            elif route[0] == "GET":
                assert call(manager, route, world).status_code in (200, 303, 404), route


def test_the_platform_is_for_admins_and_the_shops_are_not(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    with enter(app, world.admin) as admin, enter(app, world.alice["owner"]) as owner:
        for route in INSIDE:
            if _ACCOUNT.fullmatch(route[1]):
                continue
            refused, allowed = (owner, admin) if route[1].startswith("/admin") else (admin, owner)
            assert call(refused, route, world).status_code == 403, route
            if route[0] == "GET" and "{" not in route[1]:
                assert call(allowed, route, world).status_code in (200, 303, 404), route


def test_another_shops_things_are_not_there(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    secrets = set(world.alices.values())
    with enter(app, world.bob["owner"]) as bob:
        for route in OF_THE_CONSOLE:
            if not re.search(r"_id}", route[1]):
                continue
            answer = call(bob, route, world)
            # A form that is not filled in is sent back before anything is looked up.
            assert answer.status_code in ((404,) if route[0] == "GET" else (404, 422)), route
            asked = set(place(route, world).split("/"))
            assert not [one for one in secrets - asked if len(one) > 9 and one in answer.text], (
                route
            )


def test_a_session_token_of_another_kind_opens_nothing(served: tuple[ASGIApp, World]) -> None:
    app, world = served
    for token in (world.alice["device"], world.alice["all scopes"], world.alices["token"]):
        with Visitor(app) as visitor:
            visitor.client.cookies.set(SESSION_COOKIE, token)
            answer = visitor.client.get("/console")
            assert answer.headers["location"] == "/sign-in?next=/console"
