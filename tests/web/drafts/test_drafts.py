"""A form that could not be taken comes back with what was typed: to the same person, once."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from punchcard.accounts.access.form_drafts import DRAFT_BYTES, DRAFTS_EACH, delete_expired_drafts
from punchcard.accounts.models import FormDraft
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.web.drafts.drafts import DRAFT_COOKIE, is_secret
from punchcard.web.form_pages import page_above
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.templating import TEMPLATES
from punchcard.web.permissions import ACCESS
from tests.loyalty import shelf
from tests.support.cast import PASSWORD, Shop
from tests.support.pages import Visitor, markup_of, text_of

Visitors = Callable[..., Visitor]
NEW = "/console/members/new"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENDED = "Your session has ended. Sign in, and what you typed will be back in its form."
LOST = "Your session has ended, so this was not saved. Please sign in and do it once more."
BACK = "What you typed is back in the form below. It is not saved yet."
LACKS = "Passwords, PINs and files have to be given once more."


def end_session(visitor: Visitor) -> None:
    """Let a browser forget its session, as it does when the time is over."""
    visitor.client.cookies.delete(SESSION_COOKIE)


def sign_in_again(visitor: Visitor, shop: Shop, wanted: str, role: str = "owner") -> str:
    """Sign in where the visitor was led to; return the page that opens then, with its marks."""
    visitor.get(f"/sign-in?next={wanted}")
    answer = visitor.post("/sign-in", email=shop.email(role), password=PASSWORD, next=wanted)
    assert answer.headers["location"] == wanted
    return markup_of(visitor.follow(answer))


def drafts_of(context: Context) -> int:
    """Return how many drafts wait."""
    with context.database.read() as session:
        return len(list(session.scalars(select(FormDraft.owner))))


def test_what_was_typed_while_the_session_ended_is_there_after_signing_in(
    context: Context, visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    owner.get(NEW)
    end_session(owner)

    answer = owner.post(NEW, name='Anna "Nina" <b>', email="anna@example.com", staff_pin="2968")

    assert answer.headers["location"] == f"/sign-in?next={NEW}"
    assert ENDED in text_of(owner.follow(answer))
    page = sign_in_again(owner, alice, NEW)
    assert 'value="Anna &#34;Nina&#34; &lt;b&gt;"' in page
    assert 'value="anna@example.com"' in page
    assert f"{BACK} {LACKS}" in page
    assert "2968" not in page
    again = markup_of(owner.get(NEW))
    assert "anna@example.com" not in again
    assert BACK not in again
    assert drafts_of(context) == 0
    # And the form that came back is taken.
    assert owner.post(NEW, name="Anna", program_id="").status_code in (303, 422)


@ON_SQLITE
def test_neither_a_colleague_nor_another_shop_gets_what_was_typed(
    context: Context, visitors: Visitors, alice: Shop, bob: Shop
) -> None:
    alice.hire(Role.MANAGER)
    for shop, role in ((alice, "manager"), (bob, "owner")):
        owner = visitors(alice)
        owner.get(NEW)
        end_session(owner)
        owner.post(NEW, name="Anna", email="anna@example.com")
        page = sign_in_again(owner, shop, NEW, role)
        assert "anna@example.com" not in page
        assert BACK not in page


@ON_SQLITE
@pytest.mark.parametrize("token", ["", "0" * 64, "0" * 128, "ü"])
def test_nobody_keeps_anything_with_a_token_that_is_not_ours(
    context: Context, visitor: Visitor, token: str
) -> None:
    answer = visitor.post(NEW, csrf=token, name="Anna")
    assert DRAFT_COOKIE not in answer.headers.get("set-cookie", "")
    assert LOST in text_of(visitor.follow(answer))
    assert drafts_of(context) == 0


@ON_SQLITE
def test_nobody_plants_a_draft_for_somebody_else(
    context: Context, visitors: Visitors, alice: Shop, bob: Shop
) -> None:
    attacker, victim = visitors(bob), visitors(alice)
    attacker.get(NEW)
    planted = attacker._csrf
    end_session(victim)
    victim.post(NEW, csrf=planted, name="Mallory")
    assert "Mallory" not in sign_in_again(victim, alice, NEW)


@ON_SQLITE
def test_a_draft_is_sealed_bounded_and_forgotten(
    context: Context, clock: ManualClock, visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    owner.get(NEW)
    end_session(owner)
    for number in range(DRAFTS_EACH + 2):
        owner.post(NEW, name=f"Guest {number}")
    assert drafts_of(context) == DRAFTS_EACH
    with context.database.read() as session:
        kept = [row.content_sealed for row in session.scalars(select(FormDraft))]
    assert not any(b"Guest" in one for one in kept)
    too_large = owner.post(NEW, name="x" * DRAFT_BYTES)
    assert LOST in text_of(owner.follow(too_large))

    owner.post(NEW, name="Guest of yesterday")
    clock.advance(hours=1)
    assert "Guest of yesterday" not in sign_in_again(owner, alice, NEW)
    with context.database.write() as session:
        assert delete_expired_drafts(session, clock.now()) == DRAFTS_EACH - 1
    assert drafts_of(context) == 0


@ON_SQLITE
def test_every_language_tells_where_it_is(visitors: Visitors, alice: Shop) -> None:
    for language in ("fr", "de", "lb"):
        owner = visitors(alice)
        owner.get(NEW)
        owner.client.cookies.set("punchcard_language", language)
        end_session(owner)
        answer = owner.post(NEW, name="Anna")
        told = text_of(owner.follow(answer))
        page = sign_in_again(owner, alice, NEW)
        assert ENDED not in told
        assert BACK not in page
        assert 'value="Anna"' in page


@ON_SQLITE
def test_a_form_too_old_comes_back_with_what_was_typed(visitors: Visitors, alice: Shop) -> None:
    """Signed in anew in another tab: the form of this one carries the token of the old session."""
    owner = visitors(alice)
    owner.get(NEW)
    old = owner._csrf
    owner.sign_in(alice.email("owner"), PASSWORD)

    answer = owner.post(NEW, csrf=old, name="Anna", email="anna@example.com")

    assert answer.status_code == 403
    assert BACK in text_of(answer)
    assert 'value="anna@example.com"' in markup_of(answer)
    fresh = re.search(r'name="csrf" value="([0-9a-f]+)"', answer.text)
    assert fresh is not None
    taken = owner.post(NEW, csrf=fresh[1], name="Anna")
    assert taken.status_code != 403


@ON_SQLITE
def test_a_preview_that_comes_too_late_brings_the_typed_form_back(
    context: Context, visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    program = shelf.program(alice, status="active")
    path = f"/console/programs/{program.id}"
    owner.get(path)
    htmx = {
        "hx-request": "true",
        "hx-current-url": f"http://shop.test{path}",
        "x-csrf-token": owner._csrf,
    }
    for is_over in (True, False):
        htmx["x-csrf-token"] = owner._csrf
        if is_over:
            end_session(owner)
        else:
            owner.sign_in(alice.email("owner"), PASSWORD)
        data = {"name": "Kaart fir Frënn", "stamps_target": "9"}
        answer = owner.client.post(f"{path}/preview", data=data, headers=htmx)
        assert answer.status_code == 204
        if is_over:
            assert answer.headers["hx-redirect"] == f"/sign-in?next={path}"
            page = sign_in_again(owner, alice, path)
        else:
            assert answer.headers["hx-redirect"] == path
            page = markup_of(owner.get(path))
        assert 'value="Kaart fir Frënn"' in page
        assert BACK in page


@ON_SQLITE
def test_a_customer_who_comes_back_late_keeps_what_they_typed(
    visitors: Visitors, alice: Shop
) -> None:
    slug = shelf.program(alice, status="active").slug
    guest = visitors()
    guest.get(f"/join/{slug}")
    guest.client.cookies.clear()
    elsewhere = guest.post(f"/join/{slug}", name="Anna")
    assert elsewhere.status_code == 403
    assert 'value="Anna"' not in elsewhere.text

    guest.client.headers["sec-fetch-site"] = "same-origin"
    answer = guest.post(f"/join/{slug}", name="Anna")

    assert answer.status_code == 403
    assert 'value="Anna"' in markup_of(answer)
    assert BACK in text_of(answer)


@ON_SQLITE
def test_a_button_that_comes_too_late_is_never_pressed_again_by_itself(
    context: Context, visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    path = f"/console/programs/{shelf.program(alice, status='active').id}"
    owner.get(path)
    end_session(owner)
    owner.post(f"{path}/deactivate")
    page = sign_in_again(owner, alice, path)
    assert f'action="{path}/deactivate"' in page


def test_whatever_is_typed_in_secret_is_known_as_such() -> None:
    """A field that hides what is typed is never kept, whichever page it stands on."""
    fields = re.compile(r"""forms\.field\(\s*\w+, '(\w+)'(?:(?!forms\.)[^%}])*?type='password'""")
    inputs = re.compile(r'<input[^>]*?name="(\w+)"[^>]*?type="password"')
    texts = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    names = {name for text in texts for name in (*fields.findall(text), *inputs.findall(text))}
    assert {"password", "new_password", "again", "current", "pin", "staff_pin"} <= names
    assert all(is_secret(name) for name in names)
    assert not any(is_secret(name) for name in ("name", "email", "pin_policy", "postcode_area"))


# They show nothing, so nothing typed could come back on them.
LEAD_ON = frozenset({"/", "/console/guide", "/console/guide/poster"})
NOTHING_TYPED = frozenset({"/language", "/sign-out", "/console/guide/preview"})
"""Choices made by one touch, and a preview, whose page a script names."""


def test_every_form_with_something_typed_stands_on_a_page_that_can_show_it_again() -> None:
    posts = [path for method, path in ACCESS if method == "POST"]
    astray = {path for path in posts if page_above(path, path) in LEAD_ON}
    assert astray - LEAD_ON == NOTHING_TYPED
