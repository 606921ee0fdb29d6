"""What every page's answer carries: cookies, headers, a notice once, a refusal in words."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import httpx
import pytest

from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from punchcard.web.page_visitors import LANGUAGE_COOKIE, SESSION_COOKIE, VISITOR_COOKIE
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.pages import Visitor, markup_of, text_of

Visitors = Callable[..., Visitor]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def cookies(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer sets: the name of each cookie and its flags."""
    lines = (line.partition("=") for line in answer.headers.get_list("set-cookie"))
    return {name: rest.partition(";")[2] for name, _, rest in lines}


@pytest.fixture
def secure(
    settings: Settings, database: Database, clock: ManualClock, ids: SystemIds
) -> Iterator[tuple[Visitor, Shop]]:
    """Serve Café Alice at an https address."""
    at_https = replace(settings, base_url="https://cards.example")
    with (
        closing(build_context(at_https, clock=clock, ids=ids, database=database)) as context,
        Visitor(create_app(context)) as visitor,
    ):
        visitor.client.base_url = httpx.URL("https://cards.example")
        yield visitor, cast.open_cafe_alice(context)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(visitor: Visitor, alice: Shop) -> None:
    first = visitor.get("/sign-in")
    session = visitor.post("/sign-in", email=alice.email("owner"), password=PASSWORD)
    for flags in (cookies(first)[VISITOR_COOKIE], cookies(session)[SESSION_COOKIE]):
        assert "HttpOnly" in flags
        assert "SameSite=lax" in flags
        assert "Path=/" in flags


def test_at_an_https_address_cookies_and_browsers_keep_to_https(
    secure: tuple[Visitor, Shop],
) -> None:
    visitor, alice = secure
    page = visitor.get("/sign-in")
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    session = visitor.post("/sign-in", email=alice.email("owner"), password=PASSWORD)
    flags = cookies(session)[f"__Host-{SESSION_COOKIE}"]
    assert "Secure" in flags
    assert "Path=/" in flags
    assert "domain" not in flags.lower()
    assert visitor.get("/console").status_code == 200


def test_at_an_https_address_no_neighbour_plants_a_session(
    secure: tuple[Visitor, Shop],
) -> None:
    visitor, alice = secure
    visitor.client.cookies.set(SESSION_COOKIE, alice.token(), domain="cards.example")
    answer = visitor.get("/console")
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")


def test_the_language_of_before_there_were_prefixes_is_still_known(
    secure: tuple[Visitor, Shop],
) -> None:
    visitor, _ = secure
    visitor.client.cookies.set(LANGUAGE_COOKIE, "fr", domain="cards.example")
    assert 'lang="fr"' in visitor.get("/sign-in").text


def test_at_an_http_address_nothing_is_promised_about_https(visitor: Visitor) -> None:
    page = visitor.get("/sign-in")
    assert "strict-transport-security" not in page.headers
    assert "Secure" not in cookies(page)[VISITOR_COOKIE]


@pytest.mark.parametrize("path", ["/sign-in", "/console/account", "/console/x", "/admin/x"])
def test_every_page_says_what_it_may_load_and_that_nobody_keeps_it(
    visitors: Visitors, alice: Shop, path: str
) -> None:
    headers = visitors(alice).get(path).headers
    policy = headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_a_form_of_another_visitor_is_not_taken(visitors: Visitors, alice: Shop) -> None:
    one, other = visitors(alice), visitors(alice)
    other.get("/console/account")
    one.get("/console/account")
    answer = one.post("/console/account/profile", csrf=other._csrf, name="Mallory")
    assert answer.status_code == 403
    assert "Mallory" not in one.get("/console/account").text


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://shop.test", 303),
        ("null", 303),
        ("https://evil.example", 403),
        ("http://shop.test.evil.example", 403),
        ("http://shop.test:8080", 403),
        ("http://[", 403),
    ],
)
def test_a_form_comes_from_a_page_of_this_server(
    visitors: Visitors, alice: Shop, origin: str, status: int
) -> None:
    owner = visitors(alice)
    owner.get("/console/account")
    owner.client.headers["origin"] = origin
    answer = owner.post("/console/account/profile", name="Alice", language="")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://cards.example", 303),
        ("https://cards.example:443", 303),
        ("https://CARDS.example", 303),
        ("https://127.0.0.1:8000", 303),
        ("null", 303),
        ("https://cards.example:8443", 403),
        ("http://cards.example", 403),
        ("https://cards.example.evil.example", 403),
        ("https://evil.example", 403),
    ],
)
def test_behind_a_proxy_that_sends_its_own_host_forms_come_from_the_public_address(
    secure: tuple[Visitor, Shop], origin: str, status: int
) -> None:
    visitor, alice = secure
    visitor.client.headers.update({"host": "127.0.0.1:8000", "origin": origin})
    assert visitor.sign_in(alice.email("owner"), PASSWORD).status_code == status


