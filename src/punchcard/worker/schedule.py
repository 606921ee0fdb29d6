"""Periodic tasks: what is expired, checked and cleaned up by the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete

from punchcard.accounts import device_service, throttle
from punchcard.accounts.access import presence
from punchcard.accounts.access.form_drafts import delete_expired_drafts
from punchcard.accounts.audit_service import Act
from punchcard.accounts.mail.mail_queue import delete_expired_mails
from punchcard.accounts.models import AccessToken, AuditOrigin, IdempotencyRecord, PairingCode
from punchcard.accounts.subjects import SYSTEM
from punchcard.connect.archive import archive_service
from punchcard.connect.claims import claim_keeper
from punchcard.connect.domains import domain_keeper
from punchcard.connect.imports import import_service
from punchcard.connect.integrations import event_queue
from punchcard.connect.usage import month_service
from punchcard.connect.webhooks import housekeeping
from punchcard.context import Context
from punchcard.engage import automation_keeper, referral_keeper
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import erasures, former_contacts, hand_over, person_proofs
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.cards.merges import merge_offers
from punchcard.loyalty.jobs import due_keeper, notice_keeper, reservation_keeper
from punchcard.loyalty.models import TransactionOrigin
from punchcard.loyalty.programs import promotion_dates, reward_service
from punchcard.loyalty.transparency import log_keeper
from punchcard.wallets.apple import apple_registry
from punchcard.wallets.google import google_registry

_OLD: Final = timedelta(days=30)
_MANY: Final = 1000
# A busy shop tells of as many in a quarter of an hour.
_WEBHOOKS_AT_ONCE: Final = 5000


@dataclass(frozen=True)
class PeriodicTask:
    """Something to do every so often; `do` returns how many rows it concerned."""

    name: str
    every: Callable[[Settings], timedelta]
    do: Callable[[Context, Session, datetime], int]


def expire_origins(context: Context, session: Session, now: datetime) -> int:
    """Forget where operations came from after `origin_days`."""
    before = now - timedelta(days=context.settings.origin_days)
    return _delete(session, delete(TransactionOrigin).where(TransactionOrigin.created_at < before))


def expire_audit_origins(context: Context, session: Session, now: datetime) -> int:
    """Forget where security events came from after `origin_days`; the events stay."""
    before = now - timedelta(days=context.settings.origin_days)
    return _delete(session, delete(AuditOrigin).where(AuditOrigin.created_at < before))


def expire_access_tokens(context: Context, session: Session, now: datetime) -> int:
    """Forget sessions that ended a month ago."""
    return _delete(session, delete(AccessToken).where(AccessToken.expires_at < now - _OLD))


def expire_pairing_codes(context: Context, session: Session, now: datetime) -> int:
    """Forget pairing codes that expired a month ago."""
    return _delete(session, delete(PairingCode).where(PairingCode.expires_at < now - _OLD))


def expire_responses(context: Context, session: Session, now: datetime) -> int:
    """Forget responses given under a key after `idempotency_days`; the ledger's keys stay."""
    before = now - timedelta(days=context.settings.idempotency_days)
    return _delete(session, delete(IdempotencyRecord).where(IdempotencyRecord.created_at < before))


def expire_unseen_devices(context: Context, session: Session, now: datetime) -> int:
    """End terminals that were not seen for `terminal_unseen_days`; 0 keeps all of them."""
    unseen = timedelta(days=context.settings.terminal_unseen_days)
    if not unseen:
        return 0
    act = Act(subject=SYSTEM, now=now, ids=context.ids, request_id=None)
    return device_service.expire_unseen_devices(session, act, unseen=unseen, limit=_MANY)


def expire_presences(context: Context, session: Session, now: datetime) -> int:
    """Forget when terminals had their line, once nothing can be dated back so far any more."""
    return presence.expire(session, now - 2 * timedelta(hours=context.settings.offline_grace_hours))


def expire_failures(context: Context, session: Session, now: datetime) -> int:
    """Forget failures that count no more: strangers leave a row for each address they try."""
    return throttle.expire_old(session, now)


def expire_notices(context: Context, session: Session, now: datetime) -> int:
    """Forget which of Google's notices were heard a month ago."""
    return google_registry.expire_nonces(session, before=now - _OLD)


def expire_mails(context: Context, session: Session, now: datetime) -> int:
    """Forget the mails that were not sent in their time."""
    return delete_expired_mails(session, now)


def expire_proofs(context: Context, session: Session, now: datetime) -> int:
    """Forget proofs of person, offers to merge, and links that work once, that have ended."""
    ended = person_proofs.expire_proofs(session, now) + merge_offers.expire_offers(session, now)
    return ended + hand_over.expire_used(session, now)


