"""Signing in and out, one's own sessions and password."""

from typing import Annotated

from fastapi import Path, Response

from punchcard.accounts.access import session_service
from punchcard.accounts.access.opening.session_opener import SignedIn, SignInOrigin
from punchcard.accounts.rows import name_of
from punchcard.accounts.subjects import Subject
from punchcard.api.http.dependencies import (
    CallerDep,
    LimitEnrolments,
    Listed,
    PageDep,
    VisitorDep,
    listed,
)
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.second_factor import (
    Confirmation,
    PasskeySchema,
    RecoveryCodesSchema,
    SecondFactorChange,
    SecondFactorRequest,
    SecondFactorSchema,
    SecondFactorSetupSchema,
    passkey_facts,
)
from punchcard.api.schemas.sign_in import (
    EmailChange,
    EmailVerification,
    IdentitySchema,
    PasswordChange,
    PasswordResetConfirm,
    PasswordResetRequest,
    SessionSchema,
    SubjectSchema,
    TokenRequest,
    TokenSchema,
    VerifiedAddressSchema,
    session_schema,
)
from punchcard.context import Context
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import SessionId

router = api_router("/api/v1/auth", tag="Signing in")


@router.post("/token", responses=problems(401, 403, 429))
def sign_in(body: TokenRequest, visitor: VisitorDep) -> TokenSchema:
    """Sign in with an e-mail address and a password.

    After repeated failures the address has to wait, longer each time, when it is tried from the
    same network; an address that nobody has is answered the same. Who sends the `known_browser` of
    an earlier response is counted apart from everybody else.
    """
    context = visitor.context
    signed_in = context.accounts.sign_in.sign_in(
        body.email, body.password, origin=origin_of_visitor(visitor, body.known_browser)
    )
    return token_schema(context, signed_in)


@router.post("/second-factor", responses=problems(403, 409, 429))
def sign_in_with_second_factor(body: SecondFactorRequest, visitor: VisitorDep) -> TokenSchema:
    """Sign in with the code of an app, or a recovery code, after `second_factor_required`."""
    context = visitor.context
    signed_in = context.accounts.sign_in.sign_in_with_second_factor(
        body.challenge, body.code, origin=origin_of_visitor(visitor, body.known_browser)
    )
    return token_schema(context, signed_in)


@router.get("/second-factor")
def get_second_factor(caller: CallerDep) -> SecondFactorSchema:
    """Say whether the caller has a second factor, and how many recovery codes are left."""
    state = caller.context.accounts.second_factors.state(caller.subject)
    return SecondFactorSchema(
        added_at=state.added_at,
        passkeys=[PasskeySchema(**passkey_facts(one)) for one in state.passkeys],
        is_required=state.is_required,
        recovery_codes_left=state.recovery_codes_left,
    )


@router.post("/second-factor/setup")
def begin_second_factor(caller: CallerDep) -> SecondFactorSetupSchema:
    """Make a key for an app that shows one-time codes; it counts once its first code is sent."""
    caller.require_confirmation()
    setup = caller.context.accounts.second_factors.begin(caller.subject)
    return SecondFactorSetupSchema(key=setup.key, uri=setup.uri, setup=setup.token)


@router.put("/second-factor", responses=problems(403, 409, 429))
def set_second_factor(body: SecondFactorChange, caller: CallerDep) -> RecoveryCodesSchema:
    """Set the second factor up with the app's first code; the recovery codes are shown once.

    All other sessions end.
    """
    caller.require_confirmation()
    factors = caller.context.accounts.second_factors
    return RecoveryCodesSchema(
        recovery_codes=factors.finish(
            caller.subject, body.setup, body.code, request_id=caller.request_id
        )
    )


@router.delete("/second-factor", status_code=204, responses=problems(403, 409))
def remove_second_factor(caller: CallerDep) -> Response:
    """Remove one's own second factor, unless the operator wants one."""
    caller.require_confirmation()
    caller.context.accounts.second_factors.remove_own(caller.subject, request_id=caller.request_id)
    return Response(status_code=204)


