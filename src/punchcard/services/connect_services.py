"""What connects shops with their other software, and what it is built from."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from punchcard.accounts.access.rate_limit import RateLimiter
from punchcard.connect.claims.presented import ReceiptReader
from punchcard.connect.claims.receipt_claimer import ReceiptClaimer
from punchcard.connect.claims.receipt_keys import ReceiptSecrets
from punchcard.connect.domains.domain_keeper import DomainKeeper
from punchcard.connect.domains.proofs import DomainProofs, dns_texts
from punchcard.connect.integrations.event_work import IntegrationWork
from punchcard.connect.integrations.hook_limits import HookLimits
from punchcard.connect.integrations.hook_receiver import HookReceiver
from punchcard.connect.integrations.secrets import IntegrationSecrets
from punchcard.connect.webhooks.http_sender import HttpSender
from punchcard.connect.webhooks.outcomes import Outcomes
from punchcard.connect.webhooks.secrets import WebhookSecrets
from punchcard.connect.webhooks.sender import WebhookSender
from punchcard.kit.validation.networks import IpNetwork, parse_networks
from punchcard.kit.wakeup import WakeupRegistry
from punchcard.loyalty.vendor_events import VENDOR_EVENTS
from punchcard.services.account_services import AccountServices
from punchcard.services.foundation import Foundation
from punchcard.services.loyalty_services import LoyaltyServices


@dataclass(frozen=True, kw_only=True)
class ConnectServices:
    """Webhooks: their secrets, who sends them, and the networks of ours they may reach; receipts
    that go onto cards, and the keys that tills sign them with.

    Integrations: their secrets, what receives their hooks, how many, and what works on what came.
    Domains of shops' own: what looks whether they are theirs, and how often it may be asked to.
    """

    webhook_secrets: WebhookSecrets
    webhook_sender: WebhookSender
    webhook_networks: Sequence[IpNetwork]
    receipt_secrets: ReceiptSecrets
    receipt_reader: ReceiptReader
    receipt_claimer: ReceiptClaimer
    integration_secrets: IntegrationSecrets
    integration_work: IntegrationWork
    hook_receiver: HookReceiver
    hook_limits: HookLimits
    domain_keeper: DomainKeeper
    domain_limits: RateLimiter
    domain_asks: RateLimiter


def build_connect(
    base: Foundation, accounts: AccountServices, loyalty: LoyaltyServices, wakeups: WakeupRegistry
) -> ConnectServices:
    """Build what sends webhooks, takes in orders and puts receipts on cards."""
    settings, clock = base.settings, base.clock
    networks = parse_networks(settings.webhook_allowed_networks)
    secrets = WebhookSecrets(settings.keys)
    integration_secrets = IntegrationSecrets(settings.keys)
    receipt_secrets = ReceiptSecrets(settings.keys)
    receipt_reader = ReceiptReader(settings, receipt_secrets, base.ids)
    return ConnectServices(
        receipt_secrets=receipt_secrets,
        receipt_reader=receipt_reader,
        receipt_claimer=ReceiptClaimer(
            database=base.database,
            till=loyalty.till,
            clock=clock,
            settings=settings,
            reader=receipt_reader,
        ),
        integration_secrets=integration_secrets,
        integration_work=IntegrationWork(
            base.database, loyalty.till, clock, base.ids, integration_secrets, settings
        ),
        hook_receiver=HookReceiver(
            database=base.database,
            clock=clock,
            ids=base.ids,
            secrets=integration_secrets,
            base_url=settings.base_url,
        ),
        hook_limits=HookLimits(
            clock,
            per_minute=settings.hooks_per_minute,
            misses_per_minute=settings.hook_misses_per_minute,
        ),
        domain_keeper=_domain_keeper(base, accounts, networks),
        domain_limits=RateLimiter(clock, per_minute=settings.domain_checks_per_minute),
        domain_asks=RateLimiter(clock, per_minute=settings.domain_asks_per_minute),
        webhook_secrets=secrets,
        webhook_networks=networks,
        webhook_sender=_webhook_sender(base, accounts, networks, secrets, wakeups),
    )


def _domain_keeper(
    base: Foundation, accounts: AccountServices, networks: Sequence[IpNetwork]
) -> DomainKeeper:
    seconds = base.settings.domain_timeout_seconds
    http = HttpSender(networks=networks, timeout_seconds=seconds, clock=base.clock)
    return DomainKeeper(
        database=base.database,
        proofs=DomainProofs(dns_texts(seconds), http),
        mail_queue=accounts.mail_queue,
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
    )


def _webhook_sender(
    base: Foundation,
    accounts: AccountServices,
    networks: Sequence[IpNetwork],
    secrets: WebhookSecrets,
    wakeups: WakeupRegistry,
) -> WebhookSender:
    settings, clock = base.settings, base.clock
    return WebhookSender(
        database=base.database,
        clock=clock,
        ids=base.ids,
        settings=settings,
        http=HttpSender(
            networks=networks, timeout_seconds=settings.webhook_timeout_seconds, clock=clock
        ),
        secrets=secrets,
        outcomes=Outcomes(
            clock=clock,
            ids=base.ids,
            settings=settings,
            mail_queue=accounts.mail_queue,
            chance=random.random,
        ),
        wake=partial(wakeups.notify, VENDOR_EVENTS),
        tracer=base.tracer,
    )
