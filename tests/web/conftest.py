"""The pages in this process, with Café Alice and Boulangerie Bob."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import update
from starlette.types import ASGIApp

from punchcard.accounts.models import User
from punchcard.context import Context
from punchcard.main import create_app
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.support.pages import Visitor


@pytest.fixture
def app(context: Context) -> ASGIApp:
    """Put the whole server together."""
    return create_app(context)


@pytest.fixture
def api(app: ASGIApp) -> Iterator[Api]:
    """Call the API beside the pages, as nobody."""
    with InProcess(app) as caller:
        yield caller


@pytest.fixture
def visitors(app: ASGIApp) -> Iterator[Callable[..., Visitor]]:
    """Let people in: `visitors()` for a stranger, `visitors(shop, "owner")` signed in."""
    with ExitStack() as stack:

        def enter(shop: Shop | None = None, role: str = "owner", **options: str) -> Visitor:
            visitor = stack.enter_context(Visitor(app, **options))
            if shop is not None:
                visitor.enter(shop.context, shop.email(role))
            return visitor

        yield enter


@pytest.fixture
def visitor(visitors: Callable[..., Visitor]) -> Visitor:
    """Let a stranger in who speaks English."""
    return visitors()


@pytest.fixture
def alice(context: Context) -> Shop:
    """Open Café Alice, whose owner reads English."""
    shop = cast.open_cafe_alice(context)
    with context.database.write() as session:
        session.execute(update(User).where(User.vendor_id == shop.id).values(language="en"))
    return shop


@pytest.fixture
def bob(context: Context) -> Shop:
    """Open Boulangerie Bob."""
    return cast.open_boulangerie_bob(context)
