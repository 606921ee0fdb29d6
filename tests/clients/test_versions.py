"""The clients bear the version of the server they were made with."""

import json
import tomllib
from pathlib import Path

from punchcard import __version__

CLIENTS = Path(__file__).parents[2] / "clients"


def test_the_python_client_bears_the_servers_version() -> None:
    project = tomllib.loads((CLIENTS / "python" / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__


def test_the_javascript_client_bears_the_servers_version() -> None:
    package = json.loads((CLIENTS / "javascript" / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == __version__
