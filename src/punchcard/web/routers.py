"""Every router of the pages, in the order of a visitor's way."""

from typing import Final

from fastapi import APIRouter

from punchcard.web.account import confirm, passwords, profile, provider, second_factor, sign_in
from punchcard.web.admin import overview as platform
from punchcard.web.admin import plans as all_plans
from punchcard.web.admin import programs as all_programs
from punchcard.web.admin import vendors
from punchcard.web.console import (
    api_keys,
    exports,
    locations,
    mails,
    month_report,
    overview,
    people,
    pins,
    plan,
    search,
    settings,
    staff_report,
    terminals,
)
from punchcard.web.console.cards import card_grants, card_operations, cards, members, wrong_contacts
from punchcard.web.console.cards import merge as merge_page
from punchcard.web.console.connections import archives, imports, integrations, own_domain, webhooks
from punchcard.web.console.connections import receipts as shop_receipts
from punchcard.web.console.engage import automations, friends
from punchcard.web.console.guide import guide
from punchcard.web.console.ledger import ledger, verification
from punchcard.web.console.programs import (
    liability,
    links,
    pictures,
    posters,
    programs,
    rewards,
    tiers,
    wallets,
)
from punchcard.web.console.promotions import promotions
from punchcard.web.pages import assets, theme_css
from punchcard.web.public import (
    badges,
    card,
    contact,
    handed_over,
    home_icon,
    join,
    merge,
    own_data,
    proof,
    reach,
    receipts,
    shop,
    status,
)
from punchcard.web.terminal import shell

ROUTERS: Final[list[APIRouter]] = [
    assets.router,
    theme_css.router,
    shop.router,
    sign_in.router,
    confirm.router,
    second_factor.router,
    provider.router,
    passwords.router,
    overview.router,
    guide.router,
    posters.router,
    rewards.router,
    tiers.router,
    automations.router,
    friends.router,
    promotions.router,
    pictures.router,
    liability.router,
    links.router,
    programs.router,
    members.router,
    cards.router,
    merge_page.router,
    card_operations.router,
    card_grants.router,
    wrong_contacts.router,
    search.router,
    verification.router,
    ledger.router,
    staff_report.router,
    month_report.router,
    pins.router,
    archives.router,
    exports.router,
    locations.router,
    terminals.router,
    wallets.router,
    people.router,
    api_keys.router,
    webhooks.router,
    shop_receipts.router,
    integrations.router,
    imports.router,
    settings.router,
    mails.router,
    plan.router,
    own_domain.router,
    profile.router,
    platform.router,
    vendors.router,
    all_plans.router,
    all_programs.router,
    join.router,
    receipts.router,
    card.router,
    home_icon.router,
    own_data.router,
    contact.router,
    merge.router,
    handed_over.router,
    proof.router,
    reach.router,
    status.router,
    badges.router,
    shell.router,
]
