"""Whose console it is: Café Alice's, with a counter where Anna stamps; its people read English."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from punchcard.accounts.models import User
from punchcard.accounts.vocabulary import Role
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor


@pytest.fixture
def counter(alice: Shop) -> PagesDriver:
    """Open Café Alice's counter."""
    _let_read_english(alice)
    return PagesDriver(alice)


@pytest.fixture
def owner(visitors: Callable[..., Visitor], alice: Shop) -> Visitor:
    """Sign the owner of Café Alice in."""
    _let_read_english(alice)
    return visitors(alice, "owner")


@pytest.fixture
def manager(visitors: Callable[..., Visitor], alice: Shop) -> Visitor:
    """Sign the manager of Café Alice in."""
    alice.hire(Role.MANAGER)
    _let_read_english(alice)
    return visitors(alice, "manager")


@pytest.fixture
def staff(visitors: Callable[..., Visitor], alice: Shop) -> Visitor:
    """Sign someone in who only works at the counter of Café Alice."""
    alice.hire(Role.STAFF)
    _let_read_english(alice)
    return visitors(alice, "staff")


def _let_read_english(shop: Shop) -> None:
    with shop.context.database.write() as session:
        session.execute(update(User).where(User.vendor_id == shop.id).values(language="en"))
