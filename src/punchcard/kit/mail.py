"""E-mail: one message, and what sends it: a mail server, the log, or nothing."""

import logging
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.log_throttle import EACH
from punchcard.kit.settings import Settings
from punchcard.kit.validation.contacts import ascii_domain
from punchcard.kit.validation.invalid import InvalidValue

TO_THE_LOG: Final = "log:"
"""The SMTP_URL that writes mails to the log, links and all: for trying out only."""

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PORTS: Final = {"smtp": 587, "smtps": 465}
_PERMANENT: Final = 500

_log = logging.getLogger(__name__)


class MailRefused(Exception):
    """The message will never be accepted: its address is not valid, or the server refused it."""


class MailDeferred(Exception):
    """The server did not accept this message now; it may later."""


class MailServerAway(Exception):
    """The server can't be reached or used, whatever the message."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes along with a mail; `media_type` as in `text/plain`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class MailMessage:
    """One mail: plain text with the same as HTML, and a file if there is one.

    `sender_name` stands before our address; answers go to `reply_to`, if there is one; `sent_at`
    (aware) is the date its reader sees.
    """

    id: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    sent_at: datetime
    sender_name: str | None = None
    reply_to: str | None = None
    attachment: Attachment | None = None


class Mailer(Protocol):
    """Sends messages."""

    @property
    def is_configured(self) -> bool:
        """Return whether messages arrive anywhere."""

    def send(self, mail: MailMessage) -> None:
        """Send the message; raises MailRefused, MailDeferred or MailServerAway."""


class NoMailer:
    """What there is while no mail server is set up."""

    is_configured = False

    def send(self, mail: MailMessage) -> None:
        """Raise MailServerAway."""
        raise MailServerAway("no mail server is set up")


class LogMailer:
    """Writes messages to the log, for the demonstration: its readers can use their links."""

    is_configured = True

    def send(self, mail: MailMessage) -> None:
        """Write the message's text to the log."""
        _log.warning("mail to %s: %s\n%s", mail.to, mail.subject, mail.text, extra=EACH)


@dataclass(frozen=True, kw_only=True)
class SmtpMailer:
    """Sends messages to a mail server, each over a connection of its own.

    `starttls`: the connection is made private before anything is said, or not used at all.
    `is_private`: it is private from the first byte (smtps).
    """

    host: str
    port: int
    sender: Address
    user: str | None = None
    password: str | None = None
    starttls: bool = True
    is_private: bool = False
    ca_certificate: str | None = None
    timeout_seconds: float = 20.0

    is_configured = True

    def send(self, mail: MailMessage) -> None:
        """Send the message; once the server has taken it, nothing that follows is a failure."""
        message, is_taken = as_message(mail, self.sender), False
        try:
            with self._connected() as server:
                server.send_message(message, self.sender.addr_spec, [_envelope(mail.to)])
                is_taken = True
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _refused(code) from None
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused(str(error)) from None
        except smtplib.SMTPAuthenticationError as error:
            raise MailServerAway(f"the mail server refuses user and password: {error}") from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error.smtp_code) from None
        except (smtplib.SMTPException, OSError) as error:
            # Some answer the farewell in their own way: sent again, the mail would come twice.
            if not is_taken:
                raise MailServerAway(f"{type(error).__name__}: {error}") from error

    def check(self) -> None:
        """Connect and sign in, and send nothing; raises MailServerAway."""
        try:
            with self._connected():
                return
        except smtplib.SMTPAuthenticationError as error:
            raise MailServerAway(f"the mail server refuses user and password: {error}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerAway(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        if self.is_private:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_seconds, context=self._trust()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        with server:
            if self.starttls and not self.is_private:
                _make_private(server, self._trust())
            if self.user is not None:
                server.login(self.user, self.password or "")
            yield server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.ca_certificate)


def _make_private(server: smtplib.SMTP, trust: ssl.SSLContext) -> None:
    try:
        server.starttls(context=trust)
    except smtplib.SMTPNotSupportedError:
        raise MailServerAway("the mail server offers no STARTTLS") from None


def build_mailer(settings: Settings) -> Mailer:
    """Return the mailer of these settings. Raises SettingsError."""
    url = settings.smtp_url
    if not url:
        return NoMailer()
    if url == TO_THE_LOG:
        return LogMailer()
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise _bad_url() from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _bad_url()
    return SmtpMailer(
        host=parts.hostname,
        port=port,
        sender=_sender(settings),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        starttls=parse_qs(parts.query).get("starttls") != ["no"],
        is_private=parts.scheme == "smtps",
        ca_certificate=settings.smtp_ca_certificate or None,
        timeout_seconds=settings.smtp_timeout_seconds,
    )


def as_message(mail: MailMessage, sender: Address) -> EmailMessage:
    """Return the message as it travels, with the headers of RFC 5322, section 3.6.

    Raises MailRefused when its address can't be one.
    """
    message = EmailMessage(policy=SMTP)
    name = one_line(mail.sender_name or sender.display_name)
    try:
        message["From"] = Address(name, addr_spec=sender.addr_spec)
        message["To"] = Address(addr_spec=_envelope(mail.to))
        if mail.reply_to is not None:
            message["Reply-To"] = Address(name, addr_spec=_envelope(mail.reply_to))
    except (ValueError, MessageError, IndexError):
        raise MailRefused("this is not an address that mail can be sent to") from None
    message["Subject"] = one_line(mail.subject)
    message["Date"] = mail.sent_at.astimezone(UTC)
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    # Out-of-office notices and the like are for people, not for us.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    if mail.attachment is not None:
        kind, _, subtype = mail.attachment.media_type.partition("/")
        message.add_attachment(
            mail.attachment.content,
            maintype=kind,
            subtype=subtype,
            filename=mail.attachment.name,
        )
    # After the parts: they take along every Content- line that stands before them.
    message["Content-Language"] = mail.language
    return message


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters: nothing ends a header early."""
    return " ".join(_BREAKS.sub(" ", text).split())


def _envelope(address: str) -> str:
    """Return the address with its domain as the network writes it; the part before stays."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{ascii_domain(domain)}"
    except InvalidValue:
        raise MailRefused("this is not an address that mail can be sent to") from None


def _refused(code: int) -> MailRefused | MailDeferred:
    # Without the server's words: they repeat the address, and this is kept and shown.
    if code >= _PERMANENT:
        return MailRefused(f"the mail server refused the message ({code})")
    return MailDeferred(f"the mail server deferred the message ({code})")


def _sender(settings: Settings) -> Address:
    """Return the address of MAIL_FROM, `Name <name@host>` or `name@host`."""
    given = settings.mail_from.strip()
    name, _, rest = given.rpartition("<")
    spec = rest.removesuffix(">") if name or rest.endswith(">") else given
    try:
        return Address(name.strip().strip('"'), addr_spec=_envelope(spec))
    except (ValueError, MessageError, IndexError, MailRefused):
        raise SettingsError(
            "PUNCHCARD_MAIL_FROM must be set with PUNCHCARD_SMTP_URL, and be an address such as"
            " no-reply@shop.example or Punchcard <no-reply@shop.example>."
        ) from None


def _bad_url() -> SettingsError:
    return SettingsError(
        "PUNCHCARD_SMTP_URL must look like smtp://user:password@host:587 or"
        " smtps://user:password@host:465."
    )
