"""Figures are for this machine, or for who has the token."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.support.http import AppTransport

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def asked_from(
    address: str, settings: Settings, database: Database, **changes: Any
) -> Iterator[httpx.Client]:
    with (
        closing(build_context(replace(settings, **changes), database=database)) as context,
        httpx.Client(
            transport=AppTransport(create_app(context), address=address),
            base_url="http://shop.test",
        ) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("address", "proxies", "status"),
    [
        ("127.0.0.1", "127.0.0.1", 200),
        ("::1", "127.0.0.1", 200),
        ("203.0.113.7", "127.0.0.1", 403),
        ("10.0.0.4", "127.0.0.1", 403),
        ("127.0.0.1", "*", 403),
    ],
)
def test_without_a_token_they_are_shown_to_this_machine_only(
    settings: Settings, database: Database, address: str, proxies: str, status: int
) -> None:
    with asked_from(address, settings, database, trusted_proxies=proxies) as client:
        answer = client.get("/metrics")
        assert answer.status_code == status
        assert ("punchcard_till_running" in answer.text) == (status == 200)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Basic right one", 401),
        ("Bearer right", 200),
        ("bearer right", 200),
    ],
)
def test_with_a_token_it_is_asked_for_wherever_one_is(
    settings: Settings, database: Database, header: str | None, status: int
) -> None:
    for address in ("127.0.0.1", "203.0.113.7"):
        with asked_from(address, settings, database, metrics_token="right") as client:
            headers = {"Authorization": header} if header else {}
            assert client.get("/metrics", headers=headers).status_code == status
            assert client.get("/healthz").status_code == 200
