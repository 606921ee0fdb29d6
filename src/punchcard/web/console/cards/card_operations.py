"""What moves a card's balance from the console: each time through the till, as at the counter."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Response

from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, EntryId, RewardId
from punchcard.kit.money import minor_digits, write_amount
from punchcard.loyalty.errors.till import TransactionNotFound
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.programs.public_service import page_of
from punchcard.loyalty.reports.usual_purchase import is_far_more, usual_purchases
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.till.requests import TillCall
from punchcard.web.console.cards.card_page import (
    PREFIX,
    REASON_CHARACTERS,
    card_path,
    find_card,
    show_card,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.idempotent_forms import submit
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix=PREFIX)

_STAMPS_AT_ONCE: Final = 50
SURE_FIELD: Final = "sure_of_minor"
"""The box that says yes to an amount that was asked about."""
_FAR_MORE: Final = N_("{amount} is far more than usual. Is it right?")


@router.post("/stamp")
def add_stamp(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Put stamps on the card."""
    quantity = form.whole("quantity", minimum=1, maximum=_STAMPS_AT_ONCE)
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: stamp_service.add_stamp(
            till, card_id, quantity=quantity or 1, **metadata
        ),
        done=N_("Stamped."),
        opened="stamp",
    )


@router.post("/redeem")
def redeem_stamps(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Exchange a full card for its reward, or hand out one on the way to it."""
    at = form.whole("at", minimum=1, maximum=_STAMPS_AT_ONCE) if form.value("at") else None
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: stamp_service.redeem_stamps(till, card_id, milestone=at, **metadata),
        done=N_("The reward is handed out."),
        opened="redeem",
    )


@router.post("/earn")
def earn_points(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Credit the points of a purchase; one that is far more than usual is asked about first."""
    now = request.context.clock.now()
    with request.context.database.read() as session:
        card = find_card(session, request, card_id)
        currency = page_of(session, card.program_id, now=now).program.currency
        usual = usual_purchases(session, [card.program_id], now=now).get(card.program_id)
    amount_minor = form.money("amount", currency)
    is_doubted = amount_minor is not None and (
        is_far_more(amount_minor, usual, minor_digits(currency))
        # A yes is to one amount, not to the next that is typed.
        and form.value(SURE_FIELD) != str(amount_minor)
    )
    if is_doubted:
        amount = write_amount(amount_minor or 0, currency, request.language)
        form.fault("amount", _FAR_MORE, amount=amount)
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: points_service.earn_points(
            till, card_id, amount_minor=amount_minor or 0, **metadata
        ),
        done=N_("The points are added."),
        opened="earn",
        doubted_minor=amount_minor if is_doubted else None,
    )


@router.post("/redeem-points")
def redeem_points(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Exchange points for a reward of the catalogue."""
    reward_id = RewardId(form.text("reward_id", limit=36) or "")
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: points_service.redeem_points(
            till, card_id, reward_id=reward_id, points=None, **metadata
        ),
        done=N_("The reward is handed out."),
        opened="redeem-points",
    )


@router.post("/adjust")
def adjust_points(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Correct the points, with a reason."""
    limit = request.context.settings.adjustment_limit_points
    delta = form.whole("points_delta", minimum=-limit, maximum=limit)
    reason = form.text("reason", limit=REASON_CHARACTERS)
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: points_service.adjust_points(
            till,
            card_id,
            points_delta=delta or 0,
            reason=reason or "",
            limit_points=limit,
            **metadata,
        ),
        done=N_("The points are corrected."),
        opened="adjust",
    )


@router.post("/entries/{transaction_id}/void")
def void_entry(
    request: PageRequestDep, card_id: CardId, transaction_id: EntryId, form: FormDep
) -> Response:
    """Take an entry back, by one more entry that names it."""
    with request.context.database.read() as session:
        entry = ledger_reader.get_entry(session, request.vendor_id, transaction_id)
        if entry.row["card_id"] != card_id.lower():
            raise TransactionNotFound
    reason = form.text("void_reason", limit=REASON_CHARACTERS)
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: points_service.void(
            till, transaction_id, reason=reason or "", **metadata
        ),
        done=N_("The entry is taken back."),
        opened=entry.id,
    )


def operate(
    request: PageRequest,
    card_id: CardId,
    form: Form,
    do: TillCall,
    *,
    done: str,
    opened: str,
    doubted_minor: int | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Response:
    """Do what a card's form asks for, and lead back to the card; or show what was wrong.

    `renamed` are fields of the till that the form names otherwise. Raises CardNotFound.
    """
    with request.context.database.read() as session:
        find_card(session, request, card_id)
    if form.is_valid:
        with form.refusals(**(renamed or {})):
            submit(request, form, do, staff_pin=form.value("staff_pin") or None)
    if not form.is_valid:
        return show_card(
            request, card_id, form, opened=opened, doubted_minor=doubted_minor, status=422
        )
    return request.redirect(card_path(card_id), done)
