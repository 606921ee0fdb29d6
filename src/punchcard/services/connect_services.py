"""What connects shops with their other software, and what it is built from."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from punchcard.connect.webhooks.http_sender import HttpSender
from punchcard.connect.webhooks.outcomes import Outcomes
from punchcard.connect.webhooks.secrets import WebhookSecrets
from punchcard.connect.webhooks.sender import WebhookSender
from punchcard.kit.validation.networks import IpNetwork, parse_networks
from punchcard.kit.wakeup import WakeupRegistry
from punchcard.loyalty.vendor_events import VENDOR_EVENTS
from punchcard.services.account_services import AccountServices
from punchcard.services.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class ConnectServices:
    """Webhooks: their secrets, who sends them, and the networks of ours they may reach."""

    webhook_secrets: WebhookSecrets
    webhook_sender: WebhookSender
    webhook_networks: Sequence[IpNetwork]


def build_connect(
    base: Foundation, accounts: AccountServices, wakeups: WakeupRegistry
) -> ConnectServices:
    """Build what sends webhooks; nothing is sent yet."""
    settings, clock = base.settings, base.clock
    networks = parse_networks(settings.webhook_allowed_networks)
    secrets = WebhookSecrets(settings.keys)
    return ConnectServices(
        webhook_secrets=secrets,
        webhook_networks=networks,
        webhook_sender=WebhookSender(
            database=base.database,
            clock=clock,
            ids=base.ids,
            settings=settings,
            http=HttpSender(
                networks=networks,
                timeout_seconds=settings.webhook_timeout_seconds,
                clock=clock,
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
        ),
    )
