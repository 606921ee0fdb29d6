"""The composition root: settings → database → till → faces. The only wiring there is."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from punchcard import __version__
from punchcard.api import admin as admin_api
from punchcard.api import (
    auth,
    devices,
    health,
    public,
)
from punchcard.api import vendor as vendor_api
from punchcard.api.application import prepare
from punchcard.api.front import Front
from punchcard.api.lean import LeanWay
from punchcard.api.vendor import operations
from punchcard.context import Context

ROUTERS = [
    health.router,
    auth.router,
    devices.router,
    public.router,
    *vendor_api.ROUTERS,
    *admin_api.ROUTERS,
]


def create_app(context: Context) -> ASGIApp:
    """Return the server as one ASGI application; the caller closes `context` after it."""
    framework = create_framework(context)
    return Front(
        LeanWay(framework, context, operations.ROUTES),
        body_limit_bytes=context.settings.body_limit_bytes,
        new_request_id=context.ids.new_id,
    )


def create_framework(context: Context) -> FastAPI:
    """Return the framework's application: every route but the till's lean ones."""
    app = FastAPI(
        title="Punchcard",
        version=__version__,
        description=__doc__,
        docs_url=None,
        redoc_url=None,
    )
    prepare(app, context, ROUTERS, operations.ROUTES)
    return app
