"""Every router of the pages, in the order of a visitor's way."""

from typing import Final

from fastapi import APIRouter

from punchcard.web import assets, colours, sign_in
from punchcard.web.console import api_keys, locations, terminals
from punchcard.web.public import card, join

ROUTERS: Final[list[APIRouter]] = [
    assets.router,
    colours.router,
    sign_in.router,
    locations.router,
    terminals.router,
    api_keys.router,
    join.router,
    card.router,
]
