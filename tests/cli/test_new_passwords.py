"""Where commands take a new password from without showing it to the machine's other users."""

import io
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.context import build_context
from punchcard.kit.settings import load_settings
from tests.cli.conftest import Punchcard
from tests.support import cast

pytestmark = pytest.mark.usefixtures("migrated")
ADMIN = ("admin", "create", "--email", "admin@platform.example")


def signs_in() -> bool:
    with closing(build_context(load_settings())) as context:
        return cast.sign_in(context, "admin@platform.example").startswith("at_")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nanother line\n"])
def test_a_password_is_piped_in(
    punchcard: Punchcard, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((cast.PASSWORD + end).encode())))

    assert punchcard(*ADMIN, "--password-stdin").exit_code == 0
    assert signs_in()


def test_a_password_is_read_from_a_file(punchcard: Punchcard, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{cast.PASSWORD}\n")

    assert punchcard(*ADMIN, "--password-file", str(file)).exit_code == 0
    assert signs_in()


def test_a_password_is_taken_from_the_environment(punchcard: Punchcard) -> None:
    assert punchcard(*ADMIN, new_password=cast.PASSWORD).exit_code == 0
    assert signs_in()


@pytest.mark.parametrize("content", ["", "\n", "\nsecond line"])
def test_an_empty_file_holds_no_password(
    punchcard: Punchcard, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "password"
    file.write_text(content)

    refused = punchcard(*ADMIN, "--password-file", str(file))

    assert refused.exit_code == 1
    assert "There is no password in" in refused.err


def test_one_way_at_a_time(punchcard: Punchcard, tmp_path: Path) -> None:
    refused = punchcard(*ADMIN, "--password", cast.PASSWORD, "--password-stdin")

    assert refused.exit_code == 1
    assert "in one way" in refused.err


def test_what_is_guessed_first_is_refused_here_too(punchcard: Punchcard) -> None:
    refused = punchcard(*ADMIN, "--password", "password")

    assert refused.exit_code == 1
    assert "used most" in refused.err
