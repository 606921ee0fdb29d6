"""Every screen there is, for `make screenshots`, for axe, and for the pictures of docs/journeys.md.

A new page is a new line here: then it is drawn and looked at with every width, colours, language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page
from sqlalchemy import select

from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.access.reach_check import reach_url
from punchcard.accounts.audit_service import Act
from punchcard.accounts.domains import domain_service
from punchcard.accounts.models import User, Vendor
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.connect.claims import receipt_keys
from punchcard.kit.ids import ProgramId, VendorId
from punchcard.loyalty.cards.contacts.models import ContactChange
from punchcard.loyalty.cards.links import merge_path
from punchcard.loyalty.cards.merges.models import MergeOffer
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.vocabulary import CardStatus
from punchcard.web.page_visitors import LANGUAGE_COOKIE
from tests.journeys import terminal_screens
from tests.journeys.support.town import Town

ADMIN = "admin@punchcard.example"
BAKER = "bob@boulangerie-bob.example"
CLAIRE = "claire@boutique-claire.example"
NEW_OWNER = "owner@salon-zoe.example"
BEGUN_OWNER = "owner@velo-max.example"
"""Two who are at the beginning of the guide: without a program, and without its reward."""
OWNER = "alice@cafe-alice.example"
"""Her pages speak the browser's language: she has chosen none."""


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


def _until_the_reference_is_there(page: Page, _town: Town) -> None:
    # The document is written when it is first asked for, which takes a busy machine long.
    page.locator(".swagger-ui .opblock-tag").first.wait_for(timeout=60_000)


def _program(below: str = "", email: str = OWNER) -> Callable[[Town], str]:
    """Return what finds a page of someone's only program."""

    def path(town: Town) -> str:
        return f"/console/programs/{_first(town, email, 'programs')}{below}"

    return path


def _reward(town: Town) -> str:
    program = _first(town, BAKER, "programs")
    reward = _first(town, BAKER, f"programs/{program}/rewards")
    return f"/console/programs/{program}/rewards/{reward}"


def _promotion(town: Town) -> str:
    program = _first(town, BAKER, "programs")
    promotion = _first(town, BAKER, f"programs/{program}/promotions")
    return f"/console/programs/{program}/promotions/{promotion}"


def _automation(town: Town) -> str:
    program = _first(town, OWNER, "programs")
    automation = _first(town, OWNER, f"programs/{program}/automations")
    return f"/console/programs/{program}/automations/{automation}"


def _card(end: str = "", email: str = OWNER) -> Callable[[Town], str]:
    """Return how to find the page of a card."""
    return lambda town: f"/console/members/{_first(town, email, 'cards')}{end}"


def _entry(town: Town) -> str:
    return f"/console/ledger/{_first(town, OWNER, 'transactions')}"


def _pin(town: Town) -> str:
    return f"/console/pins/{_first(town, OWNER, 'pins')}"


def _own_card(
    fits: Callable[[dict[str, Any]], bool], below: str = "", email: str = OWNER
) -> Callable[[Town], str]:
    """Return how to find the first card that `fits`, as its holder sees it."""

    def path(town: Town) -> str:
        cards = town.api(email).get("/vendor/loyalty/cards", params={"limit": 200}).json()["items"]
        card = next(card for card in cards if fits(card))
        return str(urlsplit(card["public_url"]).path) + below

    return path


def _yours(*, is_typed: bool) -> Callable[[Town], str]:
    """Return how to find the page that asks a card's holder for a proof, or that has it."""

    def path(town: Town) -> str:
        return str(urlsplit(_own_card(_is_collecting)(town)).path) + _proof(town, is_typed=is_typed)

    return path


def _proof(town: Town, *, is_typed: bool) -> str:
    # One for all widths and languages: only a few may wait at once.
    key = (town.address, is_typed)
    if key not in _proofs:
        owner = town.api(OWNER)
        cards = owner.get("/vendor/loyalty/cards", params={"limit": 200}).json()["items"]
        card = next(card for card in cards if _is_collecting(card))
        token = card["public_url"].rsplit("/", 1)[1]
        asked = owner.with_token(None).post(f"/loyalty/cards/{token}/proof-of-person").json()
        if is_typed:
            here = f"/vendor/loyalty/cards/{card['id']}/proof-of-person"
            owner.post(here, {"code": asked["code"]}).raise_for_status()
        _proofs[key] = f"/yours/{asked['proof']}"
    return _proofs[key]


