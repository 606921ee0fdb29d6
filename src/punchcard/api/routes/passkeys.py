"""Passkeys: a second factor that a device signs with, or the whole sign-in."""

from typing import Annotated

from fastapi import Path, Response

from punchcard.accounts.errors import ChallengeInvalid, LinkInvalid, PasskeyNotFound
from punchcard.api.http.dependencies import CallerDep, LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.auth import origin_of_visitor, token_schema
from punchcard.api.schemas.second_factor import (
    NewPasskeySchema,
    PasskeyAddition,
    PasskeyAskRequest,
    PasskeyAskSchema,
    PasskeyChange,
    PasskeySchema,
    PasskeySignInRequest,
    passkey_facts,
)
from punchcard.api.schemas.sign_in import TokenSchema

router = api_router("/api/v1/auth/second-factor", tag="Signing in")
whole_router = api_router("/api/v1/auth/passkey", tag="Signing in")


@whole_router.post("/options", dependencies=[LimitReads], responses=problems(409))
def ask_anybody(visitor: VisitorDep) -> PasskeyAskSchema:
    """Say what to ask a device of somebody who has a passkey here and types no password."""
    ask = visitor.context.accounts.passkeys.ask_anybody()
    return PasskeyAskSchema(options=ask.options, token=ask.token)


@whole_router.post("", responses=problems(403, 409, 429))
def sign_in_with_passkey_alone(body: PasskeySignInRequest, visitor: VisitorDep) -> TokenSchema:
    """Sign in with what a passkey has signed, on a device that made sure of its person."""
    signed_in = visitor.context.accounts.sign_in.sign_in_with_passkey_alone(
        body.token, body.credential, origin=origin_of_visitor(visitor, body.known_browser)
    )
    return token_schema(visitor.context, signed_in)


@router.post("/passkey/options", dependencies=[LimitReads], responses=problems(404, 409))
def ask_passkey(body: PasskeyAskRequest, visitor: VisitorDep) -> PasskeyAskSchema:
    """Say what to ask a device after `second_factor_required`; 404 for who has no passkey."""
    try:
        ask = visitor.context.accounts.passkeys.ask(body.challenge)
    except LinkInvalid:
        raise ChallengeInvalid from None
    if ask is None:
        raise PasskeyNotFound
    return PasskeyAskSchema(options=ask.options, token=ask.token)


@router.post("/passkey", responses=problems(403, 409, 429))
def sign_in_with_passkey(body: PasskeySignInRequest, visitor: VisitorDep) -> TokenSchema:
    """Sign in with what a passkey has signed, after `second_factor_required`."""
    signed_in = visitor.context.accounts.sign_in.sign_in_with_passkey(
        body.token, body.credential, origin=origin_of_visitor(visitor, body.known_browser)
    )
    return token_schema(visitor.context, signed_in)


@router.post("/passkeys/options", responses=problems(403, 409))
def begin_passkey(caller: CallerDep) -> PasskeyAskSchema:
    """Say what to ask a device for, to make a passkey of the caller's."""
    caller.require_confirmation()
    ask = caller.context.accounts.passkeys.begin(caller.subject)
    return PasskeyAskSchema(options=ask.options, token=ask.token)


@router.post("/passkeys", status_code=201, responses=problems(403, 409, 429))
def add_passkey(body: PasskeyAddition, caller: CallerDep) -> NewPasskeySchema:
    """Add the passkey that a device has made; with the first come recovery codes, shown once."""
    caller.require_confirmation()
    added = caller.context.accounts.passkeys.finish(
        caller.subject, body.token, body.credential, name=body.name, request_id=caller.request_id
    )
    return NewPasskeySchema(**passkey_facts(added.passkey), recovery_codes=added.recovery_codes)


@router.patch("/passkeys/{passkey_id}", responses=problems(404))
def rename_passkey(
    passkey_id: Annotated[str, Path(max_length=36)], body: PasskeyChange, caller: CallerDep
) -> PasskeySchema:
    """Call one of one's own passkeys something else."""
    row = caller.context.accounts.passkeys.rename(
        caller.subject, passkey_id, body.name, request_id=caller.request_id
    )
    return PasskeySchema(**passkey_facts(row))


@router.delete("/passkeys/{passkey_id}", status_code=204, responses=problems(403, 404))
def remove_passkey(passkey_id: Annotated[str, Path(max_length=36)], caller: CallerDep) -> Response:
    """Remove one of one's own passkeys; the last one only if the operator wants none."""
    caller.require_confirmation()
    caller.context.accounts.passkeys.remove(
        caller.subject, passkey_id, request_id=caller.request_id
    )
    return Response(status_code=204)
