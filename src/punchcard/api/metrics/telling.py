"""All figures of a server, whichever of its processes is asked."""

import logging

from prometheus_client.core import Metric
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from punchcard.api.metrics.families import as_text, labelled_gauge, of_processes, unpacked
from punchcard.api.metrics.process_figures import process_figures
from punchcard.api.metrics.process_group import ProcessGroup
from punchcard.api.metrics.shared_figures import shared_figures
from punchcard.context import Context

_OTHERS_SECONDS = 1.0

_log = logging.getLogger(__name__)


async def tell(context: Context, group: ProcessGroup) -> bytes:
    """Return the figures of every process of this server and of what they share, as text.

    What is read from the database is left out while it does not answer in time.
    """
    try:
        shared = await context.shared_look.ask()
    except SQLAlchemyError:
        shared = None
    return await run_in_threadpool(_told, context, group, list(shared_figures(context, shared)))


def tell_waiting(context: Context) -> bytes:
    """Return the figures of this process, and of what all share, for a thread that may wait."""
    try:
        shared = context.shared_look.wait()
    except SQLAlchemyError:
        shared = None
    return _told(context, ProcessGroup(), list(shared_figures(context, shared)))


def _told(context: Context, group: ProcessGroup, shared: list[Metric]) -> bytes:
    found = {group.number: list(process_figures(context))}
    answers = {(group.number,): 1.0}
    for number, sent in group.others(_OTHERS_SECONDS).items():
        answers[number,] = 0.0
        if sent is None:
            continue
        try:
            found[number] = unpacked(sent)
        except ValueError as error:
            _log.warning("process %s sent figures that nobody can read: %s", number, error)
            continue
        answers[number,] = 1.0
    told = "1 for each process of this server that gave its figures, 0 for one that hangs"
    up = labelled_gauge("punchcard_process_up", told, ["process"], answers)
    return as_text([*of_processes(found), up, *shared])
