"""A file of settings, as systemd's EnvironmentFile and containers' --env-file take it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from punchcard.kit.environment import variables
from punchcard.kit.environment.paths import PathUnusable, as_path
from punchcard.kit.environment.reading import SettingsError

SETTINGS_FILE_VARIABLE: Final = variables.SETTINGS_FILE_VARIABLE
_COMMENTS: Final = ("#", ";")
_QUOTES: Final = ('"', "'")


def with_file(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables, and below them those of the file that one of them names, if one does.

    What is set as a variable wins. Raises SettingsError.
    """
    named = variables.as_meant(environ.get(SETTINGS_FILE_VARIABLE, ""))
    if named is None:
        return environ
    try:
        text = as_path(named).read_text(encoding="utf-8")
    except (OSError, PathUnusable) as error:
        told = getattr(error, "strerror", None) or error
        raise SettingsError(f"{SETTINGS_FILE_VARIABLE}: cannot read {named}: {told}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{SETTINGS_FILE_VARIABLE}: {named} is no text in UTF-8") from None
    return {**parse(text, named), **environ}


def parse(text: str, name: str) -> dict[str, str]:
    """Return the variables of such a file, `NAME=value` a line; raise SettingsError for another.

    Quotes around a value are taken away; within double ones a backslash stands before a quote or
    another backslash.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip().removeprefix("export ").strip()
        if not bare or bare.startswith(_COMMENTS):
            continue
        variable, equals, value = bare.partition("=")
        if not equals or not variable.strip().isidentifier():
            raise SettingsError(f"{name}, line {number}: it is not of the form NAME=value")
        found[variable.strip()] = _unquoted(value.strip())
    return found


def line_of(variable: str, value: str) -> str:
    """Return the line that says `value`, which has no line ends."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    is_plain = value.isascii() and not any(sign in value for sign in " \t\"'\\#;$`")
    return f"{variable}={value}" if is_plain else f'{variable}="{escaped}"'


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != value[-1] or value[0] not in _QUOTES:
        return value
    inner = value[1:-1]
    if value[0] == "'":
        return inner
    return inner.replace('\\"', '"').replace("\\\\", "\\")


def path_of(environ: Mapping[str, str]) -> Path | None:
    """Return the file that is named; None when there is none."""
    named = variables.as_meant(environ.get(SETTINGS_FILE_VARIABLE, ""))
    return None if named is None else as_path(named)
