"""One setting: its text from a variable or a file, its value, and what no value may be."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from punchcard.kit.environment import variables
from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE
from punchcard.kit.environment.paths import PathUnusable, as_path
from punchcard.kit.environment.provider_settings import fault_of_provider
from punchcard.kit.origins import parse_origins
from punchcard.kit.validation.networks import parse_networks

PREFIX: Final = "PUNCHCARD_"
_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_LOG_FORMATS: Final = ("text", "json")
_YES_OR_NO: Final = ("yes", "no")
_LISTS: Final[dict[str, Callable[[str], object]]] = {
    "cors_origins": parse_origins,
    "webhook_allowed_networks": parse_networks,
}


class SettingsError(Exception):
    """A setting is missing or cannot be read; the text says which one and what to do."""


SECRETS: Final = (
    "secret_key",
    "pin_pepper",
    "old_secret_keys",
    "old_pin_peppers",
    "log_key",
    "database_url",
    "database_read_url",
    "metrics_token",
    "otlp_headers",
    "smtp_url",
    "smtp_ca_certificate",
    "google_service_account",
    "apple_certificate",
    "apple_private_key",
    "apple_private_key_password",
    "apple_p12",
    "apple_p12_password",
    "apple_wwdr_certificate",
    "apple_apns_ca_certificate",
    "backup_key",
    "backup_s3_secret_access_key",
    "oidc_client_secret",
)
"""The settings that may also stand in a file, which a variable ending in `_FILE` names."""

# An empty file of these is a mistake that its wallet tells of: unlike nothing, a blank can be seen.
_TOLD_WHEN_EMPTY = (
    *("apple_certificate", "apple_private_key", "apple_p12", "apple_wwdr_certificate"),
    "google_service_account",
)
_BLANK = " "
# No proxy at all is something else than the usual one.
_MEANT_WHEN_EMPTY = ("trusted_proxies",)
# Not a blank of these is ours to take away: they may be part of what was chosen.
_TAKEN_AS_THEY_ARE = (
    *("secret_key", "pin_pepper", "apple_private_key_password", "apple_p12_password"),
)


def read(source: Mapping[str, str], name: str) -> str | None:
    """Return the text of a setting, from its variable or the file that its twin names.

    None where it is not set. Raises SettingsError when the file cannot be read.
    """
    variable = PREFIX + name.upper()
    if name in SECRETS and (path := variables.as_meant(source.get(variable + "_FILE", ""))):
        try:
            text = _as_text(as_path(path).read_bytes())
            if not text and name in SECRETS_OF_DATABASE:
                raise SettingsError(f"{variable}_FILE: {path} is empty")
            return _BLANK if not text and name in _TOLD_WHEN_EMPTY else text
        except OSError as error:
            raise SettingsError(f"{variable}_FILE: cannot read {path}: {error.strerror}") from error
        except PathUnusable as error:
            raise SettingsError(f"{variable}_FILE: {error}") from error
    if name in _TAKEN_AS_THEY_ARE:
        return source.get(variable)
    meant = variables.as_meant(source.get(variable, ""))
    return "" if meant is None and name in _MEANT_WHEN_EMPTY and variable in source else meant


def _as_text(content: bytes) -> str:
    """Return what a file holds; a binary one (.p12, .cer) in base64, as a variable would."""
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def convert(name: str, text: str, kind: Any) -> Any:
    """Return the text of a setting as its field's type; raise SettingsError if it is none."""
    try:
        return as_path(text) if kind is Path else kind(text)
    except ValueError as error:
        raise SettingsError(f"{PREFIX}{name.upper()}: {text!r} is not a number") from error
    except PathUnusable as error:
        raise SettingsError(f"{PREFIX}{name.upper()}: {error}") from error


def _check_watching(values: dict[str, Any]) -> None:
    log_format = values.get("log_format", "text")
    if log_format not in _LOG_FORMATS:
        raise SettingsError(f"{PREFIX}LOG_FORMAT: {log_format!r} is neither text nor json")
    if values.get("otlp_sample_rate", 0) > 1:
        raise SettingsError(f"{PREFIX}OTLP_SAMPLE_RATE: {values['otlp_sample_rate']} is above 1")
    endpoint = values.get("otlp_endpoint", "")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise SettingsError(f"{PREFIX}OTLP_ENDPOINT: {endpoint!r} is no http or https address")


def _check_lists(values: dict[str, Any]) -> None:
    for name, parse in _LISTS.items():
        try:
            parse(values.get(name, ""))
        except ValueError as error:
            raise SettingsError(f"{PREFIX}{name.upper()}: {error}") from error


def check_values(values: dict[str, Any]) -> None:
    """Raise SettingsError for a value that no field can have; write words as they are compared."""
    for name, value in values.items():
        if isinstance(value, int | float) and not 0 <= value < float("inf"):
            raise SettingsError(f"{PREFIX}{name.upper()}: {value} is not 0 or more")
    if values.get("allow_http", "no") not in _YES_OR_NO:
        raise SettingsError(f"{PREFIX}ALLOW_HTTP: {values['allow_http']!r} is neither yes nor no")
    _check_watching(values)
    for word in values.get("second_factor_required", "").split(","):
        if word.strip() not in ("", "owners", "admins"):
            raise SettingsError(f"{PREFIX}SECOND_FACTOR_REQUIRED: {word!r} is not owners or admins")
    fault = fault_of_provider(values)
    if fault is not None:
        raise SettingsError(f"{PREFIX}{fault[0]}: {fault[1]}")
    _check_lists(values)
    if "log_level" in values:
        values["log_level"] = values["log_level"].upper()
        if values["log_level"] not in _LOG_LEVELS:
            known = ", ".join(_LOG_LEVELS)
            raise SettingsError(f"{PREFIX}LOG_LEVEL: {values['log_level']!r} is none of {known}")
