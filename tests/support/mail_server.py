"""A real mail server on 127.0.0.1, with STARTTLS by a certificate made here."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.certificates import self_signed
from tools.free_ports import free_port

USER, PASSWORD = "shop", "p@ss:word"


@dataclass
class Inbox:
    """What arrived; `refusals` are given to the next letters instead, one each.

    `farewell` is what the server answers to QUIT.
    """

    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    farewell: str = "221 Bye"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a recipient, or refuse it."""
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take a letter."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients += envelope.rcpt_tos
        return "250 taken"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:
        """Say goodbye."""
        return self.farewell


@dataclass(frozen=True)
class MailServer:
    """A running server: its inbox, its port, and the certificate to believe."""

    inbox: Inbox
    port: int
    certificate: str

    @property
    def url(self) -> str:
        """Return its SMTP_URL, with user and password."""
        return f"smtp://{USER}:p%40ss%3Aword@127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings that send mail by it."""
        return {
            "smtp_url": self.url,
            "smtp_ca_certificate": self.certificate,
            "smtp_timeout_seconds": 10.0,
            "mail_from": "Punchcard <no-reply@punchcard.example>",
        }


@contextmanager
def mail_server(folder: Path, *, has_tls: bool = True, is_private: bool = False) -> Iterator[Any]:
    """Run a server; it takes letters only over TLS and from USER, unless without `has_tls`."""
    certificate, key = self_signed()
    pem = folder / "mail.pem"
    pem.write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    inbox = Inbox()
    more: dict[str, Any] = {}
    if has_tls and not is_private:
        more = {"tls_context": context, "require_starttls": True}
    if has_tls:
        more |= {"authenticator": _authenticate}
        more |= {"auth_required": not is_private, "auth_require_tls": not is_private}
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=context if is_private else None,
        enable_SMTPUTF8=True,
        **more,
    )
    controller.start()
    try:
        yield MailServer(inbox, controller.port, certificate.decode())
    finally:
        controller.stop()


def links(message: EmailMessage) -> list[str]:
    """Return the links in a letter's plain text."""
    return [line for line in plain(message).splitlines() if line.startswith("http")]


def plain(message: EmailMessage) -> str:
    """Return a letter's plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html(message: EmailMessage) -> str:
    """Return a letter's HTML."""
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def _authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)
