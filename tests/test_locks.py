"""The lock files fit what pyproject.toml asks for, and say nothing about where it comes from."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = PROJECT["dependencies"]
ASSISTANT = PROJECT["optional-dependencies"]["mcp"]
BUCKET = PROJECT["optional-dependencies"]["s3"]
TRACES = PROJECT["optional-dependencies"]["otel"]
DEVELOPMENT = PROJECT["optional-dependencies"]["dev"]

locks = pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.txt", RUNTIME),
        ("requirements-mcp.txt", RUNTIME + ASSISTANT),
        ("requirements-s3.txt", RUNTIME + BUCKET),
        ("requirements-otel.txt", RUNTIME + TRACES),
        ("requirements-dev.txt", RUNTIME + ASSISTANT + TRACES + BUCKET + DEVELOPMENT),
    ],
)


@locks
def test_a_lock_holds_everything_asked_for(lock: str, wanted: list[str]) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    versions = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE))
    missing = [
        line
        for line in wanted
        if (requirement := Requirement(line))
        and not requirement.specifier.contains(
            versions.get(canonicalize_name(requirement.name), "0")
        )
    ]
    assert missing == [], "run `make lock`"


@locks
def test_a_lock_holds_hashes_and_no_address(lock: str, wanted: list[str]) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    lines = re.sub(r" \\\n +", " ", text).splitlines()
    assert len(lines) > len(wanted)
    assert [line for line in lines if not re.fullmatch(_PINNED, line)] == []


_PINNED = r"[a-z0-9-]+==[^ /]+( ; [^/:]+)?( --hash=sha256:[0-9a-f]{64})+"


def test_the_lock_of_the_node_tools_holds_hashes_and_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    root, *packages = json.loads(text)["packages"].values()
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert root["devDependencies"] == asked
    assert [version for version in asked.values() if not re.fullmatch(r"[0-9.]+", version)] == []
    assert len(packages) > len(asked)
    assert [one for one in packages if not one["integrity"].startswith("sha512-")] == []
    assert "resolved" not in text
