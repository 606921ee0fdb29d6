"""How the till gets submissions done: in one transaction if it can, in smaller ones if it must."""

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
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.batch import Batch, Outcome
from punchcard.loyalty.till.enrolment import TillDependencies
from punchcard.loyalty.till.locked_submissions import LockedSubmissions
from punchcard.loyalty.till.submissions import Submission

RETRY_AFTER_SECONDS: Final = 1
SINGLE_ATTEMPTS: Final = 4

_log = logging.getLogger(__name__)

_Asked = tuple[Submission, int]
"""A submission, and the place of one of its operations."""


class BatchRunner:
    """Does submissions, from several threads at once; those on rows others hold go to `locked`."""

    def __init__(
        self, database: Database, dependencies: TillDependencies, locked: LockedSubmissions
    ) -> None:
        self._database = database
        self._dependencies = dependencies
        self._locked = locked

    def do(self, submissions: Sequence[Submission]) -> list[Submission]:
        """Do submissions and return those that have their outcomes; the others were set aside."""
        # What others kept waiting looks at everything first: it is in no hurry, and blocks nobody.
        looks_closer = any(submission.is_foreign for submission in submissions)
        settled: list[Submission] = []
        left = list(submissions)
        while left:
            kept = self._attempt(left, looks_closer=looks_closer)
            left = []
            for submission in kept:
                (settled if submission.is_settled else left).append(submission)
        self._locked.settle(settled)
        return settled

    def _attempt(
        self, submissions: Sequence[Submission], *, looks_closer: bool
    ) -> list[Submission]:
        """Do what is left of submissions as one set; if the database refuses it, one at a time.

        Returns the submissions that were not set aside. The first operation of theirs is always
        settled: nothing before it in the batch can make it wait.
        """
        kept = list(submissions)
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

    def _attempt_by_program(
        self, programs: dict[frozenset[str], list[Submission]]
    ) -> list[Submission]:
        """Do the submissions of each program as a set of their own, after one waited for a lock.

        What is written last is shared by a program's cards at most: only the program whose rows
        are held by someone else must wait.
        """
        done: list[Submission] = []
        for rows, kept in programs.items():
            try:
                self._transact(kept, looks_closer=True)
            except _LockTimeout as held:
                kept[:] = [submission for theirs in held.programs.values() for submission in theirs]
                self._locked.set_aside(kept, set(rows))
                self._give_up(kept, held.error)
            except SQLAlchemyError as error:
                self._give_up(kept, error) if is_away(error) else self._do_singly(kept)
            done += kept
        return done

    def _transact(self, submissions: list[Submission], *, looks_closer: bool = False) -> None:
        """Do what is left in one transaction; takes out of the list what is set aside.

        Raises _LockTimeout with the submissions that were to be done.
        """
        turn = self._locked.begin()
        batch: Batch | None = None
        asked, refused = _left(submissions), list[_Asked]()
        try:
            with self._database.write_connection() as connection:
                batch = Batch(connection, self._dependencies)
                batch.lock(_operations(asked), looks_closer=looks_closer)
                self._locked.hold(turn, batch.locks.locked)
                if self._locked.must_sift(batch.locks):
                    places = self._locked.sift(submissions, batch.locks, turn)
                    asked = []
                    for each in _left(submissions):
                        is_refused = (each[0].number, each[1]) in places
                        (refused if is_refused else asked).append(each)
                outcomes = batch.run(_operations(asked))
        except SQLAlchemyError as error:
            if batch is not None and is_lock_timeout(error):
                raise _LockTimeout(error, _by_program(submissions, batch)) from error
            raise
        finally:
            self._locked.end(turn)
        for (submission, place), outcome in zip(asked, outcomes, strict=True):
            submission.outcomes[place] = outcome
        for submission, place in refused:
            submission.outcomes[place] = TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)

    def _give_up(self, submissions: Sequence[Submission], error: Exception) -> None:
        refusal = _failed(error) if submissions else None
        for submission in submissions:
            for place in submission.left:
                submission.outcomes[place] = refusal

    def _do_singly(self, submissions: Sequence[Submission]) -> None:
        for submission in submissions:
            for place in submission.left:
                submission.outcomes[place] = self._alone(submission.operations[place])

    def _alone(self, operation: Operation) -> Outcome:
        """Do one operation in a transaction of its own.

        After a conflict with another writer it is tried again: what won is then visible, as the
        earlier answer to the same key, or as the refusal it makes of this operation.
        """
        for _ in range(SINGLE_ATTEMPTS):
            turn = self._locked.begin()
            try:
                with self._database.write_connection() as connection:
                    batch = Batch(connection, self._dependencies)
                    batch.lock([operation], waits=True)
                    self._locked.hold(turn, batch.locks.locked)
                    outcome = batch.run([operation])[0]
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
    """A batch waited for a lock as long as it may: its submissions, by the programs they are of."""

    def __init__(self, error: Exception, programs: dict[frozenset[str], list[Submission]]) -> None:
        super().__init__(str(error))
        self.error = error
        self.programs = programs


def _by_program(
    submissions: Sequence[Submission], batch: Batch
) -> dict[frozenset[str], list[Submission]]:
    found: dict[frozenset[str], list[Submission]] = {}
    for submission in submissions:
        programs = batch.locks.programs_of(submission.operations)
        found.setdefault(frozenset(programs), []).append(submission)
    return found


def _left(submissions: Sequence[Submission]) -> list[_Asked]:
    return [(submission, place) for submission in submissions for place in submission.left]


def _operations(asked: Sequence[_Asked]) -> list[Operation]:
    return [submission.operations[place] for submission, place in asked]


def _failed(error: Exception) -> DomainError:
    _log.error("the database did not take an operation: %s", first_line(error))
    if is_storage_failure(error):
        return StorageNotWritable(retry_after_seconds=STORAGE_RETRY_SECONDS)
    return TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
