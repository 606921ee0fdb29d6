"""The people who run the platform."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import EmailTaken
from punchcard.accounts.models import Admin
from punchcard.accounts.user_service import refuse_taken_email
from punchcard.kit.validation import contacts, texts
from punchcard.kit.validation.invalid import check_field


def create_admin(session: Session, act: Act, *, email: str, name: str, password_hash: str) -> Admin:
    """Add a platform admin; raises EmailTaken when anybody signs in with the address already."""
    admin = Admin(
        id=act.ids.new_id(),
        email=check_field("email", contacts.email, email),
        name=check_field("name", texts.one_line, name),
        password_hash=password_hash,
        created_at=act.now,
    )
    refuse_taken_email(session, admin.email)
    session.add(admin)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    new = {"email": admin.email, "name": admin.name}
    record_act(session, act, "admin.created", of=("admin", admin.id), vendor_id=None, new=new)
    return admin
