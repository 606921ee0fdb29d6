"""Every router of the pages, in the order of a visitor's way."""

from typing import Final

from fastapi import APIRouter

from punchcard.web import assets, colours, passwords, sign_in, terminal
from punchcard.web.admin import overview as platform
from punchcard.web.admin import programs as all_programs
from punchcard.web.admin import vendors
from punchcard.web.console import (
    account,
    api_keys,
    card_operations,
    cards,
    exports,
    guide,
    ledger,
    ledger_verification,
    locations,
    members,
    overview,
    people,
    pins,
    posters,
    programs,
    rewards,
    settings,
    staff_report,
    terminals,
    wallets,
)
from punchcard.web.public import badges, card, join

ROUTERS: Final[list[APIRouter]] = [
    assets.router,
    colours.router,
    sign_in.router,
    passwords.router,
    overview.router,
    guide.router,
    posters.router,
    rewards.router,
    programs.router,
    members.router,
    cards.router,
    card_operations.router,
    ledger_verification.router,
    ledger.router,
    staff_report.router,
    pins.router,
    exports.router,
    locations.router,
    terminals.router,
    wallets.router,
    people.router,
    api_keys.router,
    settings.router,
    account.router,
    platform.router,
    vendors.router,
    all_programs.router,
    join.router,
    card.router,
    badges.router,
    terminal.router,
]
