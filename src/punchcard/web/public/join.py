"""Joining a program: what a customer sees behind the code on the counter."""

from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts.plans import plan_limits
from punchcard.accounts.plans.errors import NoNewCards
from punchcard.kit.errors import InvalidInput
from punchcard.kit.i18n import N_
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.links import public_path
from punchcard.loyalty.errors.programs import ProgramInactive, ProgramNotFound
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.programs import public_service
from punchcard.loyalty.programs.public_service import ProgramPage
from punchcard.loyalty.programs.referral_terms import promise_of
from punchcard.loyalty.till.receipt import Receipt
from punchcard.web.pages.card_preview import face_of_program, words_of
from punchcard.web.pages.customer_form import read_customer
from punchcard.web.pages.errors import FormExpired
from punchcard.web.pages.forms import Form
from punchcard.web.pages.idempotent_forms import submit
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public import browser_cards
from punchcard.web.public.receipts import DONE, put_on_new_card, receipt_path
from punchcard.web.public.reward_dates import last_day_of
from punchcard.web.public.visitors import address_of, count_look

router = APIRouter()

_BELOW: Final = {"phone", "birthday_day", "birthday_month", "marketing_consent"}
"""The fields that lie folded away until one of them is at fault."""
_SHARED: Final = "shared"
_ANOTHER: Final = ("yes", _SHARED)


@router.get("/join/{slug}")
def open_join_page(
    request: PageRequestDep, slug: str, another: str = "", via: str = "", receipt: str = ""
) -> Response:
    """Show the program's card, what it is good for, and the few questions to get one.

    A browser that has a card of the program is sent there, unless it asks for `another`: "yes" for
    somebody else who uses it, "shared" for a tablet on the counter, which keeps nobody's card.
    `via` is the code of the card whose holder sent the link, `receipt` what the card is got for.
    """
    count_look(request)
    wanted = another if another in _ANOTHER else ""
    with request.context.database.read() as session:
        now = request.context.clock.now()
        program = public_service.open_program(session, slug, now=now).program
        known = browser_cards.known_card(request, session, program.id)
    if program.slug != slug:
        query = f"?{request.http.url.query}" if request.http.url.query else ""
        return request.move(f"/join/{program.slug}{query}")
    if not wanted and known:
        there = receipt_path(program.slug, receipt) if receipt else f"{known.path}?again=1"
        return request.redirect(there)
    told = {"another": wanted, "via": via, "receipt": receipt}
    return _join_page(request, slug, request.form(told))


@router.post("/join/{slug}")
def join(request: PageRequestDep, slug: str, form: FormDep) -> Response:
    """Give the visitor a card, anonymous or with what they told, and show it."""
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    with context.database.read() as session:
        page = public_service.open_program(session, slug, now=context.clock.now())
        known = browser_cards.known_card(request, session, page.program.id)
    accepts = form.is_on("accept_terms")
    customer = read_customer(
        form, country=page.vendor.country, locale=request.language, accepted_terms=accepts
    )
    try:
        public_service.check_enrolment(page.program, accepts_terms=accepts)
    except InvalidInput:
        form.fault("accept_terms", N_("Please accept the terms to get a card."))
    if not form.is_valid:
        return _join_page(request, slug, form, status=422)
    # Somebody who went back to the form and sent it again wants the card they have.
    if known and form.value("another") not in _ANOTHER and known.is_of(customer):
        return request.redirect(f"{known.path}?welcome=1")
    try:
        receipt = _open_card(request, page, customer, form)
    except ProgramInactive:
        # Switched off between the two steps; to the public it is then simply not there.
        raise ProgramNotFound from None
    except (FormExpired, NoNewCards) as refusal:
        form.refusal = refusal.told(request.language)
        return _join_page(request, slug, form, status=409)
    token = context.loyalty.card_links.token(receipt.card.id, receipt.card.token_sealed)
    assert token is not None
    done = None
    if receipt_text := form.value("receipt"):
        done = DONE if put_on_new_card(request, receipt_text, receipt.card.id) else None
    if form.value("another") == _SHARED:
        return request.redirect(f"{public_path(token)}?welcome=1&shared=1", done)
    browser_cards.remember_card(request, page.program.id, token)
    if receipt_text and done is None:
        # Its page says why it is not there.
        return request.redirect(receipt_path(page.program.slug, receipt_text))
    return request.redirect(f"{public_path(token)}?welcome=1", done)


def _open_card(
    request: PageRequest, page: ProgramPage, customer: NewCustomer | None, form: Form
) -> Receipt:
    # Above the limit the card opens all the same, and the page does not tell the difference.
    is_mailed = not (customer and customer.email) or (
        request.context.accounts.limits.mails.try_take(address_of(request))
    )
    return submit(
        request,
        form,
        lambda till, metadata: card_service.open_card(
            till,
            page.program.id,
            customer=customer,
            is_vouched=False,
            is_mailed=is_mailed,
            referrer_card_id=request.context.loyalty.card_links.referrer(form.value("via")),
            locale=request.language,
            **metadata,
        ),
        public_at=page.vendor.id,
    )


def _join_page(request: PageRequest, slug: str, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        now = request.context.clock.now()
        page = public_service.open_program(session, slug, now=now)
        values = _words(page, request.language)
        values["face"] = face_of_program(session, page.program.id, request.language, now=now)
        program, vendor, rewards = page.program, page.vendor, list(page.rewards)
        known = browser_cards.known_card(request, session, program.id)
        promise = promise_of(program, page.promised)
        is_full = plan_limits.is_full(session, vendor.id)
        show_as(request.http.scope, session, vendor.id, vendor.name)
    if request.context.loyalty.card_links.referrer(form.value("via")) is None:
        promise = None
    return request.render(
        "public/join.html",
        status=status,
        form=form,
        program=program,
        vendor=vendor,
        is_full=is_full,
        rewards=rewards,
        promise=promise,
        months=range(1, 13),
        known_path=known.path if known and form.value("another") == "yes" else None,
        sends_mail=request.context.accounts.mailer.is_configured,
        has_faults_below=bool(_BELOW & form.errors.keys()),
        **values,
    )


def _words(page: ProgramPage, language: str) -> dict[str, Any]:
    program, texts = page.program, page.program.texts
    reward = program.stamp_reward or {}
    return {
        "card_name": words_of(texts, language, "card_name", program.card_name),
        "reward_name": words_of(texts, language, "reward_name", reward.get("name")),
        "reward_description": words_of(
            texts, language, "reward_description", reward.get("description")
        ),
        "terms_text": words_of(texts, language, "terms_text", program.terms_text),
        "milestones": (program.stamp_rewards or ())[:-1],
        "words_of": words_of,
        "last_day_of": last_day_of,
    }
