"""The mails that wait to be sent."""

from sqlalchemy import select

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import OutgoingMail
from punchcard.context import Context


def mails(context: Context) -> list[Mail]:
    """Return the mails that wait, oldest first."""
    with context.database.read() as session:
        ids = session.scalars(select(OutgoingMail.id).order_by(OutgoingMail.id)).all()
        found = [context.accounts.mail_queue.find(session, mail_id) for mail_id in ids]
    return [mail for mail in found if mail is not None]
