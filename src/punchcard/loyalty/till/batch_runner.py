"""How the till gets parcels done: in one transaction if it can, in smaller ones if it must."""

import logging
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from punchcard.db.database import Database
from punchcard.db.dialects import is_away, is_conflict, is_lock_timeout
from punchcard.db.failures import (
    STORAGE_RETRY_SECONDS,
    StorageNotWritable,
    first_line,
    is_storage_failure,
)
from punchcard.kit.errors import DomainError
from punchcard.loyalty.errors import TillBusy
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.batch import Batch, Outcome
from punchcard.loyalty.till.enrolment import Tools
from punchcard.loyalty.till.locked_submissions import LockedParcels
from punchcard.loyalty.till.submissions import Parcel

RETRY_AFTER_SECONDS: Final = 1
SINGLE_ATTEMPTS: Final = 4

_log = logging.getLogger(__name__)


class BatchRunner:
    """Does parcels, from several threads at once; those on rows others hold go to `locked`."""

    def __init__(self, database: Database, tools: Tools, locked: LockedParcels) -> None:
        self._database = database
        self._tools = tools
        self._locked = locked

    def do(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        """Do parcels and return those that have their outcomes; the others were set aside."""
        # What others kept waiting looks at everything first: it is in no hurry, and blocks nobody.
        looks_closer = any(parcel.is_foreign for parcel in parcels)
        settled: list[Parcel] = []
        left = list(parcels)
        while left:
            kept = self._attempt(left, looks_closer=looks_closer)
            settled += [parcel for parcel in kept if parcel.is_settled]
            left = [parcel for parcel in kept if not parcel.is_settled]
        self._locked.settle(settled)
        return settled

    def _attempt(self, parcels: Sequence[Parcel], *, looks_closer: bool) -> list[Parcel]:
        """Do what is left of parcels as one set; if the database refuses it, one at a time.

        Returns the parcels that were not set aside. The first operation of theirs is always
        settled: nothing before it in the batch can make it wait.
        """
        kept = list(parcels)
        try:
            self._transact(kept, looks_closer=looks_closer)
        except _LockTimeout as held:
            return self._attempt_by_program(held.programs)
        except SQLAlchemyError as error:
            if is_away(error):
                self._give_up(kept, error)
                return kept
            _log.info("a batch is done in single steps: %s", type(error).__name__)
            self._do_singly(kept)
        except Exception:
            _log.exception("a batch is done in single steps")
            self._do_singly(kept)
        return kept

    def _attempt_by_program(self, programs: dict[frozenset[str], list[Parcel]]) -> list[Parcel]:
        """Do the parcels of each program as a set of their own, after one waited for a lock.

        What is written last is shared by a program's cards at most: only the program whose rows
        are held by somebody else must wait.
        """
        done: list[Parcel] = []
        for rows, kept in programs.items():
            try:
                self._transact(kept, looks_closer=True)
            except _LockTimeout as held:
                kept[:] = [parcel for theirs in held.programs.values() for parcel in theirs]
                self._locked.set_aside(kept, set(rows))
                self._give_up(kept, held.error)
            except SQLAlchemyError as error:
                self._give_up(kept, error) if is_away(error) else self._do_singly(kept)
            done += kept
        return done

    def _transact(self, parcels: list[Parcel], *, looks_closer: bool = False) -> None:
        """Do what is left of parcels in one transaction; takes out of the list what is set aside.

        Raises _LockTimeout with the parcels that were to be done.
        """
        turn = self._locked.begin()
        batch: Batch | None = None
        try:
            with self._database.write_connection() as connection:
                batch = Batch(connection, self._tools)
                batch.lock(_left(parcels), looks_closer=looks_closer)
                self._locked.hold(turn, batch.locks.locked)
                refused = self._locked.sift(parcels, batch.locks, turn)
                places = [(parcel, place) for parcel in parcels for place in parcel.left]
                asked = [p for p in places if (p[0].number, p[1]) not in refused]
                outcomes = batch.run([parcel.operations[place] for parcel, place in asked])
        except SQLAlchemyError as error:
            if batch is not None and is_lock_timeout(error):
                raise _LockTimeout(error, _by_program(parcels, batch)) from error
            raise
        finally:
            self._locked.end(turn)
        if batch.writes.cards:
            self._database.writes.note_success()
        for (parcel, place), outcome in zip(asked, outcomes, strict=True):
            parcel.outcomes[place] = outcome
        for parcel, place in places:
            if (parcel.number, place) in refused:
                parcel.outcomes[place] = TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)

    def _give_up(self, parcels: Sequence[Parcel], error: Exception) -> None:
        refusal = _failed(error) if parcels else None
        for parcel in parcels:
            for place in parcel.left:
                parcel.outcomes[place] = refusal

    def _do_singly(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            for place in parcel.left:
                parcel.outcomes[place] = self._alone(parcel.operations[place])

    def _alone(self, operation: Operation) -> Outcome:
        """Do one operation in a transaction of its own.

        After a conflict with another writer it is tried again: what won is then visible, as the
        earlier answer to the same key, or as the refusal it makes of this operation.
        """
        for _ in range(SINGLE_ATTEMPTS):
            turn = self._locked.begin()
            try:
                with self._database.write_connection() as connection:
                    batch = Batch(connection, self._tools)
                    batch.lock([operation], waits=True)
                    self._locked.hold(turn, batch.locks.locked)
                    outcome = batch.run([operation])[0]
                if batch.writes.cards:
                    self._database.writes.note_success()
                assert outcome is not None
                return outcome
            except SQLAlchemyError as error:
                last: Exception = error
                if not is_conflict(error):
                    break
            except Exception as error:
                _log.exception("an operation failed")
                last = error
                break
            finally:
                self._locked.end(turn)
        return _failed(last)


class _LockTimeout(Exception):
    """A batch waited for a lock as long as it may: its parcels, by the programs they are of."""

    def __init__(self, error: Exception, programs: dict[frozenset[str], list[Parcel]]) -> None:
        super().__init__(str(error))
        self.error = error
        self.programs = programs


def _by_program(parcels: Sequence[Parcel], batch: Batch) -> dict[frozenset[str], list[Parcel]]:
    found: dict[frozenset[str], list[Parcel]] = {}
    for parcel in parcels:
        programs = batch.locks.programs_of(parcel.operations)
        found.setdefault(frozenset(programs), []).append(parcel)
    return found


def _left(parcels: Sequence[Parcel]) -> list[Operation]:
    return [parcel.operations[place] for parcel in parcels for place in parcel.left]


def _failed(error: Exception) -> DomainError:
    _log.error("the database did not take an operation: %s", first_line(error))
    if is_storage_failure(error):
        return StorageNotWritable(retry_after_seconds=STORAGE_RETRY_SECONDS)
    return TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
