"""Letters that a database may not keep, in the place of each id and word of an address."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.accounts.subjects import PUBLIC
from punchcard.api.http.permissions import ACCESS as API
from punchcard.main import create_app
from punchcard.web.permissions import ACCESS as PAGES
from tests.contract.conftest import Stage
from tests.contract.requests import path_of
from tests.contract.world import Stock
from tests.support.calls import call

_PLACE = re.compile(r"\{(\w+)(?::path)?\}")
_MARK = "odd-letters-here"
ODD = ["%00", "a%00b", "%C2%85", "%EF%BF%BF", "%F0%9F%98%80", "%ff", "9" * 5000]


# Besides: days that have none before or after them.
ODD_VALUES = ["\0", "0001-01-01", "9999-12-31", "2026-02-30", "9" * 5000, "-1", "😀"]


def filters(document: Any, stock: Stock) -> Iterator[tuple[str, str]]:
    """Give each address of the API that is read, with each word that may stand behind its `?`."""
    named = {**stock, **dict.fromkeys(("session_id", "passkey_id"), stock["card_id"])}
    for path, methods in sorted(document["paths"].items()):
        if ("GET", path) in API:
            for parameter in methods["get"].get("parameters", []):
                if parameter["in"] == "query":
                    yield "/api/v1" + path_of(("GET", path), named), parameter["name"]


def addresses(stock: Stock) -> Iterator[str]:
    """Give the addresses with a mark in each of their places, the others filled as they may be."""
    for route in sorted(API):
        for place in _PLACE.findall(route[1]) if route[0] == "GET" else ():
            marked = {**stock, **dict.fromkeys(("session_id", "passkey_id"), stock["card_id"])}
            path = route[1].replace(f"{{{place}}}", _MARK)
            yield "/api/v1" + path_of(("GET", path), marked)
    for route, rule in sorted(PAGES.items()):
        if route[0] == "GET" and rule is PUBLIC:
            for place in _PLACE.findall(route[1]):
                others = {other: "x" for other in _PLACE.findall(route[1])}
                path = route[1].replace(":path}", "}")
                yield path.format_map({**others, place: _MARK})


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:10])
def test_nothing_in_an_address_is_our_fault(either_stage: Stage, odd: str) -> None:
    world, app = either_stage.world, create_app(either_stage.context)
    faults = []
    for address in addresses(world.alices):
        token = world.admin if "/admin/" in address else world.alice["owner"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = call(app, "GET", address.replace(_MARK, odd), headers=headers)
        if answer.status_code >= 500:
            faults.append(address)
    assert faults == []


def test_nothing_that_is_asked_for_is_our_fault(either_stage: Stage, document: Any) -> None:
    world, app = either_stage.world, create_app(either_stage.context)
    faults = []
    for address, name in filters(document, world.alices):
        token = world.admin if "/admin/" in address else world.alice["owner"]
        headers = {"Authorization": f"Bearer {token}"}
        for odd in ODD_VALUES:
            answer = call(app, "GET", address, headers=headers, params={name: odd})
            if answer.status_code >= 500:
                faults.append((address, name, odd[:20]))
    assert faults == []
