"""The units and Traefik's file name what there is: commands, settings, addresses."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from dataclasses import fields
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # no stubs in the lock
from typer.main import get_command

from punchcard.cli import app
from punchcard.kit.settings import Settings
from tests.deploy.proxies import DEPLOY

SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))


def unit(path: Path) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    read.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    read.read_string(path.read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_runs_a_command_that_there_is(path: Path) -> None:
    commands = re.findall(r"/bin/punchcard (\S+)", path.read_text(encoding="utf-8"))
    assert commands
    assert set(commands) <= set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_sets_what_is_a_setting(path: Path) -> None:
    named = re.findall(r"PUNCHCARD_([A-Z_]+?)(?:_FILE)?=", path.read_text(encoding="utf-8"))
    assert named
    assert {name.lower() for name in named} <= {field.name for field in fields(Settings)}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_has_no_rights_it_does_not_need(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["User"] == "punchcard"
    assert service["UMask"] == "0077"
    assert service["CapabilityBoundingSet"] == ""
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"


def test_the_timer_starts_the_service_of_its_name() -> None:
    for path in (DEPLOY / "systemd").glob("*.timer"):
        assert path.with_suffix(".service") in SERVICES
        assert unit(path)["Timer"]["Persistent"] == "yes"


def test_traefik_leads_to_the_server_and_hides_its_figures() -> None:
    traefik = yaml.safe_load((DEPLOY / "traefik" / "punchcard.yaml").read_text(encoding="utf-8"))
    routers, services = traefik["http"]["routers"], traefik["http"]["services"]
    assert services[routers["punchcard"]["service"]]["loadBalancer"]["servers"]
    assert "Path(`/metrics`)" in routers["punchcard-metrics"]["rule"]
    assert services[routers["punchcard-metrics"]["service"]]["loadBalancer"]["servers"] == []
    assert set(routers["punchcard"]["middlewares"]) <= set(traefik["http"]["middlewares"])


def test_systemd_itself_finds_nothing_amiss(tmp_path: Path) -> None:
    """`systemd-analyze verify` looks for the programs and settings of each unit; ours lie here."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        # Without systemd nobody runs these units; the tests above hold on any machine.
        return
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text(encoding="utf-8")
        text = text.replace("/opt/punchcard/.venv/bin/punchcard", str(tmp_path / "punchcard"))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    (tmp_path / "punchcard").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "punchcard").chmod(0o755)
    units = sorted(str(path) for path in tmp_path.glob("punchcard*.*"))
    ran = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in ran.stderr.splitlines() if "punchcard" in line]
    assert ours == []
