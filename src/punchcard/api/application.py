"""The application of the HTTP API: routers, refusals, replays and the document, put together."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from punchcard.api.http import (
    fast_routes_openapi,
    idempotency,
    openapi,
    permissions,
    problems,
)
from punchcard.api.http.fast_routes import FastRoute
from punchcard.api.http.routing import serve_routers
from punchcard.api.metrics.process_group import ProcessGroup
from punchcard.api.schemas.connections import webhooks_document
from punchcard.context import Context


def prepare(
    app: FastAPI,
    context: Context,
    routers: list[APIRouter],
    fast_routes: Sequence[FastRoute] = (),
    *,
    process_group: ProcessGroup | None = None,
) -> None:
    """Make `app` serve `routers` with this context, and describe `fast_routes` beside them.

    `process_group` are the processes of this server, whose figures it tells; it may be alone.

    Raises LookupError when a route is missing from the table of what is allowed.
    """
    app.state.context = context
    app.state.process_group = process_group or ProcessGroup()
    problems.install(app)
    idempotency.install(app)
    serve_routers(app, routers)
    permissions.check_routes(app.routes)
    fast_routes_openapi.install(app, fast_routes)
    webhooks_document.install(app)
    openapi.install(app)