def test_who_runs_the_server_is_told_which_address_to_set(secure: tuple[Visitor, Shop]) -> None:
    visitor, _ = secure
    visitor.get("/sign-in")
    visitor.client.headers["origin"] = "https://other.example"
    told = text_of(visitor.post("/sign-in"))
    assert "https://other.example" in told
    assert "https://cards.example" in told
    assert "PUNCHCARD_BASE_URL" in told


def test_an_origin_is_never_repeated_as_it_came(visitor: Visitor) -> None:
    visitor.get("/sign-in")
    visitor.client.headers["origin"] = "https://<script>alert(1)</script>"
    answer = visitor.post("/sign-in")
    assert answer.status_code == 403
    assert "alert(1)" not in answer.text


@pytest.mark.parametrize(
    ("referer", "wanted"),
    [
        ("https://cards.example/console/guide/shop", "/console/guide/shop"),
        ("https://cards.example//evil.example", "/evil.example"),
        ("https://evil.example/console/guide/shop", "/console/account"),
        ("http://[", "/console/account"),
    ],
)
def test_after_signing_in_a_form_is_found_again_behind_a_proxy_with_its_own_host(
    secure: tuple[Visitor, Shop], referer: str, wanted: str
) -> None:
    visitor, _ = secure
    visitor.get("/sign-in")
    visitor.client.headers.update({"host": "127.0.0.1:8000", "referer": referer})
    answer = visitor.post("/console/account/profile", name="Alice", language="")
    assert answer.headers["location"] == f"/sign-in?next={wanted}"


@pytest.mark.parametrize("asks_by_script", [False, True])
def test_a_path_outside_ascii_is_written_as_addresses_are(
    visitor: Visitor, asks_by_script: bool
) -> None:
    visitor.get("/sign-in")
    if asks_by_script:
        visitor.client.headers["hx-request"] = "true"
    answer = visitor.post("/language", language="de", next="/join/€ ?a=b&c=%20")
    header = "hx-redirect" if asks_by_script else "location"
    assert answer.headers[header] == "/join/%E2%82%AC%20?a=b&c=%20"


def test_a_notice_is_shown_once_in_the_language_of_the_reader(
    visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    owner.get("/console/account")
    owner.post("/console/account/profile", name="Alice", language="en")
    assert "Saved." in owner.get("/console/account").text
    assert "Saved." not in owner.get("/console/account").text


def test_a_notice_that_somebody_made_up_is_not_shown(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    owner.client.cookies.set("punchcard_notice", "You have won")
    assert "You have won" not in owner.get("/console/account").text


def test_the_pages_own_script_is_told_where_to_go(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    owner.get("/console/account")
    owner.client.headers["hx-request"] = "true"
    answer = owner.post("/console/account/profile", name="Alice", language="")
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/console/account")


@pytest.mark.parametrize("path", ["/console/members/nothing", "/console/nothing", "/admin/nothing"])
def test_what_is_not_there_is_told_in_words(visitors: Visitors, alice: Shop, path: str) -> None:
    page = visitors(alice).get(path)
    assert page.status_code == 404
    assert "<h1>Page not found</h1>" in page.text
    assert 'href="/"' in page.text


@pytest.mark.parametrize("path", ["/nothing", "/receipt/x", "/yours/x", "/c/x"])
def test_a_guest_who_is_lost_is_told_what_a_customer_can_do(visitor: Visitor, path: str) -> None:
    visitor.client.headers["accept"] = "text/html"
    page = visitor.get(path)
    assert page.status_code == 404
    assert 'href="/"' not in page.text
    assert "Scan the code in the shop once more." in text_of(page)


def test_who_is_refused_where_staff_work_is_led_to_where_they_sign_in(
    visitor: Visitor, visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    for one in (visitor, owner):
        one.client.headers["accept"] = "text/html"
    assert 'href="/sign-in"' in visitor.get("/nothing").text
    for page in (visitor.get("/sign-in/nothing"), owner.get("/nothing")):
        assert page.status_code == 404
        assert 'href="/"' in page.text
        assert "Scan the code in the shop" not in text_of(page)


def test_the_language_is_the_chosen_then_the_persons_then_the_shops_then_the_browsers(
    visitors: Visitors, alice: Shop
) -> None:
    stranger = visitors(language="de-LU,de;q=0.9")
    assert '<html lang="de">' in stranger.get("/sign-in").text
    stranger.post("/language", language="lb", next="/")
    assert '<html lang="lb">' in stranger.get("/sign-in").text
    assert '<html lang="en">' in stranger.get("/sign-in?lang=en").text
    owner = visitors(alice, language="de")
    assert '<html lang="en">' in owner.get("/console/account").text
    owner.post("/language", language="de", next="/")
    chosen = owner.get("/console/account")
    assert '<html lang="de">' in chosen.text
    assert '<option value="de" selected>' in markup_of(chosen)
    owner.post("/console/account/profile", name="Alice", language="lb")
    assert '<html lang="lb">' in owner.get("/console/account").text
    owner.post("/console/account/profile", name="Alice", language="")
    assert '<html lang="fr">' in owner.get("/console/account").text