@router.post("/second-factor/recovery-codes", responses=problems(409))
def renew_recovery_codes(caller: CallerDep) -> RecoveryCodesSchema:
    """Replace one's own recovery codes by ten others, shown now and never again."""
    caller.require_confirmation()
    factors = caller.context.accounts.second_factors
    return RecoveryCodesSchema(
        recovery_codes=factors.renew_recovery_codes(caller.subject, request_id=caller.request_id)
    )


@router.get("/identity")
def get_identity(caller: CallerDep) -> IdentitySchema:
    """Say by which provider people may sign in here, and what account the caller has linked.

    It is linked on the pages, where a browser goes to the provider and comes back.
    """
    identities = caller.context.accounts.identities
    linked = identities.find(caller.subject)
    may_link = identities.may_link(caller.subject)
    return IdentitySchema(
        provider=identities.provider_name if may_link else None,
        email=linked.email if linked is not None else None,
        linked_at=linked.created_at if linked is not None else None,
        last_used_at=linked.last_used_at if linked is not None else None,
    )


@router.delete("/identity", status_code=204, responses=problems(403, 409))
def remove_identity(caller: CallerDep) -> Response:
    """Let the linked account sign the caller in no more; all their other sessions end."""
    caller.require_confirmation()
    caller.context.accounts.identities.remove(caller.subject, request_id=caller.request_id)
    return Response(status_code=204)


@router.get("/me")
def me(caller: CallerDep) -> SubjectSchema:
    """Say who the caller is and what they may do."""
    return _subject_schema(caller.context, caller.subject)


@router.post("/logout", status_code=204)
def sign_out(caller: CallerDep) -> Response:
    """End the session the request came with; API keys and devices have none."""
    _revoke(caller, SessionId(caller.subject.credential_id or ""))
    return Response(status_code=204)


@router.post("/password", status_code=204, responses=problems(429))
def change_password(body: PasswordChange, caller: CallerDep) -> Response:
    """Change one's own password; all other sessions end."""
    caller.context.accounts.sign_in.change_password(
        caller.subject,
        current=body.current_password,
        new=body.new_password,
        request_id=caller.request_id,
    )
    return Response(status_code=204)


@router.post("/password-reset", status_code=202, responses=problems(409, 429))
def request_password_reset(body: PasswordResetRequest, visitor: VisitorDep) -> Response:
    """Send a link for a new password to anyone who signs in with the address.

    The response is the same for an address that nobody has.
    """
    visitor.context.accounts.password_reset.request(
        body.email, asked_from=visitor.address or "", language=visitor.language
    )
    return Response(status_code=202)


@router.post("/password-reset/confirm", status_code=204, responses=problems(409, 429))
def reset_password(body: PasswordResetConfirm, visitor: VisitorDep) -> Response:
    """Set a new password by the link's token, which works once; all sessions end."""
    visitor.context.accounts.password_reset.reset(
        body.token,
        body.new_password,
        asked_from=visitor.address or "",
        request_id=visitor.request_id,
    )
    return Response(status_code=204)


@router.post("/email", status_code=202, responses=problems(409, 429))
def change_email(body: EmailChange, caller: CallerDep) -> Response:
    """Send a link to the caller's new address; once it is followed, they sign in with that one."""
    context = caller.context
    context.accounts.sign_in.check_password(caller.subject, body.current_password)
    with context.database.write() as session:
        context.accounts.address_change.request(
            session, caller.act(), body.email, language=caller.language
        )
    return Response(status_code=202)


