"""What the pages of one card have in common: who may open them, and how the card is shown."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from fastapi import Response
from sqlalchemy.orm import Session

from punchcard.accounts import location_service
from punchcard.kit.ids import CardId, as_id, readable_number
from punchcard.loyalty.cards import card_service, erasures, grant_reader
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.cards.merges.merged_cards import led_on
from punchcard.loyalty.cards.retired_cards import former_numbers
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.card_ranges import CardSpan
from punchcard.loyalty.ledger.ledger_reader import ReadEntry
from punchcard.loyalty.ledger.ledger_verify import Verdict, verify_ledger
from punchcard.loyalty.models import LoyaltyCard, Reward
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.programs import reward_service
from punchcard.loyalty.programs.public_service import page_of
from punchcard.loyalty.staff.identify import identify_staff
from punchcard.loyalty.vocabulary import EntryType
from punchcard.loyalty.words import GRANT_REASONS, GRANT_STATES
from punchcard.web.pages.card_preview import face_of_card
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.cards import CARD_STATUSES
from punchcard.web.pages.page_request import PageRequest
from punchcard.web.pages.reward_names import grant_names, subjects_of
from punchcard.web.pages.tier_told import tier_told

PREFIX: Final = "/console/members/{card_id}"

REASON_CHARACTERS: Final = 200
_ENTRIES_SHOWN: Final = 50
_GRANTS_SHOWN: Final = 20
_REWARDS_OFFERED: Final = 200
_PURCHASES: Final = (EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)


def card_path(card_id: CardId) -> str:
    """Return the address of a card's page."""
    return f"/console/members/{card_id}"


def _refunded_minor(entries: Iterable[ReadEntry]) -> Counter[str]:
    """Return how much of purchases came back, as far as these entries tell."""
    refunded = Counter[str]()
    for entry in entries:
        if entry.row["type"] == EntryType.POINTS_REFUNDED:
            refunded[(entry.row["details"] or {})["refunds"]] += entry.row["amount_minor"] or 0
    return refunded


def find_card(session: Session, request: PageRequest, card_id: CardId) -> CardView:
    """Return the card, if it is the visitor's vendor's. Raises CardNotFound."""
    return card_service.get_card(
        session, request.vendor_id, card_id, now=request.context.clock.now()
    )


def card_token(request: PageRequest, card: CardView) -> str | None:
    """Return the secret token in the card's link; None when its seal cannot be opened."""
    return request.context.loyalty.card_links.token(card.id, card.token_sealed)


def who_stands_behind(request: PageRequest, form: Form) -> StaffIdentity | None:
    """Return whose PIN a form holds, None without one; outside any transaction, it hashes.

    Raises what `identify_staff` raises.
    """
    loyalty = request.context.loyalty
    return identify_staff(
        loyalty.pin_verifier,
        loyalty.staff_tokens,
        request.subject,
        staff_pin=form.value("staff_pin") or None,
    )


def verify_card(request: PageRequest, card_id: CardId) -> Verdict:
    """Derive the card's chain of entries again, and its balances from them."""
    with request.context.database.snapshot() as connection:
        return verify_ledger(
            connection, vendor_id=request.vendor_id, span=CardSpan.of_card(CardId(card_id.lower()))
        )


def show_card(
    request: PageRequest,
    card_id: CardId,
    form: Form,
    *,
    before: str = "",
    opened: str = "",
    doubted_minor: int | None = None,
    status: int = 200,
) -> Response:
    """Answer with the card's page; `opened` names the form that lies open, by what it does.

    `doubted_minor` is the amount of a purchase that is asked about.
    """
    context = request.context
    with context.database.read() as session:
        card = find_card(session, request, card_id)
        page = page_of(session, card.program_id, now=context.clock.now())
        face = face_of_card(session, context, card, request.language, page=page)
        wallet = context.wallets.service.states(session, [card.id])[card.id]
        places = location_service.location_names(session, request.vendor_id)
        values = {
            **_entries_shown(session, request, card.id, before),
            **_grants_shown(session, request, card),
            **_pending(session, request, card.id),
            **_other_numbers(session, card),
        }
    token = card_token(request, card)
    return request.render(
        "console/card.html",
        status=status,
        form=form,
        opened=opened,
        doubted_minor=doubted_minor,
        card=card,
        face=face,
        tier=tier_told(card, page.program, request.language),
        program=page.program,
        rewards=_rewards_to_redeem(card, page.rewards),
        places=places if len(places) > 1 else {},
        status_names=dict(CARD_STATUSES),
        verdict=verify_card(request, card.id),
        wallet=wallet,
        url=context.loyalty.card_links.address(token, card.vendor_id) if token else None,
        limit_points=context.settings.adjustment_limit_points,
        **values,
    )


def _rewards_to_redeem(card: CardView, rewards: Sequence[Reward]) -> list[Reward]:
    # What it was given takes no points, and is handed out by itself.
    ready = {one.id for one in card.ready if not one.grant_id}
    return [one for one in rewards if one.id in ready]


def _other_numbers(session: Session, card: CardView) -> dict[str, Any]:
    """Return what the page shows of numbers that led here, and of the card that this one led to."""
    former = former_numbers(session, [card.id]).get(card.id, [])
    return {
        "former_numbers": [readable_number(one) for one in former],
        "merged_into": led_on(session, [card]).get(card.id),
    }


def _entries_shown(
    session: Session, request: PageRequest, card_id: CardId, before: str
) -> dict[str, Any]:
    """Return what the page shows of the card's entries, and how it leads to others."""
    entries = ledger_reader.list_card_entries(
        session, card_id, limit=_ENTRIES_SHOWN + 1, before_id=as_id(before) if before else None
    )
    refunded = _refunded_minor(entries)
    more = entries[_ENTRIES_SHOWN - 1].id if len(entries) > _ENTRIES_SHOWN else None
    return {
        "entries": entries[:_ENTRIES_SHOWN],
        "subjects": subjects_of(session, entries[:_ENTRIES_SHOWN], request.language),
        "refunded": +refunded,
        "refundable": {
            entry.id
            for entry in entries
            if entry.row["type"] in _PURCHASES
            and (entry.row["amount_minor"] or 0) > refunded[entry.id]
            and not entry.voided_by
        },
        "next_url": f"{card_path(card_id)}?before={more}" if more else None,
        "first_url": card_path(card_id) if before else None,
    }


def _grants_shown(session: Session, request: PageRequest, card: CardView) -> dict[str, Any]:
    """Return what the page shows of rewards that were given, and which can be."""
    givable = reward_service.list_rewards(
        session, request.vendor_id, card.program_id, limit=_REWARDS_OFFERED
    )
    grants = grant_reader.list_grants(session, request.vendor_id, card.id, limit=_GRANTS_SHOWN)
    return {
        "grants": grants,
        "given_names": grant_names(session, grants, request.language),
        "grant_reasons": list(GRANT_REASONS.items()),
        "grant_states": GRANT_STATES,
        "givable": [(one.id, one.name) for one in givable],
    }


def _pending(session: Session, request: PageRequest, card_id: CardId) -> dict[str, Any]:
    """Return what the page shows of an erasure or a change of address that waits for its time."""
    row = session.get_one(LoyaltyCard, card_id)
    erasure = erasures.pending(session, row)
    wait = request.context.loyalty.contact_mail.wait
    waits = contact_changes.waiting(session, row, since=request.context.clock.now() - wait)
    return {
        "erased_at": erasure.due_at if erasure else None,
        "new_contact": waits,
        "new_contact_ends_at": waits.asked_at + wait if waits else None,
    }
