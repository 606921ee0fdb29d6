"""The figures that all processes share: of queues, the ledger's proof and certificates."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import Metric

from punchcard.api.metrics.families import gauge, labelled_gauge
from punchcard.context import Context
from punchcard.db.outbox import WorkStatus
from punchcard.db.watch.backlog import Backlog
from punchcard.kit.environment.backup_names import BACKUPS, backups_in, made_until
from punchcard.services.shared_figures import SharedFigures

_DAY = timedelta(days=1)


def shared_figures(context: Context, found: SharedFigures | None) -> Iterator[Metric]:
    """Give the figures of what all processes share; most are left out if nothing was `found`."""
    now = context.clock.now()
    answers = "1 if the database answered in time to be asked for the figures of the queues"
    yield gauge("punchcard_database_answers", answers, found is not None)
    ends = {
        (f"{name}_wallet",): (until - now) / _DAY
        for name, until in {"apple": context.wallets.apple.signs_until}.items()
        if until is not None
    }
    days = "Days until the first certificate of a wallet ends"
    yield labelled_gauge("punchcard_certificate_days", days, ["certificate"], ends)
    if newest := made_until(backups_in(context.settings.data_dir / BACKUPS), now)[-1:]:
        made = "Seconds since the newest backup in the data directory was made"
        yield gauge("punchcard_backup_age_seconds", made, _seconds_since(newest[0].made_at, now))
    if found is None:
        return
    yield from _outbox(found.backlog, now)
    waiting = "Deliveries of webhooks that wait, those of failing endpoints among them"
    yield gauge("punchcard_webhook_deliveries", waiting, found.webhooks.waiting)
    overdue = "Seconds since the first delivery was due that could have been sent"
    late = _seconds_since(found.webhooks.first_due_at, now)
    yield gauge("punchcard_webhook_overdue_seconds", overdue, late)
    anchored = found.anchored
    ages = {} if anchored is None else {(): (now - anchored.made_at).total_seconds()}
    meaning = "Seconds since the newest checkpoint of the ledger was signed"
    yield labelled_gauge("punchcard_checkpoint_age_seconds", meaning, (), ages)
    covered = "Entries that the newest checkpoint covers"
    entries = {} if anchored is None else {(): anchored.entries}
    yield labelled_gauge("punchcard_checkpoint_entries", covered, (), entries)


def _outbox(backlog: Backlog, now: datetime) -> Iterator[Metric]:
    rows = {(part.topic, part.status): float(part.rows) for part in backlog}
    meaning = "Work left by changes, by topic and status"
    yield labelled_gauge("punchcard_outbox_rows", meaning, ["topic", "status"], rows)
    waiting = [part for part in backlog if part.status == WorkStatus.WAITING]
    oldest = "Seconds since the oldest work that waits was left, tried in vain or not"
    ages = {(part.topic,): _seconds_since(part.oldest_at, now) for part in waiting}
    yield labelled_gauge("punchcard_outbox_oldest_seconds", oldest, ["topic"], ages)
    overdue = "Seconds since the first work that waits was due: nobody takes it"
    due = {(part.topic,): _seconds_since(part.first_due_at, now) for part in waiting}
    yield labelled_gauge("punchcard_outbox_overdue_seconds", overdue, ["topic"], due)


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0
