"""Messages and the mail server that takes them: private lines, users, refusals."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.mail import (
    LogMailer,
    MailDeferred,
    MailMessage,
    MailRefused,
    MailServerAway,
    NoMailer,
    SmtpMailer,
    as_message,
    build_mailer,
)
from punchcard.kit.settings import Settings
from tests.support.mail_server import MailServer, html, mail_server, plain

MESSAGE = MailMessage(
    id="018f",
    to="anna@example.com",
    subject="Ihre Karte bei Café Alice",
    text="Grüezi 🥐\n",
    html="<p>Grüezi 🥐</p>\n",
    language="de",
    sender_name="Café Alice",
    sent_at=datetime(2026, 3, 2, 9, 0, 5, 123456, tzinfo=UTC),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as running:
        yield running


def settings(**given: Any) -> Settings:
    return Settings(**given)


def test_a_message_arrives_by_starttls_with_text_html_and_the_shop_as_sender(
    server: MailServer,
) -> None:
    build_mailer(settings(**server.settings)).send(MESSAGE)

    [message] = server.inbox.messages
    assert server.inbox.recipients == ["anna@example.com"]
    assert message["Subject"] == MESSAGE.subject
    assert message["From"] == "Café Alice <no-reply@punchcard.example>"
    assert message["To"] == "anna@example.com"
    assert message["Content-Language"] == "de"
    assert message["Message-ID"] == "<018f@punchcard.example>"
    assert plain(message).strip() == "Grüezi 🥐"
    assert html(message).strip() == "<p>Grüezi 🥐</p>"


def test_a_message_carries_what_rfc_5322_requires_and_says_that_a_program_wrote_it(
    server: MailServer,
) -> None:
    build_mailer(settings(**server.settings)).send(MESSAGE)

    [message] = server.inbox.messages
    assert message.get_all("Date") == ["Mon, 02 Mar 2026 09:00:05 +0000"]
    for once in ("From", "To", "Subject", "Message-ID", "MIME-Version"):
        assert len(message.get_all(once, [])) == 1
    assert message["Auto-Submitted"] == "auto-generated"


def test_answers_go_to_the_shop_and_the_sender_stays_our_own(server: MailServer) -> None:
    build_mailer(settings(**server.settings)).send(replace(MESSAGE, reply_to="info@bäcker.example"))

    [message] = server.inbox.messages
    assert message["From"] == "Café Alice <no-reply@punchcard.example>"
    assert message["Reply-To"] == "Café Alice <info@xn--bcker-gra.example>"


def test_whoever_may_not_be_answered_names_nobody() -> None:
    message = as_message(MESSAGE, Address("", addr_spec="a@b.example"))

    assert message["Reply-To"] is None


def test_the_date_is_told_in_english_and_utc_wherever_the_clock_stands() -> None:
    moment = datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    message = as_message(replace(MESSAGE, sent_at=moment), Address("", addr_spec="a@b.example"))

    assert message["Date"] == "Mon, 30 Nov 2026 22:30:00 +0000"


def test_a_sender_whose_domain_is_outside_ascii_writes_it_as_the_network_does(
    server: MailServer,
) -> None:
    given = {**server.settings, "mail_from": "Bäckerei <info@bäckerei.example>"}
    build_mailer(settings(**given)).send(MESSAGE)

    [message] = server.inbox.messages
    assert message["From"] == "Café Alice <info@xn--bckerei-5wa.example>"
    assert message["Message-ID"] == "<018f@xn--bckerei-5wa.example>"


def test_a_domain_is_written_by_the_rules_of_2008() -> None:
    # By those of 2003 it would be strasse.example, which is somebody else's.
    message = as_message(replace(MESSAGE, to="ana@straße.example"), Address("", addr_spec="a@b.lu"))
    assert message["To"] == "ana@xn--strae-oqa.example"


def test_a_message_arrives_over_a_line_that_is_private_from_the_start(tmp_path: Path) -> None:
    with mail_server(tmp_path, is_private=True) as server:
        given = {**server.settings, "smtp_url": server.url.replace("smtp:", "smtps:")}
        build_mailer(settings(**given)).send(MESSAGE)

    assert len(server.inbox.messages) == 1


def test_a_certificate_nobody_vouches_for_is_not_believed(server: MailServer) -> None:
    with pytest.raises(MailServerAway, match="SSLCertVerificationError"):
        build_mailer(settings(**{**server.settings, "smtp_ca_certificate": ""})).send(MESSAGE)

    assert server.inbox.messages == []


def test_a_server_without_starttls_is_used_only_if_that_was_said(tmp_path: Path) -> None:
    with mail_server(tmp_path, has_tls=False) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        with pytest.raises(MailServerAway, match="STARTTLS"):
            build_mailer(settings(**{**server.settings, "smtp_url": url})).send(MESSAGE)
        assert server.inbox.messages == []

        relay = {**server.settings, "smtp_url": f"{url}?starttls=no"}
        build_mailer(settings(**relay)).send(MESSAGE)
        assert len(server.inbox.messages) == 1


def test_a_wrong_password_is_the_servers_matter_and_not_the_messages(server: MailServer) -> None:
    url = f"smtp://shop:wrong@127.0.0.1:{server.port}"

    with pytest.raises(MailServerAway, match="user and password"):
        build_mailer(settings(**{**server.settings, "smtp_url": url})).send(MESSAGE)


@pytest.mark.parametrize(
    ("refusal", "outcome"), [("550 no such box", MailRefused), ("450 busy", MailDeferred)]
)
def test_what_the_server_says_of_a_message_tells_later_from_never(
    server: MailServer, refusal: str, outcome: type[Exception]
) -> None:
    server.inbox.refusals.append(refusal)

    with pytest.raises(outcome) as raised:
        build_mailer(settings(**server.settings)).send(MESSAGE)

    assert "anna" not in str(raised.value)


@pytest.mark.parametrize("farewell", ["250 OK", "421 too many connections", "500 what?"])
def test_a_message_that_was_taken_is_sent_however_the_server_says_goodbye(
    server: MailServer, farewell: str
) -> None:
    server.inbox.farewell = farewell

    build_mailer(settings(**server.settings)).send(MESSAGE)

    assert len(server.inbox.messages) == 1


def test_a_server_is_tried_without_a_message(server: MailServer) -> None:
    mailer = build_mailer(settings(**server.settings))
    assert isinstance(mailer, SmtpMailer)
    mailer.check()
    assert server.inbox.messages == []

    with pytest.raises(MailServerAway, match="user and password"):
        replace(mailer, password="wrong").check()
    with pytest.raises(MailServerAway):
        replace(mailer, port=1).check()


def test_a_server_that_is_not_there_is_away(server: MailServer) -> None:
    given = {**server.settings, "smtp_url": "smtp://127.0.0.1:1"}

    with pytest.raises(MailServerAway):
        build_mailer(settings(**given)).send(MESSAGE)


def test_an_address_outside_ascii_goes_by_its_network_name(server: MailServer) -> None:
    message = replace(MESSAGE, to="anna@bäckerei.example")

    build_mailer(settings(**server.settings)).send(message)

    assert server.inbox.recipients == ["anna@xn--bckerei-5wa.example"]


@pytest.mark.parametrize("to", ["a,b@x.example", "(@x.example", "<a@x.example", '"@x.example'])
def test_what_cannot_be_an_address_is_refused(to: str) -> None:
    with pytest.raises(MailRefused):
        as_message(replace(MESSAGE, to=to), Address("", addr_spec="a@b.example"))


@given(st.text(max_size=300))
def test_no_name_reaches_the_head_of_a_message(name: str) -> None:
    hostile = f"{name}\r\nBcc: victim@example.com\r\n\r\nBuy"
    hostile_mail = replace(MESSAGE, subject=hostile, sender_name=hostile)

    message = as_message(hostile_mail, Address("", addr_spec="a@b.example"))
    head = message.as_bytes().partition(b"\r\n\r\n")[0]

    names = {line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"}
    assert b"Bcc" not in names
    assert isinstance(message, EmailMessage)
    assert message["To"] == "anna@example.com"


def test_without_a_server_nothing_is_sent() -> None:
    mailer = build_mailer(settings())

    assert isinstance(mailer, NoMailer)
    assert not mailer.is_configured
    with pytest.raises(MailServerAway):
        mailer.send(MESSAGE)


def test_the_demonstration_shows_messages_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    mailer = build_mailer(settings(smtp_url="log:"))

    mailer.send(replace(MESSAGE, text="http://127.0.0.1:8000/verify-email?token=x\n"))

    assert isinstance(mailer, LogMailer)
    assert caplog.records[0].levelno == logging.WARNING
    assert "/verify-email?token=x" in caplog.text


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_url": "ftp://mail.example"},
        {"smtp_url": "smtp://mail.example:port"},
        {"smtp_url": "mail.example"},
        {"smtp_url": "smtp://mail.example", "mail_from": ""},
        {"smtp_url": "smtp://mail.example", "mail_from": "no address"},
    ],
)
def test_settings_that_cannot_send_are_told_at_start(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        build_mailer(settings(**{"mail_from": "a@b.example", **given}))
