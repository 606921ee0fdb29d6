"""From a kind of mail and its facts to the message: text and HTML, in the reader's language."""

import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from punchcard.accounts.mail.mail_texts import GREETING, GREETING_BY_NAME, WORDINGS
from punchcard.kit.i18n import N_, translate, unbroken_html
from punchcard.kit.mail import Attachment, MailMessage, one_line

if TYPE_CHECKING:
    from jinja2 import Environment

Facts = Mapping[str, str]

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_RIGHT_TO_LEFT: Final = {"R", "AL"}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail before it is worded.

    `facts`: name (of the reader), shop, program, link, …; `expires_at` (RFC 3339) and `timezone`.
    `reply_to` is where answers go, if the reader may answer.
    """

    kind: str
    to: str
    language: str
    facts: Facts
    enclosed: "Enclosed | None" = None


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """A file that goes along, as it is kept until the mail is sent."""

    name: str
    media_type: str
    content_base64: str

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> "Enclosed":
        """Return a file with this content."""
        coded = b64encode(content).decode()
        return cls(name=name, media_type=media_type, content_base64=coded)

    def as_attachment(self) -> Attachment:
        """Return the file as a message takes it along."""
        content = b64decode(self.content_base64)
        return Attachment(name=self.name, media_type=self.media_type, content=content)


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """One line as the templates show it, also `ahead` of a link that stands by itself."""

    text: str
    ahead: str
    link: str | None
    is_main: bool
    block: str | None


def write_message(mail_id: str, mail: Mail, *, sent_at: datetime) -> MailMessage:
    """Return the message of a mail, dated `sent_at`."""
    wording, said = WORDINGS[mail.kind], _said(mail.facts)

    def say(sentence: str) -> str:
        return translate(sentence, mail.language, **said)

    shown = [
        _Shown(
            text=(text := say(line.sentence)),
            ahead=translate(N_("{what}:"), mail.language, what=text),
            link=mail.facts[line.link] if line.link else None,
            is_main=line.is_main,
            block=mail.facts[line.block] if line.block else None,
        )
        for line in wording.lines
        if line.only_with is None or line.only_with in mail.facts
    ]
    subject = say(wording.subject)
    values = {
        "language": mail.language,
        "subject": subject,
        "greeting": say(GREETING_BY_NAME if "name" in said else GREETING),
        "lines": shown,
        "signature": said.get("shop", "Punchcard"),
    }
    return MailMessage(
        id=mail_id,
        to=mail.to,
        subject=subject,
        text=_templates().get_template("mail.txt").render(values),
        html=unbroken_html(_templates().get_template("mail.html").render(values)),
        language=mail.language,
        sender_name=mail.facts.get("shop"),
        reply_to=mail.facts.get("reply_to"),
        sent_at=sent_at,
        attachment=mail.enclosed.as_attachment() if mail.enclosed else None,
    )


def _said(facts: Facts) -> dict[str, Any]:
    said: dict[str, Any] = {name: _apart(one_line(value)) for name, value in facts.items() if value}
    if "expires_at" in facts:
        moment = datetime.fromisoformat(facts["expires_at"])
        zone = facts.get("timezone")
        said["expires_at"] = moment.astimezone(ZoneInfo(zone)) if zone else moment
    return said


def _apart(text: str) -> str:
    """Return a text that is written from right to left so that it turns nothing around it."""
    if any(unicodedata.bidirectional(message) in _RIGHT_TO_LEFT for message in text):
        return f"\u2068{text}\u2069"
    return text


@cache
def _templates() -> "Environment":
    # Imported with the first mail: most starts of the server and of the command line write none.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
