"""What is set about logs and traces, and what cannot be."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.settings import Settings, load_settings
from punchcard.kit.tracing.set_up import build_tracer, otlp_headers
from tests.support.server_process import environment_for


def loaded(folder: Path, **values: str) -> Settings:
    environment = {f"PUNCHCARD_{name}": value for name, value in values.items()}
    return load_settings({"PUNCHCARD_DATA_DIR": str(folder), **environment})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_FORMAT", "xml"),
        ("OTLP_SAMPLE_RATE", "1.1"),
        ("OTLP_ENDPOINT", "127.0.0.1:4318"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"PUNCHCARD_{name}"):
        loaded(tmp_path, **{name: value})


def test_headers_are_pairs(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OTLP_HEADERS="authorization=Bearer a=b, x-shop = all ,")
    assert otlp_headers(settings) == {"authorization": "Bearer a=b", "x-shop": "all"}
    with pytest.raises(SettingsError, match="OTLP_HEADERS"):
        otlp_headers(replace(settings, otlp_headers="nonsense"))


def test_traces_are_off_until_an_endpoint_is_set(tmp_path: Path) -> None:
    assert build_tracer(loaded(tmp_path)) is None


def test_without_an_endpoint_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys; from punchcard.main import create_app; from punchcard.context import *;"
        " from punchcard.kit.settings import load_settings; build_context(load_settings()).close();"
        " sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    environment = environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path)
    ran = subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=60)
    assert ran.returncode == 0


def test_without_its_packages_the_server_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['opentelemetry.sdk'] = None;"
        " from punchcard.cli import main; main(['serve', '--port', '1'])"
    )
    environment = environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path)
    environment["PUNCHCARD_OTLP_ENDPOINT"] = "http://127.0.0.1:4318"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "punchcard[otel]" in ran.stderr
    assert "Traceback" not in ran.stderr
