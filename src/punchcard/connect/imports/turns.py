"""One turn of an import, whatever step it is at."""

from punchcard.connect.imports.models import CardImport
from punchcard.connect.imports.run import run_some
from punchcard.connect.imports.trial import try_some
from punchcard.connect.imports.undo import undo_some
from punchcard.connect.imports.vocabulary import ImportState
from punchcard.connect.imports.work import IMPORT_WORK, ImportWork
from punchcard.db import outbox
from punchcard.kit.ids import ImportId

_STEPS = {
    ImportState.PREVIEWING: try_some,
    ImportState.RUNNING: run_some,
    ImportState.UNDOING: undo_some,
}


def take_turn(work: ImportWork, import_id: ImportId) -> bool:
    """Work on an import for a while; leave word when there is more to do. Raises RetryLater.

    Returns whether its step is done. One that is gone, or has nothing to be done, is passed over.
    """
    with work.database.read() as session:
        row = session.get(CardImport, import_id)
    step = None if row is None else _STEPS.get(row.state)
    if step is None or step(work, import_id):
        return True
    with work.database.write() as session:
        outbox.enqueue(session, IMPORT_WORK, import_id, work.clock.now())
    return False
