"""What an operator sees of a provider in trouble, and what it costs the server."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from punchcard.accounts.access.provider.errors import ProviderAway
from punchcard.accounts.access.provider.provider_directory import ProviderDirectory
from punchcard.accounts.access.provider.provider_http import Document
from punchcard.fakes.oidc import Account, FakeProvider
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support.pages import Visitor
from tests.support.provider_visits import leave, link, visit

Visitors = Callable[..., Visitor]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class HangingProvider:
    """A provider that takes a question and answers it when the test lets it."""

    is_asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def get(self, address: str) -> Document:
        self.is_asked.set()
        self.may_answer.wait(30)
        issuer = address.partition("/.well-known")[0]
        there = {"authorization_endpoint": "/a", "token_endpoint": "/t", "jwks_uri": "/k"}
        return {"issuer": issuer, **{name: issuer + path for name, path in there.items()}}

    def post(
        self, address: str, form: Mapping[str, str], *, client: tuple[str, str] | None
    ) -> tuple[int, Document]:
        raise AssertionError(address, form, client)


def test_a_provider_that_hangs_holds_one_thread_and_sends_the_others_away(
    settings: Settings, clock: ManualClock
) -> None:
    http = HangingProvider()
    directory = ProviderDirectory(
        http=http,
        clock=clock,
        settings=replace(settings, oidc_issuer="https://login.example"),
        patience_seconds=0,
    )
    asking = threading.Thread(target=directory.facts)
    asking.start()
    assert http.is_asked.wait(30)

    with pytest.raises(ProviderAway) as refused:
        directory.facts()

    assert refused.value.retry_after_seconds
    http.may_answer.set()
    asking.join(30)
    # Everybody has what the one was told.
    assert directory.facts().token == "https://login.example/t"


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"aud": "another client"}, "InvalidAudienceError"),
        ({"nonce": "of another visit"}, "nonce"),
        ({"iat": 1_000_000_000}, "compare both clocks"),
    ],
)
def test_the_log_says_why_a_token_is_refused_and_the_page_does_not(
    visitors: Visitors,
    clock: ManualClock,
    provider: FakeProvider,
    owner_there: Account,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
    reason: str,
) -> None:
    link(visitors(), owner_there.email)
    clock.advance(seconds=1)
    provider.tamper = lambda claims: claims.update(change)

    with caplog.at_level(logging.WARNING):
        page = visit(visitors())

    assert reason in caplog.text
    assert reason not in page.text


@ON_SQLITE
def test_the_log_says_that_the_provider_declined_in_one_line(
    visitors: Visitors, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.account = None
    visitor = visitors()
    back = leave(visitor).headers["location"].removeprefix("http://shop.test")

    with caplog.at_level(logging.WARNING):
        visitor.get(back.replace("error=access_denied", "error=access%0Adenied%20by%0D%0Arule"))

    told = [record.getMessage() for record in caplog.records]
    assert "The identity provider declined: accessdenied byrule" in told
