"""A form that sends more than the server reads is answered as a page, over a real socket."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.types import ASGIApp

from punchcard.kit.settings import Settings
from tests.support.cast import PASSWORD, Shop
from tests.support.served import served
from tests.web.pages.test_page_request import Visitors

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BYTES = 3_000_000
SENTENCES = {
    "en": "1,048 kB at most",
    "fr": "ko au plus.",
    "de": "höchstens 1.048 kB.",
    "lb": "héchstens 1.048 kB.",
}


@pytest.fixture
def address(app: ASGIApp, settings: Settings) -> Iterator[str]:
    with served(app, settings=settings) as found:
        yield found


def pieces() -> Iterator[bytes]:
    for _ in range(BYTES // 100_000):
        yield b"a" * 100_000


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_a_form_that_is_too_large_is_answered_by_a_page_in_the_visitors_language(
    address: str, language: str, is_chunked: bool, connection: str
) -> None:
    headers = {
        "accept-language": language,
        "connection": connection,
        "content-type": "application/x-www-form-urlencoded",
    }
    content = pieces() if is_chunked else b"a" * BYTES
    with httpx.Client(base_url=address, headers=headers, timeout=30) as browser:
        answer = browser.post("/sign-in", content=content)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert f'<html lang="{language}">' in answer.text
        assert SENTENCES[language] in answer.text
        assert 'href="/sign-in"' in answer.text
        assert browser.get("/sign-in").status_code == 200


def test_a_logo_that_is_too_large_is_answered_by_a_page(
    visitors: Visitors, alice: Shop, address: str
) -> None:
    with httpx.Client(base_url=address, timeout=30) as browser:
        page = browser.get("/sign-in")
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        fields = {"email": alice.email("owner"), "password": PASSWORD, "csrf": csrf}
        assert browser.post("/sign-in", data=fields).status_code == 303
        files = {"logo": ("logo.png", b"a" * BYTES, "image/png")}
        answer = browser.post("/console/programs/x/logo", files=files)
    assert answer.status_code == 413
    assert "1,048 kB at most" in answer.text
    assert 'href="/console/programs/x"' in answer.text


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_the_api_answers_a_body_that_is_too_large_by_a_problem(
    address: str, is_chunked: bool, connection: str
) -> None:
    headers = {"connection": connection, "content-type": "application/json"}
    content = pieces() if is_chunked else b"a" * BYTES
    with httpx.Client(base_url=address, headers=headers, timeout=30) as program:
        answer = program.post("/api/v1/auth/token", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
