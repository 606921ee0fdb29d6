"""The console's page of the friends that cards bring: what is promised, and who came."""

from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.engage import referral_service
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.errors.balances import BalanceLimitReached
from punchcard.loyalty.errors.cards import CardBlocked, CardNotFound
from punchcard.loyalty.errors.grants import GrantLimitReached
from punchcard.loyalty.errors.programs import (
    ProgramInactive,
    ProgramTypeMismatch,
    RewardNotAvailable,
    RewardNotFound,
)
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs import program_service, reward_service
from punchcard.loyalty.rules.promises.referral_form import REFERRAL_BOUNDS, SIDES
from punchcard.loyalty.vocabulary import ProgramType, ReferralStatus
from punchcard.loyalty.words import REFERRAL_REASONS, REFERRAL_STATES
from punchcard.web.console.programs.program_form import amount_of
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/friends")

_SHOWN: Final = 100
_REWARDS: Final = 200
_GIVES: Final = ("points", "stamps", "reward_id")
# One of the two may have got nothing: the till tells why.
_REASONS: Final = {
    **REFERRAL_REASONS,
    **{
        refusal.code: refusal.sentence
        for refusal in (
            BalanceLimitReached,
            CardBlocked,
            CardNotFound,
            ProgramInactive,
            RewardNotFound,
        )
    },
    RewardNotAvailable.code: N_("The reward cannot be had now"),
    GrantLimitReached.code: N_("The card has as many given rewards as it may"),
    ProgramTypeMismatch.code: N_("The program does not collect what would be given."),
}
_UNKNOWN_REASON: Final = N_("One of the two could not be given it")
_FIELDS: Final = {
    f"referral.{side}.{name}": f"{side}_{name}" for side in SIDES for name in _GIVES
} | {
    "referral.friend": "friend_points",
    "referral.minimum_purchase_minor": "minimum_purchase",
}


@router.get("")
def open_friends(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Show what is promised for bringing a friend, and whom cards brought."""
    program, rewards = _place(request, program_id)
    return _page(request, program, rewards, request.form(_initial_of(program)))


@router.post("")
def promise_friends(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Promise something for bringing a friend, or change or pause the promise."""
    program, rewards = _place(request, program_id)
    form.merge(_initial_of(program))
    referral = _read(form, program, rewards)
    with form.refusals(**_FIELDS), request.context.database.write() as session:
        program_service.update_program(
            session,
            request.act(),
            request.vendor_id,
            program_id,
            {"referral": referral},
            guard=form.guard(_initial_of),
        )
    if form.is_valid:
        return request.redirect(f"/console/programs/{program.id}/friends", N_("Saved."))
    return _page(request, program, rewards, form, status=form.status)


def _place(request: PageRequest, program_id: ProgramId) -> tuple[LoyaltyProgram, list[Reward]]:
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        rewards = reward_service.list_rewards(
            session, request.vendor_id, program.id, limit=_REWARDS
        )
    return program, list(rewards)


def _initial_of(program: LoyaltyProgram) -> dict[str, Any]:
    referral = program.referral or {}
    initial: dict[str, Any] = {
        "is_on": referral.get("status") == ReferralStatus.ACTIVE,
        "minimum_purchase": amount_of(
            referral.get("minimum_purchase_minor") or None, program.currency
        ),
        "hold_days": referral.get("hold_days", 0),
        "limit_per_year": referral.get("limit_per_year", 10),
    }
    for side in SIDES:
        gives = referral.get(side) or {}
        initial |= {f"{side}_{name}": gives.get(name) or "" for name in _GIVES}
    return initial


def _read(form: Form, program: LoyaltyProgram, rewards: list[Reward]) -> dict[str, Any]:
    status = ReferralStatus.ACTIVE if form.is_on("is_on") else ReferralStatus.PAUSED
    sides = {side: _read_side(form, side, rewards) for side in SIDES}
    most = REFERRAL_BOUNDS["minimum_purchase_minor"][1]
    minimum = None
    if program.type != ProgramType.STAMPS:
        minimum = form.money(
            "minimum_purchase", program.currency, required=False, maximum_minor=most
        )
    return {
        "status": str(status),
        **{side: gives for side, gives in sides.items() if gives},
        "minimum_purchase_minor": minimum or 0,
        "hold_days": _whole(form, "hold_days"),
        "limit_per_year": _whole(form, "limit_per_year"),
    }


def _read_side(form: Form, side: str, rewards: list[Reward]) -> dict[str, Any]:
    gives: dict[str, Any] = {}
    for name in ("points", "stamps"):
        minimum, maximum = REFERRAL_BOUNDS[name]
        gives[name] = form.whole(f"{side}_{name}", minimum=minimum, maximum=maximum, required=False)
    gives["reward_id"] = form.choice(
        f"{side}_reward_id", [reward.id for reward in rewards], required=False
    )
    return {name: value for name, value in gives.items() if value}


def _whole(form: Form, name: str) -> int | None:
    minimum, maximum = REFERRAL_BOUNDS[name]
    return form.whole(name, minimum=minimum, maximum=maximum)


def _page(
    request: PageRequest,
    program: LoyaltyProgram,
    rewards: list[Reward],
    form: Form,
    status: int = 200,
) -> Response:
    with request.context.database.read() as session:
        brought = referral_service.list_referrals(
            session, request.vendor_id, program_id=program.id, limit=_SHOWN
        )
        cards = {one.referrer_card_id for one in brought} | {one.friend_card_id for one in brought}
        names = card_service.labels_of_vendor(session, request.vendor_id, cards)
    return request.render(
        "console/friends.html",
        status=status,
        form=form,
        program=program,
        sides=SIDES,
        rewards=[("", N_("No reward")), *((reward.id, reward.name) for reward in rewards)],
        brought=brought,
        card_names=names,
        referral_states=REFERRAL_STATES,
        referral_reasons=_REASONS,
        unknown_reason=_UNKNOWN_REASON,
    )
