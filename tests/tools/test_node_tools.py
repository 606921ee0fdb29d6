"""The linters of scripts and styles need a Node that is new enough, and npm."""

from pathlib import Path

import pytest

from tools.node_tools import what_is_missing


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
    path.chmod(0o755)


def test_without_node_it_is_node_that_is_missing(tmp_path: Path) -> None:
    program(tmp_path, "npm", "11.0.0")
    assert what_is_missing(str(tmp_path)) == "there is no node"


@pytest.mark.parametrize("says", ["v16.20.0", "v8.1.0"])
def test_an_old_node_is_named(tmp_path: Path, says: str) -> None:
    program(tmp_path, "node", says)
    program(tmp_path, "npm", "8.0.0")
    assert what_is_missing(str(tmp_path)) == f"this node is {says}"


def test_something_else_that_is_called_node_is_none(tmp_path: Path) -> None:
    program(tmp_path, "node", "")
    assert what_is_missing(str(tmp_path)) == "this node is broken"


def test_node_without_npm_lacks_npm(tmp_path: Path) -> None:
    program(tmp_path, "node", "v18.19.0")
    assert what_is_missing(str(tmp_path)) == "there is no npm"


def test_a_new_node_with_npm_lacks_nothing(tmp_path: Path) -> None:
    program(tmp_path, "node", "v24.1.0")
    program(tmp_path, "npm", "11.0.0")
    assert what_is_missing(str(tmp_path)) == ""
