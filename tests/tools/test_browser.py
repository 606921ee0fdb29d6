"""The browser of the tests is this machine's, found by its usual names or by the one given."""

from pathlib import Path

from tools.browser import find_browser, find_shell, flags


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_debians_chromium_goes_before_another(tmp_path: Path) -> None:
    assert find_browser({"PATH": str(tmp_path)}) is None
    chrome = program(tmp_path, "google-chrome")
    assert find_browser({"PATH": str(tmp_path)}) == chrome
    chromium = program(tmp_path, "chromium")
    assert find_browser({"PATH": str(tmp_path)}) == chromium


def test_the_browser_that_is_named_is_taken_or_none(tmp_path: Path) -> None:
    program(tmp_path, "chromium")
    named = program(tmp_path, "mine")
    assert find_browser({"PATH": str(tmp_path), "PUNCHCARD_CHROMIUM": str(named)}) == named
    gone = str(tmp_path / "gone")
    assert find_browser({"PATH": str(tmp_path), "PUNCHCARD_CHROMIUM": gone}) is None


def test_pages_are_looked_at_without_windows_where_that_is_installed(tmp_path: Path) -> None:
    at = {"PATH": str(tmp_path)}
    chromium = program(tmp_path, "chromium")
    assert find_shell(at) == chromium
    shell = program(tmp_path, "chromium-headless-shell")
    assert find_shell(at) == shell
    assert find_browser(at) == chromium
    assert find_shell({**at, "PUNCHCARD_CHROMIUM": str(chromium)}) == chromium


def test_the_browser_finds_no_address_but_this_machines() -> None:
    assert "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1" in flags()
