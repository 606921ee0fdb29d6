"""The figures of one process, read at the moment they are asked for."""

import os
from collections.abc import Iterator

from prometheus_client import ProcessCollector
from prometheus_client.core import Metric

from punchcard.api.metrics.families import counter, gauge, labelled_gauge, measured, tallied
from punchcard.context import Context

# What the system tells of the process: memory, descriptors, processor seconds. Linux only.
_system = ProcessCollector(registry=None)


def process_figures(context: Context) -> Iterator[Metric]:
    """Give the figures of this process, without saying which it is."""
    yield from _till(context)
    yield from _requests(context)
    yield from _database(context)
    yield from _work(context)
    yield from _outside(context)
    pid = "The process's id on its machine: it changes when a process is replaced"
    yield gauge("punchcard_process_id", pid, os.getpid())
    for family in _system.collect():
        # Under a name of ours: a server's other exporters tell `process_…` of themselves.
        mine = Metric(f"punchcard_{family.name}", family.documentation, family.type)
        for sample in family.samples:
            mine.add_sample(f"punchcard_{sample.name}", sample.labels, sample.value)
        yield mine


def _till(context: Context) -> Iterator[Metric]:
    till = context.loyalty.till
    counts = till.counts
    yield gauge("punchcard_till_running", "1 while the till works", till.is_running)
    yield gauge("punchcard_till_waiting", "Operations that wait for the till", till.waiting)
    yield counter("punchcard_till_accepted", "Operations accepted", counts.accepted)
    yield counter("punchcard_till_refused", "Operations refused by a rule", counts.refused)
    failed = "Operations that were told to come back: busy, or nothing could be written"
    yield counter("punchcard_till_failed", failed, counts.failed)
    by_code = "Operations refused or told to come back, by the code of the problem"
    yield tallied("punchcard_till_refusals", by_code, counts.refusals)
    yield counter("punchcard_till_batches", "Transactions of the till", counts.batches)
    sizes = "Operations settled by one batch"
    yield measured("punchcard_till_batch_operations", sizes, counts.batch_sizes)
    seconds = "How long one batch took, its commit included"
    yield measured("punchcard_till_batch_seconds", seconds, counts.batch_seconds)
    waits = "How long operations waited until the batch that settled them began"
    yield measured("punchcard_till_wait_seconds", waits, counts.waits)
    commits = "How long the till's commits took: mostly the disk"
    yield measured("punchcard_till_commit_seconds", commits, context.database.metrics.commits)


def _requests(context: Context) -> Iterator[Metric]:
    requests = context.requests
    told = "Requests answered, by method, template of the route and status"
    yield tallied("punchcard_requests", told, requests.requests)
    seconds = "How long it took until the answer to a request began"
    yield measured("punchcard_request_seconds", seconds, requests.seconds)
    refusals = "Requests answered with a problem, by its code and status; 5xx are the server's"
    yield tallied("punchcard_request_refusals", refusals, requests.refusals)
    events = "Security events, refused sign-ins and wrong PINs among them"
    yield tallied("punchcard_security_events", events, context.accounts.security.events)
    live = context.loyalty.live.watching
    yield gauge("punchcard_live_pages", "Customers' pages that are kept up to date", live)


def _database(context: Context) -> Iterator[Metric]:
    is_writable = context.database.writes.failure is None
    written = "0 after a write that failed for want of storage, until one succeeds"
    yield gauge("punchcard_storage_writable", written, is_writable)
    replica = context.database.replica
    lag = replica.lag_seconds if replica is not None else None
    behind = "How old what the replica for reads shows may be; absent while it is not known"
    lags = {} if lag is None else {(): lag}
    yield labelled_gauge("punchcard_replica_lag_seconds", behind, (), lags)
    metrics = context.database.metrics
    yield tallied("punchcard_database_errors", "Errors of the database, by kind", metrics.errors)
    pools = dict(metrics.pools())
    yield labelled_gauge(
        "punchcard_database_connections",
        "Connections to the database that are in use",
        ["pool"],
        {(name,): state.in_use for name, state in pools.items()},
    )
    yield labelled_gauge(
        "punchcard_database_connections_limit",
        "How many there may be; whoever needs one more waits",
        ["pool"],
        {(name,): state.limit for name, state in pools.items()},
    )


def _work(context: Context) -> Iterator[Metric]:
    ages = {(lane,): age for lane, age in context.work.ages().items()}
    seen = "Seconds since a thread of the worker looked for work, by the first topic it does"
    yield labelled_gauge("punchcard_worker_age_seconds", seen, ["lane"], ages)
    told = "Pieces of work in the background, by topic and outcome"
    yield tallied("punchcard_work", told, context.work.work)
    seconds = "How long one piece of work took"
    yield measured("punchcard_work_seconds", seconds, context.work.seconds)


def _outside(context: Context) -> Iterator[Metric]:
    apple, google = context.wallets.apple, context.wallets.google
    meaning = "Lines that phones wrote to the log of Apple Wallet's service"
    yield counter("punchcard_apple_log_lines", meaning, apple.complaints)
    pushes = "Pushes to phones, by what Apple made of them: taken, gone, bad_token, retry, stopped"
    yield tallied("punchcard_apple_pushes", pushes, apple.pushes)
    answers = "Answers of Google's Wallet API, by HTTP status; none: it did not answer"
    yield tallied("punchcard_google_answers", answers, google.answers)
    attempts = "Attempts to deliver a webhook, taken by its receiver or failed"
    sender = context.connect.webhook_sender
    yield tallied("punchcard_webhook_attempts", attempts, sender.attempts)