def expire_contact_changes(context: Context, session: Session, now: datetime) -> int:
    """Forget changes of contact that nobody can confirm or object to any more."""
    mail = context.loyalty.contact_mail
    return contact_changes.expire(session, now, wait=mail.wait, objection=mail.objection)


def carry_out_erasures(context: Context, session: Session, now: datetime) -> int:
    """Forget the customers who asked for it, once the time to undo it is over."""
    act = Act(subject=SYSTEM, now=now, ids=context.ids, request_id=None)
    former = context.loyalty.former_contacts
    return erasures.carry_out(session, act, former, limit=_MANY)


def expire_contacts(context: Context, session: Session, now: datetime) -> int:
    """Forget the digests of contacts that were forgotten long enough ago."""
    return former_contacts.expire_former_contacts(session, now)


def expire_form_drafts(context: Context, session: Session, now: datetime) -> int:
    """Forget what was typed by people who never came back for it."""
    return delete_expired_drafts(session, now)


def forget_webhooks(context: Context, session: Session, now: datetime) -> int:
    """Forget what was told to shops' own software after `webhook_days`."""
    before = now - timedelta(days=context.settings.webhook_days)
    return housekeeping.forget_webhooks(session, before=before, limit=_WEBHOOKS_AT_ONCE)


def touch_dated_rewards(context: Context, session: Session, now: datetime) -> int:
    """Let passes follow rewards that began or ended by their dates."""
    act = Act(subject=SYSTEM, now=now, ids=context.ids, request_id=None)
    return reward_service.touch_dated(session, act, limit=_MANY)


def touch_dated_promotions(context: Context, session: Session, now: datetime) -> int:
    """Let passes follow promotions that began or ended by their dates."""
    act = Act(subject=SYSTEM, now=now, ids=context.ids, request_id=None)
    return promotion_dates.touch_dated(session, act, limit=_MANY)


def drop_needless_work(context: Context, session: Session, now: datetime) -> int:
    """Drop word that no wallet waits for."""
    return context.wallets.service.drop_needless_work(session)


def check_google_holders(context: Context, session: Session, now: datetime) -> int:
    """Leave word about the cards that Google has told nothing of for `google_check_days`."""
    if not context.wallets.google.is_configured:
        return 0
    before = now - timedelta(days=context.settings.google_check_days)
    return google_registry.enqueue_checks(session, before=before, limit=_MANY, now=now)


def wake_forgotten_phones(context: Context, session: Session, now: datetime) -> int:
    """Leave word about passes that changed while phones could not be woken."""
    if not context.wallets.apple.is_configured or context.wallets.apple.fault:
        return 0
    return apple_registry.enqueue_unpushed(session, now=now)


def sequence_log(context: Context, session: Session, now: datetime) -> int:
    """Leave word about entries and events that wait for their place in the log."""
    return log_keeper.enqueue_sequence(session, now)


def book_due(context: Context, session: Session, now: datetime) -> int:
    """Leave word when something ended or began on cards by itself."""
    return due_keeper.enqueue_due(session, now)


def run_automations(context: Context, session: Session, now: datetime) -> int:
    """Leave word when a day has come for an automation, or something of one is due."""
    return automation_keeper.enqueue_automations(session, now)


def pay_referrals(context: Context, session: Session, now: datetime) -> int:
    """Leave word when what was earned for a friend has been held for its days."""
    return referral_keeper.enqueue_referrals(session, now)


def tell_of_ends(context: Context, session: Session, now: datetime) -> int:
    """Leave word when cards are to be told of what soon ends on them."""
    return notice_keeper.enqueue_notices(session, now)


def expire_expiry_notices(context: Context, session: Session, now: datetime) -> int:
    """Forget what cards were told of what ended a month ago."""
    return notice_keeper.expire_notices(session, now)


def release_reservations(context: Context, session: Session, now: datetime) -> int:
    """Leave word when the time of reservations is over."""
    return reservation_keeper.enqueue_over(session, now)


def count_open_cards(context: Context, session: Session, now: datetime) -> int:
    """Leave word that vendors' open cards are counted anew, as plans limit them."""
    return context.loyalty.open_cards_keeper.enqueue(session)


def make_checkpoints(context: Context, session: Session, now: datetime) -> int:
    """Leave word that a checkpoint may be due."""
    return log_keeper.enqueue_checkpoint(session, now)


def write_last_used(context: Context, session: Session, now: datetime) -> int:
    """Write down when the credentials this process saw were last used."""
    return context.accounts.credentials.flush_last_used(session)


