"""Where the screens of the town are: paths that hold an id, and what brings a page into a state."""

from collections.abc import Callable
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
from tests.journeys.support.town import Town

ADMIN = "admin@punchcard.example"
BAKER = "bob@boulangerie-bob.example"
CLAIRE = "claire@boutique-claire.example"
NEW_OWNER = "owner@salon-zoe.example"
BEGUN_OWNER = "owner@velo-max.example"
"""Two who are at the beginning of the guide: without a program, and without its reward."""
OWNER = "alice@cafe-alice.example"
"""Her pages speak the browser's language: she has chosen none."""


def until_the_reference_is_there(page: Page, _town: Town) -> None:
    # The document is written when it is first asked for, which takes a busy machine long.
    page.locator(".swagger-ui .opblock-tag").first.wait_for(timeout=60_000)


def program(below: str = "", email: str = OWNER) -> Callable[[Town], str]:
    """Return what finds a page of someone's only program."""

    def path(town: Town) -> str:
        return f"/console/programs/{_first(town, email, 'programs')}{below}"

    return path


def reward(town: Town) -> str:
    program = _first(town, BAKER, "programs")
    reward = _first(town, BAKER, f"programs/{program}/rewards")
    return f"/console/programs/{program}/rewards/{reward}"


def promotion(town: Town) -> str:
    program = _first(town, BAKER, "programs")
    promotion = _first(town, BAKER, f"programs/{program}/promotions")
    return f"/console/programs/{program}/promotions/{promotion}"


def automation(town: Town) -> str:
    program = _first(town, OWNER, "programs")
    automation = _first(town, OWNER, f"programs/{program}/automations")
    return f"/console/programs/{program}/automations/{automation}"


def card(end: str = "", email: str = OWNER) -> Callable[[Town], str]:
    """Return how to find the page of a card."""
    return lambda town: f"/console/members/{_first(town, email, 'cards')}{end}"


def entry(town: Town) -> str:
    return f"/console/ledger/{_first(town, OWNER, 'transactions')}"


def pin(town: Town) -> str:
    return f"/console/pins/{_first(town, OWNER, 'pins')}"


def own_card(
    fits: Callable[[dict[str, Any]], bool], below: str = "", email: str = OWNER
) -> Callable[[Town], str]:
    """Return how to find the first card that `fits`, as its holder sees it."""

    def path(town: Town) -> str:
        cards = town.api(email).get("/vendor/loyalty/cards", params={"limit": 200}).json()["items"]
        card = next(card for card in cards if fits(card))
        return str(urlsplit(card["public_url"]).path) + below

    return path


def yours(*, is_typed: bool) -> Callable[[Town], str]:
    """Return how to find the page that asks a card's holder for a proof, or that has it."""

    def path(town: Town) -> str:
        return str(urlsplit(own_card(is_collecting)(town)).path) + _proof(town, is_typed=is_typed)

    return path


def _proof(town: Town, *, is_typed: bool) -> str:
    # One for all widths and languages: only a few may wait at once.
    key = (town.address, is_typed)
    if key not in _proofs:
        owner = town.api(OWNER)
        cards = owner.get("/vendor/loyalty/cards", params={"limit": 200}).json()["items"]
        card = next(card for card in cards if is_collecting(card))
        token = card["public_url"].rsplit("/", 1)[1]
        asked = owner.with_token(None).post(f"/loyalty/cards/{token}/proof-of-person").json()
        if is_typed:
            here = f"/vendor/loyalty/cards/{card['id']}/proof-of-person"
            owner.post(here, {"code": asked["code"]}).raise_for_status()
        _proofs[key] = f"/yours/{asked['proof']}"
    return _proofs[key]


_proofs: dict[tuple[str, bool], str] = {}


def contact_back(town: Town) -> str:
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


def own_merge(town: Town) -> str:
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


def receipt(town: Town) -> str:
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


def receipt_key(town: Town) -> str:
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


def is_collecting(card: dict[str, Any]) -> bool:
    return card["customer"] is not None and card["stamps"] > 2


def is_ready(card: dict[str, Any]) -> bool:
    return bool(card["rewards_ready"] > 0)


def is_anonymous(card: dict[str, Any]) -> bool:
    return card["customer"] is None


def brighten(page: Page, _town: Town) -> None:
    page.locator("#brighten").click()
    page.locator("#bright[open]").wait_for()


def mistype(page: Page, _town: Town) -> None:
    page.locator("details summary").first.click()
    page.locator("#phone").fill("12")
    page.locator("#accept_terms").check()
    page.locator("main form button").click()
    page.locator(".fault").wait_for()


def tick_two(page: Page, _town: Town) -> None:
    for box in page.locator(".bulk-box").all()[:2]:
        box.check()
    page.locator(".bulk-bar button.danger").first.click()
    page.locator("#confirm").wait_for()


def ask_what_it_costs(page: Page, _town: Town) -> None:
    page.locator("#save").click()
    page.locator("#simulation").wait_for()


def show_code(page: Page, _town: Town) -> None:
    page.locator('form[action="/console/terminals/pair"] button').click()
    page.locator("#pairing-code").wait_for()


def of(page: str, what: str) -> Callable[[Town], str]:
    """Return how to find the page of the first of a vendor's affairs."""

    def path(town: Town) -> str:
        found = town.api(OWNER).get(f"/vendor/{what}").json()["items"]
        return f"/console/{page}/{found[0]['id']}"

    return path


def own_domain(town: Town) -> str:
    """Return the page of a shop's own domain, while it is not proven."""
    context = town.context
    with context.database.write() as session:
        vendor_id = session.scalars(select(Vendor.id).where(Vendor.slug == "cafe-alice")).one()
        act = Act(subject=SYSTEM, now=town.clock.now(), ids=context.ids, request_id=None)
        domain_service.claim_domain(
            session, act, vendor_id, "cards.alice.example", base_url=context.settings.base_url
        )
    return "/console/domain"


def linked_person(town: Town) -> str:
    """Return the page of a colleague who signs in by the operator's identity provider."""
    return f"/console/people/{_link(town, OWNER)}"


def linked_account(town: Town) -> str:
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


def plan(town: Town) -> str:
    """Return the page of a plan, which shows what one is like."""
    admin = town.api(ADMIN)
    plans = admin.get("/admin/loyalty/plans").json()["items"]
    if not plans:
        made = admin.post("/admin/loyalty/plans", {"name": "Small", "cards": 500, "locations": 2})
        made.raise_for_status()
        plans = [made.json()]
    return f"/admin/plans/{plans[0]['id']}"


def vendor(town: Town) -> str:
    found = town.api(ADMIN).get("/admin/vendors").json()["items"]
    return f"/admin/vendors/{found[0]['id']}"


def reach(town: Town) -> str:
    vendor = VendorId(town.api(OWNER).get("/vendor").json()["id"])
    return urlsplit(reach_url(town.context.settings, vendor, town.clock.now())).path


def _first(town: Town, email: str, what: str) -> str:
    return str(town.api(email).get(f"/vendor/loyalty/{what}").json()["items"][0]["id"])
