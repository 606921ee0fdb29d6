"""Languages: what callers ask for, and what sentences look like in each."""

import importlib
import pkgutil
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import punchcard
from punchcard.kit import i18n
from punchcard.kit.errors import DomainError
from punchcard.kit.i18n import (
    LANGUAGES,
    as_language,
    negotiate,
    placeholders,
    translate,
    unbroken,
    unbroken_html,
)
from punchcard.loyalty.errors.balances import StampTooSoon

TOO_SOON = StampTooSoon.sentence
AT_NINE = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("en;q=0.1, de-AT;q=0.5", "de"),
        ("lu", "lb"),
        ("lb-LU", "lb"),
        ("it, es;q=0.9, de;q=0.2", "de"),
        ("de;q=0, fr;q=0", "en"),
        ("DE_de", "de"),
        ("*", "en"),
        ("zh-Hans-CN", "en"),
        ("fr;q=nan, de;q=0.3", "de"),
        ("q;;q;q=,,;", "en"),
        ("fr;q=2", "en"),
    ],
)
def test_the_best_liked_language_is_spoken(header: str | None, language: str) -> None:
    assert negotiate(header) == language


@given(st.text(max_size=600))
def test_any_header_finds_a_language(header: str) -> None:
    assert negotiate(header) in LANGUAGES


@given(st.lists(st.sampled_from(["fr", "de", "lb", "en", "it", "*"]), max_size=40))
def test_without_qualities_the_first_language_we_speak_wins(tags: list[str]) -> None:
    spoken = [{"*": "en"}.get(tag, tag) for tag in tags if tag != "it"]
    assert negotiate(",".join(tags)) == (spoken[0] if spoken else "en")


def test_only_the_start_of_a_header_is_read_and_kept() -> None:
    assert negotiate("it," * 200 + "fr") == "en"


def test_luxembourgish_answers_to_its_wrong_name_too() -> None:
    assert as_language("lu") == as_language("lb") == "lb"
    assert as_language("it") is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the next one is possible at 2 Mar 2026, 09:05 UTC."),
        ("fr", "le prochain sera possible le 2 mars 2026, 09:05 UTC."),
        ("de", "Der nächste ist möglich ab 02.03.2026, 09:05 UTC."),
        ("lb", "Deen nächsten ass méiglech ab 2. Mäe. 2026, 09:05 UTC."),
    ],
)
def test_a_moment_is_written_as_the_language_writes_it(language: str, said: str) -> None:
    assert translate(TOO_SOON, language, next_stamp_at=AT_NINE).endswith(said)


def test_a_moment_of_a_zone_is_shown_in_that_zone() -> None:
    there = AT_NINE.astimezone(ZoneInfo("Europe/Luxembourg"))
    assert translate(TOO_SOON, "de", next_stamp_at=there).endswith("ab 02.03.2026, 10:05.")


def test_a_moment_without_zone_is_utc() -> None:
    bare = AT_NINE.replace(tzinfo=None)
    assert translate(TOO_SOON, "en", next_stamp_at=bare).endswith("09:05 UTC.")


@pytest.mark.parametrize(
    ("language", "number"),
    [("en", "1,234,567"), ("fr", "1\u202f234\u202f567"), ("de", "1.234.567"), ("lb", "1.234.567")],
)
def test_numbers_are_grouped_as_the_language_groups_them(language: str, number: str) -> None:
    assert translate("{n}", language, n=1234567) == number
    assert translate("{n}", language, n=999) == "999"
    assert translate("{n}", language, n=True) == "True"


def test_an_unknown_sentence_or_language_stays_english() -> None:
    assert translate("Hello {name}.", "fr", name="Alice") == "Hello Alice."
    assert translate(TOO_SOON, "xx", next_stamp_at="soon").startswith("It is too soon")


def test_what_is_not_told_stays_a_placeholder_and_values_are_not_read_again() -> None:
    assert translate("{a} {b}", "en", a="{b}") == "{b} {b}"
    assert translate("{a.__class__} {0} {}", "en", a=1) == "{a.__class__} {0} {}"


@pytest.mark.parametrize(
    ("month", "told"),
    [("avril 2026", "Rapport d’avril 2026"), ("mars 2026", "Rapport de mars 2026")],
)
def test_french_drops_an_e_before_a_vowel(month: str, told: str) -> None:
    assert translate("Report for {month}", "fr", month=month) == told
    assert translate("Report for {month}", "fr") == "Rapport de {month}"


def test_french_gives_a_day_its_article() -> None:
    """It is "jusqu’au 5 mars", also where a time of the day follows."""
    moment = r"\{(?:day|moment|when|expires_at|occurred_at|next_receipt_at)\}"
    bare = re.compile(rf"(?:\bà|\bde) {moment}")
    assert [told for told in i18n.catalogue("fr").values() if bare.search(told)] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Your e-mail address", "Your e\u2011mail address"),
        ("E-Mail-Adresse", "E\u2011Mail-Adresse"),
        ("e-mails", "e\u2011mails"),
        ("jane@e-mail.lu", "jane@e-mail.lu"),
        ("e-mail.lu", "e-mail.lu"),
        ("https://shop.lu/e-mail", "https://shop.lu/e-mail"),
        ("the-mail", "the-mail"),
    ],
)
def test_no_line_ends_within_e_mail(text: str, shown: str) -> None:
    assert unbroken(text) == shown
    assert unbroken_html(f"<p>{text}</p>") == f"<p>{shown}</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<p title="e-mail">…</p>',
        '<input value="my e-mail">',
        "<textarea>\nby e-mail, please</textarea>",
        "<script>say('e-mail')</script>",
    ],
)
def test_what_programs_read_and_what_is_sent_back_keeps_its_hyphens(html: str) -> None:
    assert unbroken_html(html) == html


def test_every_refusal_has_its_sentence_in_every_language() -> None:
    for module in pkgutil.walk_packages(punchcard.__path__, "punchcard."):
        if "error" in module.name:
            importlib.import_module(module.name)
    refusals = [kind for kind in _below(DomainError) if kind.__module__.startswith("punchcard.")]
    missing = [
        f"{kind.__name__} in {language}"
        for kind in refusals
        for language in ("fr", "de", "lb")
        if kind.sentence not in i18n.catalogue(language)
    ]
    assert len(refusals) > 20
    assert missing == []


def test_a_translation_with_other_placeholders_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "fr.po").write_text('msgid "By {a}"\nmsgstr "Par {b}"\n', encoding="utf-8")
    assert i18n.read_catalogue("fr", tmp_path) == {}
    assert "other placeholders" in caplog.text
    assert placeholders("{a} {b} {B} {0}") == {"a", "b"}


def test_threads_that_ask_at_once_get_the_same_catalogue() -> None:
    found: list[dict[str, str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(i18n.catalogue("lb"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one is found[0] for one in found)


def test_babel_is_not_read_at_start() -> None:
    code = "import punchcard.kit.i18n, sys; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _below(kind: type[DomainError]) -> list[type[DomainError]]:
    return [found for one in kind.__subclasses__() for found in (one, *_below(one))]
