"""Mover: brings files along, tries them, puts them on cards and takes them back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Customer
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.connect.imports import import_files, import_service
from punchcard.connect.imports.models import CardImport
from punchcard.connect.imports.reading.limits import FileLimits
from punchcard.connect.imports.turns import take_turn
from punchcard.connect.imports.vocabulary import BalanceMode
from punchcard.connect.imports.work import ImportWork
from punchcard.kit.ids import ImportId, ProgramId
from punchcard.loyalty.models import LoyaltyCard
from tests.support.drivers.till import TillDriver

LIMITS = FileLimits(1_000_000, 5_000, 20, 10_000_000)


@dataclass(frozen=True)
class Mover:
    """An owner who moves in, at a counter."""

    alice: TillDriver

    @property
    def work(self) -> ImportWork:
        """Return what the worker works with."""
        alice = self.alice
        return ImportWork(alice.database, alice.till, alice.clock, alice.ids)

    def act(self) -> Act:
        """Act as the owner does."""
        subject = Subject(kind=SubjectKind.MEMBER, id="owner", vendor_id=self.alice.vendor_id)
        return Act(subject=subject, now=self.alice.clock.now(), ids=self.alice.ids)

    def brings(self, program: ProgramId, content: bytes | str) -> ImportId:
        """Bring a file along; returns the import's id."""
        told = content.encode() if isinstance(content, str) else content
        file = import_files.read_file(told, LIMITS)
        with self.alice.database.write() as session:
            return import_files.create_import(
                session, self.act(), self.alice.vendor_id, program, name="Old till", file=file
            ).id

    def tries(self, import_id: ImportId, **said: Any) -> CardImport:
        """Try it, to the end."""
        with self.alice.database.write() as session:
            import_service.ask_preview(session, self.act(), self.alice.vendor_id, import_id, said)
        return self.worked(import_id)

    def runs(
        self, import_id: ImportId, balance: BalanceMode | None = BalanceMode.SET
    ) -> CardImport:
        """Put it on cards, to the end."""
        self.asks_to_run(import_id, balance)
        return self.worked(import_id)

    def asks_to_run(self, import_id: ImportId, balance: BalanceMode | None) -> None:
        """Ask to put it on cards, and leave it to the worker."""
        with self.alice.database.write() as session:
            import_service.ask_run(
                session, self.act(), self.alice.vendor_id, import_id, balance=balance
            )

    def undoes(self, import_id: ImportId) -> CardImport:
        """Take it back, to the end."""
        self.asks_to_undo(import_id)
        return self.worked(import_id)

    def asks_to_undo(self, import_id: ImportId, *, days: int = 90) -> None:
        """Ask to take it back within `days` of its run, and leave that to the worker."""
        with self.alice.database.write() as session:
            import_service.ask_undo(session, self.act(), self.alice.vendor_id, import_id, days=days)

    def worked(self, import_id: ImportId) -> CardImport:
        """Work until there is nothing to be done."""
        while not take_turn(self.work, import_id):
            pass
        return self.now(import_id)

    def now(self, import_id: ImportId) -> CardImport:
        """Read the import."""
        with self.alice.database.read() as session:
            return import_service.get_import(session, self.alice.vendor_id, import_id)

    def moves_in(self, program: ProgramId, content: bytes | str, **said: Any) -> CardImport:
        """Bring a file along, try it and run it."""
        import_id = self.brings(program, content)
        self.tries(import_id, **said)
        return self.runs(import_id)

    def faults(self, import_id: ImportId, language: str = "en") -> list[tuple[int, str]]:
        """Return the rows that were not taken, and why."""
        with self.alice.database.read() as session:
            row = session.get_one(CardImport, import_id)
            found = import_service.faults_of(session, row, language)
            return [(one["row"], one["code"]) for one in found]

    def card_of(self, email: str) -> LoyaltyCard:
        """Return the card of whoever has this address."""
        with self.alice.database.read() as session:
            return session.scalars(
                select(LoyaltyCard)
                .join(Customer, Customer.id == LoyaltyCard.customer_id)
                .where(Customer.email == email)
            ).one()

    def count(self, table: Any) -> int:
        """Return how many rows there are of a table."""
        with self.alice.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0