def write_security_events(context: Context, session: Session, now: datetime) -> int:
    """Write the security events that this process counted into the audit trail."""
    return context.accounts.security.flush(session, now)


def forget_import_rows(context: Context, session: Session, now: datetime) -> int:
    """Forget what stood in files that were brought along `import_keep_days` ago."""
    return import_service.forget_rows(
        session, now, days=context.settings.import_keep_days, limit=_MANY
    )


def settle_receipts(context: Context, session: Session, now: datetime) -> int:
    """Leave word when a receipt was begun to be put on a card, and that never ended."""
    return claim_keeper.enqueue_begun(session, now)


def forget_claims(context: Context, session: Session, now: datetime) -> int:
    """Let go of receipts that nobody put on a card, and forget them after `claim_keep_days`."""
    return claim_keeper.forget_claims(
        session, now, days=context.settings.claim_keep_days, limit=_MANY
    )


def take_waiting_orders(context: Context, session: Session, now: datetime) -> int:
    """Leave word about what came from integrations that nobody was told of, or were paused."""
    return event_queue.enqueue_waiting(session, now)


def forget_integrations(context: Context, session: Session, now: datetime) -> int:
    """Forget what integrations sent after some days, and that they did after some more."""
    settings = context.settings
    bodies_before = now - timedelta(days=settings.integration_body_days)
    events_before = now - timedelta(days=settings.integration_event_days)
    return (
        event_queue.forget_bodies(session, before=bodies_before, limit=_MANY)
        + event_queue.forget_events(session, before=events_before, limit=_MANY)
        + event_queue.forget_customers(session, limit=_MANY)
    )


def check_domains(context: Context, session: Session, now: datetime) -> int:
    """Leave word about shops' domains that were not looked at for `domain_check_hours`."""
    every = timedelta(hours=context.settings.domain_check_hours)
    return domain_keeper.enqueue_due(session, now, every=every)


def close_months(_context: Context, session: Session, now: datetime) -> int:
    """Keep what shops used in months that are over: it never changes from then on."""
    return month_service.close_months(session, now, limit=_MANY)


def expire_archives(_context: Context, session: Session, now: datetime) -> int:
    """Delete the files of shops that owners asked for, once their hours are over."""
    return archive_service.expire_archives(session, now, limit=_MANY)


def _housekeeping(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.housekeeping_minutes)


def _each_minute(_settings: Settings) -> timedelta:
    # What is set aside may be the last one on the shelf: nobody waits longer for it to be back.
    # And quiet hours may leave a minute of the day open: what looks less often never meets it.
    return timedelta(minutes=1)


def _daily(_settings: Settings) -> timedelta:
    return timedelta(days=1)


def _resolution(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.last_used_resolution_seconds)


def _log_sequence(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.log_sequence_seconds)


def _checkpoint(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.checkpoint_minutes)


PROCESS_TASKS: Final = [
    PeriodicTask("write_last_used", _resolution, write_last_used),
    PeriodicTask("write_security_events", _resolution, write_security_events),
]
"""What every serving process does for itself."""

SHARED_TASKS: Final = [
    PeriodicTask("sequence_log", _log_sequence, sequence_log),
    PeriodicTask("make_checkpoints", _checkpoint, make_checkpoints),
    PeriodicTask("release_reservations", _each_minute, release_reservations),
    PeriodicTask("settle_receipts", _each_minute, settle_receipts),
    PeriodicTask("run_automations", _each_minute, run_automations),
    PeriodicTask("wake_forgotten_phones", _daily, wake_forgotten_phones),
    PeriodicTask("count_open_cards", _daily, count_open_cards),
    *(
        PeriodicTask(do.__name__, _housekeeping, do)
        for do in (
            expire_origins,
            expire_audit_origins,
            expire_access_tokens,
            expire_pairing_codes,
            expire_responses,
            expire_presences,
            expire_failures,
            expire_unseen_devices,
            expire_notices,
            touch_dated_rewards,
            book_due,
            pay_referrals,
            tell_of_ends,
            expire_expiry_notices,
            touch_dated_promotions,
            drop_needless_work,
            check_google_holders,
            expire_mails,
            expire_proofs,
            expire_contact_changes,
            carry_out_erasures,
            expire_contacts,
            expire_form_drafts,
            forget_webhooks,
            forget_import_rows,
            expire_archives,
            close_months,
            check_domains,
            forget_claims,
            take_waiting_orders,
            forget_integrations,
        )
    ),
]
"""What one worker does for all; it harms nobody when several do."""


def _delete(session: Session, statement: Delete) -> int:
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
