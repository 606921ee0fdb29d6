"""Who is who: the services of accounts, and what they are built from."""

from dataclasses import dataclass
from typing import NamedTuple

from punchcard.accounts.access.address_change import AddressChange, AddressLinks
from punchcard.accounts.access.attempts import Attempts
from punchcard.accounts.access.credentials import Credentials
from punchcard.accounts.access.form_drafts import FormDrafts
from punchcard.accounts.access.hashing import Hasher, password_hasher
from punchcard.accounts.access.known_browsers import KnownBrowsers
from punchcard.accounts.access.notices import AccountNotices
from punchcard.accounts.access.opening.session_opener import SessionOpener
from punchcard.accounts.access.passkeys import Passkeys
from punchcard.accounts.access.password_reset import PasswordReset
from punchcard.accounts.access.presence import DevicePresences
from punchcard.accounts.access.provider.authorization import AuthorizationFlow
from punchcard.accounts.access.provider.identities import Identities
from punchcard.accounts.access.provider.offers import IdentityOffers
from punchcard.accounts.access.provider.provider_directory import ProviderDirectory
from punchcard.accounts.access.provider.provider_http import AsksProvider, ProviderHttp
from punchcard.accounts.access.provider.rules import ProviderRules
from punchcard.accounts.access.rate_limit import CredentialLimits, PublicLimits, SharedBuckets
from punchcard.accounts.access.second_factor import SecondFactors
from punchcard.accounts.access.session_service import SessionRules
from punchcard.accounts.access.sign_in_service import SignIn
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.security.event_counter import SecurityEventCounter
from punchcard.kit.mail import Mailer
from punchcard.services.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class AccountServices:
    """Who is who: credentials, signing in, passwords, addresses, and the mail that goes with it."""

    password_hasher: Hasher
    limits: PublicLimits
    security: SecurityEventCounter
    device_presences: DevicePresences
    credential_limits: CredentialLimits
    credentials: Credentials
    sign_in: SignIn
    mailer: Mailer
    mail_queue: MailQueue
    password_reset: PasswordReset
    address_links: AddressLinks
    address_change: AddressChange
    session_rules: SessionRules
    second_factors: SecondFactors
    form_drafts: FormDrafts
    passkeys: Passkeys
    identities: Identities


def build_accounts(base: Foundation, mailer: Mailer) -> AccountServices:
    """Build what knows who calls; nothing is asked of the database yet."""
    settings, clock, ids, database = base.settings, base.clock, base.ids, base.database
    hasher = password_hasher(settings)
    buckets = SharedBuckets.of(database, settings)
    limits = PublicLimits(settings, clock, buckets)
    security = SecurityEventCounter(database, clock, ids, settings)
    mail_queue = MailQueue(
        clock=clock, ids=ids, settings=settings, is_configured=mailer.is_configured
    )
    ways = _ways_in(base, hasher, limits, security, mail_queue)
    presences = DevicePresences(database)
    address_links = AddressLinks(settings, clock)
    return AccountServices(
        password_hasher=hasher,
        limits=limits,
        security=security,
        credential_limits=CredentialLimits(settings, clock, buckets),
        device_presences=presences,
        credentials=Credentials(database, clock, settings, presences),
        sign_in=ways.sign_in,
        mailer=mailer,
        mail_queue=mail_queue,
        password_reset=_password_reset(base, ways, limits, mail_queue),
        address_links=address_links,
        address_change=AddressChange(mail_queue, address_links),
        session_rules=SessionRules(database, clock, settings),
        second_factors=ways.second_factors,
        form_drafts=FormDrafts(ring=settings.keys, ids=ids),
        passkeys=ways.passkeys,
        identities=_identities(base, ways, limits, security),
    )


class _WaysIn(NamedTuple):
    """What takes part in letting people in, by whichever way."""

    attempts: Attempts
    known_browsers: KnownBrowsers
    second_factors: SecondFactors
    passkeys: Passkeys
    provider_rules: ProviderRules
    opener: SessionOpener
    sign_in: SignIn


def _ways_in(
    base: Foundation,
    hasher: Hasher,
    limits: PublicLimits,
    security: SecurityEventCounter,
    mail_queue: MailQueue,
) -> _WaysIn:
    settings, clock, ids, database = base.settings, base.clock, base.ids, base.database
    attempts = Attempts(settings)
    known_browsers = KnownBrowsers(settings, clock, ids)
    notices = AccountNotices(attempts=attempts, mail_queue=mail_queue, clock=clock, ids=ids)
    second_factors, passkeys = _factors(base, attempts, security, mail_queue)
    provider_rules = ProviderRules.of(settings)
    opener = SessionOpener(
        database=database,
        attempts=attempts,
        known_browsers=known_browsers,
        notices=notices,
        second_factors=second_factors,
        provider_rules=provider_rules,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    sign_in = SignIn(
        database=database,
        hasher=hasher,
        limits=limits,
        security=security,
        attempts=attempts,
        known_browsers=known_browsers,
        notices=notices,
        second_factors=second_factors,
        passkeys=passkeys,
        opener=opener,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    return _WaysIn(
        attempts=attempts,
        known_browsers=known_browsers,
        second_factors=second_factors,
        passkeys=passkeys,
        provider_rules=provider_rules,
        opener=opener,
        sign_in=sign_in,
    )


def _factors(
    base: Foundation,
    attempts: Attempts,
    security: SecurityEventCounter,
    mail_queue: MailQueue,
) -> tuple[SecondFactors, Passkeys]:
    second_factors = SecondFactors(
        database=base.database,
        attempts=attempts,
        mail_queue=mail_queue,
        security=security,
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
    )
    passkeys = Passkeys(
        database=base.database,
        attempts=attempts,
        factors=second_factors,
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
    )
    return second_factors, passkeys


def _password_reset(
    base: Foundation, ways: _WaysIn, limits: PublicLimits, mail_queue: MailQueue
) -> PasswordReset:
    return PasswordReset(
        database=base.database,
        sign_in=ways.sign_in,
        mail_queue=mail_queue,
        limits=limits,
        attempts=ways.attempts,
        known_browsers=ways.known_browsers,
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
    )


def _identities(
    base: Foundation, ways: _WaysIn, limits: PublicLimits, security: SecurityEventCounter
) -> Identities:
    return Identities(
        database=base.database,
        flow=_authorization_flow(base),
        rules=ways.provider_rules,
        offers=IdentityOffers(base.settings, base.clock),
        opener=ways.opener,
        second_factors=ways.second_factors,
        limits=limits,
        security=security,
        clock=base.clock,
        ids=base.ids,
    )


def _authorization_flow(base: Foundation) -> AuthorizationFlow:
    settings = base.settings
    http: AsksProvider = ProviderHttp(
        timeout_seconds=settings.oidc_timeout_seconds,
        limit_bytes=settings.oidc_answer_limit_bytes,
        parallel=settings.oidc_parallel_limit,
    )
    return AuthorizationFlow(
        http=http,
        directory=ProviderDirectory(http=http, clock=base.clock, settings=settings),
        clock=base.clock,
        ids=base.ids,
        settings=settings,
    )
