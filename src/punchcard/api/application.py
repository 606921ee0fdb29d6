"""The application of the HTTP API: routers, refusals, replays and the document, put together."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from punchcard.api import access, errors, idempotency, lean_openapi, openapi
from punchcard.api.lean import LeanRoute
from punchcard.api.routing import serve_routers
from punchcard.context import Context


def prepare(
    app: FastAPI,
    context: Context,
    routers: list[APIRouter],
    lean_routes: Sequence[LeanRoute] = (),
) -> None:
    """Make `app` serve `routers` with this context, and describe `lean_routes` beside them.

    Raises LookupError when a route is missing from the table of what is allowed.
    """
    app.state.context = context
    errors.install(app)
    idempotency.install(app)
    serve_routers(app, routers)
    access.check_routes(app.routes)
    lean_openapi.install(app, lean_routes)
    openapi.install(app)