@router.post(
    "/verify-email",
    dependencies=[LimitEnrolments],
    responses=problems(409, 429),
    # Only who may put two cards together is told of it.
    response_model_exclude_none=True,
)
def verify_email(body: EmailVerification, visitor: VisitorDep) -> VerifiedAddressSchema:
    """Confirm by the link's token that an address is theirs: a customer's, or a person's new one.

    Let a person press a button for it: mail programs follow links by themselves.
    """
    context = visitor.context
    with context.database.write() as session:
        confirmed = context.loyalty.customer_mail.confirm(session, visitor.act(), body.token)
    return VerifiedAddressSchema(kind=confirmed.kind, merge_token=confirmed.merge_ticket)


@router.post("/confirm", status_code=204, responses=problems(403, 409, 429))
def confirm(body: Confirmation, caller: CallerDep) -> Response:
    """Show once more who one is: for a quarter of an hour sensitive changes are taken.

    What answers `confirmation_required` can be sent again then. Who has a second factor is
    answered 403 `second_factor_required` with a `challenge`, and sends it with a code, or the
    `token` of `POST /auth/second-factor/passkey/options` with what the passkey signed.
    """
    sign_in, subject = caller.context.accounts.sign_in, caller.subject
    if body.challenge is not None and body.code is not None:
        sign_in.confirm_second_factor(subject, body.challenge, body.code)
    elif body.token is not None and body.credential is not None:
        sign_in.confirm_passkey(subject, body.token, body.credential)
    elif body.password is not None:
        sign_in.confirm_password(subject, body.password)
    else:
        raise invalid_field("password", message=N_("Please fill this in."))
    return Response(status_code=204)


@router.post("/sessions/revoke-others", status_code=204)
def revoke_other_sessions(caller: CallerDep) -> Response:
    """End all of one's own sessions but the one the request came with."""
    with caller.context.database.write() as session:
        session_service.revoke_other_sessions(session, caller.act())
    return Response(status_code=204)


@router.get("/sessions")
def list_sessions(caller: CallerDep, page: PageDep) -> Listed[SessionSchema]:
    """List one's own open sessions, newest first."""
    with caller.context.database.read() as session:
        rows = session_service.list_sessions(
            session,
            caller.subject,
            now=caller.context.clock.now(),
            idle=caller.context.accounts.session_rules.idle_end(caller.subject),
            before_id=page.cursor,
            limit=page.fetch,
        )
    current_id = caller.subject.credential_id
    return listed(
        page, rows, lambda row: session_schema(row, current_id=current_id), lambda row: row.id
    )


@router.delete("/sessions/{session_id}", status_code=204, responses=problems(404))
def revoke_session(
    session_id: Annotated[SessionId, Path(max_length=36)], caller: CallerDep
) -> Response:
    """End one of one's own sessions."""
    _revoke(caller, session_id)
    return Response(status_code=204)


def _revoke(caller: CallerDep, session_id: SessionId) -> None:
    with caller.context.database.write() as session:
        session_service.revoke_session(session, caller.act(), session_id)


def origin_of_visitor(visitor: VisitorDep, known: str | None) -> SignInOrigin:
    """Return where a sign-in comes from; `known` is what the caller kept of an earlier one."""
    return SignInOrigin(
        network=visitor.address or "",
        user_agent=visitor.user_agent,
        request_id=visitor.request_id,
        known=known,
    )


def token_schema(context: Context, signed_in: SignedIn) -> TokenSchema:
    """Return what tells of a new session."""
    return TokenSchema(
        access_token=signed_in.access_token,
        token_type="bearer",  # noqa: S106 - the name of the scheme
        expires_in=context.settings.access_token_hours * 3600,
        subject=_subject_schema(context, signed_in.subject),
        known_browser=signed_in.known,
    )


def _subject_schema(context: Context, subject: Subject) -> SubjectSchema:
    with context.database.read() as session:
        name = name_of(session, subject)
    return SubjectSchema(
        kind=subject.kind,
        id=subject.id,
        name=name,
        vendor_id=subject.vendor_id,
        role=subject.role,
        permissions=sorted(subject.permissions),
        location_id=subject.location_id,
        language=subject.language,
    )
