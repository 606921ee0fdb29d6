"""Whether traces are wanted, and who makes them then."""

from typing import Final

from punchcard import __version__
from punchcard.kit.environment.reading import PREFIX, SettingsError
from punchcard.kit.settings import Settings
from punchcard.kit.tracing.spans import Tracer

_MISSING: Final = (
    f"{PREFIX}OTLP_ENDPOINT is set, but the packages for traces are not there."
    " Install them: pip install 'punchcard[otel]'"
)


def build_tracer(settings: Settings) -> Tracer | None:
    """Return who makes traces; None while no OTLP_ENDPOINT is set. Raises SettingsError."""
    if not settings.otlp_endpoint:
        return None
    headers = otlp_headers(settings)
    check_packages(settings)
    from punchcard.kit.tracing.otlp import OtlpTracer

    return OtlpTracer(
        settings.otlp_endpoint,
        sample_rate=settings.otlp_sample_rate,
        headers=headers,
        version=__version__,
    )


def check_packages(settings: Settings) -> None:
    """Raise SettingsError where traces are wanted and the packages for them are missing."""
    if not settings.otlp_endpoint:
        return
    try:
        import punchcard.kit.tracing.otlp  # noqa: F401 - whether it can be
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise SettingsError(_MISSING) from error


def otlp_headers(settings: Settings) -> dict[str, str]:
    """Return what is sent along with traces: `name=value`, with commas between.

    Raises SettingsError.
    """
    headers = {}
    for pair in filter(None, (part.strip() for part in settings.otlp_headers.split(","))):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise SettingsError(f"{PREFIX}OTLP_HEADERS: each is name=value, with commas between")
        headers[name.strip()] = value.strip()
    return headers