_proofs: dict[tuple[str, bool], str] = {}


def _contact_back(town: Town) -> str:
    """Return the page at which who reads an old address takes a change of contact back."""
    now, mail = town.clock.now(), town.context.loyalty.contact_mail
    with town.context.database.write() as session:
        change = session.scalars(select(ContactChange).limit(1)).first()
        if change is None:
            card = session.scalars(select(LoyaltyCard).order_by(LoyaltyCard.id).limit(1)).one()
            change = ContactChange(
                id=town.context.ids.new_id(),
                vendor_id=card.vendor_id,
                card_id=card.id,
                customer_id=card.customer_id,
                asked_by=SubjectKind.CUSTOMER,
                asked_at=now,
                made_at=now,
            )
            session.add(change)
        ends_at = now + mail.objection
        return urlsplit(mail.objection_url(change.id, change.vendor_id, ends_at=ends_at)).path


def _own_merge(town: Town) -> str:
    """Return the page at which somebody puts two cards of theirs together."""
    now, offers = town.clock.now(), town.context.loyalty.merge_offers
    with town.context.database.write() as session:
        offer = session.scalars(select(MergeOffer).limit(1)).first()
        if offer is None:
            first = session.scalars(select(LoyaltyCard).order_by(LoyaltyCard.id).limit(1)).one()
            same = LoyaltyCard.program_id == first.program_id
            query = select(LoyaltyCard.id).where(same, LoyaltyCard.status == CardStatus.ACTIVE)
            card_id, other_id = session.scalars(query.order_by(LoyaltyCard.id).limit(2))
            act = Act(subject=SYSTEM, now=now, ids=town.context.ids)
            offer = offers.make(session, act, card_id=card_id, from_card_id=other_id)
        return merge_path(offers.ticket(session, offer))


def _receipt(town: Town) -> str:
    """Return the page of a receipt that is on no card."""
    if town.address not in _receipts:
        owner = town.api(CLAIRE)
        programs = owner.get("/vendor/loyalty/programs").json()["items"]
        club = next(one["id"] for one in programs if one["slug"] == "club-claire")
        body = {"program_id": club, "reference": "R-1042", "amount_minor": 12_500}
        made = owner.post("/vendor/loyalty/claims", body)
        made.raise_for_status()
        _receipts[town.address] = made.json()["code"].replace("-", "")
    return f"/join/club-claire/receipt?text={_receipts[town.address]}"


_receipts: dict[str, str] = {}


def _receipt_key(town: Town) -> str:
    """Return the page of a key that a till signs receipts with."""
    program = ProgramId(_first(town, OWNER, "programs"))
    vendor = VendorId(town.api(OWNER).get("/vendor").json()["id"])
    with town.context.database.write() as session:
        keys = receipt_keys.list_keys(session, vendor, limit=1)
        if not keys:
            act = Act(subject=SYSTEM, now=town.clock.now(), ids=town.context.ids)
            _, key = receipt_keys.create_key(
                session,
                act,
                vendor,
                town.context.connect.receipt_secrets,
                program_id=program,
                location_id=None,
                name="Till 1",
                limit=1,
            )
            keys = [key]
        return f"/console/receipts/keys/{keys[0].id}"


def _is_collecting(card: dict[str, Any]) -> bool:
    return card["customer"] is not None and card["stamps"] > 2


def _is_ready(card: dict[str, Any]) -> bool:
    return bool(card["rewards_ready"] > 0)


def _is_anonymous(card: dict[str, Any]) -> bool:
    return card["customer"] is None


def _brighten(page: Page, _town: Town) -> None:
    page.locator("#brighten").click()
    page.locator("#bright[open]").wait_for()


def _mistype(page: Page, _town: Town) -> None:
    page.locator("details summary").first.click()
    page.locator("#phone").fill("12")
    page.locator("#accept_terms").check()
    page.locator("main form button").click()
    page.locator(".fault").wait_for()


def _tick_two(page: Page, _town: Town) -> None:
    for box in page.locator(".bulk-box").all()[:2]:
        box.check()
    page.locator(".bulk-bar button.danger").first.click()
    page.locator("#confirm").wait_for()


def _ask_what_it_costs(page: Page, _town: Town) -> None:
    page.locator("#save").click()
    page.locator("#simulation").wait_for()


