"""What is written down of attempts: on the delivery, and on the endpoint where it matters."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.access.people import mail_to
from punchcard.accounts.audit_service import Act
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import User, Vendor
from punchcard.accounts.plans import month_counts
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import Role
from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.vocabulary import DeliveryState, DisabledReason, EndpointStatus
from punchcard.connect.webhooks import delivery_queue, endpoint_service
from punchcard.connect.webhooks.delivery_queue import InHand
from punchcard.connect.webhooks.retry_rules import (
    WebhookAnswer,
    is_given_up,
    next_attempt,
    pause_after,
)
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.settings import Settings

CONSOLE_PATH: Final = "/console/webhooks"


@dataclass(frozen=True, slots=True)
class WebhookOutcome:
    """A delivery that was in hand, and what came of the attempt."""

    work: InHand
    answer: WebhookAnswer


class Outcomes:
    """Writes outcomes down; an endpoint that is given up is told to the shop's owners by mail."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        mail_queue: MailQueue,
        chance: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._failing_days = settings.webhook_failing_days
        self._base_url = settings.base_url
        self._mail_queue = mail_queue
        self._chance = chance

    def write(self, session: Session, outcomes: Sequence[WebhookOutcome]) -> None:
        """Write down what came of attempts, in the caller's transaction."""
        now = self._clock.now()
        for outcome in outcomes:
            delivery_queue.settle_delivery(
                session, outcome.work, **self._settled(outcome.work, outcome.answer, now)
            )
        known = delivery_queue.endpoints(session, {one.work.endpoint_id for one in outcomes})
        taken = [known[one.work.endpoint_id].vendor_id for one in outcomes if one.answer.is_taken]
        month_counts.count_deliveries(session, Counter(taken), now)
        # Nearly always there is nothing to change: nobody waits for a row then.
        moved = {
            one.work.endpoint_id
            for one in outcomes
            if not one.answer.is_taken or known[one.work.endpoint_id].failing_since is not None
        }
        held = delivery_queue.endpoints(session, moved, lock=True) if moved else {}
        for outcome in outcomes:
            if (endpoint := held.get(outcome.work.endpoint_id)) is not None:
                self._note(session, endpoint, outcome.answer, now)

    def _settled(self, work: InHand, answer: WebhookAnswer, now: datetime) -> dict[str, Any]:
        told = {
            "status_code": answer.status,
            "answer": answer.excerpt or None,
            "error": answer.error,
        }
        if answer.is_taken:
            return {**told, "state": DeliveryState.DELIVERED}
        at = next_attempt(work.attempts, answer, now, self._chance)
        if at is None or answer.is_gone:
            return {**told, "state": DeliveryState.FAILED}
        return {**told, "state": DeliveryState.WAITING, "due_at": at}

    def _note(
        self, session: Session, endpoint: WebhookEndpoint, answer: WebhookAnswer, now: datetime
    ) -> None:
        """Keep how an endpoint does; switch it off where it says so, or fails for days."""
        if endpoint.status != EndpointStatus.ACTIVE:
            return
        if answer.is_taken:
            endpoint.failing_since = endpoint.paused_until = None
            return
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.paused_until = pause_after(answer, now) or endpoint.paused_until
        if answer.is_gone:
            self._disable(session, endpoint, DisabledReason.GONE, now)
        elif is_given_up(endpoint.failing_since, now, days=self._failing_days):
            self._disable(session, endpoint, DisabledReason.FAILING, now)

    def _disable(
        self, session: Session, endpoint: WebhookEndpoint, reason: DisabledReason, now: datetime
    ) -> None:
        act = Act(subject=SYSTEM, now=now, ids=self._ids, request_id=None)
        vendor = endpoint_service.disable_for(session, act, endpoint, reason)
        if not self._mail_queue.is_configured:
            return
        for owner in session.scalars(_owners(vendor)):
            self._mail_queue.enqueue(session, self._mail(vendor, owner, endpoint, reason))

    def _mail(
        self, vendor: Vendor, owner: User, endpoint: WebhookEndpoint, reason: DisabledReason
    ) -> Mail:
        kind = "webhook_gone" if reason == DisabledReason.GONE else "webhook_failing"
        facts = {
            "endpoint": endpoint.description or endpoint.url,
            "link": f"{self._base_url.rstrip('/')}{CONSOLE_PATH}/{endpoint.id}",
        }
        return mail_to(owner, vendor, kind, facts)


def _owners(vendor: Vendor) -> Any:
    """Return the query of a vendor's owners whose addresses are confirmed."""
    return select(User).where(
        User.vendor_id == vendor.id,
        User.role == Role.OWNER,
        User.removed_at.is_(None),
        User.email == User.confirmed_email,
    )
