"""The public's routes: a program's page, enrolment, and a customer's own card.

The secret token in a card's address is its holder's credential: it opens that card.
"""

import logging
from typing import Annotated, NoReturn

from fastapi import Path, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.api.http.dependencies import (
    Caller,
    LimitEnrolments,
    LimitReads,
    Listed,
    PageDep,
    VisitorDep,
    listed,
)
from punchcard.api.http.event_stream import CONTENT as EVENTS
from punchcard.api.http.event_stream import CardEvents
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.apple_web_service import pass_response
from punchcard.api.schemas.card_requests import PublicEnrolRequest
from punchcard.api.schemas.public import (
    Enrolled,
    PublicCard,
    PublicProgram,
    PublicTransaction,
    public_card,
    public_program,
    public_transaction,
)
from punchcard.context import Context
from punchcard.db.outbox import PermanentFailure, RetryLater
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.errors.programs import ProgramInactive, ProgramNotFound
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import ReadEntry
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import public_service
from punchcard.loyalty.programs.public_service import ProgramPage, WalletNotConfigured
from punchcard.loyalty.qr_codes import qr_svg
from punchcard.loyalty.rotating_codes import has_rotating_code
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import OperationBuilder, OperationCaller, RequestDetails
from punchcard.wallets.apple.pkpass import MIME_TYPE
from punchcard.wallets.platform import WalletAway

_log = logging.getLogger(__name__)

router = api_router("/api/v1/loyalty", tag="public")

Token = Annotated[str, Path(description="The secret token in the card's address.")]


@router.get(
    "/programs/{slug}",
    response_model=PublicProgram,
    responses={308: {"description": "The program has another slug now."}, **problems(404)},
    dependencies=[LimitReads],
)
def get_public_program(visitor: VisitorDep, slug: str) -> PublicProgram | Response:
    """Return what customers may see of a program that is open for business.

    A slug it had before leads to the one it has now; enrolments are taken at both.
    """
    context = visitor.context
    with context.database.read() as session:
        page = public_service.open_program(session, slug, now=context.clock.now())
        if page.program.slug != slug:
            return RedirectResponse(
                router.url_path_for("get_public_program", slug=page.program.slug), 308
            )
        return PublicProgram.model_validate(public_program(page, context.settings.base_url))


@router.post(
    "/programs/{slug}/enroll",
    status_code=201,
    responses=problems(403, 404),
    dependencies=[LimitEnrolments],
)
def enrol_visitor(visitor: VisitorDep, slug: str, request: PublicEnrolRequest) -> Enrolled:
    """Give the visitor a card, anonymous or with what they tell about themselves.

    Whether someone has given the same address before is neither looked up nor told. A welcome
    bonus is credited at the first visit.
    """
    context = visitor.context
    with context.database.read() as session:
        page = public_service.open_program(session, slug, now=context.clock.now())
    public_service.check_enrolment(page.program, accepts_terms=request.accept_terms)
    try:
        receipt = _open_card(visitor, page, request)
    except ProgramInactive:
        # Switched off between the two steps; to the public it is then simply not there.
        raise ProgramNotFound from None
    return _enrolled(context, receipt, page)


@router.get("/cards/{token}", responses=problems(404), dependencies=[LimitReads])
def get_own_card(visitor: VisitorDep, token: Token) -> PublicCard:
    """Return the customer's own card."""
    return own_card(visitor.context, token)


@router.get(
    "/cards/{token}/events",
    response_class=Response,
    # FastAPI would look for it in the arguments of the class.
    status_code=200,
    responses={200: {"content": EVENTS}, **problems(404)},
    dependencies=[LimitReads],
)
def watch_own_card(visitor: VisitorDep, token: Token) -> CardEvents:
    """Send the card now and whenever it changes, as Server-Sent Events named `card`.

    Each holds what `GET /cards/{token}` answers. When the program changed or a reward ran out or
    came back, it comes once more, named `program`: read again what else is shown. A comment every
    15 seconds says that the server is there. 503 while too many pages are kept up to date.
    """
    context = visitor.context
    with context.database.read() as session:
        found = _card(session, visitor, token)
        card = (found.id, found.program_id)

    def read() -> str:
        return own_card(context, token).model_dump_json()

    address = counted_address(visitor.address) if visitor.address else None
    return CardEvents(context.loyalty.live, card, read, context.settings, address=address)


@router.get("/cards/{token}/transactions", responses=problems(404), dependencies=[LimitReads])
def list_own_transactions(
    visitor: VisitorDep, page: PageDep, token: Token
) -> Listed[PublicTransaction]:
    """Return the card's ledger, newest entry first."""
    with visitor.context.database.read() as session:
        card = _card(session, visitor, token)
        entries = ledger_reader.list_card_entries(
            session, card.id, limit=page.fetch, before_id=page.cursor
        )
    return listed(page, entries, _transaction, lambda entry: entry.id)