def _show_code(page: Page, _town: Town) -> None:
    page.locator('form[action="/console/terminals/pair"] button').click()
    page.locator("#pairing-code").wait_for()


def _of(page: str, what: str) -> Callable[[Town], str]:
    """Return how to find the page of the first of a vendor's affairs."""

    def path(town: Town) -> str:
        found = town.api(OWNER).get(f"/vendor/{what}").json()["items"]
        return f"/console/{page}/{found[0]['id']}"

    return path


def _own_domain(town: Town) -> str:
    """Return the page of a shop's own domain, while it is not proven."""
    context = town.context
    with context.database.write() as session:
        vendor_id = session.scalars(select(Vendor.id).where(Vendor.slug == "cafe-alice")).one()
        act = Act(subject=SYSTEM, now=town.clock.now(), ids=context.ids, request_id=None)
        domain_service.claim_domain(
            session, act, vendor_id, "cards.alice.example", base_url=context.settings.base_url
        )
    return "/console/domain"


def _linked_person(town: Town) -> str:
    """Return the page of a colleague who signs in by the operator's identity provider."""
    return f"/console/people/{_link(town, OWNER)}"


def _linked_account(town: Town) -> str:
    """Return the account page of who does."""
    _link(town, BAKER)
    return "/console/account"


def _link(town: Town, email: str) -> str:
    """Let a person have linked an account at the provider; returns the person's id."""
    now = town.clock.now()
    with town.context.database.write() as session:
        person = session.scalars(select(User).where(User.email == email)).one()
        own = select(LinkedIdentity).where(LinkedIdentity.user_id == person.id)
        if session.scalar(own) is None:
            session.add(
                LinkedIdentity(
                    id=town.context.ids.new_id(),
                    user_id=person.id,
                    issuer=town.context.settings.oidc_issuer,
                    subject=f"acme|{email}",
                    email=email,
                    created_at=now,
                    asked_at=now,
                )
            )
        return str(person.id)


def _plan(town: Town) -> str:
    """Return the page of a plan, which shows what one is like."""
    admin = town.api(ADMIN)
    plans = admin.get("/admin/loyalty/plans").json()["items"]
    if not plans:
        made = admin.post("/admin/loyalty/plans", {"name": "Small", "cards": 500, "locations": 2})
        made.raise_for_status()
        plans = [made.json()]
    return f"/admin/plans/{plans[0]['id']}"


def _vendor(town: Town) -> str:
    found = town.api(ADMIN).get("/admin/vendors").json()["items"]
    return f"/admin/vendors/{found[0]['id']}"


def _reach(town: Town) -> str:
    vendor = VendorId(town.api(OWNER).get("/vendor").json()["id"])
    return urlsplit(reach_url(town.context.settings, vendor, town.clock.now())).path


def _first(town: Town, email: str, what: str) -> str:
    return str(town.api(email).get(f"/vendor/loyalty/{what}").json()["items"][0]["id"])


