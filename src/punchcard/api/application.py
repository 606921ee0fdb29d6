"""The application of the HTTP API: routers, refusals, replays and the document, put together."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from punchcard.api.http import fast_routes_openapi, idempotency, openapi, permissions, problems
from punchcard.api.http.fast_routes import FastRoute
from punchcard.api.http.routing import serve_routers
from punchcard.context import Context


def prepare(
    app: FastAPI,
    context: Context,
    routers: list[APIRouter],
    fast_routes: Sequence[FastRoute] = (),
) -> None:
    """Make `app` serve `routers` with this context, and describe `fast_routes` beside them.

    Raises LookupError when a route is missing from the table of what is allowed.
    """
    app.state.context = context
    problems.install(app)
    idempotency.install(app)
    serve_routers(app, routers)
    permissions.check_routes(app.routes)
    fast_routes_openapi.install(app, fast_routes)
    openapi.install(app)
