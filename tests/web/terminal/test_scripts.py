"""The terminal's scripts, read as text."""

import re

from punchcard.web.pages import assets
from punchcard.web.terminal import shell
from punchcard.web.terminal.texts import TEXTS

SCRIPTS = assets.STATIC / "js" / "terminal"
_SAID = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')


def test_the_list_of_sentences_is_what_the_scripts_say() -> None:
    said = {text for path in SCRIPTS.glob("*.js") for text in _SAID.findall(path.read_text())}
    assert said == set(TEXTS)
    assert len(TEXTS) == len(set(TEXTS))


def test_a_new_version_has_a_new_name() -> None:
    assert re.fullmatch("[0-9a-f]{12}", shell.version())
    assert shell.version() != assets.version()


def test_scripts_are_short_enough_to_read() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in SCRIPTS.glob("*.js")}
    assert {name: count for name, count in lines.items() if count > 200} == {}