SCREENS: tuple[Screen, ...] = (
    Screen(
        "docs",
        "/docs",
        prepare=_until_the_reference_is_there,
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
    Screen("join-fault", "/join/cafe-alice", prepare=_mistype),
    Screen("join-points", "/join/club-claire"),
    Screen("join-hybrid", "/join/beim-bob"),
    Screen("card", _own_card(_is_collecting)),
    Screen("card-new", _own_card(_is_anonymous, "?welcome=1")),
    Screen("card-ready", _own_card(_is_ready)),
    Screen("card-hybrid", _own_card(_is_collecting, email=BAKER)),
    Screen("card-bright", _own_card(_is_collecting), prepare=_brighten, is_whole=False),
    Screen("card-history", _own_card(_is_collecting, "/history")),
    Screen("card-proof", _own_card(_is_collecting, "/proof")),
    Screen("card-data", _own_card(_is_collecting, "/data")),
    Screen("card-proof-code", _yours(is_typed=False)),
    Screen("card-yours", _yours(is_typed=True)),
    Screen("receipt", _receipt),
    Screen("receipt-unknown", "/r/none", is_refusal=True),
    Screen("receipt-code", _own_card(_is_collecting, "/receipt")),
    Screen("contact-back", _contact_back),
    Screen("own-merge", _own_merge),
    Screen("own-merge-ended", "/merge/none", is_refusal=True),
    Screen("reached", _reach),
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
    Screen("program", _program(), OWNER),
    Screen("program-hybrid", _program(email=BAKER), BAKER),
    Screen("program-changes", _program("/changes"), OWNER),
    Screen("program-links", _program("/links"), OWNER),
    Screen("reward", _reward, BAKER),
    Screen("reward-new", _program("/rewards/new", BAKER), BAKER),
    Screen("tiers", _program("/tiers", BAKER), BAKER),
    Screen("liability", _program("/liability", CLAIRE), CLAIRE),
    Screen("program-points", _program(email=CLAIRE), CLAIRE),
    Screen("promotions", _program("/promotions", BAKER), BAKER),
    Screen("promotion", _promotion, BAKER),
    Screen("promotion-cost", _promotion, BAKER, prepare=_ask_what_it_costs),
    Screen("promotion-new", _program("/promotions/new", BAKER), BAKER),
    Screen("automations", _program("/automations"), OWNER),
    Screen("automation", _automation, OWNER),
    Screen("automation-new", _program("/automations/new", BAKER), BAKER),
    Screen("friends", _program("/friends"), OWNER),
    Screen("poster", _program("/poster?languages=fr&languages=lb"), OWNER),
    Screen("table-card", _program("/poster?format=tent"), OWNER),
    Screen("poster-window", _program("/poster?format=window"), OWNER),
    Screen("members", "/console/members", OWNER),
    Screen("bulk-confirm", "/console/members", OWNER, prepare=_tick_two),
    Screen("member-new", "/console/members/new", OWNER),
    Screen("member", _card(), OWNER),
    Screen("member-hybrid", _card(email=BAKER), BAKER),
    Screen("member-edit", _card("/edit"), OWNER),
    Screen("member-hand-over", _card("/hand-over"), OWNER),
    Screen("member-merge", _card("/merge?query=a"), OWNER),
    Screen("ledger", "/console/ledger", OWNER),
    Screen("ledger-entry", _entry, OWNER),
    Screen("ledger-verification", "/console/ledger/verify", OWNER),
    Screen("pins", "/console/pins", OWNER),
    Screen("pin", _pin, OWNER),
    Screen("staff-report", "/console/staff-report", OWNER),
    Screen("month-report", "/console/month-report", OWNER),
    Screen("month-report-points", "/console/month-report", "claire@boutique-claire.example"),
    Screen("exports", "/console/exports", OWNER),
    Screen("search", "/console/search?q=anna", OWNER),
    Screen("wrong-contacts", "/console/contacts", OWNER),
    Screen("locations", "/console/locations", OWNER),
    Screen("location", _of("locations", "locations"), OWNER),
    Screen("terminals", "/console/terminals", OWNER),
    Screen("terminal-edit", _of("terminals", "devices"), OWNER),
    Screen("pairing", "/console/terminals", OWNER, prepare=_show_code),
    Screen("wallets", "/console/wallets", OWNER),
    Screen("people", "/console/people", OWNER),
    Screen("person", _of("people", "users"), OWNER),
    Screen("person-linked", _linked_person, OWNER),
    Screen("api-keys", "/console/api-keys", OWNER),
    Screen("integrations", "/console/integrations", OWNER),
    Screen("webhooks", "/console/webhooks", OWNER),
    Screen("receipts", "/console/receipts", OWNER),
    Screen("receipt-key", _receipt_key, OWNER),
    Screen("imports", "/console/imports", OWNER),
    Screen("settings", "/console/settings", OWNER),
    Screen("plan", "/console/plan", OWNER),
    Screen("own-domain", _own_domain, OWNER),
    Screen("mails", "/console/mails", OWNER),
    Screen("settings-changes", "/console/settings/changes", OWNER),
    Screen("account", "/console/account", OWNER),
    Screen("account-linked", _linked_account, BAKER),
    Screen("second-factor", "/console/account/second-factor", OWNER),
    Screen("confirm", "/console/account/confirm", OWNER),
    Screen("admin-overview", "/admin", ADMIN),
    Screen("admin-vendors", "/admin/vendors", ADMIN),
    Screen("admin-vendor", _vendor, ADMIN),
    Screen("admin-vendor-new", "/admin/vendors/new", ADMIN),
    Screen("admin-plans", "/admin/plans", ADMIN),
    Screen("admin-plan", _plan, ADMIN),
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
