"""Image, compose file and manifests: what they run there is, and they have no rights."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # no stubs in the lock
from typer.main import get_command

from punchcard.cli import app
from punchcard.kit.environment.reading import SECRETS
from punchcard.kit.settings import Settings
from tests.deploy.proxies import DEPLOY
from tools.containerfile import Instruction, instructions

ROOT = DEPLOY.parent
CONTAINERFILE = DEPLOY / "container" / "Containerfile"
COMPOSE = DEPLOY / "container" / "compose.yaml"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined]
SETTINGS = {f"PUNCHCARD_{field.name.upper()}" for field in fields(Settings)}
SETTINGS |= {f"PUNCHCARD_{name.upper()}_FILE" for name in SECRETS}
NOBODYS_USER = "10001"


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage, from its FROM on."""
    found: list[list[Instruction]] = []
    for one in instructions(CONTAINERFILE):
        if one.word == "FROM":
            found.append([])
        if found:
            found[-1].append(one)
    return found


def last(stage: list[Instruction], word: str) -> str:
    return [one.rest for one in stage if one.word == word][-1]


def test_the_image_runs_the_program_as_nobody() -> None:
    server = stages()[-1]
    assert last(server, "USER") == f"{NOBODYS_USER}:{NOBODYS_USER}"
    assert f"--uid {NOBODYS_USER} " in " ".join(one.rest for one in server if one.word == "RUN")
    # In the form of a list no shell stands between a signal and the program.
    assert json.loads(last(server, "ENTRYPOINT")) == ["punchcard"]
    assert json.loads(last(server, "CMD"))[0] in COMMANDS
    _, _, check = last(server, "HEALTHCHECK").partition("CMD ")
    assert json.loads(check)[0] == "python"
    assert "/healthz" in check
    assert last(server, "STOPSIGNAL") == "SIGTERM"


def test_the_image_holds_what_is_locked_and_no_tools() -> None:
    build, server = stages()
    installs = [one.rest for one in build if one.word == "RUN" and "pip install" in one.rest]
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    assert "pip uninstall --yes pip" in " ".join(installs)
    assert not any("pip install" in one.rest for one in server)
    copied = [one.rest for one in server if one.word == "COPY"]
    assert copied == ["--from=build /opt/punchcard /opt/punchcard"]


def test_the_image_is_made_as_good_practice_has_it() -> None:
    everything = instructions(CONTAINERFILE)
    assert not any(one.word in ("ADD", "MAINTAINER") for one in everything)
    assert not re.search(r"\bsudo\b|\bcurl\b|:latest", CONTAINERFILE.read_text(encoding="utf-8"))
    for one in everything:
        if "apt-get install" in one.rest:
            assert "--no-install-recommends" in one.rest
            assert "rm -rf /var/lib/apt/lists" in one.rest
    images = [one.rest for one in everything if one.word == "FROM"]
    assert all(image.startswith("${PYTHON_IMAGE} AS ") for image in images)
    [named] = (one.rest for one in everything if one.rest.startswith("PYTHON_IMAGE="))
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+-slim-\w+", named)


def test_only_what_the_image_copies_is_sent_to_its_builder() -> None:
    kept = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    copied = [one.rest.split()[0] for one in stages()[0] if one.word == "COPY"]
    assert sorted(kept) == sorted(copied)
    assert "*" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert (ROOT / "requirements-s3.txt").is_file()


def test_compose_gives_no_rights() -> None:
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert (COMPOSE.parent / compose["services"]["server"]["build"]["context"]).resolve() == ROOT
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == f"{NOBODYS_USER}:{NOBODYS_USER}"
        assert set(service["environment"]) <= SETTINGS
        assert set(service["secrets"]) <= set(compose["secrets"])
        assert service.get("command", ["serve"])[0] in COMMANDS
        assert "privileged" not in service
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
        for value in service["environment"].values():
            if value.startswith("/run/secrets/"):
                assert value.rpartition("/")[2] in service["secrets"]


def documents() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in MANIFESTS:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield path, document


def pods(document: Any) -> Iterator[dict[str, Any]]:
    """Give the templates of pods in a manifest, however deep they lie."""
    if isinstance(document, dict):
        if "template" in document and "containers" in document["template"].get("spec", {}):
            yield document["template"]
        for value in document.values():
            yield from pods(value)


PODS = [(path, pod) for path, document in documents() for pod in pods(document)]
with_pods = pytest.mark.parametrize(
    "pod",
    [pod for _, pod in PODS],
    ids=[f"{path.stem}-{number}" for number, (path, _) in enumerate(PODS)],
)


@with_pods
def test_a_pod_has_no_rights_it_does_not_need(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == int(NOBODYS_USER)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {volume["name"] for volume in spec["volumes"]} | {"data"}
    for container in spec["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}
        assert re.fullmatch(r"punchcard:\d+\.\d+\.\d+", container["image"])
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


@with_pods
def test_a_pod_runs_what_there_is(pod: dict[str, Any]) -> None:
    for container in pod["spec"]["containers"]:
        assert container["args"][0] in COMMANDS
        assert {one["name"] for one in container.get("env", ())} <= SETTINGS
        if container["args"][0] == "serve":
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
            assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
            assert pod["spec"]["terminationGracePeriodSeconds"] >= 60


def test_what_is_named_in_the_manifests_is_there() -> None:
    found = [document for _, document in documents()]
    [settings] = (one["data"] for one in found if one["kind"] == "ConfigMap")
    assert set(settings) <= SETTINGS
    labels = [pod["metadata"]["labels"] for _, pod in PODS]
    services = {one["metadata"]["name"]: one for one in found if one["kind"] == "Service"}
    assert services["punchcard"]["spec"]["selector"] in labels
    assert services["punchcard-nothing"]["spec"]["selector"] not in labels
    for one in found:
        if one["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
            assert one["spec"]["selector"]["matchLabels"] in labels
        if one["kind"] == "Ingress":
            for path in one["spec"]["rules"][0]["http"]["paths"]:
                assert path["backend"]["service"]["name"] in services
    names = {pod["spec"]["containers"][0]["args"][0] for _, pod in PODS}
    assert names == {"serve", "migrate", "backup"}
