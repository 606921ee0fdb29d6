"""Every screen there is, for `make screenshots`, for axe, and for the pictures of docs/journeys.md.

A new page is a new line here: then it is drawn and looked at with every width, colours, language.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from punchcard.web.page_visitors import LANGUAGE_COOKIE
from tests.journeys import screen_paths as at
from tests.journeys import terminal_screens
from tests.journeys.screen_paths import ADMIN, BAKER, BEGUN_OWNER, CLAIRE, NEW_OWNER, OWNER
from tests.journeys.support.town import Town


@dataclass(frozen=True)
class Screen:
    """One screen of the town.

    `path` is below the server's address, or finds it out from the town. `who` is the e-mail address
    of who is signed in. `prepare` brings the loaded page into the state that is shown; it runs
    again for each width and language, so it changes nothing. `others` are CSS selectors of
    parts that are not ours.
    """

    name: str
    path: str | Callable[[Town], str]
    who: str | None = None
    prepare: Callable[[Page, Town], None] | None = None
    is_whole: bool = True
    """Whether the picture shows the whole page, or what fits the window, as of an app."""
    others: tuple[str, ...] = ()
    is_refusal: bool = False
    """Whether the screen is what the server says to an address that it refuses."""

    def address(self, town: Town) -> str:
        """Return the path of the screen in this town."""
        return self.path if isinstance(self.path, str) else self.path(town)

    def open(self, page: Page, town: Town, language: str) -> None:
        """Bring `page`, whose context has signed `who` in, to this screen."""
        path = self.address(town)
        # Answers to forms speak it, too, and their addresses ask for none.
        page.context.add_cookies(
            [{"name": LANGUAGE_COOKIE, "value": language, "url": town.address}]
        )
        asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
        answer = page.goto(asked, wait_until="load")
        assert answer is not None
        assert answer.ok or self.is_refusal, f"{asked}: {answer.status}"
        if self.prepare is not None:
            self.prepare(page, town)


SCREENS: tuple[Screen, ...] = (
    Screen(
        "docs",
        "/docs",
        prepare=at.until_the_reference_is_there,
        is_whole=False,
        others=(".swagger-ui",),
    ),
    Screen("sign-in", "/sign-in"),
    Screen("forgot-password", "/forgot-password"),
    Screen("forgot-password-sent", "/forgot-password?sent=yes"),
    Screen("reset-password-refused", "/reset-password", is_refusal=True),
    Screen("verify-email", "/verify-email"),
    Screen("verify-email-done", "/verify-email/done"),
    Screen("join", "/join/cafe-alice"),
    Screen("join-fault", "/join/cafe-alice", prepare=at.mistype),
    Screen("join-points", "/join/club-claire"),
    Screen("join-hybrid", "/join/beim-bob"),
    Screen("card", at.own_card(at.is_collecting)),
    Screen("card-new", at.own_card(at.is_anonymous, "?welcome=1")),
    Screen("card-ready", at.own_card(at.is_ready)),
    Screen("card-hybrid", at.own_card(at.is_collecting, email=BAKER)),
    Screen("card-bright", at.own_card(at.is_collecting), prepare=at.brighten, is_whole=False),
    Screen("card-history", at.own_card(at.is_collecting, "/history")),
    Screen("card-proof", at.own_card(at.is_collecting, "/proof")),
    Screen("card-data", at.own_card(at.is_collecting, "/data")),
    Screen("card-proof-code", at.yours(is_typed=False)),
    Screen("card-yours", at.yours(is_typed=True)),
    Screen("receipt", at.receipt),
    Screen("receipt-unknown", "/r/none", is_refusal=True),
    Screen("receipt-code", at.own_card(at.is_collecting, "/receipt")),
    Screen("contact-back", at.contact_back),
    Screen("own-merge", at.own_merge),
    Screen("own-merge-ended", "/merge/none", is_refusal=True),
    Screen("reached", at.reach),
    Screen("status", "/status"),
    Screen("handed-over", terminal_screens.handed_over),
    Screen("handed-over-ended", "/h/none", is_refusal=True),
    Screen("overview", "/console", OWNER),
    Screen("guide-shop", "/console/guide/shop", OWNER),
    Screen("guide-program", "/console/guide/program", NEW_OWNER),
    Screen("guide-reward", "/console/guide/reward", BEGUN_OWNER),
    Screen("guide-pins", "/console/guide/pins", OWNER),
    Screen("guide-terminal", "/console/guide/terminal", OWNER),
    Screen("programs", "/console/programs", OWNER),
    Screen("program-new", "/console/programs/new", OWNER),
    Screen("program", at.program(), OWNER),
    Screen("program-hybrid", at.program(email=BAKER), BAKER),
    Screen("program-changes", at.program("/changes"), OWNER),
    Screen("program-links", at.program("/links"), OWNER),
    Screen("reward", at.reward, BAKER),
    Screen("reward-new", at.program("/rewards/new", BAKER), BAKER),
    Screen("tiers", at.program("/tiers", BAKER), BAKER),
    Screen("liability", at.program("/liability", CLAIRE), CLAIRE),
    Screen("program-points", at.program(email=CLAIRE), CLAIRE),
    Screen("promotions", at.program("/promotions", BAKER), BAKER),
    Screen("promotion", at.promotion, BAKER),
    Screen("promotion-cost", at.promotion, BAKER, prepare=at.ask_what_it_costs),
    Screen("promotion-new", at.program("/promotions/new", BAKER), BAKER),
    Screen("automations", at.program("/automations"), OWNER),
    Screen("automation", at.automation, OWNER),
    Screen("automation-new", at.program("/automations/new", BAKER), BAKER),
    Screen("friends", at.program("/friends"), OWNER),
    Screen("poster", at.program("/poster?languages=fr&languages=lb"), OWNER),
    Screen("table-card", at.program("/poster?format=tent"), OWNER),
    Screen("poster-window", at.program("/poster?format=window"), OWNER),
    Screen("members", "/console/members", OWNER),
    Screen("bulk-confirm", "/console/members", OWNER, prepare=at.tick_two),
    Screen("member-new", "/console/members/new", OWNER),
    Screen("member", at.card(), OWNER),
    Screen("member-hybrid", at.card(email=BAKER), BAKER),
    Screen("member-edit", at.card("/edit"), OWNER),
    Screen("member-hand-over", at.card("/hand-over"), OWNER),
    Screen("member-merge", at.card("/merge?query=a"), OWNER),
    Screen("ledger", "/console/ledger", OWNER),
    Screen("ledger-entry", at.entry, OWNER),
    Screen("ledger-verification", "/console/ledger/verify", OWNER),
    Screen("pins", "/console/pins", OWNER),
    Screen("pin", at.pin, OWNER),
    Screen("staff-report", "/console/staff-report", OWNER),
    Screen("month-report", "/console/month-report", OWNER),
    Screen("month-report-points", "/console/month-report", "claire@boutique-claire.example"),
    Screen("exports", "/console/exports", OWNER),
    Screen("search", "/console/search?q=anna", OWNER),
    Screen("wrong-contacts", "/console/contacts", OWNER),
    Screen("locations", "/console/locations", OWNER),
    Screen("location", at.of("locations", "locations"), OWNER),
    Screen("terminals", "/console/terminals", OWNER),
    Screen("terminal-edit", at.of("terminals", "devices"), OWNER),
    Screen("pairing", "/console/terminals", OWNER, prepare=at.show_code),
    Screen("wallets", "/console/wallets", OWNER),
    Screen("people", "/console/people", OWNER),
    Screen("person", at.of("people", "users"), OWNER),
    Screen("person-linked", at.linked_person, OWNER),
    Screen("api-keys", "/console/api-keys", OWNER),
    Screen("integrations", "/console/integrations", OWNER),
    Screen("webhooks", "/console/webhooks", OWNER),
    Screen("receipts", "/console/receipts", OWNER),
    Screen("receipt-key", at.receipt_key, OWNER),
    Screen("imports", "/console/imports", OWNER),
    Screen("settings", "/console/settings", OWNER),
    Screen("plan", "/console/plan", OWNER),
    Screen("own-domain", at.own_domain, OWNER),
    Screen("mails", "/console/mails", OWNER),
    Screen("settings-changes", "/console/settings/changes", OWNER),
    Screen("account", "/console/account", OWNER),
    Screen("account-linked", at.linked_account, BAKER),
    Screen("second-factor", "/console/account/second-factor", OWNER),
    Screen("confirm", "/console/account/confirm", OWNER),
    Screen("admin-overview", "/admin", ADMIN),
    Screen("admin-vendors", "/admin/vendors", ADMIN),
    Screen("admin-vendor", at.vendor, ADMIN),
    Screen("admin-vendor-new", "/admin/vendors/new", ADMIN),
    Screen("admin-plans", "/admin/plans", ADMIN),
    Screen("admin-plan", at.plan, ADMIN),
    Screen("admin-usage", "/admin/usage", ADMIN),
    Screen("admin-programs", "/admin/programs", ADMIN),
    Screen("admin-health", "/admin/health", ADMIN),
    Screen("admin-audit", "/admin/audit", ADMIN),
    Screen("admin-account", "/admin/account", ADMIN),
    Screen("admin-second-factor", "/admin/account/second-factor", ADMIN),
    Screen("admin-confirm", "/admin/account/confirm", ADMIN),
    *(
        Screen(f"terminal-{prepare.__name__}", "/terminal", prepare=prepare, is_whole=False)
        for prepare in (
            terminal_screens.pair,
            terminal_screens.people,
            terminal_screens.pin,
            terminal_screens.scan,
            terminal_screens.card,
            terminal_screens.amount,
            terminal_screens.waiting,
            terminal_screens.enrol,
            terminal_screens.options,
        )
    ),
)

WITHOUT_SCREEN: dict[str, str] = {
    "/": "leads on; a shop's front page at its own domain is read by tests/web/test_white_label.py",
    "/favicon.ico": "a picture",
    "/robots.txt": "read by search engines",
    "/console/guide": "leads on to the step that is next",
    "/console/guide/poster": "leads on to the poster",
    "/admin/usage/months.csv": "a file to keep",
    "/badges/{name}": "a picture",
    "/c/{token}/card.webmanifest": "read by browsers",
    "/c/{token}/yours/{secret}/data.html": "a file to keep",
    "/c/{token}/yours/{secret}/data.json": "a file to keep",
    "/c/{token}/icon.png": "a picture",
    "/colour/{name}.css": "a style sheet",
    "/console/exports/archive": "a part of a page",
    "/console/exports/archive/{archive_id}/file.zip": "a file to keep",
    "/console/exports/{name}.{format}": "a file to keep",
    "/console/imports/{import_id}": "the demo's shops have none; test_imports.py looks at it",
    "/console/imports/{import_id}/errors.csv": "a file to keep",
    "/console/imports/{import_id}/progress": "a part of a page",
    "/console/imports/{import_id}/undo": "the demo's shops have none; test_imports.py looks at it",
    "/console/programs/{program_id}/liability/file.{format}": "a file to keep",
    "/console/integrations/{integration_id}": "made by test_integrations.py, which looks at it",
    "/console/webhooks/{endpoint_id}": "the demo's shops have none; test_webhooks.py looks at it",
    "/console/programs/{program_id}/poster/code.png": "a picture",
    "/console/programs/{program_id}/poster/code.svg": "a picture",
    "/console/terminals/paired": "a part of a page",
    "/console/wallets/reached": "a part of a page",
    "/console/wallets/{program_id}/test.pkpass": "a file for a phone",
    "/sign-in/provider": "leads on to the operator's provider, or says why not: test_provider.py",
    "/sign-in/provider/back": "leads on, or says why not: test_provider.py reads it",
    "/sign-in/provider/out": "leads on to the operator's provider",
    "/console/account/confirm/provider": "leads on to the operator's provider",
    "/admin/account/confirm/provider": "leads on to the operator's provider",
    "/sign-in/code": "stands behind a password: the journey of the account opens it",
    "/static/{found}/{name:path}": "files of pages",
    "/terminal/hand-over/{ticket}.svg": "a picture",
    "/terminal/manifest.webmanifest": "read by browsers",
    "/terminal/sw.js": "a script",
    "/terminal/texts.json": "read by the terminal",
}
"""What pages answer GET that nobody looks at as a screen, and why."""
