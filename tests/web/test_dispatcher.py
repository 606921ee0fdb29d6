"""What responds: the pages or the API, also where nothing is."""

from collections.abc import Callable

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from punchcard.main import ROUTERS
from punchcard.web.dispatcher import API, PAGES
from punchcard.web.routers import ROUTERS as PAGE_ROUTERS
from tests.support.pages import Visitor

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def first_parts(routers: list[APIRouter]) -> set[str]:
    return {
        route.path.split("/")[1]
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
    }


def test_every_address_is_known_to_belong_to_one_face() -> None:
    assert first_parts(PAGE_ROUTERS) <= PAGES
    assert first_parts(ROUTERS) <= API
    assert PAGES.isdisjoint(API)


@ON_SQLITE
def test_a_browser_at_an_address_that_leads_nowhere_sees_a_page(
    visitors: Callable[..., Visitor],
) -> None:
    answer = visitors(language="fr").get("/nix", headers={"accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'lang="fr"' in answer.text


@ON_SQLITE
@pytest.mark.parametrize("path", ["/nix", "/api/v1/nix"])
def test_a_program_there_gets_a_problem(visitor: Visitor, path: str) -> None:
    accept = "text/html" if path.startswith("/api") else "application/json"
    answer = visitor.get(path, headers={"accept": accept})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
