"""Routers of the API, all made alike."""

from collections.abc import Iterable
from enum import Enum

from fastapi import APIRouter, FastAPI


def api_router(
    prefix: str = "", *, tag: str | None = None, is_deprecated: bool = False
) -> APIRouter:
    """Return a router; `tag` is its heading in the document, where routes without one are left out.

    `is_deprecated` marks all its routes in the document: they work, and there is a newer path.
    A body that is not said to be anything is JSON, as it is to the fast routes.
    """
    tags: list[str | Enum] | None = [tag] if tag is not None else None
    return APIRouter(
        prefix=prefix,
        tags=tags,
        deprecated=is_deprecated or None,
        include_in_schema=tag is not None,
        strict_content_type=False,
    )


def serve_routers(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Make `app` serve the routes of `routers` as they are.

    `include_router` would build each of them a second time, for an app that adds dependencies or
    prefixes of its own: a sixth of a second of each start.
    """
    app.router.routes.extend(route for router in routers for route in router.routes)
