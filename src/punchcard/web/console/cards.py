"""The console's page of one card: its holder, its history, and what can be done with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import LOYALTY_MANAGE, LOYALTY_OPERATE, LOYALTY_READ
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.loyalty import (
    card_changes,
    card_service,
    customer_service,
    ledger_reader,
    points_service,
    stamp_service,
)
from punchcard.loyalty.card_changes import CardChange
from punchcard.loyalty.cards import CardView
from punchcard.loyalty.errors import CardNotFound
from punchcard.loyalty.occasion import Occasion
from punchcard.loyalty.operations import Actor, Operation
from punchcard.loyalty.public_service import page_of
from punchcard.loyalty.staff_entry import identify_staff
from punchcard.wallets.card_facts import CardAddresses
from punchcard.web.card_faces import face_of_card
from punchcard.web.customer_form import read_customer
from punchcard.web.forms import Form
from punchcard.web.visits import FormDep, Visit, signed_in

router = APIRouter(prefix="/console/members/{card_id}")

Reader = Annotated[Visit, Depends(signed_in(LOYALTY_READ))]
Operator = Annotated[Visit, Depends(signed_in(LOYALTY_OPERATE))]
Manager = Annotated[Visit, Depends(signed_in(LOYALTY_MANAGE))]

_ENTRIES_SHOWN: Final = 50
_REASON_CHARACTERS: Final = 200
_STAMPS_AT_ONCE: Final = 50


@router.get("")
def open_card(visit: Reader, card_id: str, before: str = "") -> Response:
    """Show the card, its holder and its history, newest entry first."""
    return _card_page(visit, card_id, visit.form(), before=before)


@router.get("/edit")
def open_edit(visit: Operator, card_id: str) -> Response:
    """Show what is known about the holder, to be changed."""
    with visit.context.database.read() as session:
        card = _find(session, visit, card_id)
    known: dict[str, Any] = dict(card.customer or {})
    if known.get("birthday"):
        month, day = known["birthday"].split("-")
        known.update(birthday_month=int(month), birthday_day=int(day))
    return _edit_page(visit, card_id, visit.form(known))


@router.post("/edit")
def update_card(visit: Operator, card_id: str, form: FormDep) -> Response:
    """Change what is known; an anonymous card gets a holder."""
    locale = form.choice("locale", LANGUAGES, required=False)
    told = read_customer(form, locale=locale, accepted_terms=False)
    if form.is_valid:
        fields = ("name", "email", "phone", "birthday", "marketing_consent")
        customer = {field: getattr(told, field, None) for field in fields}
        customer["marketing_consent"] = bool(customer["marketing_consent"])
        change = CardChange(
            customer={**customer, "locale": locale} if told else None, card={"locale": locale}
        )
        with form.refusals(), visit.context.database.write() as session:
            card_changes.update_card(session, visit.act(), visit.vendor_id, card_id, change)
    if not form.is_valid:
        return _edit_page(visit, card_id, form, status=422)
    visit.context.live.tell([card_id.lower()])
    return visit.redirect(_path(card_id), N_("Saved."))


@router.post("/block")
def block(visit: Operator, card_id: str, form: FormDep) -> Response:
    """Stop the card from being used."""
    return _change(visit, card_id, form, card_changes.block_card, N_("The card is blocked."))


@router.post("/unblock")
def unblock(visit: Operator, card_id: str, form: FormDep) -> Response:
    """Let the card be used again."""
    done = N_("The card can be used again.")
    return _change(visit, card_id, form, card_changes.unblock_card, done)


@router.post("/replace")
def replace(visit: Operator, card_id: str, form: FormDep) -> Response:
    """Give the card a new number and link; the old ones stop working, balances stay."""

    def change(session: Session, act: Act, vendor_id: str, card_id: str) -> None:
        card_changes.replace_card(session, act, vendor_id, card_id, visit.context.card_sealer)

    done = N_("The card has a new number and link. The old ones no longer work.")
    return _change(visit, card_id, form, change, done)


@router.post("/erase")
def erase(visit: Manager, card_id: str, form: FormDep) -> Response:
    """Forget the holder, who asked for it; the card goes on as an anonymous one."""
    with visit.context.database.write() as session:
        card = _find(session, visit, card_id)
        token = _addresses(visit).token(card.id, card.token_sealed)
        if token is None:
            raise CardNotFound
        customer_service.erase_customer(session, visit.act(), token)
    visit.context.live.tell([card.id])
    return visit.redirect(_path(card_id), N_("What was known about the holder is deleted."))


@router.post("/stamp")
def add_stamp(visit: Operator, card_id: str, form: FormDep) -> Response:
    """Put stamps on the card, through the till."""
    quantity = form.whole("quantity", minimum=1, maximum=_STAMPS_AT_ONCE)
    return _operate(
        visit,
        card_id,
        form,
        lambda occasion: stamp_service.add_stamp(card_id, quantity=quantity or 1, **occasion),
        N_("Stamped."),
    )


@router.post("/redeem")
def redeem_stamps(visit: Operator, card_id: str, form: FormDep) -> Response:
    """Exchange a full card for its reward, through the till."""
    return _operate(
        visit,
        card_id,
        form,
        lambda occasion: stamp_service.redeem_stamps(card_id, **occasion),
        N_("The reward is handed out."),
    )


@router.post("/adjust")
def adjust_points(visit: Manager, card_id: str, form: FormDep) -> Response:
    """Correct the points, with a reason."""
    limit = visit.context.settings.adjustment_limit_points
    delta = form.whole("points_delta", minimum=-limit, maximum=limit)
    reason = form.text("reason", limit=_REASON_CHARACTERS)
    return _operate(
        visit,
        card_id,
        form,
        lambda occasion: points_service.adjust_points(
            card_id, points_delta=delta or 0, reason=reason or "", limit_points=limit, **occasion
        ),
        N_("The points are corrected."),
    )


@router.post("/entries/{transaction_id}/void")
def void_entry(visit: Operator, card_id: str, transaction_id: str, form: FormDep) -> Response:
    """Take an entry back, by one more entry that names it."""
    reason = form.text("reason", limit=_REASON_CHARACTERS)
    return _operate(
        visit,
        card_id,
        form,
        lambda occasion: points_service.void(transaction_id, reason=reason or "", **occasion),
        N_("The entry is taken back."),
    )


def _operate(
    visit: Visit,
    card_id: str,
    form: Form,
    operation: Callable[[Occasion], Operation],
    done: str,
) -> Response:
    context = visit.context
    with context.database.read() as session:
        _find(session, visit, card_id)
    if form.is_valid:
        with form.refusals():
            # A PIN costs a bcrypt and a commit of its own: before the till, outside transactions.
            staff = identify_staff(
                context.pin_desk,
                context.staff_tokens,
                visit.subject,
                staff_pin=form.value("staff_pin") or None,
            )
            occasion = Occasion(
                vendor_id=visit.vendor_id,
                actor=Actor(visit.subject.kind, visit.subject.id),
                request_id=visit.request_id,
            )
            if staff is not None:
                occasion["staff"] = staff
            context.till.submit(operation(occasion))
    if not form.is_valid:
        return _card_page(visit, card_id, form, status=422)
    return visit.redirect(_path(card_id), done)


def _change(
    visit: Visit,
    card_id: str,
    form: Form,
    change: Callable[[Session, Act, str, str], None],
    done: str,
) -> Response:
    with form.refusals(), visit.context.database.write() as session:
        _find(session, visit, card_id)
        change(session, visit.act(), visit.vendor_id, card_id)
    if not form.is_valid:
        return _card_page(visit, card_id, form, status=409)
    visit.context.live.tell([card_id.lower()])
    return visit.redirect(_path(card_id), done)


def _card_page(
    visit: Visit, card_id: str, form: Form, *, before: str = "", status: int = 200
) -> Response:
    context = visit.context
    with context.database.read() as session:
        card = _find(session, visit, card_id)
        page = page_of(session, card.program_id, now=context.clock.now())
        entries = ledger_reader.list_card_entries(
            session, card.id, limit=_ENTRIES_SHOWN + 1, before_id=before or None
        )
        face = face_of_card(session, context, card, visit.language)
        wallet = context.wallets.states(session, [card.id])[card.id]
    token = _addresses(visit).token(card.id, card.token_sealed)
    more = entries[_ENTRIES_SHOWN - 1].id if len(entries) > _ENTRIES_SHOWN else None
    return visit.page(
        "console/card.html",
        status=status,
        form=form,
        card=card,
        face=face,
        program=page.program,
        entries=entries[:_ENTRIES_SHOWN],
        wallet=wallet,
        url=_addresses(visit).address(token) if token else None,
        next_url=f"{_path(card_id)}?before={more}" if more else None,
        first_url=_path(card_id) if before else None,
    )


def _edit_page(visit: Visit, card_id: str, form: Form, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        card = _find(session, visit, card_id)
    return visit.page(
        "console/card_edit.html", status=status, form=form, card=card, months=range(1, 13)
    )


def _find(session: Session, visit: Visit, card_id: str) -> CardView:
    now: datetime = visit.context.clock.now()
    return card_service.get_card(session, visit.vendor_id, card_id, now=now)


def _addresses(visit: Visit) -> CardAddresses:
    return CardAddresses(visit.context.settings.base_url, visit.context.card_sealer)


def _path(card_id: str) -> str:
    return f"/console/members/{card_id}"
