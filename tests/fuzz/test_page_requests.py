"""Pages: whatever cookies, queries and forms a browser, or what says it is one, sends."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.web.notices import NOTICE_COOKIE
from punchcard.web.page_visitors import LANGUAGE_COOKIE, SESSION_COOKIE, VISITOR_COOKIE
from punchcard.web.pages.page_request import CSRF_FIELD
from punchcard.web.permissions import ACCESS
from tests.contract.conftest import Stage
from tests.fuzz import sent
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything, base64_like, nearly_bytes, parts_of
from tests.fuzz.raw_requests import RawServer

# These end what the others work with.
_ENDS = ("sign-out", "revoke", "others", "erase", "close", "suspend", "remove", "password", "email")
GETS = sorted(path for method, path in ACCESS if method == "GET")
POSTS = sorted(path for method, path in ACCESS if method == "POST" and not path.endswith(_ENDS))
COOKIES = (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    LANGUAGE_COOKIE,
    NOTICE_COOKIE,
    "punchcard_given_pins",
    "punchcard_card_000000000000",
)
_QUERY = (
    "lang",
    "query",
    "cursor",
    "from",
    "to",
    "sort",
    "status",
    "next",
    "token",
    "page",
    "shown",
)
_CSRF = re.compile(rb'name="csrf"[^>]*value="([0-9a-f]+)"|value="([0-9a-f]+)"[^>]*name="csrf"')


def _good(stage: Stage, name: str) -> str:
    return {**stage.world.alices, "slug": stage.world.alices.get("slug", "x")}.get(name, "x")


cookie_values = st.binary(max_size=80).map(lambda b: b.translate(None, b"\r\n\x00;")) | (
    anything | base64_like
).map(lambda text: text.translate({10: None, 13: None, 0: None, 59: None}).encode())
jars = st.dictionaries(st.sampled_from(COOKIES).map(str.encode), cookie_values, max_size=4)


def _cookie(jar: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    return (b"cookie", b"; ".join(name + b"=" + value for name, value in jar.items()))


@effort(300)
@given(data=st.data(), path=st.sampled_from(GETS), jar=jars, is_owner=st.booleans())
def test_no_page_breaks_by_what_a_browser_sends(
    server: RawServer,
    either_stage: Stage,
    data: st.DataObject,
    path: str,
    jar: dict[bytes, bytes],
    is_owner: bool,
) -> None:
    if is_owner:
        jar = {**jar, SESSION_COOKIE.encode(): either_stage.world.alice["owner"].encode()}
    answer = server.send(
        "GET",
        data.draw(sent.paths(path, lambda name: _good(either_stage, name)), "path"),
        query=data.draw(sent.queries(*_QUERY), "query"),
        headers=[_cookie(jar), *data.draw(sent.headers(b"hx-request", b"referer", b"origin"))],
    )
    sent.check(answer)


@pytest.fixture(scope="module")
def csrf(server: RawServer, either_stage: Stage) -> str:
    """Return what the forms of Café Alice's owner carry."""
    jar = {SESSION_COOKIE.encode(): either_stage.world.alice["owner"].encode()}
    found = _CSRF.search(server.send("GET", b"/console/account", headers=[_cookie(jar)]).body)
    assert found is not None
    return (found[1] or found[2]).decode()


NAMES = sorted(
    "name email phone slug pin staff_id role type status reason points points_delta quantity card"
    " cooldown_minutes max_daily_stamps stamps_target value value_minor address latitude longitude"
    " language country currency timezone birthday shown choice branding colour terms news".split()
)


@effort(300)
@given(data=st.data(), path=st.sampled_from(POSTS))
def test_no_form_breaks_by_what_stands_in_it(
    server: RawServer, either_stage: Stage, csrf: str, data: st.DataObject, path: str
) -> None:
    jar = {SESSION_COOKIE.encode(): either_stage.world.alice["owner"].encode()}
    fields: list[tuple[str, Any]] = data.draw(
        st.lists(st.tuples(st.sampled_from(NAMES) | anything, anything), max_size=6), "fields"
    )
    is_damaged = data.draw(st.booleans(), "is damaged")
    shape = _URLENCODED if data.draw(st.booleans(), "urlencoded") else _MULTIPART
    body = _written([(CSRF_FIELD, csrf), *fields], shape, has_file=not is_damaged)
    if is_damaged:
        body = data.draw(nearly_bytes(body), "body")
    answer = server.send(
        "POST",
        data.draw(sent.paths(path, lambda name: _good(either_stage, name)), "path"),
        headers=[_cookie(jar), (b"content-type", data.draw(st.just(shape) | kinds, "kind"))],
        body=parts_of(body, data.draw(st.lists(st.integers(0, 300), max_size=3))),
    )
    sent.check(answer)


kinds = st.sampled_from(
    [
        b"application/x-www-form-urlencoded; charset=utf-16",
        b"application/x-www-form-urlencoded; charset=\xff",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=\xff",
        b"multipart/form-data; boundary=" + b"x" * 300,
        b"multipart/form-data; boundary=b; charset=no-such",
        b"multipart/form-data; boundary=b; charset=utf-16",
        b"text/plain",
        b"",
    ]
)


_URLENCODED = b"application/x-www-form-urlencoded"
_MULTIPART = b"multipart/form-data; boundary=b"


def _written(fields: list[tuple[str, Any]], shape: bytes, *, has_file: bool) -> bytes:
    """Return a form's body. The framework leaves a file that is cut off to the collector."""
    if shape == _URLENCODED:
        return urlencode(fields, errors="replace").encode()
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, value in fields
    ]
    if has_file:
        told = b'Content-Disposition: form-data; name="file"; filename="a.png"'
        parts.append(b"--b\r\n" + told + b"\r\n\r\n\x89PNG\r\n")
    return b"".join([*parts, b"--b--\r\n"])
