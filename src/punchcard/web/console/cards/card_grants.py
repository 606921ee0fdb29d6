"""What a card is given from the console, and the part of a purchase that comes back."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, EntryId, GrantId, RewardId
from punchcard.loyalty.errors.till import TransactionNotFound
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.till import points_service
from punchcard.loyalty.till.promises import grant_service
from punchcard.loyalty.vocabulary import GrantReason
from punchcard.loyalty.words import GRANT_REASONS
from punchcard.web.console.cards.card_operations import operate
from punchcard.web.console.cards.card_page import PREFIX, REASON_CHARACTERS
from punchcard.web.pages.page_request import FormDep, PageRequestDep

router = APIRouter(prefix=PREFIX)

_REFERENCE_CHARACTERS: Final = 64


@router.post("/grants")
def give_grant(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Give the card a reward, with a reason and perhaps a last day."""
    reward_id = RewardId(form.text("grant_reward", limit=36) or "")
    reason = form.choice("grant_reason", tuple(GRANT_REASONS))
    expires_on = form.day("grant_expires_on", required=False)
    note = form.text("grant_note", required=False, limit=REASON_CHARACTERS)
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: grant_service.give_grant(
            till,
            card_id,
            GrantId(request.context.ids.new_id()),
            reward_id=reward_id,
            reason=GrantReason(reason or GrantReason.SURPRISE),
            expires_on=expires_on,
            remark=note,
            **metadata,
        ),
        done=N_("The reward is given."),
        opened="grant",
        renamed={"reward_id": "grant_reward", "expires_on": "grant_expires_on"},
    )


@router.post("/grants/{grant_id}/redeem")
def redeem_grant(
    request: PageRequestDep, card_id: CardId, grant_id: GrantId, form: FormDep
) -> Response:
    """Hand out what the card was given."""
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: grant_service.redeem_grant(
            till, card_id, GrantId(grant_id.lower()), **metadata
        ),
        done=N_("The reward is handed out."),
        opened=grant_id,
    )


@router.post("/grants/{grant_id}/revoke")
def revoke_grant(
    request: PageRequestDep, card_id: CardId, grant_id: GrantId, form: FormDep
) -> Response:
    """Withdraw what the card was given."""
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: grant_service.revoke_grant(
            till, card_id, GrantId(grant_id.lower()), **metadata
        ),
        done=N_("The given reward is withdrawn."),
        opened=grant_id,
    )


@router.post("/entries/{transaction_id}/refund")
def refund_part(
    request: PageRequestDep, card_id: CardId, transaction_id: EntryId, form: FormDep
) -> Response:
    """Take back the points of the part of a purchase that was paid back."""
    with request.context.database.read() as session:
        entry = ledger_reader.get_entry(session, request.vendor_id, transaction_id)
        if entry.row["card_id"] != card_id.lower():
            raise TransactionNotFound
    currency = entry.row["currency"] or ""
    amount_minor = form.money("refund_amount", currency, minimum_minor=1)
    reference = form.text("refund_reference", required=False, limit=_REFERENCE_CHARACTERS)
    reason = form.text("refund_reason", required=False, limit=REASON_CHARACTERS)
    return operate(
        request,
        card_id,
        form,
        lambda till, metadata: points_service.refund_points(
            till,
            EntryId(entry.id),
            amount_minor=amount_minor or 0,
            # A refund without a number of the shop's gets one of its own.
            refund_reference=reference or request.context.ids.new_id(),
            reason=reason,
            **metadata,
        ),
        done=N_("The part has come back, and its points are gone."),
        opened=f"refund-{entry.id}",
        renamed={"amount_minor": "refund_amount"},
    )
