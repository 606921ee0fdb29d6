"""A file of settings says what variables would say, and they have the last word."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.environment.settings_file import line_of, parse, with_file

NAME = "PUNCHCARD_MAIL_FROM"
lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(str.strip)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PUNCHCARD_MAIL_FROM=a@b.example", "a@b.example"),
        ("  PUNCHCARD_MAIL_FROM = a@b.example  ", "a@b.example"),
        ("export PUNCHCARD_MAIL_FROM=a@b.example", "a@b.example"),
        ('PUNCHCARD_MAIL_FROM="Shop <a@b.example>"', "Shop <a@b.example>"),
        ("PUNCHCARD_MAIL_FROM='a \"b\" \\ c'", 'a "b" \\ c'),
        ("PUNCHCARD_MAIL_FROM=", ""),
        ("PUNCHCARD_MAIL_FROM=a=b#c", "a=b#c"),
    ],
)
def test_a_line_is_read(line: str, value: str) -> None:
    assert parse(f"# Ours\n\n; too\n{line}\n", "file") == {NAME: value}


@given(lines)
def test_what_is_written_is_read_again(value: str) -> None:
    assert parse(line_of(NAME, value), "file") == {NAME: value}


@pytest.mark.parametrize("line", ["PUNCHCARD_MAIL_FROM", "=a", "a b=c", "1=2"])
def test_another_line_is_told_by_its_number(line: str) -> None:
    with pytest.raises(SettingsError, match="file, line 2"):
        parse(f"A=b\n{line}\n", "file")


def test_variables_win(tmp_path: Path) -> None:
    file = tmp_path / "punchcard.env"
    file.write_text(
        "PUNCHCARD_LOG_LEVEL=DEBUG\nPUNCHCARD_MAIL_FROM=a@b.example\n", encoding="utf-8"
    )
    environ = {"PUNCHCARD_SETTINGS_FILE": str(file), "PUNCHCARD_LOG_LEVEL": "ERROR"}
    found = with_file(environ)
    assert found["PUNCHCARD_LOG_LEVEL"] == "ERROR"
    assert found["PUNCHCARD_MAIL_FROM"] == "a@b.example"
    assert with_file({"A": "b"}) == {"A": "b"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "punchcard.env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"PUNCHCARD_SETTINGS_FILE: .*punchcard\.env"):
        with_file({"PUNCHCARD_SETTINGS_FILE": str(file)})
