"""The people who sign in, users and admins alike: found, held, and written to."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from punchcard.accounts.errors import LinkInvalid, NotAllowed
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import Admin, User, Vendor
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.i18n import SOURCE_LANGUAGE
from punchcard.kit.validation.contacts import email_forms

CLAIMS_LIMIT: Final = 3
"""How many people who have not confirmed an address are looked at; the longest there come first."""


class KeptPassword(NamedTuple):
    """Somebody's password as it is kept, of a user or an admin, and no more of them."""

    table: type[User] | type[Admin]
    id: str
    password_hash: str

    @classmethod
    def of(cls, person: User | Admin) -> Self:
        """Return the password of a person."""
        return cls(type(person), person.id, person.password_hash)

    def load(self, session: Session) -> User | Admin | None:
        """Return whose it was when it was read."""
        if self.table is User:
            return session.get(User, self.id)
        return session.get(Admin, self.id)


def find_person(session: Session, typed: str) -> User | Admin | None:
    """Return for whom the address that was typed counts, else who claims it first."""
    holder = find_holder(session, typed)
    return holder or next(iter(find_claims(session, typed)), None)


def find_holder(session: Session, typed: str) -> User | Admin | None:
    """Return who has confirmed the address that was typed; a removed user no longer has one.

    Their address may have been kept under an older rule: who is kept exactly as typed comes first.
    """
    forms = email_forms(typed)
    # Each table is asked once, whoever is found: the time it takes tells nobody who is known.
    members = session.scalars(select(User).where(User.confirmed_email.in_(forms))).all()
    admins = session.scalars(select(Admin).where(Admin.email.in_(forms))).all()
    held: list[tuple[str | None, User | Admin]] = [
        *((member.confirmed_email, member) for member in members),
        *((admin.email, admin) for admin in admins),
    ]
    return next((person for form in forms for address, person in held if address == form), None)


def find_passwords(session: Session, typed: str) -> tuple[KeptPassword | None, list[KeptPassword]]:
    """Return the password of an address's holder, as `find_holder`, and those of who claims it.

    They are read as columns: to make a person of a row takes time that tells there is one.
    """
    forms = email_forms(typed)
    held: dict[str | None, KeptPassword] = {}
    for table, address in ((Admin, Admin.email), (User, User.confirmed_email)):
        query = select(address, table.id, table.password_hash).where(address.in_(forms))
        held |= {found: KeptPassword(table, *kept) for found, *kept in session.execute(query)}
    claims = select(User.id, User.password_hash).where(*_claimed(forms))
    rows = session.execute(claims.order_by(User.id).limit(CLAIMS_LIMIT))
    holder = next((held[form] for form in forms if form in held), None)
    return holder, [KeptPassword(User, *row) for row in rows]


def find_claims(session: Session, typed: str) -> list[User]:
    """Return the users who were added with an address and have not confirmed it, oldest first."""
    query = select(User).where(*_claimed(email_forms(typed)))
    return list(session.scalars(query.order_by(User.id).limit(CLAIMS_LIMIT)))


def load_person(session: Session, subject: Subject) -> User | Admin:
    """Return the user or admin who calls, held if in a transaction that writes."""
    person: User | Admin | None = None
    if subject.kind == SubjectKind.MEMBER:
        person = session.get(User, subject.id, with_for_update=True)
    elif subject.kind == SubjectKind.ADMIN:
        person = session.get(Admin, subject.id, with_for_update=True)
    if person is None or person.removed_at is not None:
        raise NotAllowed
    return person


def person_of(session: Session, facts: dict[str, Any]) -> User | Admin:
    """Return the person a link was made for, held in a transaction. Raises LinkInvalid."""
    try:
        return load_person(session, Subject(kind=facts["kind"], id=facts["id"]))
    except NotAllowed:
        raise LinkInvalid from None


def person_subject(person: User | Admin) -> Subject:
    """Return the person as who acts: by a link, so without a session that could be kept."""
    if isinstance(person, User):
        return Subject(kind=SubjectKind.MEMBER, id=person.id, vendor_id=person.vendor_id)
    return Subject(kind=SubjectKind.ADMIN, id=person.id)


def vendor_of(session: Session, person: User | Admin) -> Vendor | None:
    """Return whom a person works for; None for an admin."""
    return session.get_one(Vendor, person.vendor_id) if isinstance(person, User) else None


def known_names(session: Session, person: User | Admin) -> list[str]:
    """Return what others know of a person, and what a password must not be made of."""
    vendor = vendor_of(session, person)
    shop = [vendor.name, vendor.slug] if vendor is not None else []
    return [person.name, person.email, *shop]


def mail_to(
    person: User | Admin,
    vendor: Vendor | None,
    kind: str,
    facts: dict[str, str],
    language: str = SOURCE_LANGUAGE,
    *,
    to: str | None = None,
) -> Mail:
    """Return a mail to a person who signs in, in the language they read."""
    told: dict[str, Any] = {"name": person.name, **facts}
    if vendor is not None:
        language = vendor.language
        told |= {"shop": vendor.name, "timezone": vendor.timezone}
    if isinstance(person, User) and person.language:
        language = person.language
    return Mail(kind=kind, to=to or person.email, language=language, facts=told)


def _claimed(forms: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of a user who was added with one of these addresses, unconfirmed."""
    return User.email.in_(forms), User.confirmed_email != User.email