@router.get(
    "/cards/{token}/qr.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}, **problems(404)},
    dependencies=[LimitReads],
)
def get_qr_code(visitor: VisitorDep, token: Token) -> Response:
    """Return the QR code that a till scans: of the card's number, or the rotating one of now."""
    context = visitor.context
    with context.database.read() as session:
        card = _card(session, visitor, token)
        branding = session.get_one(LoyaltyProgram, card.program_id).branding
    if has_rotating_code(branding):
        text = context.loyalty.rotating_codes.code_for(card.number, context.clock.now())
    else:
        text = card.number
    return Response(qr_svg(text, scale=8, is_file=True), media_type="image/svg+xml")


@router.get(
    "/cards/{token}/apple.pkpass",
    response_class=Response,
    responses={200: {"content": {MIME_TYPE: {}}}, **problems(404)},
    dependencies=[LimitReads],
)
def get_apple_pass(visitor: VisitorDep, token: Token) -> Response:
    """Return the card's pass for Apple Wallet."""
    wallet = visitor.context.wallets.apple
    if wallet.link_for(token, "") is None:
        _refuse_wallet(visitor, token)
    card = _card_for_wallet(visitor, token)
    return pass_response(wallet.hand_out(card.id, card.number))


@router.get(
    "/cards/{token}/google",
    status_code=302,
    response_class=RedirectResponse,
    responses=problems(404, 503),
    dependencies=[LimitReads],
)
def get_google_pass(visitor: VisitorDep, token: Token) -> str:
    """Lead to the page that puts the card into Google Wallet."""
    wallet = visitor.context.wallets.google
    if not wallet.is_configured:
        _refuse_wallet(visitor, token)
    card = _card_for_wallet(visitor, token)
    try:
        return wallet.save_link(card.id)
    except (RetryLater, PermanentFailure) as error:
        _log.error("no link to Google Wallet: %s", error)
        raise WalletAway from error


def own_card(context: Context, token: str) -> PublicCard:
    """Return the card that a token opens, as it is now. Raises CardNotFound."""
    now = context.clock.now()
    with context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=now)
        page = public_service.page_of(session, card.program_id, now=now)
        wallet = context.wallets.service.states(session, [card.id])[card.id]
    response = public_card(card, token, page, context.loyalty.card_links)
    return PublicCard.model_validate({**response, "wallet": wallet})


def _open_card(visitor: Caller, page: ProgramPage, request: PublicEnrolRequest) -> Receipt:
    context, told, country = visitor.context, request.customer, page.vendor.country
    # Above the limit the card opens all the same, and the answer does not tell the difference.
    is_mailed = not (told and told.email) or context.accounts.limits.mails.try_take(
        counted_address(visitor.address or "")
    )
    caller = OperationCaller(
        subject=visitor.subject,
        vendor_id=page.vendor.id,
        request_id=visitor.request_id,
        address=visitor.address,
        user_agent=visitor.user_agent,
    )
    return OperationBuilder(context.loyalty.operation_services, caller).submit(
        context.loyalty.till,
        RequestDetails(),
        lambda till, metadata: card_service.open_card(
            till,
            page.program.id,
            customer=told.as_new(country, accepted_terms=request.accept_terms) if told else None,
            is_vouched=False,
            is_mailed=is_mailed,
            referrer_card_id=context.loyalty.card_links.referrer(request.via),
            locale=request.locale or (told.locale if told else None),
            **metadata,
        ),
    )


def _enrolled(context: Context, receipt: Receipt, page: ProgramPage) -> Enrolled:
    links = context.loyalty.card_links
    token = links.token(receipt.card.id, receipt.card.token_sealed)
    assert token is not None
    wallet = context.wallets.service.links_for(token, links.base_of(receipt.card.vendor_id))
    return Enrolled.model_validate(
        {
            "card": public_card(receipt.card, token, page, links),
            "card_url": links.address(token, receipt.card.vendor_id),
            "wallet": {"apple_url": wallet.apple, "google_url": wallet.google},
        }
    )


def _card(session: Session, visitor: Caller, token: str) -> CardView:
    return card_service.get_card_by_token(session, token, now=visitor.context.clock.now())


def _card_for_wallet(visitor: Caller, token: str) -> CardView:
    """Return the card to be put into a wallet: none goes in any more while its shop is shut."""
    with visitor.context.database.read() as session:
        card = _card(session, visitor, token)
        page = public_service.page_of(session, card.program_id, now=visitor.context.clock.now())
    if page.vendor.status != VendorStatus.ACTIVE:
        raise WalletNotConfigured
    return card


def _refuse_wallet(visitor: Caller, token: str) -> NoReturn:
    with visitor.context.database.read() as session:
        _card(session, visitor, token)
    raise WalletNotConfigured


def _transaction(entry: ReadEntry) -> PublicTransaction:
    return PublicTransaction.model_validate(public_transaction(entry))
