"""What the server writes: every kind of mail, in every language, with any name in it."""

import re
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.accounts.mail import mail_messages
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_texts import WORDINGS
from punchcard.kit.i18n import LANGUAGES
from punchcard.kit.mail import MailMessage, one_line

FACTS = {
    "name": "Anna",
    "shop": "Café Alice",
    "program": "Coffee card",
    "link": "https://punch.example/verify-email?token=a&b",
    "card_link": "https://punch.example/c/token",
    "new_link": "https://punch.example/c/other",
    "balance": "3 stamps",
    "apple_link": "https://punch.example/apple",
    "google_link": "https://punch.example/google",
    "wants_news": "yes",
    "origin": "punch.example/ledger",
    "entries": "1,024",
    "note": "punch.example/ledger\n1024\nq83v\n\n\u2014 punch.example/ledger c2lnbmVk\n",
    "expires_at": "2026-03-02T09:00:00.000000Z",
    "timezone": "Europe/Luxembourg",
    "ends": "30 points on 3/2/26",
    "endpoint": "till.example",
    "domain": "cards.bakery.example",
}


class Seen(HTMLParser):
    """What a reader sees of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def mail(kind: str, language: str = "en", **facts: str) -> Mail:
    return Mail(kind=kind, to="anna@example.com", language=language, facts={**FACTS, **facts})


def written(mail: Mail) -> MailMessage:
    return mail_messages.write_message("id", mail, sent_at=datetime(2026, 3, 1, 9, tzinfo=UTC))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_every_mail_is_whole_in_every_language(kind: str, language: str) -> None:
    message = written(mail(kind, language))
    seen = Seen(message.html)

    assert message.language == language
    assert f'<html lang="{language}">' in message.html
    assert "Anna" in message.text
    for text in (message.subject, message.text, seen.text):
        assert "{" not in text
    for link in seen.links:
        assert f"\n{link}\n" in message.text
    assert {link for link in FACTS.values() if link in message.text} == set(seen.links) | {
        fact for fact in FACTS.values() if fact in message.text and not fact.startswith("http")
    }
    assert "style" not in message.html


def test_languages_are_not_left_in_english() -> None:
    for kind in WORDINGS:
        subjects = {written(mail(kind, language)).subject for language in LANGUAGES}
        assert len(subjects) == len(LANGUAGES)


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_no_line_of_a_french_mail_can_break_before_a_sign(kind: str) -> None:
    message = written(mail(kind, "fr"))

    for text in (message.subject, message.text, Seen(message.html).text):
        assert re.findall(" [;:!?»]|« ", text) == []
        assert re.findall(r"\w:$", text, re.MULTILINE) == []


def test_the_end_of_a_link_is_told_by_the_shops_clock() -> None:
    message = written(mail("password_reset", "de"))

    assert "02.03.2026, 10:00" in message.text


def test_what_there_is_not_is_not_offered() -> None:
    facts = {name: FACTS[name] for name in ("shop", "program", "card_link", "timezone")}
    message = written(Mail(kind="customer_welcome", to="a@b.example", language="en", facts=facts))

    assert message.text.startswith("Hello,\n")
    assert "Wallet" not in message.text
    assert "news" not in message.text
    assert "confirm" not in message.text.lower()


@given(st.text(min_size=1, max_size=120).filter(lambda name: one_line(name) != ""))
def test_any_name_is_shown_as_it_is_and_makes_no_markup(name: str) -> None:
    shown = one_line(name)

    message = written(mail("customer_welcome", name=name, shop=name, program=name))
    seen = Seen(message.html)

    assert shown in message.text
    assert shown in seen.text
    assert seen.tags <= {"html", "head", "meta", "title", "body", "p", "h2", "a"}
    assert "\n" not in message.subject


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "{shop}", "🥐 & Söhne", "מאפייה"]
)
def test_names_with_markup_placeholders_and_other_scripts_render_intact(name: str) -> None:
    message = written(mail("invitation", shop=name))

    assert name in message.subject
    assert name in Seen(message.html).text


def test_a_name_from_right_to_left_turns_nothing_around_it() -> None:
    message = written(mail("invitation", name="מאפייה"))

    assert "\u2068מאפייה\u2069" in message.text
    assert unicodedata.name("\u2068") == "FIRST STRONG ISOLATE"
